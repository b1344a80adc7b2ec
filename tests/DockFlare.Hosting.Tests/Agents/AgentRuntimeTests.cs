using System.Runtime.Versioning;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Agents;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>The agent's own services, composed as they ship, over scripted ports and a clock that only moves when it is told to.</summary>
public sealed class AgentRuntimeTests : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dockflare-").FullName;
    private readonly FakeTimeProvider time = new();
    private readonly ScriptedSource source = new();
    private readonly ScriptedRunner runner = new();
    private readonly ScriptedMaster master = new();
    private readonly ServiceProvider services;

    public AgentRuntimeTests()
    {
        services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(time)
            .AddSingleton<IContainerSource>(source)
            .AddSingleton<ITunnelRunner>(runner)
            .AddSingleton<IMasterLink>(master)
            .Configure<AgentOptions>(options => (options.DataPath, options.TunnelCheckInterval) = (folder, TimeSpan.FromDays(1)))
            .AddAgentRuntime()
            .BuildServiceProvider();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private AgentFiles Files => services.GetRequiredService<AgentFiles>();

    private async Task StartAsync()
    {
        foreach (var service in services.GetServices<IHostedService>())
        {
            await service.StartAsync(Stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in services.GetServices<IHostedService>())
        {
            await service.StopAsync(CancellationToken.None);
        }

        await services.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Moves the clock until the master was called that way; what else it was called with is passed over.</summary>
    private async Task<List<string>> CallsUntilAsync(string wanted)
    {
        var seen = new List<string>();
        while (true)
        {
            var next = master.NextCallAsync(Stop).AsTask();
            await time.MovingAsync(next, TimeSpan.FromMilliseconds(100));
            seen.Add(await next);
            if (seen[^1] == wanted)
            {
                return seen;
            }
        }
    }

    private void Give(AgentCommand command) => master.Give(command, time.GetUtcNow() + TimeSpan.FromMinutes(1));

    private static AgentCommand Ensure(long generation = 3, bool restart = false) =>
        new AgentCommand.EnsureTunnel(new("c1"), "t1", "nas", generation) { Restart = restart };

    [Fact]
    public async Task A_container_is_reported_at_once_and_a_rush_as_one()
    {
        await StartAsync();
        source.Show("blog");
        await CallsUntilAsync("report blog");

        source.Show("blog", "a");
        source.Show("blog", "a", "b");
        source.Show("blog", "a", "b", "c");
        var calls = await CallsUntilAsync("report a,b,blog,c");

        Assert.InRange(calls.Count, 1, 2);
    }

    [Fact]
    public async Task After_an_outage_the_newest_report_is_delivered_once()
    {
        await StartAsync();
        source.Show("blog");
        await CallsUntilAsync("report blog");
        master.IsAway = true;
        source.Show("blog", "old");
        await CallsUntilAsync("report blog,old (away)");
        source.Show("new");
        await CallsUntilAsync("report new (away)");

        master.IsAway = false;
        await CallsUntilAsync("report new");

        Assert.Equal(["blog", "new"], master.Reports.Select(static report => string.Join(',', report.Containers.Select(static container => container.Name))));
    }

    [Fact]
    public async Task A_master_that_lost_its_memory_gets_a_registration_and_then_the_report_again()
    {
        await StartAsync();
        source.Show("blog");
        await CallsUntilAsync("report blog");
        master.HasForgotten = true;
        source.Show("blog", "wiki");

        await CallsUntilAsync("report blog,wiki");
        var calls = await CallsUntilAsync("report blog,wiki");

        Assert.Equal(["register", "report blog,wiki"], calls);
    }

    [Fact]
    public async Task A_command_is_carried_out_stored_and_acknowledged()
    {
        await StartAsync();
        source.Show("blog");
        await CallsUntilAsync("report blog");

        Give(Ensure());
        var calls = await CallsUntilAsync("ack");

        // A report of what runs now may come before the acknowledgement or after it.
        while (master.Reports.Last().TunnelGeneration == 0)
        {
            await CallsUntilAsync("report blog");
        }

        Assert.Equal(["token", "ack"], calls.Where(static call => call != "report blog"));
        Assert.Equal("ensure t1 3 secret", await runner.NextCallAsync(Stop));
        Assert.Equal(
            new StoredTunnel { Token = "secret", Id = "t1", Name = "nas", DesiredState = "running", Generation = 3 }, await Files.FindTunnelAsync(Stop));
        Assert.Equal((3L, "t1"), (master.Reports.Last().TunnelGeneration, master.Reports.Last().Connector!.TunnelId));
    }

    [Fact]
    public async Task What_cannot_be_reached_is_given_back_with_the_reason()
    {
        runner.Fault = "The image cannot be pulled.";
        await StartAsync();

        Give(Ensure());

        await CallsUntilAsync("nack The image cannot be pulled.");
    }

    [Fact]
    public async Task An_acknowledgement_that_cannot_be_delivered_is_sent_again()
    {
        runner.Running = new(3, null);
        await StartAsync();
        await CallsUntilAsync("register");
        master.IsAway = true;
        Give(new AgentCommand.StopTunnel(new("c1")));
        await CallsUntilAsync("ack (away)");
        await CallsUntilAsync("ack (away)");

        master.IsAway = false;

        await CallsUntilAsync("ack");
        Assert.Equal(new StoredTunnel { DesiredState = "stopped" }, await Files.FindTunnelAsync(Stop));
    }

    [Fact]
    public async Task A_lost_lease_stops_what_was_begun_and_hands_nothing_back()
    {
        runner.Hangs = true;
        await StartAsync();
        Give(Ensure());
        await CallsUntilAsync("token");
        master.LeaseIsLost = true;
        await CallsUntilAsync("renew");

        // The pump is free for the next command, and nothing was said about the lost one.
        (master.LeaseIsLost, runner.Hangs) = (false, false);
        Give(new AgentCommand.StopTunnel(new("c2")));
        var calls = await CallsUntilAsync("ack");

        Assert.Equal(["ack"], calls.Where(static call => call.Contains("ack", StringComparison.Ordinal)));
        Assert.Equal(["ensure t1 3 secret", "stop"], [await runner.NextCallAsync(Stop), await runner.NextCallAsync(Stop)]);
    }

    [Fact]
    public async Task A_renewal_that_does_not_get_through_is_said_while_the_command_goes_on()
    {
        runner.Hangs = true;
        await StartAsync();
        Give(Ensure());
        await CallsUntilAsync("token");

        master.IsAway = true;
        await CallsUntilAsync("renew (away)");
        await CallsUntilAsync("renew (away)");

        Assert.Equal("The master is away.", services.GetRequiredService<AgentConnection>().Trouble);
    }

    [Fact]
    public async Task A_lease_that_cannot_be_renewed_goes_off_by_itself()
    {
        master.IsAway = true;
        await using var held = new HeldLease(master, new(new("nas"), new("c1"), 7), TimeSpan.FromSeconds(60), time, Stop);
        time.Advance(TimeSpan.FromSeconds(59));
        var before = held.Lost.IsCancellationRequested;

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(before);
        Assert.True(held.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Cloudflared_starts_from_the_state_of_an_older_agent_before_the_master_is_reached()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "tunnel_state.json"), """{"token":"stored","id":"t0","name":"nas","desired_state":"running"}""", Stop);
        await File.WriteAllTextAsync(Path.Combine(folder, "agent_id.txt"), "old-id", Stop);
        master.IsAway = true;

        await StartAsync();

        Assert.Equal("ensure t0 0 stored", await runner.NextCallAsync(Stop));
        Assert.Equal(new AgentId("old-id"), await Files.FindIdAsync(Stop));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task Files_are_for_the_agent_alone()
    {
        await Files.SaveIdAsync(new("nas"), Stop);
        await Files.SaveTunnelAsync(new() { Token = "secret", Id = "t1" }, Stop);

        Assert.Equal(["agent_id.txt", "tunnel_state.json"], Directory.GetFiles(folder).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(folder), static path => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path)));
    }
}
