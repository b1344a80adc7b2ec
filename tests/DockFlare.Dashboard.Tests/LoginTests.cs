using System.Net;
using DockFlare.Dashboard.Login;
using DockFlare.Dashboard.Pages;
using DockFlare.Dashboard.Tests.Stage;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Dashboard.Tests;

/// <summary>Coming in, staying in and being put out.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LoginTests
{
    [Fact]
    public async Task The_right_password_comes_in_and_wrong_ones_do_not()
    {
        await using var master = await Master.StartAsync();
        using var visitor = master.Visitor();
        foreach (var (name, password) in new[] { ("admin", "wrong"), ("admin", ""), ("nobody", Master.AdminPassword), ("", ""), ("admin", new string('x', 100_000)) })
        {
            using var refused = await visitor.LogInAsync(name, password);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        using var answer = await visitor.LogInAsync("Admin", Master.AdminPassword);

        Assert.Equal((HttpStatusCode.SeeOther, "/"), (answer.StatusCode, answer.Headers.Location!.OriginalString));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(static cookie => cookie.StartsWith("dockflare=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("secure", cookie, StringComparison.Ordinal);
        Assert.Contains(master.Log.All, static line => line.Contains("A login as 'nobody' from 127.0.0.1 was refused: wrong name or password.", StringComparison.Ordinal));
        Assert.Contains(master.Log.All, static line => line.Contains("User 'admin' logged in from 127.0.0.1.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_survives_a_restart_and_ends_when_it_is_ended()
    {
        var folder = Directory.CreateTempSubdirectory("dockflare-dashboard-").FullName;
        try
        {
            string cookie;
            await using (var before = await Master.StartAsync(folder: folder))
            {
                using var browser = await before.LogInAsync("admin");
                cookie = browser.Cookies.GetCookieHeader(before.Address);
            }

            await using var master = await Master.StartAsync(folder: folder);
            using var again = master.Visitor();
            foreach (var part in cookie.Split("; "))
            {
                again.Cookies.SetCookies(master.Address, part);
            }

            Assert.Contains("admin", await again.PageAsync("/account"), StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(folder, "keys")));

            await master.Sessions.EndAllAsync("admin", exceptId: null, TestContext.Current.CancellationToken);
            using var out_ = await again.GetAsync("/account");
            Assert.Equal("/login?back=%2Faccount", out_.Headers.Location!.OriginalString);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Logging_out_ends_the_session_for_whoever_has_its_cookie()
    {
        await using var master = await Master.StartAsync();
        using var browser = await master.LogInAsync("admin");
        using var thief = master.Visitor();
        thief.Cookies.SetCookies(master.Address, browser.Cookies.GetCookies(master.Address)["dockflare"]!.ToString());
        Assert.Contains("admin", await thief.PageAsync("/account"), StringComparison.Ordinal);

        using var answer = await browser.SubmitAsync("/logout");

        Assert.Equal("/login", answer.Headers.Location!.OriginalString);
        using var refused = await thief.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, refused.StatusCode);
    }

    [Fact]
    public async Task A_new_password_ends_the_other_sessions_and_a_role_holds_at_once()
    {
        await using var master = await Master.StartAsync();
        await master.AddUserAsync("eve", Role.Operator);
        using var one = await master.LogInAsync("eve");
        using var two = await master.LogInAsync("eve");

        using var wrong = await one.SubmitAsync("/account/password", ("current", "not it"), ("new", "another password"));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        using var changed = await one.SubmitAsync("/account/password", ("current", Master.PasswordOf("eve")), ("new", "another password"));
        Assert.Equal("/account?done=password", changed.Headers.Location!.OriginalString);
        Assert.Contains("eve", await one.PageAsync("/account"), StringComparison.Ordinal);
        using var ended = await two.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, ended.StatusCode);

        using var admin = await master.LogInAsync("admin");
        using var demoted = await admin.SubmitAsync("/users/role", ("name", "eve"), ("role", "Viewer"));
        Assert.Equal("/users?done=user", demoted.Headers.Location!.OriginalString);
        using var refused = await one.SubmitAsync("/reconcile");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Theory]
    [InlineData("remove")]
    [InlineData("role")]
    public async Task The_last_admin_stays(string what)
    {
        await using var master = await Master.StartAsync();
        using var admin = await master.LogInAsync("admin");

        using var answer = await admin.SubmitAsync("/users/" + what, ("name", "admin"), ("role", "Viewer"));

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal(Role.Admin, master.Users.Find("admin")!.Role);
    }

    [Fact]
    public async Task A_password_that_nobody_set_is_made_once_and_put_into_a_file()
    {
        await using var master = await Master.StartAsync(settings: ("AdminPassword", null));
        var path = Path.Combine(master.Folder, "admin_password.txt");
        var password = (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).Trim();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Contains(master.Log.All, line => line.Contains($"the password is in {path}.", StringComparison.Ordinal));
        Assert.DoesNotContain(master.Log.All, line => line.Contains(password, StringComparison.Ordinal));
        using var visitor = master.Visitor();
        using var answer = await visitor.LogInAsync("admin", password);
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
    }

    [Fact]
    public async Task Another_admin_password_in_the_settings_is_taken_and_the_same_one_changes_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("dockflare-dashboard-").FullName;
        try
        {
            await using (var first = await Master.StartAsync(folder: folder))
            {
                await first.Users.SetPasswordAsync("admin", PasswordHash.Make("chosen by admin"), TestContext.Current.CancellationToken);
            }

            await using (var same = await Master.StartAsync(folder: folder))
            {
                using var visitor = same.Visitor();
                using var answer = await visitor.LogInAsync("admin", "chosen by admin");
                Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
            }

            await using var other = await Master.StartAsync(folder: folder, settings: ("AdminPassword", "set anew at night"));
            using var again = other.Visitor();
            using var gone = await again.LogInAsync("admin", "chosen by admin");
            using var taken = await again.LogInAsync("admin", "set anew at night");
            Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.SeeOther), (gone.StatusCode, taken.StatusCode));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Forged_forwarded_headers_gain_no_further_attempts()
    {
        await using var master = await Master.StartAsync();
        using var attacker = master.Visitor();
        for (var i = 0; i < LoginLimiter.PerAddress; i++)
        {
            Forge(attacker, i);
            using var wrong = await attacker.LogInAsync($"user{i}", "wrong");
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        Forge(attacker, 99);
        using var answer = await attacker.LogInAsync("admin", Master.AdminPassword);

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, LoginLimiter.Window.TotalSeconds);
    }

    [Fact]
    public async Task A_trusted_proxys_word_counts_for_address_and_scheme()
    {
        await using var master = await Master.StartAsync(settings: ("TrustedProxies", "127.0.0.0/8"));
        using var visitor = master.Visitor();
        for (var i = 0; i <= LoginLimiter.PerAddress; i++)
        {
            Forge(visitor, i);
            using var wrong = await visitor.LogInAsync($"user{i}", "wrong");
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using var other = master.Visitor();
        other.Headers.Add("X-Forwarded-Proto", "https");
        using var answer = await other.GetAsync("/login");

        Assert.All(answer.Headers.GetValues("Set-Cookie"), static cookie => Assert.Contains("secure", cookie, StringComparison.Ordinal));
        Assert.True(answer.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task A_password_that_is_too_short_or_a_proxy_that_is_none_stops_the_start_with_a_sentence()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => Master.StartAsync(settings: [("AdminPassword", "short"), ("TrustedProxies", "10.0.0.1, my-proxy")]));

        Assert.Equal(
            [
                "DOCKFLARE_TRUSTED_PROXIES has 'my-proxy', which is neither an address nor a range: write for example 10.0.0.7 or 172.30.0.0/16 (with no bit set behind the prefix).",
                "DOCKFLARE_ADMIN_PASSWORD is too short: write 8 characters or more.",
            ],
            failure.Failures);
    }

    [Theory]
    [InlineData("/routes?state=live", "/routes?state=live")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("https://evil.example", "/")]
    [InlineData("/a\nb", "/")]
    public async Task After_the_login_one_is_where_one_wanted_to_be_and_never_elsewhere(string back, string expected)
    {
        Assert.Equal(expected, LoginPages.LocalPath(back) ?? "/");
        await using var master = await Master.StartAsync();
        using var visitor = master.Visitor();

        using var answer = await visitor.LogInAsync("admin", Master.AdminPassword, back);

        Assert.Equal(expected, answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public void Attempts_are_counted_by_address_and_user_and_forgotten_after_the_window()
    {
        var time = new FakeTimeProvider();
        var limiter = new LoginLimiter(time);
        for (var i = 0; i < LoginLimiter.PerAddress; i++)
        {
            Assert.Equal(TimeSpan.Zero, limiter.Take(IPAddress.Parse("2001:db8::1"), "eve", isKnownAddress: false));
        }

        // An IPv6 caller has a whole network to choose addresses from.
        Assert.Equal(LoginLimiter.Window, limiter.Take(IPAddress.Parse("2001:db8::ffff"), "adam", isKnownAddress: false));
        for (var i = LoginLimiter.PerAddress; i < LoginLimiter.PerUser; i++)
        {
            Assert.Equal(TimeSpan.Zero, limiter.Take(IPAddress.Parse($"192.0.2.{i}"), "eve", isKnownAddress: false));
        }

        Assert.Equal(LoginLimiter.Window, limiter.Take(IPAddress.Parse("192.0.2.99"), "eve", isKnownAddress: false));
        Assert.Equal(TimeSpan.Zero, limiter.Take(IPAddress.Parse("192.0.2.99"), "eve", isKnownAddress: true));
        time.Advance(LoginLimiter.Window);
        Assert.Equal(TimeSpan.Zero, limiter.Take(IPAddress.Parse("2001:db8::1"), "eve", isKnownAddress: false));
    }

    [Fact]
    public void A_password_is_kept_as_a_slow_salted_hash()
    {
        var (one, two) = (PasswordHash.Make("same"), PasswordHash.Make("same"));

        Assert.NotEqual(one, two);
        Assert.StartsWith("pbkdf2-sha512$210000$", one, StringComparison.Ordinal);
        Assert.True(PasswordHash.Verify("same", one));
        Assert.False(PasswordHash.Verify("Same", one));
        Assert.False(PasswordHash.Verify("same", "garbage"));
        Assert.False(PasswordHash.Verify("", PasswordHash.OfNobody));
    }

    private static void Forge(Browser browser, int i)
    {
        foreach (var name in new[] { "X-Forwarded-For", "CF-Connecting-IP", "Forwarded", "X-Real-IP" })
        {
            browser.Headers.Remove(name);
            browser.Headers.Add(name, $"198.51.100.{i}");
        }
    }
}
