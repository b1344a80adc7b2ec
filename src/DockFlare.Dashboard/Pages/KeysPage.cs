using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Agents;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/agents/keys</c> and <c>/agents/deploy</c>: the keys agents call with, and how a new agent gets one. A key is shown once, in the answer that made it.</summary>
internal sealed class KeysPage(AgentKeys keys, AgentRegistry registry, AgentKeyCalls calls, DeployFiles files, Confirmation confirmation, Audit audit)
{
    public void Map(PageMap map)
    {
        map.Get("/agents/keys", Role.Viewer, ListAsync);
        map.Get("/agents/deploy", Role.Operator, visit => visit.ShowAsync(visit.T["agents.add"], new Pages_Deploy { Model = new(null, null), Visit = visit }));
        map.Post("/agents/keys", Role.Operator, GenerateAsync);
        map.Post("/agents/keys/roll", Role.Operator, RollAsync);
        map.Post("/agents/keys/revoke", Role.Operator, RevokeAsync);
    }

    private async Task ListAsync(Visit visit)
    {
        await keys.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        await visit.ShowAsync(visit.T["keys.title"], new Pages_Keys { Model = [.. keys.All.Reverse()], Visit = visit }).ConfigureAwait(false);
    }

    // A key is the way into the agents' side of the master: whoever left their browser open does not give one away.
    private async Task<bool> IsConfirmedAsync(Visit visit, string what)
    {
        if (await confirmation.FindFaultAsync(visit, what).ConfigureAwait(false) is not { } fault)
        {
            return true;
        }

        await visit.MessageAsync(StatusCodes.Status403Forbidden, "confirm.title", fault).ConfigureAwait(false);
        return false;
    }

    private async Task GenerateAsync(Visit visit)
    {
        if (!await IsConfirmedAsync(visit, "making an agent key").ConfigureAwait(false))
        {
            return;
        }

        await keys.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        TimeSpan? lifetime = int.TryParse(visit.Form("days"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var days) && days > 0
            ? TimeSpan.FromDays(Math.Min(days, 3650)) : null;
        var (raw, key) = await keys.CreateAsync(visit.Form("owner"), lifetime, visit.Context.RequestAborted).ConfigureAwait(false);
        await audit.DidAsync(visit.Context, $"made the agent key {key.Fingerprint}").ConfigureAwait(false);
        await ShowNewAsync(visit, raw, key).ConfigureAwait(false);
    }

    private async Task RollAsync(Visit visit)
    {
        if (!await IsConfirmedAsync(visit, "rolling an agent key").ConfigureAwait(false))
        {
            return;
        }

        await keys.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        await registry.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        if (registry.Find(new AgentId(visit.Form("agent") ?? "")) is not { IsLocal: false, Removal: null } agent)
        {
            await visit.MessageAsync(StatusCodes.Status404NotFound, "agent.none", visit.T["agent.none.text"]).ConfigureAwait(false);
            return;
        }

        var raw = await keys.RollAsync(agent.Id, AgentKeyCalls.UsualOverlap, visit.Context.RequestAborted).ConfigureAwait(false);
        await audit.DidAsync(visit.Context, $"rolled the key of the agent '{agent.Id}'").ConfigureAwait(false);
        await ShowNewAsync(visit, raw, keys.Find(raw)!).ConfigureAwait(false);
    }

    private async Task RevokeAsync(Visit visit)
    {
        await keys.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        if (visit.Form("key") is not { } named || keys.Find(named) is not { } key)
        {
            await visit.MessageAsync(StatusCodes.Status404NotFound, "keys.title", visit.T["keys.unknown"]).ConfigureAwait(false);
            return;
        }

        var isCompromised = visit.Form("compromised") is not null;
        await calls.RevokeAsync(key, isCompromised, holdRoutes: visit.Form("routes") == "hold", visit.Context.RequestAborted).ConfigureAwait(false);
        await audit.DidAsync(visit.Context, $"revoked the agent key {key.Fingerprint}{(isCompromised ? " of a host that is compromised" : "")}").ConfigureAwait(false);
        await visit.GoAsync("/agents/keys?done=revoked").ConfigureAwait(false);
    }

    // The files are those that scripts get; here the key itself stands where theirs have a placeholder.
    private Task ShowNewAsync(Visit visit, string raw, AgentKey key)
    {
        var url = files.UrlOf(visit.Context.Request);
        DeployFilesModel? rendered = null;
        string? fault = null;
        try
        {
            rendered = new(Render(DeployFiles.Environment), Render(DeployFiles.Compose), Render(DeployFiles.Script));
        }
        catch (ProtocolException exception)
        {
            fault = exception.Message;
        }

        return visit.ShowAsync(visit.T["keys.new.title"], new Pages_Deploy { Model = new(new(raw), rendered) { Fault = fault }, Visit = visit });

        string Render(string file) => files.Render(file, url, key).Replace($"<agent key {key.Fingerprint}>", raw, StringComparison.Ordinal);
    }
}

/// <summary>A key as it is shown once.</summary>
internal sealed record NewKey(string Raw)
{
    /// <summary>Leaves the key out.</summary>
    public override string ToString() => nameof(NewKey);
}

/// <summary>How an agent gets onto a machine.</summary>
internal sealed record DeployModel(NewKey? Key, DeployFilesModel? Files)
{
    /// <summary>Why there are no files.</summary>
    public string? Fault { get; init; }
}

/// <summary>What a machine needs, with the key in it.</summary>
internal sealed record DeployFilesModel(string Environment, string Compose, string Script)
{
    /// <summary>Leaves the key out.</summary>
    public override string ToString() => nameof(DeployFilesModel);
}
