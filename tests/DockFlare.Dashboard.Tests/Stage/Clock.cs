namespace DockFlare.Dashboard.Tests.Stage;

/// <summary>The system's clock, which a test may put forward. What waits goes on waiting as long as it takes.</summary>
internal sealed class Clock : TimeProvider
{
    private long aheadTicks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref aheadTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref aheadTicks));
}
