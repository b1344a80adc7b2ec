namespace DockFlare.Hosting.Tests.Reconciliation;

/// <summary>A clock on which every wait is over at once, so that retries cost a test nothing.</summary>
internal sealed class ImpatientTime : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
}
