using DockFlare.Core.Commands;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Agents;

public sealed class AgentKeysTests
{
    private static readonly AgentId Nas = new("nas");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agents_keys_are_those_bound_to_it_that_were_not_revoked_oldest_first_and_after_a_restart_too()
    {
        var (store, time) = (new InMemoryStateStore(), new FakeTimeProvider());
        using var keys = new AgentKeys(store, time);
        var (_, first) = await keys.CreateAsync("nas", lifetime: null, Stop);
        var (_, other) = await keys.CreateAsync("pi", lifetime: null, Stop);
        var unbound = keys.Of(Nas).Count();

        await keys.BindAsync(first, Nas, Stop);
        await keys.BindAsync(first, Nas, Stop);
        await keys.BindAsync(other, new("pi"), Stop);
        time.Advance(TimeSpan.FromMinutes(1));
        var second = keys.Find(await keys.RollAsync(Nas, TimeSpan.FromDays(1), Stop))!;
        var both = keys.Of(Nas).ToList();
        using var restarted = new AgentKeys(store, time);
        await restarted.LoadAsync(Stop);
        var afterRestart = restarted.Of(Nas).Select(static key => key.Hash).ToList();
        await keys.RevokeAsync(first, Stop);

        Assert.Equal(0, unbound);
        Assert.Equal([first, second], both);
        Assert.Equal([first.Hash, second.Hash], afterRestart);
        Assert.Equal([second], keys.Of(Nas));
        Assert.Equal([other], keys.Of(new("pi")));
    }
}
