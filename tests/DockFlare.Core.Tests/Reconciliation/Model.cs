using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Tests.Reconciliation;

/// <summary>Cloudflare and the agents as plain values: what a change makes of what there is.</summary>
internal static class Model
{
    public const string Owner = "me";

    /// <summary>The whole plan, as far as it is applied before the rest is planned anew.</summary>
    public static World Apply(World world, Plan plan) => Stage(plan).Aggregate(world, Apply);

    /// <summary>
    /// A plan that makes tunnels does only that, as what depends on them is planned anew with their ids; one that guards does only that and
    /// what closes, as what is guarded is routed when that has succeeded.
    /// </summary>
    public static IReadOnlyList<Change> Stage(Plan plan)
    {
        var provision = plan.Changes.Where(change => change.Phase == ChangePhase.Provision).ToList();
        return provision.Count > 0 ? provision
            : plan.Changes.Any(change => change.Phase == ChangePhase.Guard)
                ? [.. plan.Changes.Where(change => change.Phase == ChangePhase.Withdraw), .. plan.Changes.Where(change => change is Change.CreatePolicy or Change.UpdatePolicy), .. plan.Changes.Where(change => change is Change.CreateAccess or Change.UpdateAccess or Change.AdoptAccess)]
                : [.. plan.Changes];
    }

    public static World Apply(World world, Change change) => change switch
    {
        Change.CreateTunnel create => world.Create(create.Tunnel),
        Change.AdoptTunnel adopt => world.Create(adopt.Tunnel),
        Change.AdoptRule adopt => world with { Observed = world.Observed with { Tunnels = [.. world.Observed.Tunnels.Select(tunnel => tunnel.TunnelId == adopt.Tunnel.TunnelId ? tunnel with { Owned = [.. tunnel.Owned, adopt.Observed.Identity] } : tunnel)] } },
        Change.PutIngress put => world with { Observed = world.Observed with { Tunnels = Put(world.Observed.Tunnels, put) } },
        Change.CreateDns create => world.WithDns(dns => [.. dns, Record(create.Desired)]),
        Change.UpdateDns update => world.WithDns(dns => [.. dns.Select(record => record.Id == update.Observed.Id ? Record(update.Desired) with { Id = record.Id } : record)]),
        Change.AdoptDns adopt => world.WithDns(dns => [.. dns.Select(record => record.Id == adopt.Observed.Id ? Record(adopt.Desired) with { Id = record.Id } : record)]),
        Change.DeleteDns delete => world.WithDns(dns => [.. dns.Where(record => record.Id != delete.Observed.Id)]),
        Change.CreatePolicy create => world.WithAccess(access => access with { Policies = [.. access.Policies, Policy(create.Desired)] }),
        Change.UpdatePolicy update => world.WithAccess(access => access with { Policies = [.. access.Policies.Where(policy => policy.Id != update.Observed.Id), Policy(update.Desired)] }),
        Change.DeletePolicy delete => world.WithAccess(access => access with { Policies = [.. access.Policies.Where(policy => policy.Id != delete.Observed.Id)] }),
        Change.CreateAccess create => world.WithAccess(access => access with { Apps = [.. access.Apps, App(create.Desired)] }),
        Change.UpdateAccess update => world.WithAccess(access => access with { Apps = [.. access.Apps.Where(app => app.Id != update.Observed.Id), App(update.Desired)] }),
        Change.AdoptAccess adopt => world.WithAccess(access => access with { Apps = [.. access.Apps.Where(app => app.Id != adopt.Observed.Id), App(adopt.Desired)] }),
        Change.DeleteAccess delete => world.WithAccess(access => access with { Apps = [.. access.Apps.Where(app => app.Id != delete.Observed.Id)] }),
        Change.DispatchCommand dispatch => world with { Observed = world.Observed with { Agents = Told(world.Observed.Agents, dispatch) } },
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    private static ObservedPolicy Policy(DesiredPolicy desired) => new("p:" + desired.Key, desired.Policy) { OwnedAs = desired.Key };

    private static ObservedApp App(DesiredApp desired) => new("a:" + desired.Key, desired.Name, "aud:" + desired.Key)
    {
        Destinations = desired.Destinations,
        SessionDuration = desired.SessionDuration,
        AppLauncherVisible = desired.AppLauncherVisible,
        AutoRedirectToIdentity = desired.AutoRedirectToIdentity,
        AllowedIdps = desired.AllowedIdps,
        Policies = [.. desired.Policies.Select(Policy)],
        OwnedAs = desired.Key,
    };

    private static EquatableArray<ObservedTunnel> Put(EquatableArray<ObservedTunnel> tunnels, Change.PutIngress put)
    {
        var there = tunnels.FirstOrDefault(tunnel => tunnel.TunnelId == put.Tunnel.TunnelId) ?? new(put.Tunnel.TunnelId, IngressDocument.Empty, 0);
        var wanted = put.Rules.Select(rule => RuleIdentity.Of(rule.Key)).ToHashSet();
        // As the applier does it: only what the plan names may go, whatever else is ours.
        var touched = there.Owned.Where(identity => wanted.Contains(identity) || put.Removed.Contains(identity)).ToArray();
        var merged = IngressMerge.Merge(there.Document, touched, put.Rules);
        var owned = there.Owned.Except(put.Removed).Concat(wanted).Where(merged.Document.Entries.Select(entry => entry.Identity).ToHashSet().Contains);
        return [.. tunnels.Where(tunnel => tunnel.TunnelId != there.TunnelId), there with { Document = merged.Document, Version = there.Version + 1, Owned = owned.Distinct().ToEquatableArray() }];
    }

    private static EquatableArray<ObservedAgent> Told(EquatableArray<ObservedAgent> agents, Change.DispatchCommand dispatch)
    {
        var agent = agents.FirstOrDefault(agent => agent.Agent == dispatch.Agent) ?? new(dispatch.Agent, 0, null);
        return [.. agents.Where(other => other.Agent != dispatch.Agent), agent with { Commands = [.. agent.Commands, dispatch.Command] }];
    }

    private static ObservedRecord Record(DesiredRecord desired) => new("r:" + desired.ZoneId + ":" + desired.Name, desired.ZoneId, desired.Name, "CNAME", desired.Content)
    {
        Proxied = desired.Proxied,
        Comment = DnsNames.Comment(Owner, desired.Comment),
        IsOwned = true,
    };
}

/// <summary>Everything a pass looks at.</summary>
internal sealed record World(ReconcileInput Input, ObservedState Observed, PlanPolicy Policy)
{
    public DesiredState Desired() => DesiredStateBuilder.Build(Input);

    public Plan Plan() => Planner.Compute(Desired(), Observed, Policy, Model.Owner);

    public World WithDns(Func<EquatableArray<ObservedRecord>, EquatableArray<ObservedRecord>> change) =>
        this with { Observed = Observed with { Dns = change(Observed.Dns) } };

    public World WithAccess(Func<ObservedAccess, ObservedAccess> change) =>
        this with { Observed = Observed with { Access = change(Observed.Access ?? new ObservedAccess { TeamName = "team" }) } };

    public World Create(TunnelAssignment planned)
    {
        var id = "made-" + planned.Name;
        return this with
        {
            Input = Input with { Tunnels = [.. Input.Tunnels.Select(tunnel => tunnel.TunnelId == planned.TunnelId ? tunnel with { TunnelId = id } : tunnel)] },
            Observed = Observed with { Tunnels = [.. Observed.Tunnels, new(id, IngressDocument.Empty, 0)] },
        };
    }

    /// <summary>What a pass leaves behind: the plan applied and the routes remembered.</summary>
    public World Pass()
    {
        var (world, plan) = (this, Plan());
        for (var round = 0; round < 6 && !plan.IsEmpty; round++)
        {
            world = Model.Apply(world, plan);
            plan = world.Plan();
        }

        var desired = world.Desired();
        return world with { Input = world.Input with { Held = desired.Routes } };
    }
}
