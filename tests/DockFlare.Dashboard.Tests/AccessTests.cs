using System.Net;
using DockFlare.Dashboard.Login;
using DockFlare.Dashboard.Tests.Stage;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Options;

namespace DockFlare.Dashboard.Tests;

/// <summary>Coming in by Cloudflare Access's word, which is verified with each request.</summary>
public sealed class AccessTests
{
    private const string Audience = "32eafc7626e737602b73ce4dc9c3a9d9ed9c2c3ea1a4f2e7c3a4c3f0a1b2c3d4";
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly (string, string?)[] Settings = [("Access:Team", "{team}"), ("Access:Audience", Audience), ("Access:Allow", "alice@example.com=admin, @example.com")];

    [Fact]
    public async Task A_token_that_holds_comes_in_as_what_the_list_says()
    {
        await using var master = await Master.StartAsync(settings: Settings);
        using var alice = With(master, master.Team.Issue(Audience, "alice@example.com", Day));
        using var carl = With(master, master.Team.Issue(Audience, "carl@example.com", Day));

        Assert.Contains("access:alice@example.com, Admin", await alice.PageAsync("/account"), StringComparison.Ordinal);
        Assert.Contains("access:carl@example.com, Viewer", await carl.PageAsync("/account"), StringComparison.Ordinal);
        using var refused = await carl.SubmitAsync("/reconcile");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var past = await alice.GetAsync("/login?back=%2Froutes");
        Assert.Equal("/routes", past.Headers.Location!.OriginalString);
        using var done = await alice.PostAsync("/reconcile", await alice.TokenAsync("/routes/new"));
        Assert.Equal(HttpStatusCode.SeeOther, done.StatusCode);
        Assert.Contains(await master.HistoryAsync(), static line => line is { Kind: "operator", Text: "asked for a pass", By: "user 'access:alice@example.com', from 127.0.0.1" });
    }

    [Fact]
    public async Task A_token_that_does_not_hold_lets_in_nobody_whatever_cookie_they_have()
    {
        await using var master = await Master.StartAsync(settings: Settings);
        using var foreign = new RsaForger();
        var good = master.Team.Issue(Audience, "alice@example.com", Day);
        var parts = good.Split('.');
        (string Token, string Why)[] wrong =
        [
            (master.Team.Issue(Audience, "alice@example.com", -TimeSpan.FromMinutes(5)), "the Access token has expired or does not count yet"),
            (master.Team.Issue(new string('0', 64), "alice@example.com", Day), "the Access token is for another application than CF_ACCESS_AUDIENCE"),
            (master.Team.Issue(Audience, "alice@example.com", Day, issuer: "https://evil.cloudflareaccess.com"), "the Access token is not from the team in CF_ACCESS_TEAM"),
            (master.Team.Issue(Audience, "alice@example.com", Day, keyId: "access-key-99"), "the Access token is signed with a key that the team does not have"),
            (foreign.Resign(good), "the Access token's signature does not hold"),
            ($"{parts[0]}.{master.Team.Issue(Audience, "mallory@example.com", Day).Split('.')[1]}.{parts[2]}", "the Access token's signature does not hold"),
            ("eyJhbGciOiJub25lIn0." + parts[1] + ".", "what came as the Access token is none"),
            ("garbage", "what came as the Access token is none"),
            (" ", "what came as the Access token is none"),
            (master.Team.Issue(Audience, null, Day), "the Access token names no e-mail address, as those of service tokens do"),
            (master.Team.Issue(Audience, "eve@elsewhere.example", Day), "the address is not in CF_ACCESS_ALLOW"),
        ];
        using var visitor = await master.LogInAsync("admin");
        foreach (var (token, why) in wrong)
        {
            // Of one address only so many refusals are noted in a while.
            master.Clock.Advance(OperatorNotes.Window);
            visitor.Headers.Remove(AccessLogin.Header);
            Assert.Contains("admin", await visitor.PageAsync("/account"), StringComparison.Ordinal);
            visitor.Headers.TryAddWithoutValidation(AccessLogin.Header, token);

            using var answer = await visitor.GetAsync("/account");
            using var page = await visitor.GetAsync("/login");

            Assert.Equal((why, HttpStatusCode.Redirect, "/login?back=%2Faccount", HttpStatusCode.Forbidden), (why, answer.StatusCode, answer.Headers.Location?.OriginalString, page.StatusCode));
            Assert.Equal(("login", why), (await master.HistoryAsync())[0] is var line ? (line.Kind, line.Reason) : default);
            Assert.DoesNotContain(master.Log.All, line => token.Length > 20 && line.Contains(token, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Keys_rotate_and_made_up_ones_do_not_have_us_ask_each_time()
    {
        await using var master = await Master.StartAsync(settings: Settings);
        var old = master.Team.Issue(Audience, "alice@example.com", Day);
        using var alice = With(master, old);
        Assert.Contains("alice", await alice.PageAsync("/account"), StringComparison.Ordinal);
        Assert.Equal(1, Asked(master));

        for (var i = 0; i < 5; i++)
        {
            using var forger = With(master, master.Team.Issue(Audience, "alice@example.com", Day, keyId: "made-up-" + i));
            using var refused = await forger.GetAsync("/account");
            Assert.Equal(HttpStatusCode.Redirect, refused.StatusCode);
        }

        Assert.Equal(1, Asked(master));
        master.Team.RotateKeys();
        master.Clock.Advance(AccessKeys.Between);
        using var renewed = With(master, master.Team.Issue(Audience, "alice@example.com", Day));
        Assert.Contains("alice", await renewed.PageAsync("/account"), StringComparison.Ordinal);
        Assert.Contains("alice", await alice.PageAsync("/account"), StringComparison.Ordinal);
        Assert.Equal(2, Asked(master));

        // The first key has left the team's list: what it signed counts no more once the list is read again.
        master.Team.RotateKeys();
        master.Clock.Advance(AccessKeys.GoodFor);
        using var gone = await alice.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, gone.StatusCode);
        Assert.Equal(3, Asked(master));
    }

    [Fact]
    public async Task A_token_that_expires_while_a_page_is_open_ends_there()
    {
        await using var master = await Master.StartAsync(settings: Settings);
        using var alice = With(master, master.Team.Issue(Audience, "alice@example.com", TimeSpan.FromHours(1)));
        Assert.Contains("alice", await alice.PageAsync("/account"), StringComparison.Ordinal);

        master.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));

        using var answer = await alice.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Fact]
    public async Task Without_a_list_whoever_Access_lets_in_may_look_and_no_more()
    {
        await using var master = await Master.StartAsync(settings: [("Access:Team", "{team}"), ("Access:Audience", Audience)]);
        using var anyone = With(master, master.Team.Issue(Audience, "anyone@anywhere.example", Day));

        Assert.Contains("access:anyone@anywhere.example, Viewer", await anyone.PageAsync("/account"), StringComparison.Ordinal);
        using var refused = await anyone.GetAsync("/users");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task Where_it_is_not_set_up_the_header_counts_for_nothing()
    {
        await using var master = await Master.StartAsync();
        using var visitor = With(master, master.Team.Issue(Audience, "alice@example.com", Day));

        using var answer = await visitor.GetAsync("/account");

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Theory]
    [InlineData("example", null, "CF_ACCESS_AUDIENCE is not set: write the application's audience (AUD) tag, or a token for any application of the team would let in.")]
    [InlineData(null, Audience, "CF_ACCESS_TEAM is not set: write the team whose tokens count, such as example for https://example.cloudflareaccess.com.")]
    [InlineData("http://example.com", Audience, "CF_ACCESS_TEAM is 'http://example.com': write the team's name, such as example for https://example.cloudflareaccess.com, or its whole address with https://.")]
    public async Task Half_of_it_stops_the_start_with_a_sentence(string? team, string? audience, string fault)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => Master.StartAsync(settings: [("Access:Team", team), ("Access:Audience", audience)]));

        Assert.Equal([fault], failure.Failures);
    }

    private static int Asked(Master master) => master.CloudflareCalls.Count(static path => path == "/cdn-cgi/access/certs");

    private static Browser With(Master master, string token)
    {
        var browser = master.Visitor();
        browser.Headers.Add(AccessLogin.Header, token);
        return browser;
    }

    private sealed class RsaForger : IDisposable
    {
        private readonly System.Security.Cryptography.RSA key = System.Security.Cryptography.RSA.Create(2048);

        public string Resign(string token)
        {
            var signed = token[..token.LastIndexOf('.')];
            var signature = key.SignData(System.Text.Encoding.ASCII.GetBytes(signed), System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1);
            return $"{signed}.{System.Buffers.Text.Base64Url.EncodeToString(signature)}";
        }

        public void Dispose() => key.Dispose();
    }
}
