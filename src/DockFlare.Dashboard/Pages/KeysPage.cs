using DockFlare.Core.Commands;
using DockFlare.Dashboard.Login;
using DockFlare.Hosting.Agents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/agents/keys</c> and <c>/agents/deploy</c>: the keys agents call with, and how a new agent gets one. A key is shown once, in the answer that made it.</summary>
internal sealed class KeysPage(AgentKeys keys, AgentRegistry registry, IOptions<AgentPlaneOptions> options, Audit audit)
{
    private static readonly Lazy<string> Compose = new(static () =>
    {
        using var reader = new StreamReader(typeof(KeysPage).Assembly.GetManifestResourceStream("deploy/compose.yaml")!);
        // Built from this repository it has a build section, which means nothing on the machine the file is for.
        var lines = reader.ReadToEnd().Split('\n').ToList();
        var build = lines.FindIndex(static line => line == "    build:");
        lines.RemoveRange(build, 1 + lines.Skip(build + 1).TakeWhile(static line => line.StartsWith("      ", StringComparison.Ordinal)).Count());
        return string.Join('\n', lines.SkipWhile(static line => line.StartsWith('#')));
    });

    public void Map(PageMap map)
    {
        map.Get("/agents/keys", Role.Viewer, ListAsync);
        map.Get("/agents/deploy", Role.Operator, visit => visit.ShowAsync(visit.T["agents.add"], new Pages_Deploy { Model = new(null, MasterUrl(visit), Compose.Value), Visit = visit }));
        map.Post("/agents/keys", Role.Operator, GenerateAsync);
        map.Post("/agents/keys/roll", Role.Operator, RollAsync);
        map.Post("/agents/keys/revoke", Role.Operator, RevokeAsync);
    }

    private async Task ListAsync(Visit visit)
    {
        await keys.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        await visit.ShowAsync(visit.T["keys.title"], new Pages_Keys { Model = [.. keys.All.Reverse()], Visit = visit }).ConfigureAwait(false);
    }

    private async Task GenerateAsync(Visit visit)
    {
        await keys.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        TimeSpan? lifetime = int.TryParse(visit.Form("days"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var days) && days > 0
            ? TimeSpan.FromDays(Math.Min(days, 3650)) : null;
        var (raw, key) = await keys.CreateAsync(visit.Form("owner"), lifetime, visit.Context.RequestAborted).ConfigureAwait(false);
        audit.Did(visit.Context, $"made the agent key {key.Fingerprint}");
        await ShowNewAsync(visit, raw, key.Record.Owner).ConfigureAwait(false);
    }

    private async Task RollAsync(Visit visit)
    {
        await keys.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        await registry.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        if (registry.Find(new AgentId(visit.Form("agent") ?? "")) is not { IsLocal: false } agent)
        {
            await visit.MessageAsync(StatusCodes.Status404NotFound, "agent.none", visit.T["agent.none.text"]).ConfigureAwait(false);
            return;
        }

        var raw = await keys.RollAsync(agent.Id, visit.Context.RequestAborted).ConfigureAwait(false);
        audit.Did(visit.Context, $"rolled the key of the agent '{agent.Id}'");
        await ShowNewAsync(visit, raw, agent.DisplayName).ConfigureAwait(false);
    }

    private async Task RevokeAsync(Visit visit)
    {
        await keys.LoadAsync(visit.Context.RequestAborted).ConfigureAwait(false);
        if (visit.Form("key") is not { } named || keys.Find(named) is not { } key)
        {
            await visit.MessageAsync(StatusCodes.Status404NotFound, "keys.title", visit.T["keys.unknown"]).ConfigureAwait(false);
            return;
        }

        await keys.RevokeAsync(key, visit.Context.RequestAborted).ConfigureAwait(false);
        audit.Did(visit.Context, $"revoked the agent key {key.Fingerprint}");
        await visit.GoAsync("/agents/keys?done=revoked").ConfigureAwait(false);
    }

    private Task ShowNewAsync(Visit visit, string raw, string? owner) =>
        visit.ShowAsync(visit.T["keys.new.title"], new Pages_Deploy { Model = new(new(raw, owner), MasterUrl(visit), Compose.Value), Visit = visit });

    private string MasterUrl(Visit visit) => options.Value.PublicUrl ?? $"{visit.Context.Request.Scheme}://{visit.Context.Request.Host}";
}

/// <summary>A key as it is shown once.</summary>
internal sealed record NewKey(string Raw, string? Owner)
{
    /// <summary>Leaves the key out.</summary>
    public override string ToString() => nameof(NewKey);
}

/// <summary>How an agent gets onto a machine.</summary>
internal sealed record DeployModel(NewKey? Key, string MasterUrl, string Compose)
{
    public string Environment => $"DOCKFLARE_MASTER_URL={MasterUrl}\nDOCKFLARE_API_KEY={Key?.Raw ?? "<agent key>"}\nAGENT_DISPLAY_NAME={Owner}\n";

    public string Script => $"mkdir -p dockflare-agent && cd dockflare-agent && umask 077\ncat > .env <<'END'\n{Environment}END\ncat > compose.yaml <<'END'\n{Compose}END\ndocker network inspect cloudflare-net >/dev/null 2>&1 || docker network create cloudflare-net\ndocker compose up -d\n";

    // It ends up in a file that a shell writes: one line, and nothing that ends it early.
    private string Owner => string.Concat((Key?.Owner ?? "").Where(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ' '));
}
