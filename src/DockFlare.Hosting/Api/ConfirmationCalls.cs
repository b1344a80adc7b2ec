using System.Text.Json;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Hosting.Api;

/// <summary>
/// What an operator agrees to: <c>POST plan/confirm</c> lets held deletions go on, <c>POST adopt</c> takes over what is not ours. Both are about
/// what the plan shows now; what has changed since it was looked at is answered with 409.
/// </summary>
internal sealed class ConfirmationCalls(PassBoard board, Reconciler reconciler, ReconcileSignal signal)
{
    public async Task ConfirmAsync(HttpContext context)
    {
        var held = board.Current.Remaining.ConfirmationDigest;
        if (await ReadAsync(context).ConfigureAwait(false) is not { } request)
        {
            return;
        }

        if (held is null || (request.Digest is not null && !string.Equals(request.Digest, held, StringComparison.Ordinal)))
        {
            await RefuseAsync(context, held is null ? "No deletion is held back." : "What is held back is not what you confirm any more. Read /api/v2/plan again and send its 'confirm' as 'digest'.").ConfigureAwait(false);
            return;
        }

        reconciler.Confirmations.ConfirmDeletions(held);
        Accept(context);
    }

    public async Task AdoptAsync(HttpContext context)
    {
        if (await ReadAsync(context).ConfigureAwait(false) is not { } request)
        {
            return;
        }

        var plan = board.Current.Remaining;
        var offered = plan.Held.Select(static held => held.AdoptionId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var ids = request.Ids ?? [];
        if (request.Digest is not null)
        {
            if (!string.Equals(request.Digest, plan.AdoptionDigest, StringComparison.Ordinal))
            {
                await RefuseAsync(context, "What can be adopted is not what you agree to any more. Read /api/v2/plan again and send its 'adopt' as 'digest'.").ConfigureAwait(false);
                return;
            }

            ids = [.. ids, .. offered];
        }

        if (ids.FirstOrDefault(id => !offered.Contains(id)) is { } unknown)
        {
            await RefuseAsync(context, $"The plan has nothing to adopt under '{unknown}', or what it stood for has changed. Read /api/v2/plan again: each held change that can be adopted has its id in 'adopt'.").ConfigureAwait(false);
        }
        else if (ids.Count == 0)
        {
            await ProblemAsync(context, 400, "Send 'ids', a list of ids of held changes, or 'digest', the plan's 'adopt', to adopt all of them.", "nothing_named").ConfigureAwait(false);
        }
        else
        {
            reconciler.Confirmations.Adopt(ids);
            Accept(context);
        }
    }

    private void Accept(HttpContext context)
    {
        signal.Raise();
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static Task RefuseAsync(HttpContext context, string detail) => ProblemAsync(context, 409, detail, "outdated");

    private static Task ProblemAsync(HttpContext context, int status, string detail, string code)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new ProblemDocument(status == 409 ? "Conflict" : "Bad Request", status, detail, code), ApiJson.Default.ProblemDocument, "application/problem+json", context.RequestAborted);
    }

    private static async Task<ConfirmationRequest?> ReadAsync(HttpContext context)
    {
        try
        {
            var body = await AgentBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
            return body.IsEmpty ? new() : JsonSerializer.Deserialize(body.Span, ApiJson.Default.ConfirmationRequest) ?? new();
        }
        catch (ProtocolException exception)
        {
            await ProblemAsync(context, exception.Status, exception.Message, exception.Code).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            await ProblemAsync(context, 400, "The body is not what is expected here: {\"digest\": \"…\"}, or {\"ids\": [\"…\"]} to adopt.", "invalid_payload").ConfigureAwait(false);
        }

        return null;
    }
}

/// <summary>The body of <c>POST /api/v2/plan/confirm</c> and of <c>POST /api/v2/adopt</c>.</summary>
internal sealed record ConfirmationRequest
{
    /// <summary>The plan's <c>confirm</c> or <c>adopt</c>.</summary>
    public string? Digest { get; init; }

    /// <summary>Single adoptions.</summary>
    public IReadOnlyList<string>? Ids { get; init; }
}
