using DockFlare.Core.Commands;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Tests.Redis;
using DockFlare.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>What agents see while the queue's Redis is away.</summary>
public sealed class QueueAwayTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_local_agent_sees_a_master_that_is_away_and_nothing_breaks()
    {
        await using var server = RedisServer.Create();
        await using var redis = new RedisMaster(server.Url);
        await using var master = await WireMaster.StartAsync();
        var link = new LocalMasterLink(master.Registry, redis.Queue, master.Tunnels, null!, Options.Create(new MasterOptions()), Options.Create(new AgentPlaneOptions()));
        var token = new LeaseToken(LocalMasterLink.Local, new("c1"), 1);
        List<Func<Task>> calls =
        [
            () => link.LeaseAsync(TimeSpan.FromMinutes(1), TimeSpan.Zero, Stop).AsTask(),
            () => link.RenewAsync(token, TimeSpan.FromMinutes(1), Stop).AsTask(),
            () => link.AckAsync(token, Stop).AsTask(),
            () => link.NackAsync(token, "why", Stop).AsTask(),
        ];

        foreach (var call in calls)
        {
            Assert.Contains("Redis", (await Assert.ThrowsAsync<MasterLinkException>(call)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_agent_on_the_wire_is_answered_503_with_the_reason()
    {
        await using var server = RedisServer.Create();
        await using var redis = new RedisMaster(server.Url);
        await using var master = await WireMaster.StartAsync(more: services => services.AddSingleton<ICommandQueue>(redis.Queue));
        var key = await master.NewKeyAsync();
        var (_, body) = await master.PostAsync(key, "/api/v2/agents/register", """{"supported_protocol_versions":[3]}""");

        var (status, error) = await master.GetAsync(key, $"/api/v2/agents/{body["agent_id"]}/commands");

        Assert.Equal((503, "queue_unavailable"), (status, (string)error["code"]!));
        Assert.Contains("REDIS_URL", (string)error["message"]!, StringComparison.Ordinal);
    }
}
