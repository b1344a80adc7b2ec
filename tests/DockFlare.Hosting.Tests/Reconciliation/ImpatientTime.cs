namespace DockFlare.Hosting.Tests.Reconciliation;

/// <summary>A clock on which every wait is over at once, so that retries cost a test nothing.</summary>
internal sealed class ImpatientTime : TimeProvider
{
    private TimeSpan ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;

    /// <summary>Moves on.</summary>
    public void Advance(TimeSpan by) => ahead += by;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
}
