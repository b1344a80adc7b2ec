using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DockFlare.Dashboard.Login;
using DockFlare.Dashboard.Tests.Stage;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Playwright;

namespace DockFlare.Dashboard.Tests;

/// <summary>Logging in through a real OpenID provider.</summary>
public sealed partial class ProviderTests
{
    private const string Allow = "alice@example.com=admin, @example.org=operator, mallory@example.com=admin";

    [Fact]
    public async Task In_a_browser_one_logs_in_at_the_provider_and_is_where_one_wanted_to_be()
    {
        await using var provider = await Provider.StartAsync();
        await using var master = await Master.StartAsync(settings: provider.Settings(Allow));
        using var playwright = await Playwright.CreateAsync();
        await using var chromium = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"] });
        var page = await chromium.NewPageAsync(new() { BaseURL = master.Address.AbsoluteUri });
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" && page.Url.StartsWith(master.Address.AbsoluteUri, StringComparison.Ordinal))
            {
                complaints.Add($"{page.Url}: {message.Text}");
            }
        };

        await page.GotoAsync("routes?state=live");
        await page.GetByRole(AriaRole.Link, new() { Name = "Log in with Office" }).ClickAsync();
        await page.GetByLabel("Address").FillAsync("alice@example.com");
        await page.GetByLabel("Password").FillAsync(Provider.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForURLAsync("**/routes?state=live");
        await page.GetByRole(AriaRole.Link, new() { Name = "office:alice@example.com" }).ClickAsync();
        await page.GetByText("Admin").First.WaitForAsync();

        // A secret asks once more, and the provider asks for the password again.
        master.Clock.Advance(Confirmation.Lasts);
        await page.GotoAsync("agents/keys");
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Who are you?" }).WaitForAsync();
        Assert.Empty(master.Keys.All);
        Assert.Equal(1, provider.Logins);
        Assert.All(complaints, static complaint => Assert.Contains("403", complaint, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("alice@example.com", "Admin")]
    [InlineData("bob@example.org", "Operator")]
    public async Task The_list_says_who_may_do_what(string email, string role)
    {
        await using var provider = await Provider.StartAsync();
        await using var master = await Master.StartAsync(settings: provider.Settings(Allow));
        using var visitor = master.Visitor();

        Assert.Equal("/", await LogInAsync(visitor, provider, email));

        var session = Assert.Single(master.Sessions.Of("office:" + email)).Session;
        Assert.Equal((email, "office"), (session.Email, session.Provider));
        Assert.Contains($"office:{email}, {role}", await visitor.PageAsync("/account"), StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"current\"", await visitor.PageAsync("/account"), StringComparison.Ordinal);
        Assert.Contains(master.Log.All, line => line.Contains($"User 'office:{email}' logged in from 127.0.0.1.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_group_counts_and_an_address_that_only_the_user_information_tells()
    {
        await using var provider = await Provider.StartAsync();
        provider.IsTerse = true;
        await using var master = await Master.StartAsync(settings: provider.Settings("group:ops=operator"));
        using (var visitor = master.Visitor())
        {
            Assert.Equal("/", await LogInAsync(visitor, provider, "alice@example.com"));
            Assert.Contains("Operator", await visitor.PageAsync("/account"), StringComparison.Ordinal);
        }

        using var bob = master.Visitor();
        Assert.Equal("/login?refused=notAllowed", await LogInAsync(bob, provider, "bob@example.org"));
        using var mallory = master.Visitor();
        Assert.Equal("/login?refused=unverified", await LogInAsync(mallory, provider, "mallory@example.com"));
    }

    [Fact]
    public async Task A_token_that_does_not_hold_lets_in_nobody()
    {
        (string What, Action<SecurityTokenDescriptor> Forge)[] forgeries =
        [
            ("issuer", static token => token.Issuer = "https://evil.example/"),
            ("audience", static token =>
            {
                token.Claims["aud"] = token.Audience = "another-client";
                token.Audiences.Clear();
            }),
            ("expired", static token =>
            {
                token.IssuedAt = token.NotBefore = DateTime.UnixEpoch;
                token.Expires = DateTime.UnixEpoch.AddHours(1);
            }),
            ("another nonce", static token =>
            {
                token.Subject!.RemoveClaim(token.Subject.FindFirst("nonce"));
                token.Subject.AddClaim(new("nonce", "another"));
            }),
            ("no nonce", static token => token.Subject!.RemoveClaim(token.Subject.FindFirst("nonce"))),
            ("another key", static token => token.SigningCredentials = new(new RsaSecurityKey(RSA.Create(2048)) { KeyId = token.SigningCredentials!.Key.KeyId }, SecurityAlgorithms.RsaSha256)),
        ];
        await using var provider = await Provider.StartAsync();
        await using var master = await Master.StartAsync(settings: provider.Settings(Allow));
        foreach (var (what, forge) in forgeries)
        {
            var isForged = false;
            provider.Forge = token =>
            {
                forge(token);
                isForged = true;
            };
            using var visitor = master.Visitor();

            var answer = await LogInAsync(visitor, provider, "alice@example.com");

            Assert.True(isForged && answer == "/login?refused=failed", $"{what}: {answer}");
            await AssertOutsideAsync(master, visitor, "alice@example.com");
        }

        Assert.Equal(forgeries.Length, (await master.HistoryAsync()).Count(static line => line is { Kind: "login", Text: "a login as 'office:?'", Reason: "what came back from the provider does not hold", By: "127.0.0.1" }));

        // The same way with a token that holds comes in: it was the token that was refused.
        provider.Forge = null;
        using var right = master.Visitor();
        Assert.Equal("/", await LogInAsync(right, provider, "alice@example.com"));
    }

    [Fact]
    public async Task An_answer_that_was_not_asked_for_from_here_lets_in_nobody()
    {
        await using var provider = await Provider.StartAsync();
        await using var master = await Master.StartAsync(settings: provider.Settings(Allow));
        using var visitor = master.Visitor();
        var callback = await CallbackAsync(visitor, provider, "alice@example.com");

        // Somebody else's browser, with the answer that was meant for another.
        using var victim = master.Visitor();
        using var crossed = await victim.GetAsync(callback);
        Assert.Equal("/login?refused=failed", crossed.Headers.Location!.OriginalString);
        foreach (var forged in new[] { callback.Replace("state=", "state=x", StringComparison.Ordinal), StateOf().Replace(callback, ""), CodeOf().Replace(callback, "code=forged&"), "/login/office/callback", "/login/office/callback?error=access_denied" })
        {
            using var refused = await victim.GetAsync(forged);
            Assert.StartsWith("/login?refused=", refused.Headers.Location!.OriginalString, StringComparison.Ordinal);
        }

        await AssertOutsideAsync(master, victim, "alice@example.com");

        // The right browser comes in, once.
        using var right = await visitor.GetAsync(callback);
        Assert.Equal("/", right.Headers.Location!.OriginalString);
        using var again = await visitor.GetAsync(callback);
        Assert.Equal("/login?refused=failed", again.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Whoever_leaves_the_list_is_out_with_the_next_start()
    {
        await using var provider = await Provider.StartAsync();
        var folder = Directory.CreateTempSubdirectory("dockflare-dashboard-").FullName;
        try
        {
            string cookie;
            await using (var before = await Master.StartAsync(folder: folder, settings: provider.Settings(Allow)))
            {
                using var visitor = before.Visitor();
                Assert.Equal("/", await LogInAsync(visitor, provider, "bob@example.org"));
                cookie = visitor.Cookies.GetCookieHeader(before.Address);
            }

            await using (var same = await Master.StartAsync(folder: folder, settings: provider.Settings("bob@example.org")))
            {
                using var kept = WithCookie(same, cookie);
                Assert.Contains("Viewer", await kept.PageAsync("/account"), StringComparison.Ordinal);
            }

            await using var after = await Master.StartAsync(folder: folder, settings: provider.Settings("alice@example.com=admin"));
            using var gone = WithCookie(after, cookie);
            await AssertOutsideAsync(after, gone, null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_that_ends_tls_the_way_back_is_https_and_from_nobody_else()
    {
        await using var provider = await Provider.StartAsync();
        foreach (var isTrusted in new[] { true, false })
        {
            await using var master = await Master.StartAsync(settings: [.. provider.Settings(Allow), ("TrustedProxies", isTrusted ? "127.0.0.0/8" : "10.0.0.1")]);
            using var visitor = master.Visitor();
            visitor.Headers.Add("X-Forwarded-Proto", "https");
            visitor.Headers.Add("X-Forwarded-Host", "dockflare.example.com");

            using var answer = await visitor.GetAsync("/login/office");

            var redirect = Uri.UnescapeDataString(answer.Headers.Location!.OriginalString);
            Assert.Contains(isTrusted ? "redirect_uri=https://dockflare.example.com/login/office/callback" : $"redirect_uri={master.Address}login/office/callback", redirect, StringComparison.Ordinal);
            Assert.Contains("code_challenge_method=S256", redirect, StringComparison.Ordinal);
            Assert.All(answer.Headers.GetValues("Set-Cookie").Where(static cookie => !cookie.StartsWith("dockflare-form", StringComparison.Ordinal)), cookie => Assert.Equal(isTrusted, cookie.Contains("secure", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_provider_that_is_away_is_said_and_the_password_still_lets_in()
    {
        await using var master = await Master.StartAsync(settings: [("Oidc:office:Authority", "http://127.0.0.1:9"), ("Oidc:office:ClientId", "x"), ("Oidc:office:ClientSecret", "y"), ("Oidc:office:Allow", "a@example.com")]);
        using var visitor = master.Visitor();

        using var answer = await visitor.GetAsync("/login/office");

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("Office cannot be reached", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var admin = await master.LogInAsync("admin");
        using var none = await admin.GetAsync("/login/nobody");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task What_is_missing_or_wrong_in_a_provider_stops_the_start_with_sentences()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => Master.StartAsync(settings:
        [
            ("Oidc:google:ClientId", "x"), ("Oidc:google:ClientSecret", "y"),
            ("Oidc:office:Authority", "http://login.example.com"), ("Oidc:office:ClientId", "x"), ("Oidc:office:ClientSecret", "y"), ("Oidc:office:Allow", "*, alice@example.com=boss"),
            ("Oidc:other:ClientId", "x"), ("Oidc:other:ClientSecret", "y"), ("Oidc:other:Allow", "@example.com"),
        ]));

        Assert.Equal(
            [
                "OIDC_GOOGLE_ALLOW is not set: write whom it lets in, such as alice@example.com=admin, @example.com.",
                "OIDC_OFFICE_AUTHORITY is 'http://login.example.com': write an address that begins with https://, or anybody on the way could log in as anybody.",
                "OIDC_OFFICE_ALLOW has '*', which is neither an address nor a domain nor a group: write for example alice@example.com=admin, @example.com or group:ops=operator.",
                "OIDC_OFFICE_ALLOW has 'alice@example.com=boss', whose role is none: write =admin, =operator or =viewer behind it.",
                "OIDC_OTHER_AUTHORITY is not set: write the provider's address, below which it has /.well-known/openid-configuration.",
            ],
            failure.Failures);
    }

    internal static async Task<string> LogInAsync(Browser visitor, Provider provider, string email)
    {
        using var answer = await visitor.GetAsync(await CallbackAsync(visitor, provider, email));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return answer.Headers.Location!.OriginalString;
    }

    // As a browser goes: to the provider, through its login page, and as far as the address it is sent back to.
    private static async Task<string> CallbackAsync(Browser visitor, Provider provider, string email)
    {
        using var start = await visitor.GetAsync("/login/office");
        Assert.Equal(HttpStatusCode.Redirect, start.StatusCode);
        using var there = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        var cancellationToken = TestContext.Current.CancellationToken;
        var page = await there.GetStringAsync(start.Headers.Location, cancellationToken);
        var back = WebUtility.HtmlDecode(BackOf().Match(page).Groups[1].Value);
        using var form = new FormUrlEncodedContent([new("email", email), new("password", Provider.Password), new("back", back)]);
        using var signedIn = await there.PostAsync(new Uri(provider.Address, "/signin"), form, cancellationToken);
        using var done = await there.GetAsync(new Uri(provider.Address, signedIn.Headers.Location!), cancellationToken);
        return done.Headers.Location!.PathAndQuery;
    }

    private static Browser WithCookie(Master master, string cookie)
    {
        var browser = master.Visitor();
        foreach (var part in cookie.Split("; "))
        {
            browser.Cookies.SetCookies(master.Address, part);
        }

        return browser;
    }

    private static async Task AssertOutsideAsync(Master master, Browser visitor, string? email)
    {
        using var answer = await visitor.GetAsync("/account");
        Assert.Equal((HttpStatusCode.Redirect, "/login?back=%2Faccount"), (answer.StatusCode, answer.Headers.Location!.OriginalString));
        if (email is not null)
        {
            Assert.Empty(master.Sessions.Of("office:" + email));
        }
    }

    [GeneratedRegex("name=\"back\" value=\"([^\"]+)\"")]
    private static partial Regex BackOf();

    [GeneratedRegex("&?state=[^&]*")]
    private static partial Regex StateOf();

    [GeneratedRegex("code=[^&]*&")]
    private static partial Regex CodeOf();
}
