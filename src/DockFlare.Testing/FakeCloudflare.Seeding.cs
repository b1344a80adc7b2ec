using System.Text.Json;
using DockFlare.Testing.Access;
using DockFlare.Testing.Tunnels;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing;

public sealed partial class FakeCloudflare
{
    /// <summary>Adds an account.</summary>
    /// <returns>Its id.</returns>
    public string AddAccount(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        lock (state.Gate)
        {
            var account = new AccountState(state.Ids.Hex32(), name, state.Now);
            state.Accounts.Add(account.Id, account);
            AccessSeed.Fill(state, account);
            return account.Id;
        }
    }

    /// <summary>Adds a token.</summary>
    /// <param name="permissions">What it may do.</param>
    /// <param name="ownerAccountId">The account that owns it (prefix <c>cfat_</c>); null for a user's token.</param>
    /// <param name="accountIds">The accounts a user's token sees; null for all.</param>
    /// <param name="zoneIds">The zones it sees; null for all.</param>
    /// <param name="status"><c>active</c>, <c>disabled</c> or <c>expired</c>.</param>
    /// <returns>The token.</returns>
    public string AddToken(FakePermissions permissions, string? ownerAccountId = null, IEnumerable<string>? accountIds = null, IEnumerable<string>? zoneIds = null, string status = "active")
    {
        lock (state.Gate)
        {
            var token = state.Ids.Token(ownerAccountId is null ? "" : "cfat_");
            authentication.Add(token, new(state.Ids.Hex32(), permissions, ownerAccountId, accountIds?.ToHashSet(StringComparer.Ordinal), zoneIds?.ToHashSet(StringComparer.Ordinal), status));
            return token;
        }
    }

    /// <summary>Takes a token away: from now on it is unknown.</summary>
    /// <returns>Whether it was there.</returns>
    public bool RevokeToken(string token) => authentication.Remove(token);

    /// <summary>Adds a zone.</summary>
    /// <param name="name">Such as <c>example.com</c>; lower case, punycode.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="accountId">Its account; null for the first one.</param>
    /// <param name="status">Such as <c>active</c> or <c>pending</c>.</param>
    /// <param name="recordQuota">How many records it may hold; null for the plan's number (200 on Free, else 3,500).</param>
    /// <returns>Its id.</returns>
    public string AddZone(string name, FakePlan plan = FakePlan.Free, string? accountId = null, string status = "active", int? recordQuota = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        lock (state.Gate)
        {
            var zone = new ZoneState(state.Ids.Hex32(), name, state.Accounts[accountId ?? AccountId], plan, state.Now) { Status = status };
            zone.RecordQuota = recordQuota ?? zone.RecordQuota;
            state.Zones.Add(zone.Id, zone);
            return zone.Id;
        }
    }

    /// <summary>Changes a zone's status, such as to <c>moved</c>.</summary>
    public void SetZoneStatus(string zoneId, string status)
    {
        lock (state.Gate)
        {
            state.Zones[zoneId].Status = status;
            NotifyObservers();
        }
    }

    /// <summary>Adds a record as somebody else would, under the API's rules.</summary>
    /// <exception cref="InvalidOperationException">The emulator refuses it.</exception>
    public FakeRecord AddRecord(string zoneId, string type, string name, string content, bool proxied = false, string? comment = null, int ttl = 1)
    {
        var json = FakeJson.Object(writer =>
        {
            writer.WriteString("type", type);
            writer.WriteString("name", name);
            writer.WriteString("content", content);
            writer.WriteBoolean("proxied", proxied);
            writer.WriteNumber("ttl", ttl);
            writer.WriteString("comment", comment);
        });
        var id = Edit("POST", $"/zones/{zoneId}/dns_records", json).GetProperty("id").GetString()!;
        return Read(view => view.FindRecord(zoneId, id)!);
    }

    /// <summary>Deletes a record as somebody else would.</summary>
    /// <exception cref="InvalidOperationException">It is not there.</exception>
    public void DeleteRecord(string zoneId, string recordId) => Edit("DELETE", $"/zones/{zoneId}/dns_records/{recordId}");

    /// <summary>The records of a zone in the API's order.</summary>
    public IReadOnlyList<FakeRecord> Records(string zoneId) => Read(view => view.Records(zoneId));

    /// <summary>Adds a tunnel as somebody else would.</summary>
    /// <param name="name">Its name, which no live tunnel has.</param>
    /// <param name="configSource"><c>cloudflare</c> or <c>local</c>.</param>
    /// <param name="accountId">Its account; null for the first one.</param>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public FakeTunnel AddTunnel(string name, string configSource = "cloudflare", string? accountId = null)
    {
        var json = FakeJson.Object(writer =>
        {
            writer.WriteString("name", name);
            writer.WriteString("config_src", configSource);
        });
        var id = Edit("POST", $"/accounts/{accountId ?? AccountId}/cfd_tunnel", json).GetProperty("id").GetString()!;
        return Read(view => view.FindTunnel(id)!);
    }

    /// <summary>A tunnel, also a soft-deleted one; null when there is none with this id.</summary>
    public FakeTunnel? FindTunnel(string tunnelId) => Read(view => view.FindTunnel(tunnelId));

    /// <summary>The live tunnel of this name in any account; null when there is none.</summary>
    public FakeTunnel? FindTunnelByName(string name) => Read(view => view.Tunnels.FirstOrDefault(tunnel => tunnel.Name == name && tunnel.DeletedAt is null));

    /// <summary>A tunnel's configuration.</summary>
    public FakeConfiguration Configuration(string tunnelId) => Read(view => view.FindTunnel(tunnelId)!.Configuration);

    /// <summary>Writes a tunnel's configuration as somebody else would: the dashboard, a second controller.</summary>
    /// <param name="tunnelId">The tunnel.</param>
    /// <param name="configJson">The value of <c>config</c>.</param>
    /// <exception cref="InvalidOperationException">The emulator refuses it.</exception>
    public FakeConfiguration PutConfiguration(string tunnelId, string configJson)
    {
        var accountId = FindTunnel(tunnelId)?.AccountId ?? AccountId;
        Edit("PUT", $"/accounts/{accountId}/cfd_tunnel/{tunnelId}/configurations", $"{{\"config\":{configJson}}}");
        return Configuration(tunnelId);
    }

    /// <summary>Connects a simulated cloudflared with its token, as the edge would let it in.</summary>
    /// <param name="token">The connector token.</param>
    /// <param name="version">The version it says it is.</param>
    /// <param name="follows">Whether it puts each pushed configuration into force at once.</param>
    /// <param name="onConfiguration">Called with each configuration that is pushed, outside the emulator's lock.</param>
    /// <exception cref="FakeConnectException">The token is malformed, its tunnel is gone or its secret is not the tunnel's.</exception>
    public FakeConnector Connect(string token, string version = "2026.8.0-simulated", bool follows = true, Action<FakeConfiguration>? onConfiguration = null)
    {
        ArgumentNullException.ThrowIfNull(token);
        var (account, id, secret) = ConnectorToken.Read(token);
        FakeConnector connector;
        Action? push;
        lock (state.Gate)
        {
            if (!state.Tunnels.TryGetValue(id, out var tunnel) || tunnel.DeletedAt is not null || tunnel.AccountId != account)
            {
                throw new FakeConnectException("Unauthorized: Tunnel not found");
            }

            if (tunnel.Secret != secret)
            {
                throw new FakeConnectException("Unauthorized: Invalid tunnel secret");
            }

            connector = new(this, tunnel, state.Ids.Uuid(), version, state.Now, follows, onConfiguration) { Secret = secret };
            push = tunnel.Connect(connector, state.Now);
        }

        push?.Invoke();
        return connector;
    }

    internal void Disconnect(FakeConnector connector)
    {
        lock (state.Gate)
        {
            if (state.Tunnels.TryGetValue(connector.TunnelId, out var tunnel))
            {
                tunnel.Disconnect(connector, state.Now);
            }
        }
    }

    /// <summary>Switches Zero Trust of an account on or off; while it is off every Access call answers <c>not_enabled</c>.</summary>
    public void SetAccessEnabled(bool isEnabled, string? accountId = null)
    {
        lock (state.Gate)
        {
            state.Accounts[accountId ?? AccountId].Access.IsEnabled = isEnabled;
        }
    }

    /// <summary>Everything in text, in a fixed order and without ids: for golden tests and for people.</summary>
    public string Snapshot() => Read(static view => SnapshotText.Of(view));
}
