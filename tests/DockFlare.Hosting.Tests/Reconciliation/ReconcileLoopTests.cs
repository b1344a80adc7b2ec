using DockFlare.Core.Commands;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>When passes run.</summary>
public sealed class ReconcileLoopTests : IAsyncLifetime
{
    private readonly WatchedTime time = new();
    private FakeCloudflare cloudflare = null!;
    private MasterRig rig = null!;
    private AgentId nas;
    private IAsyncEnumerator<PassSnapshot> passes = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        cloudflare = await FakeCloudflare.StartAsync(new() { Time = time }, Cancellation);
        cloudflare.AddZone("example.com");
        rig = MasterRig.Create(cloudflare, time: time);
        nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        rig.Report(nas);
        rig.Signal.TryTake();
        passes = rig.Board.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        await rig.Loop.StartAsync(Cancellation);
        await PassAsync(1);
        Assert.Equal(TimeSpan.FromMinutes(10), await time.NextTimerAsync(Cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        await rig.Loop.StopAsync(CancellationToken.None);
        await passes.DisposeAsync();
        await rig.DisposeAsync();
        await cloudflare.DisposeAsync();
    }

    [Fact]
    public async Task A_lone_change_is_acted_on_at_once_and_a_rush_after_100_ms_of_quiet()
    {
        rig.Report(nas, MasterRig.Wants("one.example.com"));
        await PassAsync(2);
        await time.NextTimerAsync(Cancellation);

        rig.Report(nas, MasterRig.Wants("one.example.com"), MasterRig.Wants("two.example.com"));
        Assert.Equal(TimeSpan.FromMilliseconds(100), await time.NextTimerAsync(Cancellation));
        rig.Report(nas, MasterRig.Wants("one.example.com"), MasterRig.Wants("three.example.com"));
        time.Advance(TimeSpan.FromMilliseconds(100));
        await PassAsync(3);

        Assert.Equal(["one.example.com", "three.example.com"], Served());
    }

    [Fact]
    public async Task The_end_of_a_grace_period_wakes_it()
    {
        rig.Report(nas, MasterRig.Wants("one.example.com"));
        await PassAsync(2);
        await time.NextTimerAsync(Cancellation);
        time.Advance(TimeSpan.FromMinutes(1));
        rig.Report(nas);
        await PassAsync(3);
        Assert.Equal(["one.example.com"], Served());
        var untilResync = await time.NextTimerAsync(Cancellation);
        Assert.Equal(TimeSpan.FromMinutes(9), untilResync);
        time.Advance(untilResync);
        await PassAsync(4);

        Assert.Equal(TimeSpan.FromMinutes(1), await time.NextTimerAsync(Cancellation));
        time.Advance(TimeSpan.FromMinutes(1));
        await PassAsync(5);

        Assert.Empty(Served());
    }

    [Fact]
    public async Task The_resync_undoes_drift()
    {
        rig.Report(nas, MasterRig.Wants("one.example.com"));
        await PassAsync(2);
        await time.NextTimerAsync(Cancellation);
        cloudflare.PutConfiguration(cloudflare.FindTunnelByName("tunnel-nas")!.Id, """{"ingress":[{"service":"http_status:404"}]}""");
        Assert.Empty(Served());

        time.Advance(TimeSpan.FromMinutes(10));
        await PassAsync(3);

        Assert.Equal(["one.example.com"], Served());
    }

    [Fact]
    public async Task An_operator_who_asks_has_drift_found_at_once()
    {
        rig.Report(nas, MasterRig.Wants("one.example.com"));
        await PassAsync(2);
        await time.NextTimerAsync(Cancellation);
        cloudflare.PutConfiguration(cloudflare.FindTunnelByName("tunnel-nas")!.Id, """{"ingress":[{"service":"http_status:404"}]}""");

        time.Advance(TimeSpan.FromMinutes(1));
        rig.Signal.Raise();
        await PassAsync(3);
        await time.NextTimerAsync(Cancellation);
        Assert.Empty(Served());

        time.Advance(TimeSpan.FromMinutes(1));
        rig.Signal.RaiseAnew();
        await PassAsync(4);
        Assert.Equal(["one.example.com"], Served());

        // The next one by itself is a whole interval later.
        Assert.Equal(TimeSpan.FromMinutes(10), await time.NextTimerAsync(Cancellation));
    }

    [Fact]
    public async Task What_may_pass_is_tried_again_after_growing_waits_and_said_once_and_so_is_its_end()
    {
        cloudflare.Faults.Add("POST", "/zones/*/dns_records", new FakeFault.Raw(503, "<html>busy</html>"), times: 3);
        rig.Report(nas, MasterRig.Wants("one.example.com"));
        var waits = new List<double>();
        for (var pass = 2; pass <= 4; pass++)
        {
            await PassAsync(pass);
            var wait = await time.NextTimerAsync(Cancellation);
            waits.Add(wait.TotalSeconds);
            time.Advance(wait);
        }

        await PassAsync(5);

        await time.NextTimerAsync(Cancellation);
        Assert.InRange(waits[0], 0.5, 1);
        Assert.InRange(waits[1], 1, 2);
        Assert.InRange(waits[2], 2, 4);
        Assert.Equal(["one.example.com"], Served());
        Assert.Single(rig.Log.All, line => line.StartsWith("Warning: Not applied to one.example.com:", StringComparison.Ordinal));
        Assert.Single(rig.Log.All, line => line == "Information: What was in the way of one.example.com is over.");
    }

    [Fact]
    public async Task Retry_after_is_kept_to()
    {
        cloudflare.Faults.Add("POST", "/zones/*/dns_records", FakeFault.TooManyRequests(47));
        rig.Report(nas, MasterRig.Wants("one.example.com"));
        await PassAsync(2);

        var wait = await time.NextTimerAsync(Cancellation);
        Assert.Equal(TimeSpan.FromSeconds(47), wait);
        cloudflare.Log.Reset();
        time.Advance(wait);
        await PassAsync(3);

        Assert.Equal(["one.example.com"], Served());
    }

    [Fact]
    public async Task What_is_refused_for_good_waits_for_the_resync()
    {
        cloudflare.Faults.Add("POST", "/zones/*/dns_records", new FakeFault.Refuse(400, 1038, "This TLD is not supported."));
        rig.Report(nas, MasterRig.Wants("one.example.com"));
        await PassAsync(2);

        var wait = await time.NextTimerAsync(Cancellation);
        Assert.Equal(TimeSpan.FromMinutes(10), wait);
        time.Advance(wait);
        await PassAsync(3);

        Assert.Equal(["one.example.com"], Served());
    }

    private List<string> Served() => cloudflare.Read(view => view.Exposures().Select(exposure => exposure.Host).ToList());

    private async Task PassAsync(long number)
    {
        while (rig.Board.Current.Number < number)
        {
            Assert.True(await passes.MoveNextAsync());
        }

        Assert.Equal(number, rig.Board.Current.Number);
    }
}
