using System.Diagnostics.Metrics;
using DockFlare.Core;
using DockFlare.Hosting.Diagnostics;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>How long a route takes from its first report until it is proven live.</summary>
public sealed class StartToLiveTests : RigCase
{
    [Fact]
    public async Task Each_route_is_measured_once_when_it_is_proven_live_and_not_again_after_a_restart()
    {
        Cloudflare.AddZone("example.com");
        var (rig, nas) = await OneAgentAsync();
        List<(double Seconds, int Tags)> measured = [];
        using var listener = new MeterListener { InstrumentPublished = static (instrument, listener) => { if (instrument.Name == StartToLive.InstrumentName) { listener.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => measured.Add((value, tags.Length)));
        listener.Start();
        var live = rig.StartToLive;
        rig.Report(nas, MasterRig.Wants("app.example.com"), MasterRig.Wants("wiki.example.com"));
        live.Take(await rig.PassAsync(resync: true));
        live.Take(await rig.PassAsync());
        var before = measured.Count;
        Time.Advance(TimeSpan.FromSeconds(3));

        Prove(rig);
        live.Take(await rig.PassAsync());
        live.Take(await rig.PassAsync());
        var restarted = Master();
        Prove(restarted);
        restarted.StartToLive.Take(await restarted.PassAsync(resync: true));

        Assert.Equal(0, before);
        Assert.Equal(2, measured.Count);
        Assert.All(measured, static measure => Assert.InRange(measure.Seconds, 3, 4));
        Assert.All(measured, static measure => Assert.Equal(0, measure.Tags));

        void Prove(MasterRig master) => master.Agents.Accept(
            new(nas, IsComplete: true, TunnelGeneration: 1, new[] { MasterRig.Wants("app.example.com"), MasterRig.Wants("wiki.example.com") }.ToEquatableArray())
            {
                Connector = new(Tunnel().Id, "2026.8.0", 4, Tunnel().Configuration.Version),
            });
    }
}
