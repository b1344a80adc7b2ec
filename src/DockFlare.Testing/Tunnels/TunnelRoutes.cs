using System.Text.Json;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Tunnels;

/// <summary><c>/accounts/{account}/cfd_tunnel</c>.</summary>
internal sealed class TunnelRoutes(State state)
{
    private const int MaxTunnels = 1000;

    private TimeSpan Lag => state.Options.ConnectorLag;

    public ApiAnswer Handle(ApiRequest request, AccountState account, string[] rest)
    {
        request.Require(request.IsRead ? FakePermissions.TunnelRead : FakePermissions.TunnelEdit);
        if (rest.Length > 0 && !Guid.TryParseExact(rest[0], "D", out _))
        {
            throw Refusal.NoRoute(request.Path, 400);
        }

        return (request.Method, rest) switch
        {
            ("GET", []) => List(request, account),
            ("POST", []) => Create(request.Body, account),
            ("GET", [var id]) => ApiAnswer.Of(TunnelJson.Of(state, Get(account, id))),
            ("PATCH", [var id]) => Patch(request.Body, account, GetLive(account, id)),
            ("DELETE", [var id]) => Delete(request, GetLive(account, id)),
            ("GET", [var id, "token"]) => Token(GetLive(account, id)),
            (_, [var id, "configurations"]) => Configurations(request, account, id),
            ("GET", [var id, "connections"]) => Connections(GetLive(account, id)),
            ("DELETE", [var id, "connections"]) => DropConnections(request, GetLive(account, id)),
            ("GET", [var id, "connectors", var connector]) => Connector(GetLive(account, id), connector),
            ("POST", [var id, "management"]) => Management(GetLive(account, id)),
            (_, [] or [_] or [_, "token" or "connections" or "management"] or [_, "connectors", _]) => throw Refusal.MethodNotAllowed(request.Method),
            _ => throw Refusal.NoRoute(request.Path),
        };
    }

    private TunnelState? Find(AccountState account, string id) =>
        state.Tunnels.TryGetValue(id, out var tunnel) && tunnel.AccountId == account.Id ? tunnel : null;

    private TunnelState Get(AccountState account, string id) => Find(account, id) ?? throw new Refusal(404, 1003, "Tunnel not found");

    private TunnelState GetLive(AccountState account, string id) =>
        Find(account, id) is { DeletedAt: null } tunnel ? tunnel : throw new Refusal(404, 1003, "Tunnel not found");

    private ApiAnswer List(ApiRequest request, AccountState account)
    {
        var now = state.Now;
        var (name, uuid, status) = (request.Find("name"), request.Find("uuid"), request.Find("status"));
        var (include, exclude) = (request.Find("include_prefix"), request.Find("exclude_prefix"));
        var (isDeleted, existed) = (request.FindBool("is_deleted"), request.FindTime("existed_at"));
        var (wasActive, wasInactive) = (request.FindTime("was_active_at"), request.FindTime("was_inactive_at"));
        // A list that asks for one point in time is about that time; otherwise the deleted ones are left out.
        var wantsDeleted = isDeleted ?? (existed is null ? false : null);
        var found = account.Tunnels.Where(tunnel =>
            (wantsDeleted is null || wantsDeleted == tunnel.DeletedAt is not null)
            && (name is null || tunnel.Name == name)
            && (uuid is null || tunnel.Id == uuid)
            && (status is null || tunnel.Status(now, Lag) == status)
            && (include is null || tunnel.Name.StartsWith(include, StringComparison.Ordinal))
            && (exclude is null || !tunnel.Name.StartsWith(exclude, StringComparison.Ordinal))
            && (existed is null || (tunnel.CreatedAt <= existed && (tunnel.DeletedAt is null || tunnel.DeletedAt >= existed)))
            && (wasActive is null || (tunnel.ActiveAt <= wasActive && (tunnel.InactiveAt is null || tunnel.InactiveAt >= wasActive)))
            && (wasInactive is null || (tunnel.InactiveAt <= wasInactive && (tunnel.ActiveAt is null || tunnel.ActiveAt < tunnel.InactiveAt))))
            .Select(tunnel => TunnelJson.Of(state, tunnel)).ToList();
        return ApiAnswer.OfList(request.PageOf(found, 1, 1000, 20), static (writer, write) => write(writer));
    }

    private ApiAnswer Create(JsonElement body, AccountState account)
    {
        var name = Text(body, "name");
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new Refusal(400, 1001, "Tunnel name is required.");
        }

        CheckNameIsFree(account, name, except: null);
        var source = Text(body, "config_src") ?? "local";
        if (source is not ("local" or "cloudflare"))
        {
            throw new Refusal(400, 1001, $"Invalid config_src '{source}': must be local or cloudflare.");
        }

        if (account.Tunnels.Count(static tunnel => tunnel.DeletedAt is null) >= MaxTunnels)
        {
            throw new Refusal(400, 1001, $"This account has reached its limit of {MaxTunnels} tunnels.");
        }

        var secret = Secret(body) ?? state.Ids.Secret();
        return ApiAnswer.Of(TunnelJson.Of(state, Add(account, name, source, secret), isNew: true));
    }

    public TunnelState Add(AccountState account, string name, string source, string secret)
    {
        var tunnel = new TunnelState(state.Ids.Uuid(), account.Id, name, source, secret, state.Now);
        account.Tunnels.Add(tunnel);
        state.Tunnels[tunnel.Id] = tunnel;
        return tunnel;
    }

    private ApiAnswer Patch(JsonElement body, AccountState account, TunnelState tunnel)
    {
        if (Text(body, "name") is { Length: > 0 } name && name != tunnel.Name)
        {
            CheckNameIsFree(account, name, tunnel);
            tunnel.Name = name;
        }

        // Connectors that are connected stay so; the next one needs the new token.
        tunnel.Secret = Secret(body) ?? tunnel.Secret;
        return ApiAnswer.Of(TunnelJson.Of(state, tunnel));
    }

    private ApiAnswer Delete(ApiRequest request, TunnelState tunnel)
    {
        var now = state.Now;
        if (tunnel.Seen(now, Lag).Any() && request.FindBool("cascade") is not true)
        {
            throw new Refusal(400, 1022, "This tunnel has active connections. Please stop all cloudflared replicas, or wait a few minutes for connections to close, then try again.");
        }

        foreach (var connector in tunnel.Connectors)
        {
            tunnel.Disconnect(connector, now);
        }

        tunnel.Connectors.Clear();
        tunnel.DeletedAt = now;
        return ApiAnswer.Of(TunnelJson.Of(state, tunnel));
    }

    private static ApiAnswer Token(TunnelState tunnel)
    {
        var token = tunnel.Token;
        return ApiAnswer.Of(writer => writer.WriteStringValue(token));
    }

    private ApiAnswer Configurations(ApiRequest request, AccountState account, string id)
    {
        if (request.Method is not ("GET" or "PUT"))
        {
            throw Refusal.MethodNotAllowed(request.Method);
        }

        if (Find(account, id) is not { DeletedAt: null } tunnel)
        {
            throw new Refusal(404, 1055, "Configuration for tunnel not found");
        }

        if (request.Method == "PUT")
        {
            var (json, routing) = ConfigurationBody.Read(request.Body, state.Options.ConfigurationFault);
            state.Pushes.AddRange(tunnel.Configure(json, routing, state.Now));
        }

        var (configuration, at) = (tunnel.Configuration, tunnel.ConfiguredAt);
        return ApiAnswer.Of(writer => ConfigurationBody.Write(writer, tunnel, configuration, at));
    }

    private ApiAnswer Connections(TunnelState tunnel)
    {
        var connectors = tunnel.Seen(state.Now, Lag).Select(TunnelJson.Of).ToList();
        return ApiAnswer.Of(writer =>
        {
            writer.WriteStartArray();
            connectors.ForEach(write => write(writer));
            writer.WriteEndArray();
        });
    }

    /// <summary>
    /// Drops what the edge believes. A connector that still runs reconnects at once, unless the tunnel has another secret by now: so those that left
    /// are gone, and those with an old secret.
    /// </summary>
    private ApiAnswer DropConnections(ApiRequest request, TunnelState tunnel)
    {
        var client = request.Find("client_id");
        var asked = tunnel.Connectors.Where(connector => client is null || connector.Id == client).ToList();
        foreach (var connector in asked.Where(connector => connector.Secret != tunnel.Secret))
        {
            tunnel.Disconnect(connector, state.Now);
        }

        tunnel.Connectors.RemoveAll(connector => !connector.IsConnected && asked.Contains(connector));
        return new();
    }

    private ApiAnswer Connector(TunnelState tunnel, string id) =>
        tunnel.Seen(state.Now, Lag).FirstOrDefault(connector => connector.Id == id) is { } found
            ? ApiAnswer.Of(TunnelJson.Of(found))
            : throw new Refusal(404, 1003, "Connector not found");

    private ApiAnswer Management(TunnelState tunnel)
    {
        var token = $"{state.Ids.Hex32()}.{tunnel.Id.Replace("-", "", StringComparison.Ordinal)}.{state.Ids.Hex32()}";
        return ApiAnswer.Of(writer => writer.WriteStringValue(token));
    }

    private static void CheckNameIsFree(AccountState account, string name, TunnelState? except)
    {
        if (account.Tunnels.Exists(tunnel => tunnel != except && tunnel.DeletedAt is null && tunnel.Name == name))
        {
            throw new Refusal(409, 1013, "You already have a tunnel with this name.");
        }
    }

    private static string? Text(JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new Refusal(400, 1001, $"Invalid value for {name}: it must be a string.");
    }

    private static string? Secret(JsonElement body)
    {
        if (Text(body, "tunnel_secret") is not { Length: > 0 } secret)
        {
            return null;
        }

        var bytes = new byte[secret.Length];
        return Convert.TryFromBase64String(secret, bytes, out var length) && length >= 32
            ? secret
            : throw new Refusal(400, 1001, "Invalid tunnel_secret: it must be base64 of at least 32 bytes.");
    }
}
