using System.Collections.Concurrent;
using DockFlare.Core;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// What operators agreed to and what has not been done yet. It is about what they were shown and nothing else: what has changed since is held again.
/// It goes with the process.
/// </summary>
internal sealed class Confirmations(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, DateTimeOffset> adoptions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> releases = new(StringComparer.Ordinal);
    private volatile string? deletions;
    private volatile bool isNew;

    /// <summary>The deletions that <see cref="Plan.ConfirmationDigest"/> stands for may be done.</summary>
    public void ConfirmDeletions(string digest) => (deletions, isNew) = (digest, true);

    /// <summary>What these ids stand for may be taken over.</summary>
    public void Adopt(IEnumerable<string> ids) => Agree(adoptions, ids);

    /// <summary>What these ids stand for is to be ours no more.</summary>
    public void Release(IEnumerable<string> ids) => Agree(releases, ids);

    /// <summary>The adoptions that are agreed to.</summary>
    public EquatableArray<string> Adoptions => Agreed(adoptions);

    /// <summary>The releases that are asked for.</summary>
    public EquatableArray<string> Releases => Agreed(releases);

    /// <summary>Whether anything was agreed to since this was last asked: it is done on what is there now, not on what is remembered.</summary>
    public bool TakeNew()
    {
        var was = isNew;
        isNew = false;
        return was;
    }

    /// <summary>The deletions that were confirmed, for one pass; null when none were.</summary>
    public string? TakeDeletions() => Interlocked.Exchange(ref deletions, null);

    /// <summary>An adoption or a release was carried out: if what was taken over is taken back, that is a new question.</summary>
    public void Done(string id)
    {
        adoptions.TryRemove(id, out _);
        releases.TryRemove(id, out _);
    }

    private void Agree(ConcurrentDictionary<string, DateTimeOffset> agreed, IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            agreed[id] = time.GetUtcNow() + Lifetime;
        }

        isNew = true;
    }

    private EquatableArray<string> Agreed(ConcurrentDictionary<string, DateTimeOffset> agreed)
    {
        foreach (var (id, until) in agreed)
        {
            if (until <= time.GetUtcNow())
            {
                agreed.TryRemove(id, out _);
            }
        }

        return agreed.Keys.Order(StringComparer.Ordinal).ToEquatableArray();
    }
}
