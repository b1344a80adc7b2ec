using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/plan</c>: what is left to do, what is held back and what cannot be done.</summary>
internal sealed class PlanPage(PassBoard board, Reconciler reconciler, ReconcileSignal signal, Audit audit)
{
    public void Map(PageMap map)
    {
        map.Get("/plan", Role.Viewer, visit => ShowAsync(visit, null));
        map.Post("/plan/confirm", Role.Operator, ConfirmAsync);
        map.Post("/plan/adopt", Role.Operator, AdoptAsync);
    }

    private Task ShowAsync(Visit visit, string? fault)
    {
        var pass = board.Current;
        var model = new PlanModel(pass, fault, [.. pass.Remaining.Changes.GroupBy(static change => change.Phase).OrderBy(static group => group.Key).Select(static group => (group.Key, (IReadOnlyList<PlanLine>)[.. group.Select(PlanLine.Of)]))]);
        return visit.ShowAsync(visit.T["nav.plan"], new Pages_Plan { Model = model, Visit = visit }, fault is null ? 200 : 409);
    }

    // What is confirmed is what was looked at: other deletions that came up since are not meant.
    private async Task ConfirmAsync(Visit visit)
    {
        var plan = board.Current.Remaining;
        if (plan.ConfirmationDigest is not { } digest || !string.Equals(visit.Form("seen"), digest, StringComparison.Ordinal))
        {
            await ShowAsync(visit, visit.T["plan.changed"]).ConfigureAwait(false);
            return;
        }

        reconciler.Confirmations.ConfirmDeletions(digest);
        signal.Raise();
        await audit.DidAsync(visit.Context, $"confirmed {plan.Held.Count(static held => held.AdoptionId is null)} changes that were held back").ConfigureAwait(false);
        await visit.GoAsync("/plan?done=confirmed").ConfigureAwait(false);
    }

    private async Task AdoptAsync(Visit visit)
    {
        if (board.Current.Remaining.Held.FirstOrDefault(held => held.AdoptionId is { } id && string.Equals(id, visit.Form("id"), StringComparison.Ordinal)) is not { } found)
        {
            await ShowAsync(visit, visit.T["plan.changed"]).ConfigureAwait(false);
            return;
        }

        reconciler.Confirmations.Adopt([found.AdoptionId!]);
        signal.Raise();
        await audit.DidAsync(visit.Context, $"agreed to adopt {found.Change.Subject}").ConfigureAwait(false);
        await visit.GoAsync("/plan?done=adopted").ConfigureAwait(false);
    }
}

/// <summary>One step as people read it.</summary>
/// <param name="Sign"><c>+</c> makes, <c>~</c> changes, <c>-</c> removes, <c>&gt;</c> tells.</param>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Text">Which one, and how.</param>
/// <param name="Details">The rules of a document.</param>
internal sealed record PlanLine(char Sign, string Kind, string Text, IReadOnlyList<string> Details)
{
    public string Class => Sign switch
    {
        '+' => "tone-good",
        '-' => "tone-bad",
        '~' => "tone-notice",
        _ => "tone-quiet",
    };

    public string Word => Sign switch
    {
        '+' => "plan.add",
        '-' => "plan.remove",
        '~' => "plan.change",
        _ => "plan.send",
    };

    public static PlanLine Of(Change change)
    {
        // Such as "+ record   app.example.com -> ….cfargotunnel.com": the sentence is made in one place, for all who show it.
        var text = change.Describe();
        var kind = text[2..].Split(' ', 2);
        return new(text[0], kind[0], kind.Length > 1 ? kind[1].TrimStart() : "", change is Change.PutIngress put ? DetailsOf(put) : []);
    }

    private static List<string> DetailsOf(Change.PutIngress put)
    {
        var services = put.Rules.ToDictionary(static rule => RuleIdentity.Of(rule.Key), static rule => Core.Labels.ServiceText.Redact(rule.Service));
        return
        [
            .. put.Added.Select(rule => $"+ {PlanText.Describe(rule)} → {services.GetValueOrDefault(rule)}"),
            .. put.Changed.Select(rule => $"~ {PlanText.Describe(rule)} → {services.GetValueOrDefault(rule)}"),
            .. put.Removed.Select(static rule => $"- {PlanText.Describe(rule)}"),
        ];
    }
}

/// <summary>What the plan page shows.</summary>
internal sealed record PlanModel(PassSnapshot Pass, string? Fault, IReadOnlyList<(ChangePhase Phase, IReadOnlyList<PlanLine> Lines)> Phases)
{
    public string? Seen => Pass.Remaining.ConfirmationDigest;

    public IReadOnlyList<HeldChange> Held => [.. Pass.Remaining.Held.Where(static held => held.AdoptionId is null)];

    public IReadOnlyList<HeldChange> Adoptable => [.. Pass.Remaining.Held.Where(static held => held.AdoptionId is not null)];

    /// <summary>Whether a confirmation lets any of it go on; a policy that forbids deletions is not confirmed away.</summary>
    public bool CanConfirm => Held.Any(static held => held.Reason.Contains("DOCKFLARE_MAX_DELETE_PERCENT", StringComparison.Ordinal));
}
