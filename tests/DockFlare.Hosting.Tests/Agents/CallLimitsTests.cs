using System.Net;
using DockFlare.Hosting.Agents;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>How often keys and addresses may call.</summary>
public sealed class CallLimitsTests
{
    private readonly FakeTimeProvider time = new();

    private CallLimits Limits(int perSecond = 2, int burst = 3) => new(Options.Create(new AgentPlaneOptions { CallsPerSecond = perSecond, CallBurst = burst }), time);

    [Fact]
    public void A_key_may_call_in_a_burst_and_then_at_its_pace()
    {
        var limits = Limits();
        using var key = new AgentKey("hash", new(), 1);
        TimeSpan?[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => limits.Take(key))];

        var burst = Take(4);
        time.Advance(TimeSpan.FromSeconds(1));
        var later = Take(3);

        Assert.Equal([null, null, null, TimeSpan.FromSeconds(0.5)], burst);
        Assert.Equal([null, null, TimeSpan.FromSeconds(0.5)], later);
    }

    [Fact]
    public void Refused_addresses_are_counted_apart_and_an_ipv6_network_as_one()
    {
        var limits = Limits();
        TimeSpan? Last(int count, string address) => Enumerable.Range(0, count).Select(_ => limits.TakeRefused(IPAddress.Parse(address))).ToList()[^1];

        Assert.Null(Last(50, "192.0.2.1"));
        Assert.NotNull(Last(1, "192.0.2.1"));
        Assert.NotNull(Last(1, "::ffff:192.0.2.1"));
        Assert.Null(Last(1, "192.0.2.2"));
        Assert.Null(Last(50, "2001:db8::1"));
        Assert.NotNull(Last(1, "2001:db8::2"));
        Assert.Null(Last(1, "2001:db8:0:1::1"));
    }

    [Fact]
    public void However_many_addresses_come_what_is_remembered_is_bounded()
    {
        var limits = Limits();
        IEnumerable<TimeSpan?> Come(int from, int count) => Enumerable.Range(from, count).Select(n => limits.TakeRefused(new IPAddress(n + 1)));

        Assert.All(Come(0, 10_000), Assert.Null);
        var beyond = Come(10_000, 100).ToList();
        time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(50, beyond.Count(static wait => wait is null));
        Assert.All(Come(20_000, 1_000), Assert.Null);
    }

    [Fact]
    public async Task Too_many_calls_are_429_with_Retry_After_and_other_keys_go_on()
    {
        await using var master = await WireMaster.StartAsync(more: static services => services.Configure<AgentPlaneOptions>(static options => (options.CallsPerSecond, options.CallBurst) = (1, 2)));
        var (key, other) = (await master.NewKeyAsync(), await master.NewKeyAsync());
        async Task<HttpResponseMessage> Register(string with)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v2/agents/register") { Content = new StringContent("{}"), Headers = { { "Authorization", $"Bearer {with}" } } };
            return await master.Client.SendAsync(request, TestContext.Current.CancellationToken);
        }

        using var first = await Register(key);
        using var second = await Register(key);
        using var third = await Register(key);
        using var others = await Register(other);

        Assert.Equal([201, 200, 429, 201], [(int)first.StatusCode, (int)second.StatusCode, (int)third.StatusCode, (int)others.StatusCode]);
        Assert.Equal(TimeSpan.FromSeconds(1), third.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task An_address_that_guesses_is_slowed_down_and_a_good_key_from_there_is_not()
    {
        await using var master = await WireMaster.StartAsync();
        var key = await master.NewKeyAsync();
        List<int> guesses = [];
        for (var i = 0; i < 60; i++)
        {
            guesses.Add((await master.GetAsync($"guess-{i}", i % 2 == 0 ? "/api/v2/agents" : "/api/v2/agents/x/commands")).Status);
        }

        var (good, _) = await master.PostAsync(key, "/api/v2/agents/register", "{}");
        var (owner, _) = await master.GetAsync(WireMaster.AdminKey, "/api/v2/agents");

        Assert.All(guesses[..50], static status => Assert.Equal(401, status));
        Assert.Contains(429, guesses);
        Assert.Equal((201, 200), (good, owner));
    }
}
