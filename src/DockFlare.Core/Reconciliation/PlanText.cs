using System.Globalization;
using System.Text;

namespace DockFlare.Core.Reconciliation;

/// <summary>A plan as text for people and as JSON for programs.</summary>
internal static class PlanText
{
    public static string Write(Plan plan)
    {
        var text = new StringBuilder();
        foreach (var change in plan.Changes)
        {
            Append(text, change);
        }

        foreach (var held in plan.Held)
        {
            text.Append("held back: ");
            Append(text, held.Change);
            text.Append("             ").Append(held.Reason).Append('\n');
        }

        foreach (var blocked in plan.Blocked)
        {
            text.Append("blocked      ").Append(blocked.Key).Append(": ").Append(blocked.Reason).Append('\n');
        }

        return text.Length == 0 ? "Nothing to change.\n" : text.ToString();
    }

    public static string Describe(Change change) => change switch
    {
        Change.CreateTunnel create => $"+ tunnel   {create.Tunnel.Name}",
        Change.PutIngress put => string.Create(CultureInfo.InvariantCulture, $"~ ingress  {put.Tunnel.Name}  ({Counts(put)})"),
        Change.CreateDns create => $"+ record   {create.Desired.Name} -> {create.Desired.Content}",
        Change.UpdateDns update => $"~ record   {update.Desired.Name}: {Difference(update)}",
        Change.DeleteDns delete => $"- record   {delete.Observed.Name} -> {delete.Observed.Content}",
        Change.CreatePolicy create => $"+ policy   {create.Desired.Policy.Name}",
        Change.UpdatePolicy update => $"~ policy   {update.Desired.Policy.Name}",
        Change.DeletePolicy delete => $"- policy   {delete.Observed.Policy.Name}",
        Change.CreateAccess create => $"+ access   {create.Desired.Key}  ({Policies(create.Desired)})",
        Change.UpdateAccess update => $"~ access   {update.Desired.Key}  ({Policies(update.Desired)})",
        Change.DeleteAccess delete => $"- access   {delete.Subject}",
        Change.DispatchCommand dispatch => $"> command  {dispatch.Agent}: {Describe(dispatch.Command)}",
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, "There is no text for this kind of change."),
    };

    private static string Describe(Commands.AgentCommand command) => command switch
    {
        Commands.AgentCommand.EnsureTunnel ensure => string.Create(CultureInfo.InvariantCulture, $"run tunnel {ensure.TunnelName}, generation {ensure.Generation}"),
        Commands.AgentCommand.StopTunnel => "stop the tunnel",
        _ => command.Key,
    };

    private static string Policies(Access.DesiredApp app) =>
        string.Join(", ", app.Inline.IsEmpty ? app.Policies.Select(static policy => policy.Policy.Name) : app.Inline.Select(static policy => policy.Name));

    private static void Append(StringBuilder text, Change change)
    {
        text.Append(change.Phase.ToString().PadRight(11)).Append(Describe(change)).Append('\n');
        if (change is Change.PutIngress put)
        {
            var services = put.Rules.ToDictionary(rule => Ingress.RuleIdentity.Of(rule.Key), rule => rule.Service);
            foreach (var added in put.Added)
            {
                text.Append("             + ").Append(added).Append(" -> ").Append(services[added]).Append('\n');
            }

            foreach (var changed in put.Changed)
            {
                text.Append("             ~ ").Append(changed).Append(" -> ").Append(services[changed]).Append('\n');
            }

            foreach (var removed in put.Removed)
            {
                text.Append("             - ").Append(removed).Append('\n');
            }
        }
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
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {word}"));
            }
        }
    }

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
