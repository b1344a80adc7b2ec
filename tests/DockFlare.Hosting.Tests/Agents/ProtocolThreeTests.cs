using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>Our agent's link against our master's endpoints, over a real socket.</summary>
public sealed class ProtocolThreeTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static HttpMasterLink Link(WireMaster master, AgentOptions options)
    {
        options.MasterUrl = master.Client.BaseAddress!.ToString();
        var wrapped = Options.Create(options);
        return new(new MasterHttp(new HttpClient(), wrapped), new AgentFiles(wrapped, NullLogger<AgentFiles>.Instance), wrapped, TimeProvider.System);
    }

    private static async Task<(HttpMasterLink Link, AgentSession Session)> RegisterAsync(WireMaster master)
    {
        var link = Link(master, new() { ApiKey = await master.NewKeyAsync() });
        return (link, await link.RegisterAsync(new(null, "nas", "0.1.0"), Stop));
    }

    [Fact]
    public async Task A_registration_answers_the_pace_and_what_to_report()
    {
        await using var master = await WireMaster.StartAsync();

        var (_, session) = await RegisterAsync(master);

        Assert.Equal(
            new AgentSession(master.Registry.All[0].Id, 3, TimeSpan.FromSeconds(30))
            {
                LabelPrefixes = ["dockflare.", "cloudflare.tunnel."],
                LabelKeys = ["com.docker.compose.project", "com.docker.compose.service"],
            },
            session);
    }

    [Fact]
    public async Task A_report_arrives_as_it_was_sent_and_wakes_the_loop_once()
    {
        await using var master = await WireMaster.StartAsync();
        var (link, session) = await RegisterAsync(master);
        var report = new AgentReport(session.Id, IsComplete: true, TunnelGeneration: 4,
        [
            new("0123456789ab", "blog", new LabelMap([new("dockflare.enable", "true")]))
            {
                State = ContainerState.Paused,
                Health = ContainerHealth.Unhealthy,
                Networks = [new("cloudflare-net", "172.18.0.5")],
                Ports = [80, 8080],
            },
            new("1123456789ab", "host", LabelMap.Empty) { UsesHostNetwork = true },
        ])
        {
            Connector = new(WireMaster.TunnelId, "2026.8.0", 4, 17),
        };

        await link.ReportAsync(report, Stop);
        var woken = master.Signal.TryTake();
        await link.ReportAsync(report, Stop);

        Assert.Equal(report, master.Registry.FindReport(session.Id));
        Assert.True(woken);
        Assert.False(master.Signal.TryTake());
    }

    [Fact]
    public async Task A_waiting_poll_gets_a_command_and_its_lease_can_be_kept_and_ended_once()
    {
        await using var master = await WireMaster.StartAsync();
        var (link, session) = await RegisterAsync(master);

        var polling = link.LeaseAsync(Minute, TimeSpan.FromSeconds(30), Stop);
        await master.GiveTunnelAsync(session.Id);
        var lease = await polling;
        var kept = await link.RenewAsync(lease!.Token, Minute, Stop);
        var done = await link.AckAsync(lease.Token, Stop);
        var again = await link.AckAsync(lease.Token, Stop);
        var late = await link.RenewAsync(lease.Token, Minute, Stop);
        var stray = await link.NackAsync(lease.Token, "It cannot be.", Stop);

        Assert.Equal(new AgentCommand.EnsureTunnel(new("ensure-1"), WireMaster.TunnelId, "nas", 1), lease.Command);
        Assert.Equal((true, true, false, false, false), (kept, done, again, late, stray));
        Assert.Empty(await master.Queue.PendingAsync(session.Id, Stop));
    }

    [Fact]
    public async Task An_agent_gets_the_token_of_its_own_tunnel_alone()
    {
        await using var master = await WireMaster.StartAsync();
        var (link, session) = await RegisterAsync(master);
        var before = await Assert.ThrowsAsync<MasterLinkException>(async () => await link.GetTunnelTokenAsync(WireMaster.TunnelId, Stop));
        await master.GiveTunnelAsync(session.Id);

        var token = await link.GetTunnelTokenAsync(WireMaster.TunnelId, Stop);
        var other = await Assert.ThrowsAsync<MasterLinkException>(async () => await link.GetTunnelTokenAsync("another", Stop));

        Assert.Equal(WireMaster.Token, token);
        Assert.Contains("no such tunnel", before.Message, StringComparison.Ordinal);
        Assert.Contains("no such tunnel", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoking_a_key_ends_a_waiting_poll_within_a_second()
    {
        await using var master = await WireMaster.StartAsync();
        var (link, session) = await RegisterAsync(master);
        var polling = link.LeaseAsync(Minute, TimeSpan.FromSeconds(60), Stop).AsTask();
        await master.Registry.EnrolAsync(session.Id, "nas", adopt: false, Stop);
        var (_, list) = await master.GetAsync(WireMaster.AdminKey, "/api/v2/agents");
        var fingerprint = (string)list["agents"]![0]!["keys"]![0]!;
        var key = master.Keys.All.Single(key => key.Fingerprint == fingerprint);

        var started = TimeProvider.System.GetTimestamp();
        await master.PostAsync(WireMaster.AdminKey, "/api/v2/agents/revoke-key", $$"""{"key":"{{key.Hash}}"}""");
        var refused = await Assert.ThrowsAsync<MasterLinkException>(async () => await polling);

        Assert.True(refused.Unauthorized);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_refused_key_is_read_again_from_its_file()
    {
        await using var master = await WireMaster.StartAsync();
        var file = Path.Combine(Path.GetTempPath(), $"dockflare-{Guid.NewGuid():N}");
        try
        {
            await File.WriteAllTextAsync(file, await master.NewKeyAsync() + "\n", Stop);
            var link = Link(master, new() { ApiKeyFile = file });
            var session = await link.RegisterAsync(new(null, "nas", "0.1.0"), Stop);
            var old = master.Keys.All[0];
            await File.WriteAllTextAsync(file, await master.Keys.RollAsync(session.Id, TimeSpan.FromHours(24), Stop), Stop);
            await link.HeartbeatAsync(Stop);
            await master.Keys.RevokeAsync(old, Stop);

            await link.HeartbeatAsync(Stop);

            Assert.True(master.Registry.IsOnline(session.Id));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_master_that_forgot_the_session_asks_for_a_registration()
    {
        await using var master = await WireMaster.StartAsync();
        var (link, session) = await RegisterAsync(master);
        master.Registry.Presence(session.Id).StartSession("another");

        var lost = await Assert.ThrowsAsync<MasterLinkException>(async () => await link.HeartbeatAsync(Stop));

        Assert.True(lost.RegistrationRequired);
    }

    [Fact]
    public async Task A_report_of_200_containers_weighs_no_more_than_6_KB()
    {
        await using var master = await WireMaster.StartAsync();
        var options = Options.Create(new AgentOptions { MasterUrl = master.Client.BaseAddress!.ToString(), ApiKey = await master.NewKeyAsync() });
        using var scale = new Scale();
        using var client = new HttpClient(scale);
        var link = new HttpMasterLink(new MasterHttp(client, options), new AgentFiles(options, NullLogger<AgentFiles>.Instance), options, TimeProvider.System);
        var session = await link.RegisterAsync(new(null, "nas", "0.1.0"), Stop);
        var containers = Enumerable.Range(0, 200).Select(static i => new ContainerSnapshot(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([(byte)i]))[..12],
            $"app{i}",
            new LabelMap([
                new("dockflare.enable", "true"), new("dockflare.hostname", $"app{i}.example.com"), new("dockflare.service", $"http://app{i}:8080"),
                new("com.docker.compose.project", "home"), new("com.docker.compose.service", $"app{i}"),
            ]))
        {
            Networks = [new("cloudflare-net", $"172.18.0.{i + 2}")],
            Ports = [8080],
        });

        await link.ReportAsync(new(session.Id, IsComplete: true, 0, [.. containers]), Stop);

        Assert.InRange(scale.Last, 1, 6 * 1024);
        Assert.Equal(200, master.Registry.FindReport(session.Id)!.Containers.Count);
    }

    private sealed class Scale() : DelegatingHandler(new SocketsHttpHandler())
    {
        public long Last { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Last = request.Content?.Headers.ContentLength ?? 0;
            return base.SendAsync(request, cancellationToken);
        }
    }

    [Fact]
    public async Task An_unreachable_master_is_named_with_what_to_do()
    {
        var options = Options.Create(new AgentOptions { MasterUrl = "http://127.0.0.1:1", ApiKey = "k" });
        var link = new HttpMasterLink(new MasterHttp(new HttpClient(), options), new AgentFiles(options, NullLogger<AgentFiles>.Instance), options, TimeProvider.System);

        var failure = await Assert.ThrowsAsync<MasterLinkException>(async () => await link.RegisterAsync(new(null, "nas", "0.1.0"), Stop));

        Assert.Contains("DOCKFLARE_MASTER_URL 'http://127.0.0.1:1' cannot be reached", failure.Message, StringComparison.Ordinal);
    }
}
