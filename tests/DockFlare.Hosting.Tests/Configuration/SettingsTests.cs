using DockFlare.Hosting.Configuration;
using DockFlare.Tests;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting.Tests.Configuration;

public sealed class SettingsTests
{
    [Fact]
    public void The_reference_page_is_made_from_the_table() =>
        Snapshot.MatchFile(Snapshot.PathBeside(["..", "..", "..", "docs", "configuration.md"]), SettingsReference.Write());

    [Theory]
    [InlineData("600", 600)]
    [InlineData("90s", 90)]
    [InlineData("10m", 600)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172_800)]
    [InlineData("1.5h", 5400)]
    [InlineData("500ms", 0.5)]
    [InlineData("00:10:00", 600)]
    public void A_duration_says_its_unit_or_means_seconds(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), SettingValues.ParseDuration(text));

    [Theory]
    [InlineData("")]
    [InlineData("ten")]
    [InlineData("10 m")]
    [InlineData("-5")]
    [InlineData("5x")]
    [InlineData("m")]
    [InlineData("1e400")]
    [InlineData("99999999999d")]
    public void What_is_no_duration_is_refused(string text) => Assert.Null(SettingValues.ParseDuration(text));

    [Fact]
    public void Every_fault_is_listed_and_says_what_to_write()
    {
        var values = Values(
            ("GRACE_PERIOD", "soon"),
            ("RESYNC_INTERVAL", "1"),
            ("DOCKFLARE_DRY_RUN", "maybe"),
            ("DOCKFLARE_MAX_DELETE_PERCENT", "130"),
            ("CF_API_BASE_URL", "api.cloudflare.com"),
            ("DOCKFLARE_POLICY", "all"),
            ("DOCKFLARE_STATE", "redis"));

        Assert.Equal(
            [
                "CF_API_BASE_URL (DockFlare:Cloudflare:ApiBaseUrl) is 'api.cloudflare.com': write an address that begins with http:// or https://.",
                "GRACE_PERIOD (DockFlare:GracePeriod) is 'soon': write seconds or a duration such as 90s, 10m or 1h30m, from 0 to 31536000 seconds.",
                "RESYNC_INTERVAL (DockFlare:ResyncInterval) is '1': write seconds or a duration such as 90s, 10m or 1h30m, from 10 to 86400 seconds.",
                "DOCKFLARE_STATE (DockFlare:State) is 'redis': state in Redis, for several masters, is not available yet; write sqlite.",
                "DOCKFLARE_DRY_RUN (DockFlare:DryRun) is 'maybe': write true or false.",
                "DOCKFLARE_POLICY (DockFlare:Policy) is 'all': write sync, upsert-only or create-only.",
                "DOCKFLARE_MAX_DELETE_PERCENT (DockFlare:MaxDeletePercent) is '130': write a whole number from 0 to 100.",
            ],
            values.Faults);
    }

    [Fact]
    public void A_variable_and_its_older_name_mean_the_same()
    {
        Assert.Equal(TimeSpan.FromMinutes(5), Values(("GRACE_PERIOD_SECONDS", "300")).Duration("GracePeriod", TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromMinutes(5), Values(("GRACE_PERIOD", "5m")).Duration("GracePeriod", TimeSpan.Zero));
    }

    [Fact]
    public void A_secret_comes_from_a_file_without_its_last_line_break()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "s3cret\n");
        try
        {
            Assert.Equal("s3cret", Values(("CF_API_TOKEN_FILE", path)).Text("Cloudflare:ApiToken"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_a_fault_that_names_both()
    {
        var faults = new SettingFaults();
        faults.AddFrom(Section(("CF_API_TOKEN_FILE", "/does/not/exist")));

        Assert.StartsWith("CF_API_TOKEN_FILE names the file '/does/not/exist', which cannot be read:", Assert.Single(faults.All), StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_is_not_repeated_in_a_fault() =>
        Assert.DoesNotContain("hunter2", string.Join('\n', Values(("REDIS_URL", "hunter2"), ("CF_API_TOKEN", "hunter2")).Faults), StringComparison.Ordinal);

    [Theory]
    [InlineData("DOCKFLARE_DRYRUN", "DOCKFLARE_DRY_RUN")]
    [InlineData("CF_APITOKEN", "CF_API_TOKEN")]
    [InlineData("CLOUDFLARED_IMAGES", "CLOUDFLARED_IMAGE")]
    [InlineData("DOCKFLARE_SOMETHING_ELSE_ALTOGETHER", null)]
    public void An_unknown_variable_is_told_the_nearest_one(string unknown, string? nearest)
    {
        Assert.Equal(nearest, DockFlareEnvironment.Suggest(unknown));
        Assert.Equal(unknown, Section((unknown, "x"))["Unknown:0"]);
    }

    [Fact]
    public void Other_peoples_variables_are_not_ours() =>
        Assert.Empty(Section(("PATH", "/bin"), ("DOCKFLARE__GracePeriod", "5m")).GetSection("Unknown").GetChildren());

    private static SettingValues Values(params ReadOnlySpan<(string Name, string Value)> variables) => new(Section(variables));

    private static IConfigurationSection Section(params ReadOnlySpan<(string Name, string Value)> variables)
    {
        var list = new List<KeyValuePair<string, string?>>();
        foreach (var (name, value) in variables)
        {
            list.Add(new(name, value));
        }

        return new ConfigurationBuilder().AddDockFlareEnvironment(list).Build().GetSection(DockFlareSettings.Section);
    }
}
