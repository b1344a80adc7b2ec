using System.Runtime.CompilerServices;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;

namespace DockFlare.Testing.Sandbox;

/// <summary>Adds a zone to the emulator for every host that real containers ask for, so that the labels people have work as they are.</summary>
internal sealed class ZoneSeedingSource(IContainerSource inner, FakeCloudflare cloudflare, HashSet<string> zones) : IContainerSource
{
    public async IAsyncEnumerable<Inventory> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var inventory in inner.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var container in inventory.Containers.ToList())
            {
                foreach (var (label, value) in container.Labels)
                {
                    if (label.EndsWith(".hostname", StringComparison.Ordinal) && ZoneOf(value.Trim().ToLowerInvariant()) is { } zone && zones.Add(zone))
                    {
                        cloudflare.AddZone(zone);
                    }
                }
            }

            yield return inventory;
        }
    }

    // The last two labels: nobody here knows which suffixes are public, and a zone more does no harm.
    private static string? ZoneOf(string host)
    {
        var labels = host.Split('.');
        return labels.Length >= 2 && labels[^2..].All(static label => label.Length > 0 && label.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            ? string.Join('.', labels[^2..])
            : null;
    }
}
