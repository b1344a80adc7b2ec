using System.Text.Json;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Hosting.Api;

/// <summary>
/// What an operator agrees to: <c>POST plan/confirm</c> lets held deletions go on, <c>POST adopt</c> takes over what is not ours, <c>POST release</c> lets
/// go of what is. Each is about what is shown now; what has changed since it was looked at is answered with 409.
/// </summary>
internal sealed class ConfirmationCalls(PassBoard board, Reconciler reconciler, ReconcileSignal signal, ExistingReader existing)
{
    public static ConfirmationRequest Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return body.IsEmpty ? new() : JsonSerializer.Deserialize(body.Span, ApiJson.Default.ConfirmationRequest) ?? new();
        }
        catch (JsonException)
        {
            throw ProtocolException.Invalid("The body is not what is expected here: {\"digest\": \"…\"}, or {\"ids\": [\"…\"]} to adopt or to release.");
        }
    }

    /// <exception cref="ProtocolException">Nothing is held, or something else than was shown.</exception>
    public ValueTask Confirm(ConfirmationRequest request)
    {
        var held = board.Current.Remaining.ConfirmationDigest ?? throw Outdated("No deletion is held back.");
        if (request.Digest is not null && !string.Equals(request.Digest, held, StringComparison.Ordinal))
        {
            throw Outdated("What is held back is not what you confirm any more. Read /api/v2/plan again and send its 'confirm' as 'digest'.");
        }

        reconciler.Confirmations.ConfirmDeletions(held);
        signal.Raise();
        return ValueTask.CompletedTask;
    }

    /// <exception cref="ProtocolException">Nothing is named, or something that the plan does not offer.</exception>
    public ValueTask Adopt(ConfirmationRequest request)
    {
        var plan = board.Current.Remaining;
        var offered = plan.Held.Select(static held => held.AdoptionId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var ids = request.Ids ?? [];
        if (request.Digest is not null)
        {
            ids = string.Equals(request.Digest, plan.AdoptionDigest, StringComparison.Ordinal)
                ? [.. ids, .. offered]
                : throw Outdated("What can be adopted is not what you agree to any more. Read /api/v2/plan again and send its 'adopt' as 'digest'.");
        }

        if (ids.Count == 0)
        {
            throw ProtocolException.Invalid("Send 'ids', a list of ids of held changes, or 'digest', the plan's 'adopt', to adopt all of them.");
        }

        if (ids.FirstOrDefault(id => !offered.Contains(id)) is { } unknown)
        {
            throw Outdated($"The plan has nothing to adopt under '{unknown}', or what it stood for has changed. Read /api/v2/plan again: each held change that can be adopted has its id in 'adopt'.");
        }

        reconciler.Confirmations.Adopt(ids);
        signal.Raise();
        return ValueTask.CompletedTask;
    }

    /// <summary>Lets go of what is DockFlare's and stays as it is; the account is read, so that only what is there now can be named.</summary>
    /// <exception cref="ProtocolException">Nothing is named, or something that is not there or has changed.</exception>
    public async ValueTask ReleaseAsync(ConfirmationRequest request, CancellationToken cancellationToken)
    {
        if (request.Ids is not { Count: > 0 } ids || request.Digest is not null)
        {
            throw ProtocolException.Invalid("Send 'ids', a list of what GET /api/v2/existing shows as 'release'. Name the record, the rule and the application of a host together: it is served on as it is.");
        }

        var view = await existing.ReadAsync(cancellationToken).ConfigureAwait(false);
        var there = view.Things.Select(static thing => thing.ReleaseId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        if (ids.FirstOrDefault(id => !there.Contains(id)) is { } unknown)
        {
            throw Outdated($"Nothing of DockFlare's is known by '{unknown}', or what it stood for has changed. Read /api/v2/existing again: each thing of DockFlare's has its id in 'release'.");
        }

        reconciler.Confirmations.Release(ids);
        signal.Raise();
    }

    private static ProtocolException Outdated(string message) => new(409, "outdated", message);
}

/// <summary>The body of <c>POST /api/v2/plan/confirm</c> and of <c>POST /api/v2/adopt</c> and <c>release</c>.</summary>
internal sealed record ConfirmationRequest
{
    /// <summary>The plan's <c>confirm</c> or <c>adopt</c>.</summary>
    public string? Digest { get; init; }

    /// <summary>Single adoptions or releases.</summary>
    public IReadOnlyList<string>? Ids { get; init; }
}
