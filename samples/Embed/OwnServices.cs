using System.Runtime.CompilerServices;
using DockFlare.Core;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;

namespace Embed;

/// <summary>What this app wants to publish, as DockFlare reads containers. It yields the whole current set at once and again after each change.</summary>
internal sealed class OwnServices(ServiceCatalog catalog) : IContainerSource
{
    public async IAsyncEnumerable<Inventory> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var services in catalog.SnapshotsAsync(cancellationToken))
        {
            yield return new(services.Select(AsSnapshot).ToEquatableArray(), IsComplete: true);
        }
    }

    private static ContainerSnapshot AsSnapshot(Service service) => new(service.Name, service.Name, new Dictionary<string, string>
    {
        ["dockflare.enable"] = "true",
        ["dockflare.hostname"] = service.Host,
        ["dockflare.service"] = service.Origin,
    });
}
