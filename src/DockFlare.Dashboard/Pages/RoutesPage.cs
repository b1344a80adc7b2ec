using System.Buffers;
using System.Text.Json;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Api;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/routes</c>: every route, where it goes and how it stands; operators add rules of their own here.</summary>
internal sealed class RoutesPage(RouteList routes, PassBoard board, ManualRuleCalls manual, AccessGroupStore groups, Audit audit)
{
    private static readonly string[] Fields = ["hostname", "path", "service", "tunnel_id"];

    public void Map(PageMap map)
    {
        map.Get("/routes", Role.Viewer, ShowAsync);
        map.Get("/routes/new", Role.Operator, visit => ShowFormAsync(visit, null));
        map.Post("/routes/new", Role.Operator, AddAsync);
        map.Post("/routes/remove", Role.Operator, RemoveAsync);
    }

    private Task ShowAsync(Visit visit)
    {
        var all = routes.Current();
        var filter = RouteFilter.Of(visit);
        var matching = filter.IsEmpty ? all : [.. all.Where(filter.Matches)];
        var model = new RoutesModel
        {
            Rows = Paging<RouteRow>.Of(matching, visit.Query("page")),
            Filter = filter,
            InAll = all.Count,
            Agents = [.. all.Where(static row => row.AgentName.Length > 0).Select(static row => row.AgentName).Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)],
            Tunnels = [.. all.Select(static row => row.TunnelName).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)],
            Counts = all.CountBy(static row => row.Outcome.State).ToDictionary(),
            Asked = visit.Query("explain"),
            Explanation = visit.Query("explain") is { } url ? Explain(url) : null,
        };
        return visit.ShowAsync(visit.T["nav.routes"], new Pages_Routes { Model = model, Visit = visit });
    }

    private RouteExplanation Explain(string url)
    {
        try
        {
            return RouteExplanation.Of(board.Current, url);
        }
        catch (FormatException exception)
        {
            return new() { Url = url, Lines = [exception.Message] };
        }
    }

    private async Task ShowFormAsync(Visit visit, string? fault, int status = 200)
    {
        await groups.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        var tunnels = board.Current.Desired.Tunnels.Where(static tunnel => !tunnel.IsPlanned).DistinctBy(static tunnel => tunnel.TunnelId).Select(static tunnel => (tunnel.TunnelId, tunnel.Name)).ToList();
        var typed = visit.Context.Request.HasFormContentType ? Fields.Append("group").ToDictionary(static name => name, visit.Form) : [];
        var model = new RouteFormModel(tunnels, [.. groups.All.Select(static group => (group.Id, group.DisplayName))], typed, fault);
        await visit.ShowAsync(visit.T["manual.title"], new Pages_RouteForm { Model = model, Visit = visit }, status).ConfigureAwait(false);
    }

    private async Task AddAsync(Visit visit)
    {
        try
        {
            var rule = await manual.AddAsync(BodyOf(visit), visit.Context.RequestAborted).ConfigureAwait(false);
            await audit.DidAsync(visit.Context, $"added the manual rule {rule.Key} to {Core.Labels.ServiceText.Redact(rule.Service)}").ConfigureAwait(false);
            await visit.GoAsync("/routes?done=added").ConfigureAwait(false);
        }
        catch (ProtocolException exception)
        {
            await ShowFormAsync(visit, exception.Message, exception.Status).ConfigureAwait(false);
        }
    }

    private async Task RemoveAsync(Visit visit)
    {
        var key = visit.Form("key") ?? "";
        try
        {
            await manual.RemoveAsync(key, visit.Context.RequestAborted).ConfigureAwait(false);
            await audit.DidAsync(visit.Context, $"removed the manual rule {key}").ConfigureAwait(false);
            await visit.GoAsync("/routes?done=removed").ConfigureAwait(false);
        }
        catch (ProtocolException exception)
        {
            await visit.MessageAsync(exception.Status, "manual.title", exception.Message).ConfigureAwait(false);
        }
    }

    // The call that scripts make takes JSON and says what is wrong with it; the form is one more caller.
    private static ReadOnlyMemory<byte> BodyOf(Visit visit)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var field in Fields)
            {
                if (visit.Form(field) is { } value)
                {
                    writer.WriteString(field, value);
                }
            }

            if (visit.Form("group") is { } group)
            {
                writer.WriteStartArray("access_group_ids");
                writer.WriteStringValue(group);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}

/// <summary>The form for a manual rule.</summary>
internal sealed record RouteFormModel(
    IReadOnlyList<(string Id, string Name)> Tunnels, IReadOnlyList<(string Id, string Name)> Groups, IReadOnlyDictionary<string, string?> Typed, string? Fault)
{
    public string Value(string field) => Typed.GetValueOrDefault(field) ?? "";
}

/// <summary>Which routes are shown.</summary>
internal sealed record RouteFilter(string? Words, string? State, string? Agent, string? Tunnel)
{
    /// <summary>Those that visitors reach.</summary>
    public const string Exposed = "exposed";

    /// <summary>Those that somebody has to look at.</summary>
    public const string Wrong = "wrong";

    public bool IsEmpty => (Words ?? State ?? Agent ?? Tunnel) is null;

    /// <summary>The list's address with this filter.</summary>
    public string Path
    {
        get
        {
            var parts = new (string Name, string? Value)[] { ("q", Words), ("state", State), ("agent", Agent), ("tunnel", Tunnel) }
                .Where(static part => part.Value is not null).Select(static part => $"{part.Name}={Uri.EscapeDataString(part.Value!)}").ToList();
            return parts.Count == 0 ? "/routes" : "/routes?" + string.Join('&', parts);
        }
    }

    public static RouteFilter Of(Visit visit) => new(visit.Query("q"), visit.Query("state"), visit.Query("agent"), visit.Query("tunnel"));

    public bool Matches(RouteRow row) =>
        (State is null || IsIn(row.Outcome.State))
        && (Agent is null || string.Equals(row.AgentName, Agent, StringComparison.Ordinal))
        && (Tunnel is null || string.Equals(row.TunnelName, Tunnel, StringComparison.Ordinal))
        && (Words is null || row.Matches(Words));

    private bool IsIn(RouteState state) => State switch
    {
        Exposed => state is RouteState.Live or RouteState.Unproven or RouteState.Grace,
        Wrong => state is RouteState.Blocked or RouteState.Rejected or RouteState.Conflict,
        _ => string.Equals(Marks.Word(state), State, StringComparison.Ordinal),
    };
}

/// <summary>What the routes page shows.</summary>
internal sealed record RoutesModel
{
    public required Paging<RouteRow> Rows { get; init; }

    public required RouteFilter Filter { get; init; }

    public int InAll { get; init; }

    public required IReadOnlyList<string> Agents { get; init; }

    public required IReadOnlyList<string> Tunnels { get; init; }

    public required IReadOnlyDictionary<RouteState, int> Counts { get; init; }

    public string? Asked { get; init; }

    public RouteExplanation? Explanation { get; init; }
}
