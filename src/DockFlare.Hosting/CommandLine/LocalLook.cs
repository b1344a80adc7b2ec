using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflared;
using DockFlare.Hosting.Docker;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.CommandLine;

/// <summary>
/// One pass in this process where no master runs: the engine and Cloudflare are read, nothing is applied and no connector started. What agents on other
/// machines would report is not in it.
/// </summary>
internal static class LocalLook
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What the pass came to.</summary>
    /// <exception cref="MasterCallException">It did not come to an end in a minute; the message says what it waits for.</exception>
    public static async Task<PassSnapshot> RunAsync(IConfiguration configuration, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddConfiguration(configuration);
        builder.Logging.AddConsole(static console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Error);
        builder.Services.AddDockFlare(builder.Configuration.GetSection("DockFlare")).AddMaster().UseSqliteState().AddLocalAgent().UseTunnelRunner<ExternalTunnelRunner>();
        builder.Services.PostConfigure<MasterOptions>(static options => options.DryRun = true);

        using var host = builder.Build();
        host.Services.GetRequiredService<IStartupValidator>().Validate();
        await host.StartAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await FirstWithReportAsync(host.Services, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    // A pass begun after the local engine was read; the one before may have seen nothing.
    private static async Task<PassSnapshot> FirstWithReportAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var (board, registry, source) = (services.GetRequiredService<PassBoard>(), services.GetRequiredService<AgentRegistry>(), services.GetService<IContainerSource>());
        using var timer = new CancellationTokenSource(Patience, services.GetRequiredService<TimeProvider>());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        var signal = services.GetRequiredService<ReconcileSignal>();
        long? reportedAt = source is null ? 0 : null;
        try
        {
            await foreach (var pass in board.WatchAsync(either.Token).ConfigureAwait(false))
            {
                if (pass.Number > reportedAt && (pass.Trouble is null || !pass.MayPass))
                {
                    return pass;
                }

                var report = registry.FindReport(LocalMasterLink.Local);
                if (report is { IsComplete: false } && (source as DockerContainerSource)?.Trouble is { } trouble)
                {
                    throw new MasterCallException($"Containers cannot be watched: {trouble}.");
                }

                if (reportedAt is null && report is { IsComplete: true })
                {
                    reportedAt = pass.Number;
                    signal.Raise();
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // What it waits for is said below.
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new MasterCallException(board.Current.Trouble ?? "The Docker Engine at DOCKER_HOST did not say which containers run.");
    }
}
