using System.Globalization;
using System.Text;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>A plan as text for people.</summary>
internal static class PlanText
{
    private const int Margin = 11;
    private const int Detail = 22;

    public static string Write(Plan plan)
    {
        var text = new StringBuilder();
        foreach (var change in plan.Changes)
        {
            Append(text, change, change.Phase.ToString());
        }

        for (var i = 0; i < plan.Held.Count; i++)
        {
            var held = plan.Held[i];
            Append(text, held.Change, held.AdoptionId is null ? "Held back" : "Not ours");
            if (i + 1 == plan.Held.Count || !string.Equals(held.Reason, plan.Held[i + 1].Reason, StringComparison.Ordinal))
            {
                // What is held for one reason says it once.
                text.Append(' ', Detail).Append(held.Reason).Append('\n');
            }
        }

        foreach (var blocked in plan.Blocked)
        {
            text.Append((blocked.IsServed ? "Unread" : "Blocked").PadRight(Margin)).Append("! route    ").Append(blocked.Key).Append('\n')
                .Append(' ', Detail).Append(blocked.Reason).Append('\n');
        }

        return text.Append(Summary(plan)).Append('\n').ToString();
    }

    public static string Describe(Change change) => change switch
    {
        Change.CreateTunnel create => $"+ tunnel   {create.Tunnel.Name}",
        Change.AdoptTunnel adopt => $"^ tunnel   {adopt.Tunnel.Name} ({adopt.TunnelId})",
        Change.AdoptRule adopt => $"^ rule     {adopt.Rule.Key} on {adopt.Tunnel.Name}: {Labels.ServiceText.Redact(adopt.Observed.Service)} -> {Labels.ServiceText.Redact(adopt.Rule.Service)}",
        Change.PutIngress put => $"~ ingress  {put.Tunnel.Name}: {Counts(put)}",
        Change.CreateDns create => $"+ record   {create.Desired.Name} -> {create.Desired.Content}{(create.Desired.Proxied ? "" : ", not proxied")}",
        Change.UpdateDns update => $"~ record   {update.Desired.Name}: {Difference(update)}",
        Change.AdoptDns adopt => $"^ record   {adopt.Desired.Name}: {adopt.Observed.Content} -> {adopt.Desired.Content}",
        Change.DeleteDns delete => $"- record   {delete.Observed.Name} -> {delete.Observed.Content}",
        Change.CreatePolicy create => $"+ policy   {create.Desired.Policy.Name}",
        Change.UpdatePolicy update => $"~ policy   {update.Desired.Policy.Name}",
        Change.DeletePolicy delete => $"- policy   {delete.Observed.Policy.Name}",
        Change.CreateAccess create => $"+ access   {create.Desired.Key}: {PoliciesOf(create.Desired)}",
        Change.UpdateAccess update => $"~ access   {update.Desired.Key}: {PoliciesOf(update.Desired)}",
        Change.AdoptAccess adopt => $"^ access   {adopt.Desired.Key}: '{adopt.Observed.Name}' ({string.Join(", ", adopt.Observed.Policies.Select(static policy => policy.Policy.Name))}) -> {PoliciesOf(adopt.Desired)}",
        Change.AdoptPolicy adopt => $"^ policy   {adopt.Desired.Policy.Name} ({adopt.Observed.Id}){(adopt.Desired.Policy.SaysTheSameAs(adopt.Observed.Policy) ? "" : ", replaced")}",
        Change.ReleaseDns release => $"v record   {release.Observed.Name} -> {release.Observed.Content}",
        Change.ReleaseRule release => $"v rule     {Describe(release.Observed.Identity)} on {release.Tunnel.Name} -> {Labels.ServiceText.Redact(release.Observed.Service)}",
        Change.ReleaseAccess release => $"v access   {release.Subject}: '{release.Observed.Name}'",
        Change.ReleasePolicy release => $"v policy   {release.Observed.Policy.Name} ({release.Observed.Id})",
        Change.DeleteAccess delete => $"- access   {delete.Subject}",
        Change.DispatchCommand dispatch => $"> command  {dispatch.Agent}: {Describe(dispatch.Command)}",
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, "There is no text for this kind of change."),
    };

    /// <summary>A rule as an operator would write it: host and path prefix rather than an expression, where it is one.</summary>
    public static string Describe(RuleIdentity rule) => IngressOrder.KeyOf(rule).ToString();

    private static string PoliciesOf(Access.DesiredApp app) =>
        string.Join(", ", app.Inline.IsEmpty ? app.Policies.Select(static policy => policy.Policy.Name) : app.Inline.Select(static policy => policy.Name));

    private static string Describe(AgentCommand command) => command switch
    {
        AgentCommand.EnsureTunnel ensure => string.Create(CultureInfo.InvariantCulture, $"run tunnel {ensure.TunnelName}, generation {ensure.Generation}"),
        AgentCommand.StopTunnel => "stop the tunnel",
        _ => command.Key,
    };

    private static void Append(StringBuilder text, Change change, string head)
    {
        text.Append(head.PadRight(Margin)).Append(Describe(change)).Append('\n');
        if (change is not Change.PutIngress put)
        {
            return;
        }

        var services = put.Rules.ToDictionary(static rule => RuleIdentity.Of(rule.Key), static rule => Labels.ServiceText.Redact(rule.Service));
        var width = put.Added.Concat(put.Changed).Select(static rule => Describe(rule).Length).DefaultIfEmpty().Max();
        AppendRules(text, '+', put.Added, services, width);
        AppendRules(text, '~', put.Changed, services, width);
        AppendRules(text, '-', put.Removed, services, 0);
    }

    private static void AppendRules(StringBuilder text, char sign, EquatableArray<RuleIdentity> rules, Dictionary<RuleIdentity, string> services, int width)
    {
        foreach (var rule in rules)
        {
            text.Append(' ', Detail).Append(sign).Append(' ').Append(Describe(rule).PadRight(width));
            if (width > 0 && services.TryGetValue(rule, out var service))
            {
                text.Append(" -> ").Append(service);
            }

            text.Append('\n');
        }
    }

    private static string Summary(Plan plan)
    {
        var parts = new List<string> { plan.Changes.Count switch { 0 => "Nothing to change", 1 => "1 change", var count => Count(count, "changes") } };
        var adoptable = plan.Held.Count(static held => held.AdoptionId is not null);
        if (plan.Held.Count > adoptable)
        {
            parts.Add(Count(plan.Held.Count - adoptable, "held back"));
        }

        if (adoptable > 0)
        {
            parts.Add(Count(adoptable, "to adopt"));
        }

        var unread = plan.Blocked.Count(static blocked => blocked.IsServed);
        if (plan.Blocked.Count > unread)
        {
            parts.Add(Count(plan.Blocked.Count - unread, "blocked"));
        }

        if (unread > 0)
        {
            parts.Add(Count(unread, "unread"));
        }

        return string.Join(", ", parts) + ".";
    }

    private static string Counts(Change.PutIngress put)
    {
        var parts = new List<string>(3);
        Add(put.Added.Count, "added");
        Add(put.Changed.Count, "changed");
        Add(put.Removed.Count, "removed");
        return parts.Count == 0 ? "order alone" : string.Join(", ", parts);

        void Add(int count, string word)
        {
            if (count > 0)
            {
                parts.Add(Count(count, word));
            }
        }
    }

    private static string Count(int count, string word) => string.Create(CultureInfo.InvariantCulture, $"{count} {word}");

    private static string Difference(Change.UpdateDns update)
    {
        if (!string.Equals(update.Observed.Content, update.Desired.Content, StringComparison.OrdinalIgnoreCase))
        {
            return $"{update.Observed.Content} -> {update.Desired.Content}";
        }

        return update.Observed.Proxied != update.Desired.Proxied
            ? update.Desired.Proxied ? "proxied from now on" : "not proxied any more"
            : "comment";
    }
}
