using System.Net;
using System.Text.RegularExpressions;
using DockFlare.Core.Reconciliation;
using DockFlare.Dashboard.Login;
using DockFlare.Dashboard.Pages;
using DockFlare.Dashboard.Tests.Stage;
using DockFlare.Hosting.Agents;

namespace DockFlare.Dashboard.Tests;

/// <summary>What the pages say and do.</summary>
public sealed partial class PageTests
{
    private static readonly string[] Pages =
        ["/", "/routes", "/routes/new", "/containers", "/plan", "/agents", "/agents/local", "/agents/keys", "/agents/deploy", "/access", "/access/edit", "/history", "/settings", "/account", "/users"];

    [Fact]
    public async Task No_page_and_no_log_line_shows_a_secret()
    {
        await using var master = await Master.StartAsync([.. Containers.Usual, Containers.Of("nosy", "nosy.example.com", "http://user:canary-origin-password@nosy:80")], settings: ("Redis:Database", "0"));
        await master.UntilSettledAsync();
        var (agentKey, _) = await master.Keys.CreateAsync("nas", lifetime: null, TestContext.Current.CancellationToken);
        using var admin = await master.LogInAsync("admin");
        string[] secrets =
        [
            master.CloudflareToken, Master.AdminPassword, Master.ApiKey, agentKey, "canary-origin-password", master.Users.Find("admin")!.Password,
            admin.Cookies.GetCookies(master.Address)["dockflare"]!.Value,
        ];
        foreach (var path in Pages)
        {
            var page = await admin.PageAsync(path);
            Assert.All(secrets, secret => Assert.False(page.Contains(WebUtility.HtmlEncode(secret), StringComparison.Ordinal), $"{path} shows {secret}"));
        }

        Assert.All(master.Log.All, line => Assert.All(secrets, secret => Assert.DoesNotContain(secret, line, StringComparison.Ordinal)));
        Assert.Contains("set, not shown", await admin.PageAsync("/settings"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_labels_say_is_text_and_never_markup()
    {
        await using var master = await Master.StartAsync([Containers.Of("evil", "evil.example.com", "<script>alert(1)</script>\"'>")]);
        await master.UntilSettledAsync();
        using var admin = await master.LogInAsync("admin");

        foreach (var path in new[] { "/", "/routes", "/containers", "/routes?q=%3Cscript%3E&state=%22%3E%3Cscript%3E&explain=%3Cscript%3E" })
        {
            Assert.DoesNotContain("<script>", await admin.PageAsync(path), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task The_overview_says_first_what_is_wrong_and_counts_lead_to_the_routes()
    {
        await using var master = await Master.StartAsync();
        await master.UntilSettledAsync();
        using var admin = await master.LogInAsync("admin");

        var page = Words(await admin.PageAsync("/"));

        Assert.Contains("Something is not as it should be", page, StringComparison.Ordinal);
        Assert.Contains("2 things need you", page, StringComparison.Ordinal);
        Assert.Contains("metrics.example.com is rejected dockflare.service is 'metrics:9090', but it does not begin with a scheme: write for example http://metrics:9090.", page, StringComparison.Ordinal);
        Assert.Contains("shop.example.com is in conflict", page, StringComparison.Ordinal);
        foreach (var state in Marks.States)
        {
            Assert.Contains($"href=\"/routes?state={Marks.Word(state)}\"", await admin.PageAsync("/"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Routes_are_filtered_searched_and_explained()
    {
        await using var master = await Master.StartAsync();
        await master.UntilSettledAsync();
        using var admin = await master.LogInAsync("admin");

        Assert.Equal(["blog.example.com", "shop.example.com"], Hosts(await admin.PageAsync("/routes?state=live")));
        Assert.Equal(["blog.example.com", "shop.example.com"], Hosts(await admin.PageAsync("/routes?state=exposed")));
        Assert.Equal(["metrics.example.com", "shop.example.com"], Hosts(await admin.PageAsync("/routes?state=wrong")));
        Assert.Equal(["metrics.example.com"], Hosts(await admin.PageAsync("/routes?q=scheme+METRICS")));
        Assert.Equal([], Hosts(await admin.PageAsync("/routes?agent=elsewhere")));
        Assert.Contains("Nothing matches.", Words(await admin.PageAsync("/routes?q=zzz")), StringComparison.Ordinal);
        Assert.Contains("http://blog:8080", Words(await admin.PageAsync("/routes?q=zzz&explain=blog.example.com%2Ffeed")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Five_thousand_routes_are_shown_a_hundred_at_a_time()
    {
        await using var master = await Master.StartAsync(Containers.Many(5000), settings: ("Cloudflare:CallLimit", "100000"));
        await master.UntilAsync(static pass => pass.Routes.Count == 5000);
        using var admin = await master.LogInAsync("admin");

        var page = await admin.PageAsync("/routes?page=50");

        Assert.Equal(100, Hosts(page).Count);
        Assert.Contains("app-04999.example.com", page, StringComparison.Ordinal);
        Assert.Contains("Page 50 of 50", page, StringComparison.Ordinal);
        Assert.Equal(["app-04711.example.com"], Hosts(await admin.PageAsync("/routes?q=04711")));
        var times = new List<double>();
        for (var i = 1; i <= 50; i++)
        {
            var began = System.Diagnostics.Stopwatch.GetTimestamp();
            await admin.PageAsync($"/routes?page={i}");
            times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"A page of 5,000 routes takes {times.Order().ElementAt(25):0.0} ms at the median, {times.Max():0.0} ms at most."));
    }

    [Fact]
    public async Task Containers_name_the_label_at_fault_and_what_to_write_instead()
    {
        await using var master = await Master.StartAsync();
        await master.UntilSettledAsync();
        using var admin = await master.LogInAsync("admin");

        var page = Words(await admin.PageAsync("/containers?q=metrics"));

        Assert.Contains("Rejected dockflare.service dockflare.service is 'metrics:9090', but it does not begin with a scheme: write for example http://metrics:9090.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("blog.example.com", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_routes_the_page_says_which_labels_to_write()
    {
        await using var master = await Master.StartAsync([]);
        await master.UntilAsync(static pass => pass.Number > 0 && pass.Desired.Tunnels.Count > 0);
        using var admin = await master.LogInAsync("admin");

        foreach (var path in new[] { "/", "/routes", "/containers" })
        {
            Assert.Contains("dockflare.hostname: blog.example.com", await admin.PageAsync(path), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Held_deletions_are_confirmed_as_they_were_seen_and_not_otherwise()
    {
        await using var master = await Master.StartAsync(Containers.Many(10), settings: ("GracePeriod", "0"));
        await master.UntilSettledAsync();
        master.Source.Set([]);
        await master.UntilAsync(static pass => pass.Remaining.Held.Count > 0);
        using var admin = await master.LogInAsync("admin");
        var page = await admin.PageAsync("/plan");
        Assert.Contains("Confirm the plan if that is meant.", page, StringComparison.Ordinal);

        using var stale = await admin.SubmitAsync("/plan/confirm", ("seen", "0123456789abcdef"));
        Assert.Equal(HttpStatusCode.Conflict, stale.StatusCode);

        using var confirmed = await admin.SubmitAsync("/plan/confirm", ("seen", Seen().Match(page).Groups[1].Value));
        Assert.Equal("/plan?done=confirmed", confirmed.Headers.Location!.OriginalString);
        await master.UntilAsync(static pass => pass.IsConverged && pass.Remaining.Held.IsEmpty);
        Assert.Contains("What is at Cloudflare and on the agents is what the labels ask for.", WebUtility.HtmlDecode(await admin.PageAsync("/plan")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_comes_by_a_key_that_is_shown_once_is_enrolled_and_is_shut_out_when_the_key_is_revoked()
    {
        await using var master = await Master.StartAsync();
        using var admin = await master.LogInAsync("admin");
        using var made = await admin.SubmitAsync("/agents/keys", ("owner", "nas"), ("days", "30"));
        var key = NewKey().Match(await made.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Groups[1].Value;
        Assert.Equal("nas", Assert.Single(master.Keys.All).Record.Owner);
        Assert.DoesNotContain(key, await admin.PageAsync("/agents/keys"), StringComparison.Ordinal);

        using var agent = new HttpClient { BaseAddress = master.Address };
        agent.DefaultRequestHeaders.Authorization = new("Bearer", key);
        Assert.Equal(HttpStatusCode.Created, await RegisterAsync(agent));
        var id = Assert.Single(master.Agents.All, static agent => !agent.IsLocal).Id;
        Assert.Contains("nas waits to be enrolled", Words(await admin.PageAsync("/")), StringComparison.Ordinal);

        using var without = await admin.SubmitAsync($"/agents/{id}/enrol");
        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);
        using var enrolled = await admin.SubmitAsync($"/agents/{id}/enrol", ("tunnel", "nas-tunnel"));
        Assert.Equal($"/agents/{id}?done=enrolled", enrolled.Headers.Location!.OriginalString);
        Assert.Equal((AgentStatus.Enrolled, "nas-tunnel"), (master.Agents.Find(id)!.Status, master.Agents.Find(id)!.TunnelName));

        using var renamed = await admin.SubmitAsync($"/agents/{id}/rename", ("name", "the NAS"));
        Assert.Contains("the NAS", await admin.PageAsync($"/agents/{id}"), StringComparison.Ordinal);

        using var revoked = await admin.SubmitAsync("/agents/keys/revoke", ("key", master.Keys.All[0].Hash));
        Assert.Equal("/agents/keys?done=revoked", revoked.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.Unauthorized, await RegisterAsync(agent));

        using var removed = await admin.SubmitAsync($"/agents/{id}/remove", ("force", "1"));
        Assert.Equal($"/agents/{id}?done=agentRemoved", removed.Headers.Location!.OriginalString);
        Assert.Equal(AgentStatus.Leaving, master.Agents.Find(id)!.Status);
        using var late = await admin.SubmitAsync($"/agents/{id}/enrol", ("tunnel", "nas-tunnel"));
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        Assert.Contains(master.Log.All, line => line.Contains($"User 'admin' at 127.0.0.1 acted on the agent '{id}': it was enrolled on the tunnel 'nas-tunnel'.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_manual_rule_is_refused_with_a_sentence_or_becomes_a_route_and_goes_again()
    {
        await using var master = await Master.StartAsync();
        await master.UntilSettledAsync();
        using var admin = await master.LogInAsync("admin");

        using var refused = await admin.SubmitAsync("/routes/new", ("hostname", "nas.example.com"), ("service", "192.168.1.10"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var said = WebUtility.HtmlDecode(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains("'service' is '192.168.1.10'", said, StringComparison.Ordinal);
        Assert.Contains("value=\"nas.example.com\"", said, StringComparison.Ordinal);

        using var added = await admin.SubmitAsync("/routes/new", ("hostname", "nas.example.com"), ("service", "http://192.168.1.10:5000"));
        Assert.Equal("/routes?done=added", added.Headers.Location!.OriginalString);
        await master.UntilAsync(static pass => pass.Routes.Any(static route => route is { Host: "nas.example.com", State: RouteState.Live }));
        Assert.Contains("a manual rule", await admin.PageAsync("/routes?q=nas"), StringComparison.Ordinal);

        using var removed = await admin.SubmitAsync("/routes/remove", ("key", "nas.example.com"));
        Assert.Equal("/routes?done=removed", removed.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task An_access_group_is_made_changed_and_removed()
    {
        await using var master = await Master.StartAsync();
        using var admin = await master.LogInAsync("admin");

        using var nobody = await admin.SubmitAsync("/access/edit", ("id", "family"));
        Assert.Equal(HttpStatusCode.BadRequest, nobody.StatusCode);
        using var made = await admin.SubmitAsync("/access/edit", ("id", "family"), ("name", "The family"), ("emails", "me@example.com\nyou@example.com"), ("session", "12h"));
        Assert.Equal("/access?done=group", made.Headers.Location!.OriginalString);
        Assert.Contains("Lets in after a login: me@example.com, you@example.com", Words(await admin.PageAsync("/access")), StringComparison.Ordinal);

        using var taken = await admin.SubmitAsync("/access/edit", ("id", "family"), ("domains", "example.com"));
        Assert.Equal(HttpStatusCode.BadRequest, taken.StatusCode);
        using var changed = await admin.SubmitAsync("/access/edit", ("id", "family"), ("known", "1"), ("domains", "example.com"));
        Assert.Contains("Lets in after a login: @example.com", Words(await admin.PageAsync("/access")), StringComparison.Ordinal);

        using var removed = await admin.SubmitAsync("/access/remove", ("id", "family"));
        Assert.Contains("There is no group yet.", await admin.PageAsync("/access"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_for_German_gets_it()
    {
        await using var master = await Master.StartAsync();
        using var admin = await master.LogInAsync("admin");
        admin.Headers.Add("Accept-Language", "fr, de-CH;q=0.9, en;q=0.8");

        var page = await admin.PageAsync("/");

        Assert.Contains("<html lang=\"de\">", page, StringComparison.Ordinal);
        Assert.Contains("<h1>Übersicht</h1>", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_is_inside_the_frame_is_sent_when_a_page_asks_for_itself()
    {
        await using var master = await Master.StartAsync();
        using var admin = await master.LogInAsync("admin");
        var whole = await admin.PageAsync("/routes");
        admin.Headers.Add("HX-Request", "true");

        var part = await admin.PageAsync("/routes");

        Assert.StartsWith("<!DOCTYPE html>", whole, StringComparison.Ordinal);
        Assert.DoesNotContain("<html", part, StringComparison.Ordinal);
        Assert.Contains("<h1>Routes</h1>", part, StringComparison.Ordinal);
        await master.Sessions.EndAllAsync("admin", exceptId: null, TestContext.Current.CancellationToken);
        using var refused = await admin.GetAsync("/routes");
        Assert.Equal((HttpStatusCode.Unauthorized, "/login"), (refused.StatusCode, refused.Headers.GetValues("HX-Redirect").Single()));
    }

    [Fact]
    public async Task The_first_page_with_all_it_needs_is_150_KB_at_most()
    {
        await using var master = await Master.StartAsync();
        await master.UntilSettledAsync();
        using var admin = await master.LogInAsync("admin");
        var page = await admin.PageAsync("/");
        var size = page.Length;
        admin.Headers.Add("Accept-Encoding", "br");
        foreach (Match asset in Asset().Matches(page))
        {
            using var answer = await admin.GetAsync(asset.Groups[1].Value);
            Assert.Equal("br", answer.Content.Headers.ContentEncoding.Single());
            Assert.True(answer.Headers.CacheControl!.MaxAge > TimeSpan.FromDays(300));
            size += (await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length;
        }

        Assert.InRange(size, 10_000, 150_000);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The first page is {size} bytes with its assets."));
    }

    private static async Task<HttpStatusCode> RegisterAsync(HttpClient agent)
    {
        using var body = new StringContent("""{"agent_id":"nas","display_name":"nas","version":"1.0","protocol_version":3}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await agent.PostAsync(new Uri("/api/v2/agents/register", UriKind.Relative), body, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private static List<string> Hosts(string page) => [.. Host().Matches(page).Select(static match => match.Groups[1].Value)];

    /// <summary>A page as a screen reader would say it.</summary>
    private static string Words(string page) => Space().Replace(WebUtility.HtmlDecode(Tag().Replace(page, " ")), " ");

    [GeneratedRegex("<(?:a|span) class=\"host\"[^>]*>([^<]+)<")]
    private static partial Regex Host();

    [GeneratedRegex("<[^>]+>")]
    private static partial Regex Tag();

    [GeneratedRegex("\\s+")]
    private static partial Regex Space();

    [GeneratedRegex("name=\"seen\" value=\"([^\"]+)\"")]
    private static partial Regex Seen();

    [GeneratedRegex("id=\"new-key\">([^<]+)<")]
    private static partial Regex NewKey();

    [GeneratedRegex("(?:src|href)=\"(/assets/[^\"]+)\"")]
    private static partial Regex Asset();
}
