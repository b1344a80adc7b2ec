using DockFlare.Core.Ingress;

namespace DockFlare.Core.Labels;

/// <summary>Reads the labels of one rule.</summary>
internal static class RuleLabels
{
    /// <summary>Reads the rule; all its faults are in the log afterwards, and with any fault there is no rule.</summary>
    /// <param name="scope">The rule's labels.</param>
    /// <param name="hostname">What is written as its host.</param>
    /// <param name="position">The label it is written in; -1 for an operator's default.</param>
    /// <param name="lost">Labels that were probably meant to protect this rule and are not understood.</param>
    public static RuleCandidate Read(ref LabelScope scope, string hostname, int position, ReadOnlySpan<UnknownLabel> lost)
    {
        var errors = scope.Log.ErrorCount;
        if (HostName.TryParse(hostname, out var host, out var fault, scope.Own(LabelId.Path)))
        {
            scope.Host = host;
        }
        else
        {
            scope.Log.AddError(new(scope.Own(LabelId.Hostname), $"{scope.Own(LabelId.Hostname)}: {fault}") { Value = hostname });
        }

        var path = PathLabel.Read(in scope);
        var origin = OriginLabels.Read(in scope);
        var service = ServiceLabel.Read(in scope, origin.BastionMode == true);
        var asksAccess = AccessLabels.Ask(in scope);
        var access = asksAccess ? AccessLabels.Read(in scope, path ?? RulePath.Any) : null;
        if (access is null)
        {
            FailLost(in scope, lost);
        }

        var rule = new LabelRule(new(host ?? "", path ?? RulePath.Any), service ?? "")
        {
            Origin = origin,
            Priority = scope.Number(LabelId.Priority) ?? 0,
            ZoneName = ReadZoneName(in scope),
            Tunnel = scope.Text(scope.Find(LabelId.Tunnel)),
            DnsProxied = scope.Flag(scope.Find(LabelId.DnsProxied)) ?? true,
            DnsComment = scope.Text(scope.Find(LabelId.DnsComment)),
            PublishWhenHealthy = WordLabel.Read(in scope, LabelId.PublishWhen) is not null,
            Access = access,
        };
        RuleKey? key = host is null || path is null ? null : rule.Key;
        return new(key, errors == scope.Log.ErrorCount ? rule : null, position, scope.Find(LabelId.Path), asksAccess || !lost.IsEmpty);
    }

    private static string? ReadZoneName(ref readonly LabelScope scope)
    {
        var position = scope.Find(LabelId.ZoneName);
        if (scope.Text(position) is not { } text)
        {
            return null;
        }

        if (HostName.TryParse(text, out var zone, out var fault) && !zone.StartsWith('*'))
        {
            return zone;
        }

        scope.Fail(position, $"{scope.Key(position)} is '{text}', which is not the name of a zone: {(fault is null ? "leave out the '*.'" : "write one such as example.com, or remove the label")}.");
        return null;
    }

    private static void FailLost(ref readonly LabelScope scope, ReadOnlySpan<UnknownLabel> lost)
    {
        foreach (var label in lost)
        {
            var key = scope.Key(label.Position);
            var advice = label.Nearest is null ? "see the list of labels" : $"did you mean {key.AsSpan(0, key.Length - label.Suffix.Length)}{label.Nearest}?";
            scope.Fail(label.Position, $"{key} is not a label that is known, and seems meant to protect the host, so it is not exposed: {advice}{(label.Nearest is null ? "." : "")}");
        }
    }
}

/// <summary>What came of one rule's labels.</summary>
/// <param name="Key">Its key, as far as it could be read.</param>
/// <param name="Rule">The rule; null when it has a fault.</param>
/// <param name="Position">The label with its host; -1 for an operator's default.</param>
/// <param name="PathPosition">The label with its path; -1 for none.</param>
/// <param name="AsksAccess">Whether protection was asked for.</param>
internal readonly record struct RuleCandidate(RuleKey? Key, LabelRule? Rule, int Position, int PathPosition, bool AsksAccess);
