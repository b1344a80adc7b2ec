using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Agents;

/// <summary>Where the containers of one host are seen.</summary>
public interface IContainerSource
{
    /// <summary>
    /// Yields the whole current set at once and again after each change, for ever. What it yields is always everything;
    /// <see cref="Inventory.IsComplete"/> is false when not everything could be seen. It never ends because of an error of the host:
    /// it reports the trouble in the log, backs off and goes on.
    /// </summary>
    IAsyncEnumerable<Inventory> WatchAsync(CancellationToken cancellationToken);
}
