using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>Looks at the connector after each command and every now and then, apart from the containers, so that a slow look delays no report.</summary>
internal sealed class TunnelWatch(ITunnelRunner tunnel, IOptions<AgentOptions> options, TimeProvider time) : BackgroundService
{
    private readonly Channel<bool> look = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource firstLook = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private static readonly TimeSpan SoonInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SoonFor = TimeSpan.FromSeconds(5);
    private RunningTunnel? running;
    private long soonUntil = long.MinValue;

    /// <summary>Raised when something else is seen than before.</summary>
    public event Action? Changed;

    /// <summary>What was seen last; null when nothing of ours runs.</summary>
    public RunningTunnel? Running => Volatile.Read(ref running);

    /// <summary>Completes with the first look.</summary>
    public Task FirstLook => firstLook.Task;

    /// <summary>Look again now.</summary>
    public void Look() => look.Writer.TryWrite(true);

    /// <summary>The master was told of other containers: a new configuration is on its way to the connector, so look often for a moment.</summary>
    public void LookOften()
    {
        Volatile.Write(ref soonUntil, (time.GetUtcNow() + SoonFor).UtcTicks);
        Look();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var seen = await tunnel.ObserveAsync(stoppingToken).ConfigureAwait(false);
            var changed = Volatile.Read(ref running) != seen;
            Volatile.Write(ref running, seen);
            firstLook.TrySetResult();
            if (changed)
            {
                Changed?.Invoke();
            }

            await NextAsync(stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task NextAsync(CancellationToken cancellationToken)
    {
        var interval = options.Value.TunnelCheckInterval;
        if (time.GetUtcNow().UtcTicks < Volatile.Read(ref soonUntil) && SoonInterval < interval)
        {
            interval = SoonInterval;
        }

        using var timer = new CancellationTokenSource(interval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await look.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is time to look without being asked.
        }
    }
}
