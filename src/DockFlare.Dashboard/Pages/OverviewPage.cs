using DockFlare.Core.Reconciliation;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Api;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/</c>: what is exposed, what is not and why, in five seconds.</summary>
internal sealed class OverviewPage(PassBoard board, AgentConditions agents, CloudflareClient cloudflare, IOptions<CloudflareOptions> options, IServiceProvider services, ReconcileSignal signal, Audit audit)
{
    private static readonly TimeSpan Recently = TimeSpan.FromHours(1);
    private const int MostChanges = 25;

    public void Map(PageMap map)
    {
        map.Get("/", Role.Viewer, ShowAsync);
        map.Post("/reconcile", Role.Operator, async visit =>
        {
            signal.RaiseAnew();
            await audit.DidAsync(visit.Context, "asked for a pass").ConfigureAwait(false);
            await visit.GoAsync("/?done=reconcile").ConfigureAwait(false);
        });
    }

    private async Task ShowAsync(Visit visit)
    {
        var pass = board.Current;
        var conditions = await agents.AllAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        var unready = services.GetServices<IReadinessPart>().Select(static part => part.FindFault()).OfType<string>().ToList();
        var since = visit.Now - Recently;
        var recent = board.Recent.Where(earlier => earlier.At >= since).Reverse().ToList();
        var counts = pass.Routes.CountBy(static route => route.State).ToDictionary();
        var model = new OverviewModel
        {
            Pass = pass,
            Problems = Problems.Of(pass, conditions, unready, visit.T),
            Counts = [.. Marks.States.Select(state => (state, counts.GetValueOrDefault(state)))],
            Agents = conditions,
            Budget = (cloudflare.CallsLeft, options.Value.CallLimit),
            Changes = [.. recent.SelectMany(static earlier => earlier.Applied.Select(change => (earlier.At, change.Describe()))).Take(MostChanges)],
            ChangesInAll = recent.Sum(static earlier => earlier.Applied.Count),
        };
        await visit.ShowAsync(visit.T["nav.overview"], new Pages_Overview { Model = model, Visit = visit }).ConfigureAwait(false);
    }
}

/// <summary>What the overview shows.</summary>
internal sealed record OverviewModel
{
    public required PassSnapshot Pass { get; init; }

    public required IReadOnlyList<Problem> Problems { get; init; }

    public required IReadOnlyList<(RouteState State, int Count)> Counts { get; init; }

    public required IReadOnlyList<AgentCondition> Agents { get; init; }

    public (int Left, int Of) Budget { get; init; }

    public required IReadOnlyList<(DateTimeOffset At, string Text)> Changes { get; init; }

    public int ChangesInAll { get; init; }

    public int AgentsIn(AgentLight light) => Agents.Count(agent => agent.Light == light);
}
