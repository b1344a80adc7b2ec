using System.Text.Json.Nodes;
using DockFlare.Core;
using DockFlare.Testing.Access;
using DockFlare.Testing.Tunnels;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing;

/// <summary>The whole state at one moment, to be read inside the callback that was given it and not kept.</summary>
public sealed class FakeView
{
    private readonly State state;

    internal FakeView(State state) => this.state = state;

    /// <summary>The zones by name.</summary>
    public IReadOnlyList<FakeZone> Zones => [.. state.Zones.Values
        .OrderBy(static zone => zone.Name, StringComparer.Ordinal).ThenBy(static zone => zone.Id, StringComparer.Ordinal)
        .Select(static zone => new FakeZone(zone.Id, zone.Account.Id, zone.Name, zone.Plan, zone.Status))];

    /// <summary>All tunnels by name, soft-deleted ones included.</summary>
    public IReadOnlyList<FakeTunnel> Tunnels => [.. state.Tunnels.Values
        .OrderBy(static tunnel => tunnel.Name, StringComparer.Ordinal).ThenBy(static tunnel => tunnel.CreatedAt).ThenBy(static tunnel => tunnel.Id, StringComparer.Ordinal).Select(Of)];

    /// <summary>The Access applications of all accounts by name, those that are there from the start included.</summary>
    public IReadOnlyList<FakeAccessApp> AccessApps => [.. state.Accounts.Values
        .SelectMany(account => account.Access.Apps.All.Select(app => Of(account, app)))
        .OrderBy(static app => app.Name, StringComparer.Ordinal).ThenBy(static app => app.Id, StringComparer.Ordinal)];

    /// <summary>The records of a zone in the API's order.</summary>
    public IReadOnlyList<FakeRecord> Records(string zoneId) => state.Zones[zoneId].Records.All;

    /// <summary>One record; null when it is not there.</summary>
    public FakeRecord? FindRecord(string zoneId, string recordId) => state.Zones[zoneId].Records.Find(recordId);

    /// <summary>The records of one name, in no particular order.</summary>
    public IReadOnlyList<FakeRecord> RecordsOf(string zoneId, string name) => state.Zones[zoneId].Records.OfName(name);

    /// <summary>A tunnel, also a soft-deleted one.</summary>
    public FakeTunnel? FindTunnel(string tunnelId) => state.Tunnels.TryGetValue(tunnelId, out var tunnel) ? Of(tunnel) : null;

    /// <summary>Reusable policies of an account by name.</summary>
    public IReadOnlyList<FakeAccessPolicy> AccessPolicies(string accountId) => [.. state.Accounts[accountId].Access.Policies.All
        .Select(static policy => Of(policy.Id, policy.Document)).OrderBy(static policy => policy.Name, StringComparer.Ordinal).ThenBy(static policy => policy.Id, StringComparer.Ordinal)];

    /// <summary>
    /// The public hosts that reach a service at this moment, in ordinal order: the name resolves (by its own record or a wildcard) to a live tunnel
    /// through an active zone, and that tunnel's configuration routes it. Answers of <c>http_status:</c> rules are left out.
    /// </summary>
    public IReadOnlyList<FakeExposure> Exposures() => new ExposureReader(state, Of).Read();

    private FakeTunnel Of(TunnelState tunnel)
    {
        var (now, lag) = (state.Now, state.Options.ConnectorLag);
        return new(tunnel.Id, tunnel.AccountId, tunnel.Name)
        {
            ConfigSource = tunnel.ConfigSource,
            Status = tunnel.Status(now, lag),
            DeletedAt = tunnel.DeletedAt,
            Token = tunnel.Token,
            Configuration = tunnel.Configuration,
            ConnectorIds = tunnel.Seen(now, lag).Select(static connector => connector.Id).ToEquatableArray(),
        };
    }

    private static FakeAccessApp Of(AccountState account, AccessEntry app) => new(
        app.Id, account.Id, app.Name, app.Text("type") ?? "", app.Text("aud") ?? "", AppRules.Domains(app.Document).ToEquatableArray(),
        app.Policies.Select(policy => Of(policy.Id, AppPolicies.Expand(policy, account.Access))).ToEquatableArray(), AppRoutes.Expand(app, account.Access).ToJsonString());

    private static FakeAccessPolicy Of(string id, JsonObject policy) => new(
        id, policy["name"]?.GetValue<string>() ?? "", policy["decision"]?.GetValue<string>() ?? "", policy["include"]?.ToJsonString() ?? "[]");
}
