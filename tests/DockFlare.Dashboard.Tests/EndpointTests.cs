using System.Net;
using DockFlare.Dashboard.Login;
using DockFlare.Dashboard.Tests.Stage;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace DockFlare.Dashboard.Tests;

/// <summary>Every endpoint, as everybody.</summary>
public sealed class EndpointTests
{
    private static readonly string[] Open = ["GET /assets/{file}", "GET /login", "GET /login/{provider}", "GET /login/{provider}/callback", "POST /login"];
    private static readonly string[] OfTheApi = ["/api/", "/healthz", "/readyz", "/ping", "/metrics", "/{**path}"];

    [Fact]
    public async Task Whatever_is_mapped_asks_for_a_login_but_the_login_itself()
    {
        await using var master = await Master.StartAsync();

        Assert.Equal(Open, OfTheDashboard(master).Where(static endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null).Select(Name).Order(StringComparer.Ordinal));
        Assert.All(
            OfTheDashboard(master).Where(static endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null),
            static endpoint => Assert.NotNull(endpoint.Metadata.GetMetadata<AuthorizationPolicy>()));
        Assert.True(OfTheDashboard(master).Count > 30);
    }

    [Fact]
    public async Task Without_a_login_nothing_is_shown_or_done()
    {
        await using var master = await Master.StartAsync();
        using var visitor = master.Visitor();
        var token = await visitor.TokenAsync("/login");
        foreach (var endpoint in Guarded(master))
        {
            var (method, path) = MethodAndPath(endpoint);
            using var answer = method == "GET" ? await visitor.GetAsync(path) : await visitor.PostAsync(path, token);

            Assert.True(answer.StatusCode == HttpStatusCode.Redirect, $"{method} {path} answers {answer.StatusCode}.");
            Assert.StartsWith("/login", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
            Assert.Equal("", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData(nameof(Role.Viewer))]
    [InlineData(nameof(Role.Operator))]
    [InlineData(nameof(Role.Admin))]
    public async Task Each_role_gets_what_is_its_own_and_no_more(string name)
    {
        var role = Enum.Parse<Role>(name);
        await using var master = await Master.StartAsync();
        await master.AddUserAsync("someone", role);
        using var browser = await master.LogInAsync("someone");
        var token = await browser.TokenAsync();
        foreach (var endpoint in Guarded(master))
        {
            var (method, path) = MethodAndPath(endpoint);
            if (path == "/logout")
            {
                continue;
            }

            using var answer = method == "GET" ? await browser.GetAsync(path) : await browser.PostAsync(path, token);

            Assert.True((answer.StatusCode == HttpStatusCode.Forbidden) == (Least(path, method) > role), $"{method} {path} answers {answer.StatusCode} to a {role}.");
        }
    }

    [Fact]
    public async Task A_form_without_its_token_or_with_somebody_elses_does_nothing()
    {
        await using var master = await Master.StartAsync();
        await master.AddUserAsync("other", Role.Admin);
        using var admin = await master.LogInAsync("admin");
        using var other = await master.LogInAsync("other");
        var foreign = await other.TokenAsync();
        foreach (var endpoint in OfTheDashboard(master).Where(static endpoint => Name(endpoint).StartsWith("POST", StringComparison.Ordinal)))
        {
            foreach (var token in new[] { null, "", foreign, "CfDJ8" })
            {
                using var answer = await admin.PostAsync(MethodAndPath(endpoint).Path, token, ("name", "admin"), ("password", Master.AdminPassword));
                Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{Name(endpoint)} with {token ?? "no token"} answers {answer.StatusCode}.");
            }
        }

        Assert.Empty(master.Keys.All);
        Assert.Equal(2, master.Users.All.Count);
        Assert.Single(master.Sessions.Of("admin"));
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers_and_no_answer_is_kept()
    {
        await using var master = await Master.StartAsync();
        using var admin = await master.LogInAsync("admin");
        foreach (var endpoint in OfTheDashboard(master).Where(static endpoint => Name(endpoint).StartsWith("GET", StringComparison.Ordinal)))
        {
            using var answer = await admin.GetAsync(MethodAndPath(endpoint).Path);

            Assert.Equal(SecurityHeaders.ContentSecurityPolicy, answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
            if (!Name(endpoint).Contains("assets", StringComparison.Ordinal))
            {
                Assert.True(answer.Headers.CacheControl!.NoStore, Name(endpoint));
            }
        }

        Assert.DoesNotContain("unsafe", SecurityHeaders.ContentSecurityPolicy, StringComparison.Ordinal);
    }

    private static Role Least(string path, string method) =>
        path.StartsWith("/users", StringComparison.Ordinal) || path == "/settings/key" ? Role.Admin
        : method == "POST" && !path.StartsWith("/account", StringComparison.Ordinal) ? Role.Operator
        : path is "/settings" or "/routes/new" or "/agents/deploy" or "/access/edit" ? Role.Operator : Role.Viewer;

    private static List<RouteEndpoint> OfTheDashboard(Master master) =>
        [.. master.Endpoints.Where(static endpoint => !OfTheApi.Any(prefix => Pattern(endpoint).StartsWith(prefix, StringComparison.Ordinal)))];

    private static IEnumerable<RouteEndpoint> Guarded(Master master) => OfTheDashboard(master).Where(static endpoint => !Open.Contains(Name(endpoint)));

    private static (string Method, string Path) MethodAndPath(RouteEndpoint endpoint) =>
        (Name(endpoint).Split(' ')[0], Pattern(endpoint).Replace("{id}", "local", StringComparison.Ordinal).Replace("{file}", "dashboard.css", StringComparison.Ordinal));

    private static string Name(RouteEndpoint endpoint) => $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Single()} {Pattern(endpoint)}";

    private static string Pattern(RouteEndpoint endpoint) => endpoint.RoutePattern.RawText is ['/', ..] text ? text : "/" + endpoint.RoutePattern.RawText;
}
