using DockFlare.Core.Commands;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Dashboard.Pages;

/// <summary>Something that somebody should act on, or know before they go back to bed.</summary>
/// <param name="Tone">How much it matters.</param>
/// <param name="Title">What it is about, in a few words.</param>
/// <param name="Text">What is the matter and what to do, in sentences.</param>
/// <param name="Path">Where to do it; null when it is not here.</param>
/// <param name="Link">What the link says.</param>
internal sealed record Problem(Tone Tone, string Title, string? Text, string? Path, string? Link);

/// <summary>What is wrong now, worst first.</summary>
internal static class Problems
{
    private const int MostRoutes = 4;
    private static readonly RouteState[] Bad = [RouteState.Blocked, RouteState.Rejected, RouteState.Conflict];

    public static IReadOnlyList<Problem> Of(PassSnapshot pass, IReadOnlyList<AgentCondition> agents, IReadOnlyList<string> unready, Texts texts)
    {
        var problems = new List<Problem>();
        if (pass.Trouble is { } trouble)
        {
            problems.Add(new(Tone.Bad, texts["problem.trouble"], trouble, null, null));
        }

        problems.AddRange(unready.Select(reason => new Problem(Tone.Bad, texts["problem.unready"], reason, null, null)));
        if (pass.WhyNotApplied is { } why)
        {
            problems.Add(new(Tone.Notice, texts["problem.notApplied"], why, "/plan", texts["problem.seePlan"]));
        }

        var held = pass.Remaining.Held.Where(static held => held.AdoptionId is null).ToList();
        if (held.Count > 0)
        {
            problems.Add(new(Tone.Notice, texts.Count("problem.held", held.Count), held[0].Reason, "/plan", texts["problem.reviewPlan"]));
        }

        if (pass.Remaining.Held.Count > held.Count)
        {
            problems.Add(new(Tone.Notice, texts.Count("problem.adopt", pass.Remaining.Held.Count - held.Count), null, "/plan", texts["problem.seePlan"]));
        }

        problems.AddRange(pass.Faults.OrderBy(static fault => fault.Key, StringComparer.Ordinal)
            .Where(fault => !pass.Routes.Any(route => string.Equals(route.Host, fault.Key, StringComparison.Ordinal) && Bad.Contains(route.State)))
            .Select(fault => new Problem(Tone.Bad, texts.Say("problem.fault", fault.Key), fault.Value, null, null)));
        problems.AddRange(OfRoutes(pass, texts));
        problems.AddRange(agents.SelectMany(agent => OfAgent(agent, texts)));
        return problems;
    }

    private static IEnumerable<Problem> OfRoutes(PassSnapshot pass, Texts texts)
    {
        foreach (var state in Bad)
        {
            var routes = pass.Routes.Where(route => route.State == state).ToList();
            var list = $"/routes?state={Marks.Word(state)}";
            var shown = routes.Count > MostRoutes + 1 ? MostRoutes : routes.Count;
            foreach (var route in routes.Take(shown))
            {
                yield return new(Tone.Bad, texts.Say("problem.route." + Marks.Word(state), route.Route), route.Reason, $"/containers?q={Uri.EscapeDataString(route.Container)}", route.Container.Length == 0 ? null : texts.Say("problem.container", route.Container, route.Agent));
            }

            if (shown < routes.Count)
            {
                yield return new(Tone.Bad, texts.Count("problem.more." + Marks.Word(state), routes.Count - shown), null, list, texts["problem.showAll"]);
            }
        }
    }

    private static IEnumerable<Problem> OfAgent(AgentCondition agent, Texts texts)
    {
        var path = "/agents/" + Uri.EscapeDataString(agent.Id.Value);
        switch (agent.Light)
        {
            case AgentLight.Pending:
                yield return new(Tone.Notice, texts.Say("problem.pending", agent.Name), texts["problem.pending.text"], path, texts["problem.enrol"]);
                break;
            case AgentLight.Offline:
                yield return new(Tone.Bad, texts.Say("problem.offline", agent.Name), texts["problem.offline.text"], path, texts["problem.seeAgent"]);
                break;
            case AgentLight.Behind:
                yield return new(Tone.Notice, texts.Say("problem.behind", agent.Name), agent.Connector is { ReadyConnections: 0 } ? texts["problem.behind.unconnected"] : texts["problem.behind.text"], path, texts["problem.seeAgent"]);
                break;
        }

        if (agent.DeadLetters > 0)
        {
            yield return new(Tone.Bad, texts.Count("problem.dead", agent.DeadLetters, agent.Name), texts["problem.dead.text"], path, texts["problem.seeAgent"]);
        }
    }
}
