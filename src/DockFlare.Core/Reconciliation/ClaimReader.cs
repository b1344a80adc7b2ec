using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;
using DockFlare.Core.Zones;

namespace DockFlare.Core.Reconciliation;

/// <summary>Makes claims of what containers and operators wish, and says at once what cannot become one.</summary>
internal sealed class ClaimReader(ReconcileInput input, LabelReadings readings, HeldRoutes held, Tunnels tunnels, Presences presences, List<RouteOutcome> outcomes)
{
    private readonly List<(Claim Claim, string Reason)> waiting = [];

    /// <summary>The claims that are complete enough to be served.</summary>
    public List<Claim> Claims { get; } = new(readings.Claims.LastCount);

    /// <summary>Claims that wait for a health check, with the reason. One whose route is kept meanwhile has nothing to say.</summary>
    public IReadOnlyList<(Claim Claim, string Reason)> Waiting => waiting;

    public void ReadManual()
    {
        foreach (var manual in input.Manual)
        {
            var holder = new RouteHolder(default, manual.Rule.Key.ToString(), RouteSource.Manual);
            var tunnel = tunnels.Find(manual.TunnelId);
            if (tunnel is null)
            {
                Refuse(RouteState.Rejected, manual.Rule, holder, "", null, $"There is no tunnel '{manual.TunnelId}' for the manual rule '{manual.Rule.Key}'. Choose one that is there, or remove the rule.");
                continue;
            }

            if (Make(tunnel, manual.Rule, holder, "", new(manual.ZoneName, true, null, manual.Access), []) is { } claim)
            {
                Claims.Add(claim);
            }
        }
    }

    public void ReadReport(AgentReport report)
    {
        presences.Reported(report.Agent, report.IsComplete);
        foreach (var container in report.Ended)
        {
            presences.Ended(report.Agent, ReadContainer.WorkloadOf(container));
        }

        var containers = readings.Of(report, input.Labels);
        presences.Seen(report.Agent, containers);
        foreach (var read in containers)
        {
            if (read.Reading.IsLabelled)
            {
                ReadLabels(report.Agent, read);
            }
        }
    }

    private void ReadLabels(AgentId agent, ReadContainer read)
    {
        outcomes.AddRange(read.OutcomesOn(agent));
        CloseMisread(read.HolderOn(agent), read.Reading);
        for (var i = 0; i < read.Reading.Rules.Count; i++)
        {
            ReadRule(agent, read, i);
        }
    }

    // Protection that is asked for and cannot be read: what is served of the host without any ends, even by an incomplete report.
    private void CloseMisread(RouteHolder holder, LabelReading reading)
    {
        foreach (var error in reading.Errors)
        {
            if (error.Host is { } host && error.Label.Contains("access", StringComparison.Ordinal))
            {
                presences.Close(holder, host);
            }
        }
    }

    private void ReadRule(AgentId agent, ReadContainer read, int index)
    {
        var (container, rule, holder) = (read.Container, read.Reading.Rules[index], read.HolderOn(agent));
        var (own, authority) = (tunnels.Of(agent), AuthorityOf(agent));
        if (own.Count == 0)
        {
            Refuse(RouteState.Pending, RuleOf(rule), holder, container.Name, null, $"Agent '{agent}' has no tunnel yet: enrol it.");
            return;
        }

        var tunnel = rule.Tunnel is null ? own[0] : own.Find(IsMeant) ?? tunnels.InOrder.FirstOrDefault(candidate => IsMeant(candidate) && authority.MayUse(candidate));
        if (tunnel is null)
        {
            Refuse(RouteState.Rejected, RuleOf(rule), holder, container.Name, rule.Tunnel,
                $"Agent '{agent}' has no authority over a tunnel '{rule.Tunnel}'; its own is '{own[0].Name}'. Remove the tunnel label, name that one, or give the agent authority over the other.");
            return;
        }

        if (authority.FindFault(agent, rule.Key, rule.Access) is { } beyond)
        {
            Refuse(RouteState.Rejected, RuleOf(rule), holder, container.Name, null, beyond);
            return;
        }

        var claim = ClaimOf(read, index, tunnel, holder);
        if (claim is null)
        {
            return;
        }

        if (rule.PublishWhenHealthy && container.Health != ContainerHealth.Healthy)
        {
            presences.Waits(holder, rule.Key);
            waiting.Add((claim, container.Health == ContainerHealth.None
                ? $"'{container.Name}' has no health check, and publish_when=healthy waits for one. Add a HEALTHCHECK or remove the label."
                : $"Waits for the health check of '{container.Name}', which says {(container.Health == ContainerHealth.Starting ? "'starting'" : "'unhealthy'")}."));
            return;
        }

        Claims.Add(claim);

        bool IsMeant(TunnelAssignment candidate) =>
            string.Equals(candidate.Name, rule.Tunnel, StringComparison.Ordinal) || string.Equals(candidate.TunnelId, rule.Tunnel, StringComparison.Ordinal);
    }

    private AgentAuthority AuthorityOf(AgentId agent) => input.Authorities.GetValueOrDefault(agent, AgentAuthority.Default);

    private Claim? ClaimOf(ReadContainer read, int index, TunnelAssignment tunnel, RouteHolder holder)
    {
        ref var last = ref read.ClaimOf(index);
        if (last is not null && ReferenceEquals(last.Zones, input.Zones) && ReferenceEquals(last.Route.Holder, holder)
            && string.Equals(last.Route.TunnelId, tunnel.TunnelId, StringComparison.Ordinal) && string.Equals(last.FallbackZoneId, input.FallbackZoneId, StringComparison.Ordinal))
        {
            return last;
        }

        var rule = read.Reading.Rules[index];
        var claim = Make(tunnel, RuleOf(rule), holder, read.Container.Name, new(rule.ZoneName, rule.DnsProxied, rule.DnsComment, rule.Access), Notes(read.Reading, rule.Key.Host));
        last = claim?.Zones is null ? null : claim;
        return claim;
    }

    private Claim? Make(TunnelAssignment tunnel, IngressRule rule, RouteHolder holder, string container, RecordWish record, List<string> notes)
    {
        var match = input.Zones.Find(rule.Key.Host, record.ZoneName, input.FallbackZoneId);
        if (match.Zone is not { } zone)
        {
            if (held.Find(rule.Key) is not { } there || !there.Holder.IsHeldBy(holder))
            {
                Refuse(RouteState.Blocked, rule, holder, container, null, match.Message);
                return null;
            }

            // It is served already: a zone that cannot be seen just now does not end it.
            notes.Add(match.Message + " The route is kept as it is meanwhile.");
            return new(new(rule, tunnel.TunnelId, there.ZoneId, holder) { Access = record.Access, DnsProxied = record.Proxied, DnsComment = record.Comment }, container, notes.ToEquatableArray());
        }

        if (IsDeep(rule.Key.Host, zone.Name))
        {
            notes.Add($"'{rule.Key.Host}' is more than one level below '{zone.Name}', which Cloudflare's Universal SSL certificate does not cover: browsers will refuse it. Order an advanced certificate that covers it, or use a host one level below '{zone.Name}'.");
        }

        return new(new(rule, tunnel.TunnelId, zone.Id, holder) { Access = record.Access, DnsProxied = record.Proxied, DnsComment = record.Comment }, container, notes.ToEquatableArray())
        {
            Zones = input.Zones,
            FallbackZoneId = input.FallbackZoneId,
        };
    }

    private void Refuse(RouteState state, IngressRule rule, RouteHolder holder, string container, string? label, string? reason)
    {
        presences.Refuse(holder, rule.Key);
        outcomes.Add(new(rule.Key.ToString(), state, holder.Agent, container) { Host = rule.Key.Host, Reason = reason, Service = ServiceText.Redact(rule.Service), Source = holder.Source, Label = label });
    }

    private static IngressRule RuleOf(LabelRule rule) => new(rule.Key, rule.Service) { Origin = rule.Origin, Priority = rule.Priority };

    private static List<string> Notes(LabelReading reading, string host)
    {
        var notes = new List<string>();
        foreach (var note in reading.Notes)
        {
            if (note.Host is null || string.Equals(note.Host, host, StringComparison.Ordinal))
            {
                notes.Add(note.Message);
            }
        }

        return notes;
    }

    // The apex and one level below it, a wildcard there too, are covered.
    private static bool IsDeep(string host, string zone) =>
        host.Length > zone.Length + 1 && host.AsSpan(0, host.Length - zone.Length - 1).Contains('.');

    private readonly record struct RecordWish(string? ZoneName, bool Proxied, string? Comment, AccessWish? Access);
}
