using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// Keeps a lease by renewing it, and knows when it is lost: the master says so, or no renewal got through for the whole visibility timeout.
/// The latter goes off by itself, so a stalled agent stops before somebody else begins.
/// </summary>
internal sealed class HeldLease : IAsyncDisposable
{
    private readonly IMasterLink master;
    private readonly LeaseToken token;
    private readonly TimeSpan visibility;
    private readonly TimeProvider time;
    private readonly Action<MasterLinkException>? failed;
    private readonly CancellationTokenSource deadMan;
    private readonly CancellationTokenSource lost;
    private readonly CancellationTokenSource done;
    private readonly Task renewing;

    /// <param name="master">Where renewals go.</param>
    /// <param name="token">What is held.</param>
    /// <param name="visibility">How long the lease lasts from now, and from each renewal.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stoppingToken">Ends the holding; <see cref="Lost"/> goes off too.</param>
    /// <param name="failed">Hears why a renewal did not get through.</param>
    public HeldLease(IMasterLink master, LeaseToken token, TimeSpan visibility, TimeProvider time, CancellationToken stoppingToken, Action<MasterLinkException>? failed = null)
    {
        (this.master, this.token, this.visibility, this.time, this.failed) = (master, token, visibility, time, failed);
        deadMan = new(visibility, time);
        lost = CancellationTokenSource.CreateLinkedTokenSource(deadMan.Token, stoppingToken);
        done = CancellationTokenSource.CreateLinkedTokenSource(lost.Token);
        renewing = RenewAsync(done.Token);
    }

    /// <summary>Goes off when the lease is lost, or when the agent stops.</summary>
    public CancellationToken Lost => lost.Token;

    public async ValueTask DisposeAsync()
    {
        await done.CancelAsync().ConfigureAwait(false);
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        done.Dispose();
        lost.Dispose();
        deadMan.Dispose();
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(visibility / 3, time, cancellationToken).ConfigureAwait(false);
            try
            {
                // Counted from before the call: the master counts from when it hears of it.
                var asked = time.GetTimestamp();
                if (!await master.RenewAsync(token, visibility, cancellationToken).ConfigureAwait(false))
                {
                    await deadMan.CancelAsync().ConfigureAwait(false);
                    return;
                }

                var left = visibility - time.GetElapsedTime(asked);
                deadMan.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            }
            catch (MasterLinkException exception)
            {
                // The next try may get through; if none does, the switch goes off.
                failed?.Invoke(exception);
            }
        }
    }
}
