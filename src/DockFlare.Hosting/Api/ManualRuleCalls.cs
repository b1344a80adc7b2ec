using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Hosting.Api;

/// <summary>Rules that operators write: checked as labels are, and refused with a sentence.</summary>
internal sealed class ManualRuleCalls(ManualRouteStore routes, AccessGroupStore groups, PassBoard board, CloudflareSide cloudflare)
{
    public async ValueTask<IReadOnlyList<ManualRuleDocument>> ListAsync(CancellationToken cancellationToken)
    {
        await routes.LoadAsync(cancellationToken).ConfigureAwait(false);
        return [.. routes.All.Select(Describe)];
    }

    /// <summary><c>POST rules/manual {hostname, service, path?, tunnel_id?, zone_id?, zone_name?, access_group_ids?, origin_request?}</c></summary>
    /// <exception cref="ProtocolException">It cannot be followed: <c>validation_failed</c>, <c>tunnel_not_found</c>, <c>hostname_conflict</c> or <c>zone_not_usable</c>.</exception>
    public async ValueTask<ManualRuleDocument> AddAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await groups.LoadAsync(cancellationToken).ConfigureAwait(false);
        var route = AgentMessageReader.Read(body, Read);
        return await routes.TryAddAsync(route, cancellationToken).ConfigureAwait(false)
            ? Describe(route)
            : throw new ProtocolException(409, "hostname_conflict", $"There is a manual rule for '{route.Rule.Key}' already: remove it first, or give this one another path.");
    }

    /// <exception cref="ProtocolException">There is none of that key.</exception>
    public async ValueTask RemoveAsync(string key, CancellationToken cancellationToken)
    {
        if (!await routes.RemoveAsync(key, cancellationToken).ConfigureAwait(false))
        {
            throw new ProtocolException(404, "rule_not_found", $"There is no manual rule '{key}': GET /api/v2/rules/manual lists them. What labels own is changed at the container.");
        }
    }

    private ManualRoute Read(JsonElement root)
    {
        if (!HostName.TryParse(Text(root, "hostname"), out var host, out var hostFault))
        {
            throw Invalid(hostFault);
        }

        var service = Text(root, "service") ?? "";
        if (ServiceText.FindFault(service) is { } serviceFault)
        {
            throw Invalid($"'service' is '{ServiceText.RedactService(service)}', but {serviceFault}.");
        }

        var key = new RuleKey(host, ReadPath(Text(root, "path")));
        return new(new(key, service) { Origin = ReadOrigin(root) }, FindTunnel(Text(root, "tunnel_id")).TunnelId)
        {
            ZoneName = FindZone(host, Text(root, "zone_id"), Text(root, "zone_name")),
            Access = ReadAccess(root),
        };
    }

    private static RulePath ReadPath(string? path)
    {
        if (path is null)
        {
            return RulePath.Any;
        }

        if (!PathLabel.IsExpression(path))
        {
            return PathLabel.FindPlainFault(path) is { } fault ? throw Invalid($"'path' is '{path}', but {fault}.") : RulePath.Prefix(path);
        }

        var expression = path.TrimStart('~').Trim();
        return expression.Length == 0 || Re2Syntax.FindFault(expression) is not null
            ? throw Invalid($"'path' is '{path}', an expression that cloudflared does not take{(expression.Length == 0 ? "" : $": {Re2Syntax.FindFault(expression)}")}. Write an RE2 expression, or a plain prefix such as /api.")
            : RulePath.Expression(expression);
    }

    private static OriginRequest ReadOrigin(JsonElement root)
    {
        if (!root.TryGetProperty("origin_request", out var origin) || origin.ValueKind == JsonValueKind.Null)
        {
            return OriginRequest.None;
        }

        var read = OriginKeys.Read(origin, "origin_request");
        return read.Unknown.IsEmpty
            ? read.Known ?? OriginRequest.None
            : throw Invalid($"'origin_request.{read.Unknown[0].Name}' cannot be used: its name or the type of its value is not cloudflared's. It takes {string.Join(", ", OriginKeys.Names)}.");
    }

    private AccessWish? ReadAccess(JsonElement root)
    {
        if (!root.TryGetProperty("access_group_ids", out var ids) || ids.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (ids.ValueKind != JsonValueKind.Array || ids.EnumerateArray().Any(static id => id.ValueKind != JsonValueKind.String))
        {
            throw Invalid("'access_group_ids' must be a list of the ids of access groups.");
        }

        var named = ids.EnumerateArray().Select(static id => id.GetString()!).ToList();
        foreach (var id in named)
        {
            if (id is not (AccessNames.PublicGroup or AccessNames.AuthenticatedGroup) && groups.Find(id) is null)
            {
                throw Invalid($"There is no access group '{id}'. There are: {string.Join(", ", groups.All.Select(static group => group.Id).Append(AccessNames.PublicGroup).Append(AccessNames.AuthenticatedGroup))}.");
            }
        }

        return named.Count == 0 ? null : new() { Groups = named.ToEquatableArray() };
    }

    private TunnelAssignment FindTunnel(string? id)
    {
        var tunnels = board.Current.Desired.Tunnels.Where(static tunnel => !tunnel.IsPlanned).DistinctBy(static tunnel => tunnel.TunnelId).ToList();
        var found = id is not null ? tunnels.Find(tunnel => string.Equals(tunnel.TunnelId, id, StringComparison.OrdinalIgnoreCase) || string.Equals(tunnel.Name, id, StringComparison.Ordinal))
            : tunnels.Find(static tunnel => tunnel.Agent == LocalMasterLink.Local) ?? (tunnels.Count == 1 ? tunnels[0] : null);
        var known = tunnels.Count == 0 ? "There is none yet." : $"There are: {string.Join(", ", tunnels.Select(static tunnel => $"{tunnel.TunnelId} ({tunnel.Name})"))}.";
        return found ?? throw new ProtocolException(404, "tunnel_not_found", id is null ? $"'tunnel_id' must say which tunnel carries the rule. {known}" : $"There is no tunnel '{id}'. {known}");
    }

    // Null leaves it to detection, also in later passes.
    private string? FindZone(string host, string? id, string? name)
    {
        var zones = new ZoneMap(board.Current.Zones);
        if (id is not null)
        {
            name = zones.FindById(id)?.Name ?? throw new ProtocolException(409, "zone_not_found", $"There is no zone '{id}' that the token can see: GET /api/v2/zones lists them.");
        }

        var match = zones.Find(host, name, cloudflare.FallbackZoneId);
        return match.Zone is null ? throw new ProtocolException(409, "zone_not_usable", match.Message) : name;
    }

    private static string? Text(JsonElement root, string name) => AgentMessageReader.Text(root, name, most: 2048)?.Trim();

    private static ProtocolException Invalid(string message) => new(400, "validation_failed", message);

    private static ManualRuleDocument Describe(ManualRoute route) => new()
    {
        Key = route.Rule.Key.ToString(),
        Hostname = route.Rule.Key.Host,
        Path = route.Rule.Key.Path.IsAny ? null : route.Rule.Key.Path.ToString(),
        Service = ServiceText.RedactService(route.Rule.Service),
        TunnelId = route.TunnelId,
        ZoneName = route.ZoneName,
        AccessGroupIds = route.Access is null ? null : [.. route.Access.Groups],
    };
}
