using DockFlare.Core;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DockFlare.Hosting.Diagnostics;

/// <summary>Shows the routes in the terminal: a table first, then each change as one line. With <see cref="RouteConsoleOptions.Once"/> it prints routes and plan and ends the host.</summary>
internal sealed class RouteConsole(PassBoard board, RouteConsoleOptions options, IServiceProvider services, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken).ConfigureAwait(false);
        var output = options.Output;
        await output.WriteLineAsync(options.Headline).ConfigureAwait(false);
        foreach (var address in services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
        {
            foreach (var line in services.GetServices<RouteConsoleHint>().Select(static hint => hint.AtAddress).Append(options.AtAddress))
            {
                await output.WriteLineAsync(line.Replace("{address}", address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal), StringComparison.Ordinal)).ConfigureAwait(false);
            }
        }

        var first = await FirstAsync(stoppingToken).ConfigureAwait(false);
        await output.WriteLineAsync().ConfigureAwait(false);
        await output.WriteAsync(RouteTable.Write(first.Routes)).ConfigureAwait(false);
        if (options.Once)
        {
            await output.WriteLineAsync("\nPlan, as applied:").ConfigureAwait(false);
            var applied = board.Recent.SelectMany(static pass => pass.Applied).ToEquatableArray();
            await output.WriteAsync(new Plan { Changes = applied, Held = first.Remaining.Held, Blocked = first.Remaining.Blocked }.ToString()).ConfigureAwait(false);
            lifetime.StopApplication();
            return;
        }

        var shown = first.Routes;
        await foreach (var snapshot in board.WatchAsync(stoppingToken).ConfigureAwait(false))
        {
            foreach (var line in RouteTable.Changes(shown, snapshot.Routes))
            {
                await output.WriteLineAsync($"{time.GetLocalNow():HH:mm:ss} {line}").ConfigureAwait(false);
            }

            shown = snapshot.Routes;
        }
    }

    // The first table is shown when everything that can come to rest has, or when patience ends.
    private async Task<PassSnapshot> FirstAsync(CancellationToken stoppingToken)
    {
        using var timer = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, timer.Token);
        var last = board.Current;
        try
        {
            await foreach (var snapshot in board.WatchAsync(either.Token).ConfigureAwait(false))
            {
                last = snapshot;
                if (last.Number > 0 && !last.Routes.IsEmpty && last.Remaining.IsEmpty && last.Routes.All(static route => route.State != RouteState.Pending))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // What there is by now is shown.
        }

        return last;
    }

    private async Task StartedAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
    }
}

/// <summary>What the terminal shows.</summary>
internal sealed class RouteConsoleOptions
{
    public required string Headline { get; init; }

    /// <summary>What is said of each address the host listens on, with <c>{address}</c> in its place.</summary>
    public string AtAddress { get; init; } = "API at {address}/api/v2/rules";

    public bool Once { get; init; }

    public TextWriter Output { get; init; } = Console.Out;
}

/// <summary>What a part of the host has to say of an address in the terminal.</summary>
/// <param name="AtAddress">With <c>{address}</c> in the address's place.</param>
internal sealed record RouteConsoleHint(string AtAddress);
