using System.Net;
using DockFlare.Dashboard.Login;
using DockFlare.Dashboard.Tests.Stage;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Options;

namespace DockFlare.Dashboard.Tests;

/// <summary>Turning passwords off, seeing secrets, what is noted, and the key ring.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SecurityTests
{
    [Fact]
    public async Task Passwords_cannot_be_turned_off_without_another_way_in()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => Master.StartAsync(settings: ("PasswordLogin", "false")));

        Assert.Equal(
            ["DOCKFLARE_PASSWORD_LOGIN is 'false', and there is no other way to log in: set up a login provider (OIDC_<NAME>_CLIENT_ID and what goes with it) or Access verification (CF_ACCESS_TEAM and CF_ACCESS_AUDIENCE), or write true."],
            failure.Failures);
    }

    [Fact]
    public async Task Passwords_let_in_until_somebody_came_in_through_the_provider_and_nobody_is_ever_let_in_without_a_login()
    {
        await using var provider = await Provider.StartAsync();
        var folder = Directory.CreateTempSubdirectory("dockflare-dashboard-").FullName;
        (string, string?)[] settings = [.. provider.Settings("alice@example.com=admin"), ("PasswordLogin", "false")];
        try
        {
            await using (var master = await Master.StartAsync(folder: folder, settings: settings))
            {
                Assert.Contains(master.Log.All, static line => line.Contains("nobody has logged in any other way yet", StringComparison.Ordinal));
                using var admin = await master.LogInAsync("admin");
                Assert.Contains("admin", await admin.PageAsync("/account"), StringComparison.Ordinal);
                using var mallory = master.Visitor();
                Assert.Equal("/login?refused=unverified", await ProviderTests.LogInAsync(mallory, provider, "mallory@example.com"));
                Assert.Contains("admin", await admin.PageAsync("/account"), StringComparison.Ordinal);

                using var alice = master.Visitor();
                Assert.Equal("/", await ProviderTests.LogInAsync(alice, provider, "alice@example.com"));

                // From here on: the session that began with a password is over, another cannot begin, and who has none is nobody.
                using var ended = await admin.GetAsync("/account");
                Assert.Equal(HttpStatusCode.Redirect, ended.StatusCode);
                await AssertNoPasswordAsync(master);
                Assert.Contains("Admin", await alice.PageAsync("/account"), StringComparison.Ordinal);
            }

            await using (var again = await Master.StartAsync(folder: folder, settings: settings))
            {
                await AssertNoPasswordAsync(again);
            }

            // Another client at the provider has not been seen to work.
            await using var other = await Master.StartAsync(folder: folder, settings: [.. settings, ("Oidc:office:ClientId", "another")]);
            using var back = await other.LogInAsync("admin");
            Assert.Contains("admin", await back.PageAsync("/account"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task With_Access_passwords_end_at_the_first_verified_visitor_and_a_forged_one_ends_nothing()
    {
        await using var master = await Master.StartAsync(settings: [("Access:Team", "{team}"), ("Access:Audience", "aud"), ("PasswordLogin", "false")]);
        Assert.Contains(master.Log.All, static line => line.Contains("names an admin: nobody can be one", StringComparison.Ordinal));
        using var forger = master.Visitor();
        forger.Headers.Add(AccessLogin.Header, master.Team.Issue("other", "alice@example.com", TimeSpan.FromHours(1)));
        using var refused = await forger.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, refused.StatusCode);
        using var admin = await master.LogInAsync("admin");
        Assert.Contains("admin", await admin.PageAsync("/account"), StringComparison.Ordinal);

        using var visitor = master.Visitor();
        visitor.Headers.Add(AccessLogin.Header, master.Team.Issue("aud", "alice@example.com", TimeSpan.FromHours(1)));
        Assert.Contains("Viewer", await visitor.PageAsync("/account"), StringComparison.Ordinal);

        using var ended = await admin.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, ended.StatusCode);
        await AssertNoPasswordAsync(master);
    }

    [Theory]
    [InlineData("/agents/keys")]
    [InlineData("/agents/keys/roll")]
    [InlineData("/settings/key")]
    public async Task A_secret_asks_once_more_when_the_login_is_old(string path)
    {
        await using var master = await Master.StartAsync();
        await master.Agents.LoadAsync(TestContext.Current.CancellationToken);
        using var admin = await master.LogInAsync("admin");
        master.Clock.Advance(Confirmation.Lasts);
        Assert.Contains($"name=\"{Confirmation.Field}\"", await admin.PageAsync("/settings"), StringComparison.Ordinal);
        Assert.Contains($"name=\"{Confirmation.Field}\"", await admin.PageAsync("/agents/keys"), StringComparison.Ordinal);
        foreach (var password in new[] { null, "", "wrong" })
        {
            using var refused = await admin.SubmitAsync(path, password is null ? [] : [(Confirmation.Field, password)]);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.DoesNotContain(Master.ApiKey, await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        Assert.Empty(master.Keys.All);
        Assert.Equal(3, (await master.HistoryAsync()).Count(static line => line is { Kind: "login", Text: "a login as 'admin'" } && line.Reason!.EndsWith("with a wrong password", StringComparison.Ordinal)));

        using var shown = await admin.SubmitAsync(path, (Confirmation.Field, Master.AdminPassword));
        Assert.NotEqual(HttpStatusCode.Forbidden, shown.StatusCode);

        // It counts for a while.
        Assert.DoesNotContain($"name=\"{Confirmation.Field}\"", await admin.PageAsync("/settings"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_master_API_key_is_shown_to_an_admin_who_asks_and_that_is_noted()
    {
        await using var master = await Master.StartAsync();
        await master.AddUserAsync("olga", Role.Operator);
        using var admin = await master.LogInAsync("admin");
        Assert.DoesNotContain(Master.ApiKey, await admin.PageAsync("/settings"), StringComparison.Ordinal);
        using var olga = await master.LogInAsync("olga");
        using var refused = await olga.SubmitAsync("/settings/key");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.DoesNotContain(await master.HistoryAsync(), static line => line.Text.Contains("API key", StringComparison.Ordinal));

        using var shown = await admin.SubmitAsync("/settings/key");

        Assert.Contains(Master.ApiKey, await shown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(shown.Headers.CacheControl!.NoStore);
        Assert.Contains(await master.HistoryAsync(), static line => line is { Kind: "operator", Text: "looked at the master API key", By: "user 'admin', from 127.0.0.1" });
    }

    [Fact]
    public async Task Whatever_an_operator_does_and_whoever_is_refused_is_in_the_history()
    {
        await using var master = await Master.StartAsync();
        await master.UntilSettledAsync();
        using var visitor = master.Visitor();
        using var wrong = await visitor.LogInAsync("admin", "not it");
        using var typed = await visitor.LogInAsync("my password in the wrong field", "not it");
        using var admin = await master.LogInAsync("admin");
        using var group = await admin.SubmitAsync("/access/edit", ("id", "family"), ("emails", "a@example.com"), ("session", "24h"));
        using var user = await admin.SubmitAsync("/users", ("name", "eve"), ("password", "long enough it is"), ("role", "Viewer"));
        using var key = await admin.SubmitAsync("/agents/keys", ("owner", "nas"));
        using var script = new HttpClient { BaseAddress = master.Address };
        script.DefaultRequestHeaders.Authorization = new("Bearer", "not the key");
        using var unknown = await script.PostAsync(new Uri("api/v2/reconcile", UriKind.Relative), null, TestContext.Current.CancellationToken);
        script.DefaultRequestHeaders.Authorization = new("Bearer", Master.ApiKey);
        using var pass = await script.PostAsync(new Uri("api/v2/reconcile", UriKind.Relative), null, TestContext.Current.CancellationToken);
        using var gone = await script.DeleteAsync(new Uri("api/v2/agents/keys/" + master.Keys.All.Single().Hash, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Accepted), (unknown.StatusCode, pass.StatusCode));

        // A call that is answered may be noted a moment later.
        await master.UntilHistoryAsync(static lines => lines.Any(static line => line.Text.StartsWith("DELETE", StringComparison.Ordinal)));
        var lines = (await master.HistoryAsync()).Where(static line => line.Kind is "operator" or "login").Reverse().Select(static line => $"{line.Outcome}: {line.Text}, by {line.By}{(line.Reason is null ? "" : ": " + line.Reason)}").ToList();
        Assert.Equal(
            [
                "Failed: a login as 'admin', by 127.0.0.1: wrong name or password",
                "Failed: a login as '(not a name)', by 127.0.0.1: wrong name or password",
                "Applied: wrote the access group 'family', by user 'admin', from 127.0.0.1",
                "Applied: added the user 'eve' as Viewer, by user 'admin', from 127.0.0.1",
                $"Applied: made the agent key {master.Keys.All.Single().Fingerprint}, by user 'admin', from 127.0.0.1",
                "Failed: a call with the master API key, by 127.0.0.1: it is not the key",
                "Applied: POST /api/v2/reconcile, by the master API key, from 127.0.0.1",
                "Applied: DELETE /api/v2/agents/keys/<key>, by the master API key, from 127.0.0.1",
            ],
            lines);
        Assert.Contains("wrote the access group", await admin.PageAsync("/history"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_passphrase_the_key_ring_is_sealed_and_opens_with_no_other()
    {
        var folder = Directory.CreateTempSubdirectory("dockflare-dashboard-").FullName;
        var keys = Path.Combine(folder, "elsewhere");
        try
        {
            string cookie;
            await using (var plain = await Master.StartAsync(folder: folder, settings: ("KeysPath", keys)))
            {
                using var admin = await plain.LogInAsync("admin");
                cookie = admin.Cookies.GetCookieHeader(plain.Address);
                Assert.Contains("<masterKey", await File.ReadAllTextAsync(Directory.GetFiles(keys).Single(), TestContext.Current.CancellationToken), StringComparison.Ordinal);
            }

            // The keys of before are sealed at the start, and what they protect is still good.
            await using (var master = await Master.StartAsync(folder: folder, settings: [("KeysPath", keys), ("KeyPassphrase", "canary-key-passphrase")]))
            {
                using var again = master.Visitor();
                foreach (var part in cookie.Split("; "))
                {
                    again.Cookies.SetCookies(master.Address, part);
                }

                Assert.Contains("admin", await again.PageAsync("/account"), StringComparison.Ordinal);
                var file = Directory.GetFiles(keys).Single();
                var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
                Assert.DoesNotContain("masterKey", text, StringComparison.Ordinal);
                Assert.DoesNotContain("passphrase", text, StringComparison.Ordinal);
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }

            var none = await Assert.ThrowsAsync<StateStoreException>(() => Master.StartAsync(folder: folder, settings: ("KeysPath", keys)));
            Assert.StartsWith($"The keys in {keys} are sealed with a passphrase: set DOCKFLARE_KEY_PASSPHRASE to it", none.Message, StringComparison.Ordinal);
            var other = await Assert.ThrowsAsync<StateStoreException>(() => Master.StartAsync(folder: folder, settings: [("KeysPath", keys), ("KeyPassphrase", "another passphrase")]));
            Assert.Equal($"DOCKFLARE_KEY_PASSPHRASE does not open the keys in {keys}: set it to the passphrase they were sealed with.", other.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task AssertNoPasswordAsync(Master master)
    {
        using var visitor = master.Visitor();
        Assert.DoesNotContain("name=\"password\"", await visitor.PageAsync("/login"), StringComparison.Ordinal);
        using var refused = await visitor.LogInAsync("admin", Master.AdminPassword);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var nobody = await visitor.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, nobody.StatusCode);
    }
}
