using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;
using DockFlare.Core.Zones;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Hosting.Api;

/// <summary>Access groups, zone defaults and identity providers, as operators ask for them.</summary>
internal sealed class AccessCalls(AccessGroupStore groups, ZoneDefaultStore zoneDefaults, AccessObserver observer, CloudflareAccount account, PassBoard board)
{
    public async ValueTask<IReadOnlyList<GroupDocument>> ListGroupsAsync(CancellationToken cancellationToken)
    {
        await groups.LoadAsync(cancellationToken).ConfigureAwait(false);
        return [.. groups.All.Select(Describe), .. ((string[])[AccessNames.AuthenticatedGroup, AccessNames.PublicGroup]).Select(id => Describe(new(id)) with { IsSystem = true })];
    }

    /// <summary><c>PUT access/groups/{id} {policies, display_name?, session_duration?, app_launcher_visible?, auto_redirect_to_identity?, allowed_idps?}</c></summary>
    /// <exception cref="ProtocolException"><c>validation_failed</c>.</exception>
    public async ValueTask<GroupDocument> PutGroupAsync(string id, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var group = AgentMessageReader.Read(body, root => Read(id, root));
        return await groups.PutAsync(group, cancellationToken).ConfigureAwait(false) is { } fault ? throw Invalid(fault) : Describe(group);
    }

    /// <exception cref="ProtocolException"><c>group_not_found</c>, or <c>group_in_use</c>.</exception>
    public async ValueTask DeleteGroupAsync(string id, CancellationToken cancellationToken)
    {
        if (groups.Find(id) is not null && UsersOf(id) is { Count: > 0 } users)
        {
            throw new ProtocolException(409, "group_in_use", $"The access group '{id}' is named by {string.Join(", ", users.Take(5))}{(users.Count > 5 ? $" and {users.Count - 5} more" : "")}: change those first.");
        }

        if (!await groups.DeleteAsync(id, cancellationToken).ConfigureAwait(false))
        {
            throw new ProtocolException(404, "group_not_found", $"There is no access group '{id}': GET /api/v2/access/groups lists them. System groups stay.");
        }
    }

    /// <summary>Every zone, and what protects it.</summary>
    public async ValueTask<IReadOnlyList<ZoneDefaultDocument>> ListZoneDefaultsAsync(CancellationToken cancellationToken)
    {
        await zoneDefaults.LoadAsync(cancellationToken).ConfigureAwait(false);
        var pass = board.Current;
        return [.. pass.Zones.Where(static zone => zone.IsActive).Select(static zone => zone.Name).Concat(zoneDefaults.All.Select(static zone => zone.Zone)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(zone => Describe(zone, pass))];
    }

    /// <summary><c>PUT access/zone-defaults/{zone} {group_ids}</c></summary>
    /// <exception cref="ProtocolException"><c>validation_failed</c>, or <c>zone_not_found</c>.</exception>
    public async ValueTask<ZoneDefaultDocument> PutZoneDefaultAsync(string name, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await groups.LoadAsync(cancellationToken).ConfigureAwait(false);
        var zone = HostName.TryParse(name, out var ascii, out _) ? ascii : name;
        if (new ZoneMap(board.Current.Zones).FindByName(zone) is null)
        {
            throw new ProtocolException(404, "zone_not_found", $"There is no active zone '{zone}' that the token can see: GET /api/v2/zones lists them.");
        }

        var ids = AgentMessageReader.Read(body, static root => Texts(root, "group_ids"));
        if (ids.IsEmpty)
        {
            throw Invalid("'group_ids' must be a list of the ids of access groups, with at least one.");
        }

        foreach (var id in ids)
        {
            if (id == AccessNames.PublicGroup || (id != AccessNames.AuthenticatedGroup && groups.Find(id) is null))
            {
                var known = string.Join(", ", groups.All.Select(static group => group.Id).Append(AccessNames.AuthenticatedGroup));
                throw Invalid(id == AccessNames.PublicGroup ? $"'{id}' lets everybody in, which protects nothing: name one of {known}." : $"There is no access group '{id}'. There are: {known}.");
            }
        }

        await zoneDefaults.PutAsync(new(zone, ids), cancellationToken).ConfigureAwait(false);
        return Describe(zone, board.Current);
    }

    /// <exception cref="ProtocolException"><c>zone_default_not_found</c>.</exception>
    public async ValueTask DeleteZoneDefaultAsync(string zone, CancellationToken cancellationToken)
    {
        if (!await zoneDefaults.DeleteAsync(zone, cancellationToken).ConfigureAwait(false))
        {
            throw new ProtocolException(404, "zone_default_not_found", $"DockFlare sets no default for zone '{zone}': GET /api/v2/access/zone-defaults lists them.");
        }
    }

    /// <summary>The account's identity providers; asked of Cloudflare when nothing has needed them yet.</summary>
    public async ValueTask<IReadOnlyList<IdentityProviderDocument>> ListIdentityProvidersAsync(CancellationToken cancellationToken)
    {
        var view = await account.GetAsync(refresh: false, cancellationToken).ConfigureAwait(false);
        var providers = await observer.GetIdentityProvidersAsync(view.AccountId, cancellationToken).ConfigureAwait(false);
        return [.. providers.Select(static provider => new IdentityProviderDocument(provider.Id, provider.Name, provider.Type)).OrderBy(static provider => provider.Name, StringComparer.Ordinal)];
    }

    private static AccessGroup Read(string id, JsonElement root) => new(id)
    {
        DisplayName = AgentMessageReader.Text(root, "display_name") ?? id,
        SessionDuration = AgentMessageReader.Text(root, "session_duration") ?? "24h",
        AppLauncherVisible = Flag(root, "app_launcher_visible"),
        AutoRedirectToIdentity = Flag(root, "auto_redirect_to_identity"),
        AllowedIdps = Texts(root, "allowed_idps"),
        Policies = root.TryGetProperty("policies", out var policies) && policies.ValueKind == JsonValueKind.Array
            ? policies.EnumerateArray().Select(Policy).ToEquatableArray()
            : throw Invalid("'policies' must be a list of Access policies, each with decision and include, such as [{\"decision\":\"allow\",\"include\":[{\"email\":{\"email\":\"me@example.com\"}}]}]."),
    };

    private static AccessPolicy Policy(JsonElement policy, int at)
    {
        try
        {
            return policy.ValueKind == JsonValueKind.Object ? AccessPolicyJson.Parse(policy) with { Name = "" } : throw new FormatException("it is no object");
        }
        catch (FormatException exception)
        {
            throw Invalid($"'policies[{at}]' cannot be used: {exception.Message}.");
        }
    }

    private static bool Flag(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
        && (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Invalid($"'{name}' must be true or false."));

    private static EquatableArray<string> Texts(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(static text => text.ValueKind == JsonValueKind.String)
            ? list.EnumerateArray().Select(static text => text.GetString()!).ToEquatableArray()
            : throw Invalid($"'{name}' must be a list of texts.");
    }

    private GroupDocument Describe(AccessGroup group) => new()
    {
        Id = group.Id,
        DisplayName = group.DisplayName,
        SessionDuration = group.SessionDuration,
        AppLauncherVisible = group.AppLauncherVisible,
        AutoRedirectToIdentity = group.AutoRedirectToIdentity,
        AllowedIdps = [.. group.AllowedIdps],
        Policies = [.. group.Policies.Select(static policy => JsonSerializer.Deserialize(AccessBodies.Policy(policy), ApiJson.Default.JsonElement))],
        Routes = UsersOf(group.Id),
    };

    private List<string> UsersOf(string id) =>
    [
        .. board.Current.Desired.Routes.Where(route => route.Access is { } wish && wish.Groups.Contains(id)).Select(static route => route.Key.ToString()),
        .. zoneDefaults.All.Where(zone => zone.Groups.Contains(id)).Select(static zone => $"*.{zone.Zone}"),
    ];

    private ZoneDefaultDocument Describe(string zone, PassSnapshot pass)
    {
        var pattern = $"*.{zone}";
        var wish = zoneDefaults.All.FirstOrDefault(wanted => string.Equals(wanted.Zone, zone, StringComparison.Ordinal));
        var app = observer.Apps.FirstOrDefault(app => app.Destinations.Any(destination => string.Equals(AccessCoverage.Normalize(destination), pattern, StringComparison.Ordinal)));
        var blocked = pass.Remaining.Blocked.FirstOrDefault(route => string.Equals(route.Key.ToString(), pattern, StringComparison.Ordinal));
        var isSettled = pass.Desired.ZoneDefaults.FirstOrDefault(guard => string.Equals(guard.Zone, zone, StringComparison.Ordinal)) is { Guard: RouteGuard.Application guard }
            && guard.App.Policies.Select(static policy => policy.Policy.Name).Any() && blocked is null && app is not null
            && !pass.Remaining.Changes.Any(change => string.Equals(change.Subject, ZoneGuard.KeyOf(zone), StringComparison.Ordinal));
        return new()
        {
            Zone = zone,
            State = wish is null ? (app is null ? "none" : "foreign") : isSettled ? "protected" : "waiting",
            GroupIds = wish is null ? null : [.. wish.Groups],
            Reason = blocked?.Reason ?? (wish is null && app is not null ? $"The Access application '{app.Name}' covers it, which DockFlare does not set." : null),
        };
    }

    private static ProtocolException Invalid(string message) => new(400, "validation_failed", message);
}
