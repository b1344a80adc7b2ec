using System.Net;
using System.Threading.Channels;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Agents;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>An agent with a wrong key, and one whose clock is wrong, against a master on the wire.</summary>
public sealed class AgentTroubleTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dockflare-trouble-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_wrong_key_is_said_once_while_the_connector_serves_and_the_right_one_is_found_in_its_file()
    {
        await using var master = await WireMaster.StartAsync();
        var file = Path.Combine(folder, "key");
        await File.WriteAllTextAsync(file, "wrong", Stop);
        await File.WriteAllTextAsync(Path.Combine(folder, "tunnel_state.json"), """{"token":"secret","id":"t1","name":"nas","desired_state":"running"}""", Stop);
        var (time, log, runner, calls) = (new FakeTimeProvider(), new DockFlare.Tests.Reconciliation.LogLines(), new ScriptedRunner(), new CountedCalls());
        await using var services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(log))
            .AddSingleton<TimeProvider>(time)
            .AddSingleton<IContainerSource>(new ScriptedSource())
            .AddSingleton<ITunnelRunner>(runner)
            .Configure<AgentOptions>(options => (options.MasterUrl, options.ApiKeyFile, options.DataPath, options.TunnelCheckInterval) = (master.Client.BaseAddress!.ToString(), file, folder, TimeSpan.FromDays(1)))
            .AddSingleton(provider => new MasterHttp(new HttpClient(calls), provider.GetRequiredService<IOptions<AgentOptions>>()))
            .AddHttpMasterLink()
            .AddAgentRuntime()
            .BuildServiceProvider();
        var hosted = services.GetServices<IHostedService>().ToList();
        foreach (var service in hosted)
        {
            await service.StartAsync(Stop);
        }

        var served = await runner.NextCallAsync(Stop);
        for (var refused = 0; refused < 5; refused++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await MovingAsync(calls.NextAsync(Stop), time));
        }

        var trouble = services.GetRequiredService<AgentConnection>().Trouble;
        await File.WriteAllTextAsync(file, await master.NewKeyAsync(), Stop);
        var session = await MovingAsync(services.GetRequiredService<AgentConnection>().CurrentAsync(Stop), time);
        var stillServes = runner.Running is not null;
        foreach (var service in hosted)
        {
            await service.StopAsync(CancellationToken.None);
        }

        Assert.Equal("ensure t1 0 secret", served);
        Assert.True(stillServes);
        Assert.NotNull(master.Registry.Find(session.Id));
        Assert.StartsWith("The master refused the agent's key (DOCKFLARE_API_KEY)", trouble, StringComparison.Ordinal);
        Assert.Single(log.All, static line => line.StartsWith("Warning: The master refused the agent's key", StringComparison.Ordinal));
        Assert.Single(log.All, "Information: The master answers again");
    }

    [Fact]
    public async Task A_key_that_is_revoked_while_the_stored_connector_still_starts_is_noticed_without_any_time_passing()
    {
        await using var master = await WireMaster.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, "tunnel_state.json"), """{"token":"secret","id":"t1","name":"nas","desired_state":"running"}""", Stop);
        var key = await master.NewKeyAsync();
        var (log, runner, calls) = (new DockFlare.Tests.Reconciliation.LogLines(), new ScriptedRunner { Hangs = true }, new CountedCalls());
        await using var services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(log))
            .AddSingleton<TimeProvider>(new FakeTimeProvider())
            .AddSingleton<IContainerSource>(new ScriptedSource())
            .AddSingleton<ITunnelRunner>(runner)
            .Configure<AgentOptions>(options => (options.MasterUrl, options.ApiKey, options.DataPath, options.TunnelCheckInterval) = (master.Client.BaseAddress!.ToString(), key, folder, TimeSpan.FromDays(1)))
            .AddSingleton(provider => new MasterHttp(new HttpClient(calls), provider.GetRequiredService<IOptions<AgentOptions>>()))
            .AddHttpMasterLink()
            .AddAgentRuntime()
            .BuildServiceProvider();
        var hosted = services.GetServices<IHostedService>().ToList();
        foreach (var service in hosted)
        {
            await service.StartAsync(Stop);
        }

        var starting = await runner.NextCallAsync(Stop);
        var registered = await calls.NextAsync(Stop);

        await master.Keys.RevokeAsync(master.Keys.Find(key)!, Stop);
        var refused = await calls.NextAsync(Stop);
        string? said;
        while ((said = log.All.FirstOrDefault(static line => line.StartsWith("Warning: The master refused the agent's key", StringComparison.Ordinal))) is null)
        {
            await Task.Delay(1, Stop);
        }

        foreach (var service in hosted)
        {
            await service.StopAsync(CancellationToken.None);
        }

        Assert.Equal(("ensure t1 0 secret", HttpStatusCode.Created, HttpStatusCode.Unauthorized), (starting, registered, refused));
        Assert.Single(log.All, line => line == said);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task An_agent_whose_clock_is_an_hour_off_reports_leases_renews_and_acknowledges(int seconds)
    {
        await using var master = await WireMaster.StartAsync();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(seconds));
        var options = Options.Create(new AgentOptions { MasterUrl = master.Client.BaseAddress!.ToString(), ApiKey = await master.NewKeyAsync() });
        var link = new HttpMasterLink(new MasterHttp(new HttpClient(), options), new AgentFiles(options, NullLogger<AgentFiles>.Instance), options, time);
        var session = await link.RegisterAsync(new(null, "nas", "0.1.0"), Stop);
        await master.GiveTunnelAsync(session.Id);

        await link.ReportAsync(new(session.Id, IsComplete: true, 0, []), Stop);
        var lease = await link.LeaseAsync(TimeSpan.FromMinutes(1), TimeSpan.Zero, Stop);
        await using var held = new HeldLease(link, lease!.Token, TimeSpan.FromMinutes(1), time, Stop);
        var isHeld = !held.Lost.IsCancellationRequested && await link.RenewAsync(lease.Token, TimeSpan.FromMinutes(1), Stop);
        var isAcked = await link.AckAsync(lease.Token, Stop);

        Assert.Equal((true, true, true), (isHeld, isAcked, master.Registry.IsOnline(session.Id)));
        Assert.NotNull(master.Registry.FindReport(session.Id));
        Assert.Empty(await master.Queue.PendingAsync(session.Id, Stop));
    }

    /// <summary>Moves the clock until the task is done.</summary>
    private static async Task<T> MovingAsync<T>(Task<T> task, FakeTimeProvider time)
    {
        await time.MovingAsync(task, TimeSpan.FromSeconds(1));
        return await task;
    }

    private sealed class CountedCalls() : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly Channel<HttpStatusCode> answers = Channel.CreateUnbounded<HttpStatusCode>();

        public Task<HttpStatusCode> NextAsync(CancellationToken cancellationToken) => answers.Reader.ReadAsync(cancellationToken).AsTask();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            answers.Writer.TryWrite(answer.StatusCode);
            return answer;
        }
    }
}
