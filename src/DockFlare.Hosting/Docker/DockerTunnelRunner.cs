using System.Globalization;
using System.Security.Cryptography;
using Docker.DotNet.Models;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Docker;

/// <summary>Asks a connector what it says of itself: its metrics' address and its tunnel's id; null when it does not answer.</summary>
internal delegate ValueTask<ConnectorStatus?> ReadConnector(Uri metrics, string tunnelId, CancellationToken cancellationToken);

/// <summary>
/// Runs cloudflared in containers. A change starts the new connector beside the old one and retires the old one once the new one is connected.
/// What is there is found by its labels and state, never remembered, so a crash at any step is picked up by the next call.
/// </summary>
internal sealed partial class DockerTunnelRunner(
    DockerConnection connection, IOptions<DockerOptions> options, ReadConnector read, TimeProvider time, ILogger<DockerTunnelRunner> logger) : ITunnelRunner, IDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);
    private readonly ConnectorEngine engine = new(connection.Client, options.Value, logger);
    private readonly DockerOptions settings = options.Value;
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>The networks that connectors joined because they were asked to: these they leave again, and no others.</summary>
    private readonly HashSet<string> joined = new(StringComparer.Ordinal);

    /// <summary>Labels cannot be changed: what a connector that was left alone has come to stand for.</summary>
    private TunnelSpec? accepted;

    /// <inheritdoc />
    public ValueTask EnsureAsync(TunnelSpec spec, CancellationToken cancellationToken) => ActAsync(
        async () =>
        {
            var found = await engine.FindAsync(spec.TunnelName, cancellationToken).ConfigureAwait(false);
            await RefuseForeignAsync(found, cancellationToken).ConfigureAwait(false);
            for (var replica = 0; replica < settings.ConnectorReplicas; replica++)
            {
                await EnsureReplicaAsync(spec, replica, found.Where(c => ConnectorPlan.ReplicaOf(c) == replica).ToList(), cancellationToken).ConfigureAwait(false);
            }

            foreach (var surplus in found.Where(c => ConnectorPlan.ReplicaOf(c) >= settings.ConnectorReplicas))
            {
                await engine.RetireAsync(surplus.ID, cancellationToken).ConfigureAwait(false);
            }

            accepted = spec;
        },
        cancellationToken);

    /// <inheritdoc />
    public ValueTask StopAsync(CancellationToken cancellationToken) => ActAsync(
        async () =>
        {
            var found = await engine.FindAsync(accepted?.TunnelName, cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(found.Select(container => engine.RetireAsync(container.ID, cancellationToken))).ConfigureAwait(false);
            accepted = null;
            if (found.Count > 0)
            {
                LogStopped(settings.ConnectorName);
            }
        },
        cancellationToken);

    /// <inheritdoc />
    public async ValueTask<RunningTunnel?> ObserveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var found = await engine.FindAsync(accepted?.TunnelName, cancellationToken).ConfigureAwait(false);
            var running = found.Where(c => c.State is { Running: true }).OrderByDescending(ConnectorPlan.GenerationOf).ThenByDescending(c => c.Created).ToList();
            if (running.Count == 0)
            {
                return null;
            }

            var serving = running.DistinctBy(ConnectorPlan.ReplicaOf).ToList();
            var isAccepted = accepted is { } spec && serving.TrueForAll(c => ConnectorPlan.Runs(c, spec, settings));
            return new(isAccepted ? accepted!.Generation : serving.Min(ConnectorPlan.GenerationOf), await ReadAllAsync(serving, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception error) when (DockerConnection.IsTrouble(error, cancellationToken))
        {
            LogNotObserved(error.Message);
            return null;
        }
    }

    /// <summary>
    /// Lets every connector join these networks, as <c>CLOUDFLARED_ATTACH</c> asks for, and leave those it joined before and that are not among them:
    /// a network with a connector on it cannot be removed. One that cannot be joined is logged once and does not stop the others.
    /// </summary>
    /// <exception cref="TunnelException">The engine does not answer.</exception>
    public ValueTask AttachAsync(IReadOnlyCollection<string> networks, CancellationToken cancellationToken) => ActAsync(
        async () =>
        {
            foreach (var container in await engine.FindAsync(accepted?.TunnelName, cancellationToken).ConfigureAwait(false))
            {
                await engine.LeaveAsync(container, joined.Except(networks, StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
                await engine.JoinAsync(container, networks, cancellationToken).ConfigureAwait(false);
            }

            joined.Clear();
            joined.UnionWith(networks.Where(network => network != settings.ConnectorNetwork));
        },
        cancellationToken);

    public void Dispose() => gate.Dispose();

    /// <summary>One at a time; what the engine refuses is said to the operator.</summary>
    private async ValueTask ActAsync(Func<Task> act, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await act().ConfigureAwait(false);
        }
        catch (Exception error) when (DockerConnection.IsTrouble(error, cancellationToken))
        {
            throw new TunnelException($"The connector '{settings.ConnectorName}' cannot be brought to what is asked: {connection.Explain(error)}.", error);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task RefuseForeignAsync(List<ContainerInspectResponse> found, CancellationToken cancellationToken)
    {
        var named = await engine.InspectAsync(settings.ConnectorName, cancellationToken).ConfigureAwait(false);
        if (named is not null && !found.Exists(container => container.ID == named.ID))
        {
            throw new TunnelException($"The container '{settings.ConnectorName}' is not a connector of ours, and its name is needed: rename or remove it.");
        }
    }

    private async Task EnsureReplicaAsync(TunnelSpec spec, int replica, List<ContainerInspectResponse> found, CancellationToken cancellationToken)
    {
        var name = ConnectorPlan.NameOf(settings, replica);
        var kept = spec.Restart ? null : found.Where(c => ConnectorPlan.Runs(c, spec, settings)).OrderByDescending(c => c.Created).FirstOrDefault();
        if (kept is null)
        {
            kept = await AddAsync(spec, replica, found, cancellationToken).ConfigureAwait(false);
        }
        else if (found.Exists(c => c.ID != kept.ID && c.State is { Running: true }))
        {
            // A replacement that was interrupted: the new one runs, but nobody saw it connected.
            await UntilReadyAsync(kept.ID, spec, cancellationToken).ConfigureAwait(false);
        }

        foreach (var old in found.Where(c => c.ID != kept.ID))
        {
            await engine.RetireAsync(old.ID, cancellationToken).ConfigureAwait(false);
        }

        await engine.RenameAsync(kept, name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a connector beside what runs and waits until it is connected; takes it away again when it fails.</summary>
    private async Task<ContainerInspectResponse> AddAsync(TunnelSpec spec, int replica, List<ContainerInspectResponse> found, CancellationToken cancellationToken)
    {
        await engine.EnsureImageAsync(cancellationToken).ConfigureAwait(false);
        await engine.EnsureNetworkAsync(cancellationToken).ConfigureAwait(false);
        var suffix = RandomNumberGenerator.GetHexString(8, lowercase: true);
        var id = await engine.StartAsync(spec, replica, $"{ConnectorPlan.NameOf(settings, replica)}-{suffix}", cancellationToken).ConfigureAwait(false);
        try
        {
            await JoinLikeAsync(id, replica, found, cancellationToken).ConfigureAwait(false);
            await UntilReadyAsync(id, spec, cancellationToken).ConfigureAwait(false);
        }
        catch (TunnelException)
        {
            await engine.RetireAsync(id, cancellationToken).ConfigureAwait(false);
            throw;
        }

        LogStarted(settings.ConnectorName, spec.TunnelName, spec.Generation, found.Exists(c => c.State is { Running: true }) ? "in place of the one before" : "anew");
        return await engine.InspectAsync(id, cancellationToken).ConfigureAwait(false)
            ?? throw new TunnelException($"The connector '{settings.ConnectorName}' was removed while it was being started.");
    }

    // Before the old one goes, so that no origin is out of reach in between.
    private async Task JoinLikeAsync(string id, int replica, List<ContainerInspectResponse> found, CancellationToken cancellationToken)
    {
        var networks = found.Where(c => ConnectorPlan.ReplicaOf(c) == replica).SelectMany(static c => c.NetworkSettings?.Networks?.Keys ?? []).Concat(joined).Where(static network => network is not ("host" or "none")).Distinct(StringComparer.Ordinal).ToList();
        if (settings.ConnectorAttach && await engine.InspectAsync(id, cancellationToken).ConfigureAwait(false) is { } fresh)
        {
            await engine.JoinAsync(fresh, networks, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits until a connector says that it is connected. Where its metrics cannot be reached from here, one that has run for a while without
    /// a restart counts as connected: cloudflared ends when its token is refused.
    /// </summary>
    private async Task UntilReadyAsync(string id, TunnelSpec spec, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var hasAnswered = false;
        while (true)
        {
            var container = await engine.InspectAsync(id, cancellationToken).ConfigureAwait(false);
            if (container is not { State: { Running: true, Restarting: false }, RestartCount: 0 })
            {
                var log = container is null ? "it was removed" : await engine.LastLogAsync(id, spec.Token, cancellationToken).ConfigureAwait(false);
                throw new TunnelException($"cloudflared of tunnel '{spec.TunnelName}' ends after it starts; its last words: {log}");
            }

            var status = ConnectorPlan.MetricsOf(container, settings) is { } metrics ? await read(metrics, spec.TunnelId, cancellationToken).ConfigureAwait(false) : null;
            hasAnswered |= status is not null;
            var elapsed = time.GetElapsedTime(began);
            if (status is { ReadyConnections: > 0 })
            {
                return;
            }

            if (!hasAnswered && elapsed >= settings.ConnectorStableTime)
            {
                LogUnproven(settings.ConnectorName, settings.ConnectorNetwork);
                return;
            }

            if (elapsed >= settings.ConnectorReadyTimeout)
            {
                var log = await engine.LastLogAsync(id, spec.Token, cancellationToken).ConfigureAwait(false);
                throw new TunnelException(string.Create(CultureInfo.InvariantCulture, $"cloudflared of tunnel '{spec.TunnelName}' is not connected to Cloudflare after {elapsed.TotalSeconds:0} s; its last words: {log}"));
            }

            await Task.Delay(Between, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>All replicas as one: the connections of all, and the oldest configuration among them.</summary>
    private async Task<ConnectorStatus?> ReadAllAsync(List<ContainerInspectResponse> serving, CancellationToken cancellationToken)
    {
        ConnectorStatus? all = null;
        foreach (var container in serving)
        {
            var tunnelId = ConnectorPlan.Label(container, ConnectorPlan.TunnelLabel) ?? accepted?.TunnelId ?? "";
            if (ConnectorPlan.MetricsOf(container, settings) is not { } metrics || await read(metrics, tunnelId, cancellationToken).ConfigureAwait(false) is not { } status)
            {
                return null;
            }

            all = all is null
                ? status
                : all with { ReadyConnections = all.ReadyConnections + status.ReadyConnections, ConfigVersion = all.ConfigVersion > status.ConfigVersion || status.ConfigVersion is null ? status.ConfigVersion : all.ConfigVersion };
        }

        return all;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The connector {Name} serves tunnel {Tunnel}, generation {Generation}, {How}.")]
    private partial void LogStarted(string name, string tunnel, long generation, string how);

    [LoggerMessage(Level = LogLevel.Information, Message = "The connector {Name} is stopped and removed.")]
    private partial void LogStopped(string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "The metrics of the connector {Name} cannot be reached from here; it runs without a restart and is taken for connected. Join the network {Network} to see more.")]
    private partial void LogUnproven(string name, string network);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The connector could not be observed: {Cause}.")]
    private partial void LogNotObserved(string cause);
}
