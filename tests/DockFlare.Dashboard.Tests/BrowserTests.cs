using Deque.AxeCore.Playwright;
using DockFlare.Dashboard.Tests.Stage;
using Microsoft.Playwright;

namespace DockFlare.Dashboard.Tests;

/// <summary>The dashboard in a real browser: no fault that keeps somebody out, no error in the console, nothing asked of anybody else.</summary>
public sealed class BrowserTests : IAsyncLifetime
{
    private static readonly string[] Pages =
        ["/", "/routes", "/routes/new", "/containers", "/plan", "/agents", "/agents/local", "/agents/keys", "/agents/deploy", "/access", "/access/edit", "/history", "/settings", "/account", "/users"];

    // The looks differ in colour and width alone: outside the long run each but the first sees the pages that differ most.
    private static readonly string[] Sample = ["/", "/routes", "/containers", "/agents/local", "/users"];
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DOCKFLARE_TESTS") == "long";

    private readonly List<string> complaints = [];
    private IPlaywright playwright = null!;
    private IBrowser chromium = null!;
    private Master master = null!;

    public async ValueTask InitializeAsync()
    {
        master = await Master.StartAsync();
        await master.UntilSettledAsync();
        playwright = await Playwright.CreateAsync();
        chromium = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-gpu", "--disable-quic"],
        });
    }

    [Theory]
    [InlineData("light", 1280)]
    [InlineData("dark", 1280)]
    [InlineData("narrow", 360)]
    [InlineData("wide", 2560)]
    public async Task Each_page_is_for_everybody_and_asks_nobody_else(string look, int width)
    {
        var page = await OpenAsync(width, look == "dark" ? ColorScheme.Dark : ColorScheme.Light);
        await page.GotoAsync("login");
        await InspectAsync(page, look, "login");
        await LogInAsync(page);
        foreach (var path in IsLong || look == "light" ? Pages : Sample)
        {
            await page.GotoAsync(path[1..]);
            await InspectAsync(page, look, path == "/" ? "overview" : path[1..].Replace('/', '-'));
        }

        Assert.Empty(complaints);
    }

    [Fact]
    public async Task From_the_login_to_overview_routes_and_agents_with_the_keyboard_alone()
    {
        var page = await OpenAsync(1280, ColorScheme.Light);
        await page.GotoAsync("routes?state=live");
        Assert.EndsWith("/login?back=%2Froutes%3Fstate%3Dlive", page.Url, StringComparison.Ordinal);
        await page.Keyboard.TypeAsync("admin");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync(Master.AdminPassword);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/routes?state=live");
        Assert.Equal(["blog.example.com", "shop.example.com"], await page.Locator("td .host").AllInnerTextsAsync());

        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        Assert.EndsWith("#main", page.Url, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Navigation).GetByText("Overview").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Heading, new() { Name = "2 things need you" }).WaitForAsync();
        await page.GetByRole(AriaRole.Navigation).GetByText("Agents").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Table, new() { Name = "Agents" }).GetByText("Online").WaitForAsync();
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task A_new_container_shows_up_on_an_open_page_and_what_is_typed_there_stays()
    {
        var page = await OpenAsync(1280, ColorScheme.Light);
        await page.GotoAsync("login");
        await LogInAsync(page);
        await page.GotoAsync("routes");
        await page.GetByText("Live", new() { Exact = true }).First.WaitForAsync();
        await page.Locator("#live-sign[data-state=true]").WaitForAsync();
        await page.EvaluateAsync("document.querySelector('tbody tr').dataset.seen = 'yes'; document.querySelector('details.explain').open = true");
        await page.Locator("input[name=explain]").FillAsync("https://wi");
        await page.Locator("input[name=explain]").FocusAsync();

        master.Source.Add(Containers.Of("wiki", "wiki.example.com"));
        await page.GetByRole(AriaRole.Link, new() { Name = "wiki.example.com" }).WaitForAsync();

        // What did not change was not touched: the mark is still there, the details are still open, and the caret is where it was.
        Assert.Equal("https://wi", await page.Locator("input[name=explain]").InputValueAsync());
        Assert.True(await page.EvaluateAsync<bool>("document.querySelector('details.explain').open && document.activeElement.name === 'explain'"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Searching_narrows_the_list_while_one_types_and_the_address_says_so()
    {
        var page = await OpenAsync(1280, ColorScheme.Light);
        await page.GotoAsync("login");
        await LogInAsync(page);
        await page.GotoAsync("routes");

        await page.Locator("#q").PressSequentiallyAsync("blog");
        await page.WaitForURLAsync(static url => url.Contains("q=blog", StringComparison.Ordinal));

        await Assertions.Expect(page.Locator("td .host")).ToHaveCountAsync(1);
        Assert.Equal("blog", await page.Locator("#q").InputValueAsync());
        Assert.Equal("q", await page.EvaluateAsync<string>("document.activeElement.id"));
        Assert.Empty(complaints);
    }

    public async ValueTask DisposeAsync()
    {
        await chromium.DisposeAsync();
        playwright.Dispose();
        await master.DisposeAsync();
    }

    private async Task<IPage> OpenAsync(int width, ColorScheme scheme)
    {
        var context = await chromium.NewContextAsync(new() { BaseURL = master.Address.AbsoluteUri, ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme, Locale = "en-GB" });
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => complaints.Add($"{page.Url}: {error}");
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(master.Address.AbsoluteUri, StringComparison.Ordinal))
            {
                complaints.Add($"{page.Url} asks {request.Url}");
            }
        };
        return page;
    }

    private static async Task LogInAsync(IPage page)
    {
        await page.GetByLabel("Name").FillAsync("admin");
        await page.GetByLabel("Password").FillAsync(Master.AdminPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Overview" }).WaitForAsync();
    }

    private async Task InspectAsync(IPage page, string look, string name)
    {
        var findings = await page.RunAxe();
        complaints.AddRange(findings.Violations.Where(static violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{look} {name}: {violation.Id}: {string.Join(" | ", violation.Nodes.Select(static node => node.Html))}"));
        if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - window.innerWidth") is > 0 and var over)
        {
            complaints.Add($"{look} {name} is {over} pixels too wide");
        }

        await page.ScreenshotAsync(new() { Path = Path.Combine(Pictures(), $"{name}-{look}.png"), FullPage = look != "wide" });
    }

    private static string Pictures([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "artifacts", "dashboard");
}
