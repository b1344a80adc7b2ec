using System.Security.Cryptography;
using System.Text.Json;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>This installation's mark at Cloudflare: set by the operator, else made once and kept in the store.</summary>
internal sealed class OwnerMark(IStateStore store, IOptions<MasterOptions> options)
{
    private const string Kind = "installation";
    private const string Id = "owner";
    private string? mark;

    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        if (mark is not null)
        {
            return mark;
        }

        if (options.Value.OwnerId is { Length: > 0 } configured)
        {
            return mark = configured;
        }

        var kept = await store.FindAsync(Kind, Id, cancellationToken).ConfigureAwait(false);
        if (kept is null)
        {
            var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
            var json = JsonSerializer.SerializeToUtf8Bytes(made, StateJson.Default.String);
            if (await store.TryPutAsync(Kind, Id, json, expectedVersion: 0, cancellationToken).ConfigureAwait(false) is not null)
            {
                return mark = made;
            }

            kept = await store.FindAsync(Kind, Id, cancellationToken).ConfigureAwait(false);
        }

        return mark = JsonSerializer.Deserialize(kept!.Json.Span, StateJson.Default.String)
            ?? throw new StateStoreException("The owner id in the state store is empty. Set DOCKFLARE_OWNER_ID to the id that the comments of your DNS records show behind 'dockflare:'.");
    }
}
