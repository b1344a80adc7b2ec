using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>Our agent's link against masters that speak only protocol 1 or 2.</summary>
public sealed class OldMasterTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static ContainerSnapshot Container(string name) => new(name, name, new LabelMap([new("dockflare.enable", "true")]));

    private static AgentReport Report(AgentId agent, params string[] names) => new(agent, IsComplete: true, 0, [.. names.Select(Container)]);

    [Fact]
    public async Task A_master_of_protocol_1_hears_starts_stops_and_a_nested_listing()
    {
        await using var master = await OldMaster.StartAsync("""{"status":"success","agent_id":"a1"}""");

        var session = await master.Link.RegisterAsync(new(null, "nas", "0.1.0"), Stop);
        await master.Link.ReportAsync(Report(session.Id, "blog"), Stop);
        await master.Link.ReportAsync(Report(session.Id, "wiki"), Stop);

        Assert.Equal(new AgentSession(new("a1"), 1, TimeSpan.FromSeconds(30)), session);
        Assert.Equal(
            [
                "container_start blog", "status_report 1 in container", "container_start wiki", "container_stop blog", "status_report 1 in container",
            ],
            master.Events.Select(static message => message["type"]!.GetValue<string>() is "status_report"
                ? $"status_report {message["container"]!["containers"]!.AsArray().Count} in container"
                : $"{message["type"]} {message["container"]!["name"]}"));
    }

    [Fact]
    public async Task A_master_of_protocol_2_gets_complete_numbered_reports()
    {
        await using var master = await OldMaster.StartAsync("""{"status":"success","code":"registered","agent_id":"a1","protocol_version":2,"agent_session_id":"s1"}""");

        var session = await master.Link.RegisterAsync(new(new("a1"), "nas", "0.1.0"), Stop);
        await master.Link.ReportAsync(Report(session.Id, "blog"), Stop);
        await master.Link.HeartbeatAsync(Stop);

        var events = master.Events.ToArray();
        Assert.Equal(
            ("status_report", 2, "s1", 1, true, "dockflare_enabled_running", 1, true),
            ((string)events[0]["type"]!, (int)events[0]["protocol_version"]!, (string)events[0]["agent_session_id"]!, (int)events[0]["report_sequence"]!,
                (bool)events[0]["inventory_complete"]!, (string)events[0]["inventory_scope"]!, events[0]["containers"]!.AsArray().Count, events[0]["event_sequence"] is null));
        Assert.Equal(("heartbeat", 1), ((string)events[1]["type"]!, (int)events[1]["event_sequence"]!));
    }

    [Fact]
    public async Task A_command_with_its_token_becomes_a_lease_and_the_acknowledgement_a_tunnel_status()
    {
        await using var master = await OldMaster.StartAsync("""{"status":"success","agent_id":"a1"}""");
        master.Commands = """{"status":"success","commands":[{"action":"restart_tunnel","tunnel_name":"nas","tunnel_id":"t1","tunnel_token":"secret"}]}""";
        await master.Link.RegisterAsync(new(null, "nas", "0.1.0"), Stop);

        var lease = await master.Link.LeaseAsync(TimeSpan.FromMinutes(1), TimeSpan.Zero, Stop);
        var token = await master.Link.GetTunnelTokenAsync("t1", Stop);
        var done = await master.Link.AckAsync(lease!.Token, Stop);

        Assert.Equal(new AgentCommand.EnsureTunnel(new("1"), "t1", "nas", 0) { Restart = true }, lease.Command);
        Assert.Equal(("secret", true), (token, done));
        var status = Assert.Single(master.Events);
        Assert.Equal(("tunnel_status", """{"name":"nas","status":"running"}"""), ((string)status["type"]!, status["tunnel"]!.ToJsonString()));
    }

    [Fact]
    public async Task A_login_page_in_place_of_a_master_names_Cloudflare_Access()
    {
        await using var master = await OldMaster.StartAsync("<html>Sign in</html>");

        var failure = await Assert.ThrowsAsync<MasterLinkException>(async () => await master.Link.RegisterAsync(new(null, "nas", "0.1.0"), Stop));

        Assert.Contains("CF_ACCESS_CLIENT_ID", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("the-key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connector_that_cannot_be_stopped_is_told_to_a_master_of_protocol_2_and_nothing_is_kept_without_a_folder()
    {
        await using var master = await OldMaster.StartAsync(ProtocolTwo);
        master.Commands = Command("prepare_decommission", "p1");
        await master.Link.RegisterAsync(new(null, "nas", "0.1.0"), Stop);

        var lease = await master.Link.LeaseAsync(TimeSpan.FromMinutes(1), TimeSpan.Zero, Stop);
        await master.Link.NackAsync(lease!.Token, "The engine does not answer.", Stop);

        Assert.Equal(new AgentCommand.StopTunnel(new("p1")), lease.Command);
        Assert.Equal(Ack("p1", "prepared", tombstone: false, "failed", "connector_not_stopped"), await master.NextAckAsync());
    }

    [Fact]
    public async Task An_agent_that_a_master_of_protocol_2_removes_stops_its_connector_says_so_and_stays_away_until_it_has_another_key()
    {
        await using var master = await OldMaster.StartAsync(ProtocolTwo);
        var folder = Directory.CreateTempSubdirectory("dockflare-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "tunnel_state.json"), """{"token":"stored","id":"t0","name":"nas","desired_state":"running"}""", Stop);
            var runner = new ScriptedRunner();
            List<string> said = [];
            List<string> done = [];
            await using (var agent = await RunningAgent.StartAsync(master.Url, folder, "the-key", runner))
            {
                done.Add(await runner.NextCallAsync(Stop));
                master.Commands = Command("prepare_decommission", "p1");
                said.Add(await agent.MovingAsync(master.NextAckAsync()));
                said.Add(await agent.MovingAsync(master.NextAckAsync()));
                done.Add(await runner.NextCallAsync(Stop));
                master.Commands = Command("finalize_decommission", "f1");
                said.Add(await agent.MovingAsync(master.NextAckAsync()));
                await agent.MovingAsync(agent.UntilTroubleAsync("has removed this agent"));
            }

            var registrations = master.Registrations;
            var still = new ScriptedRunner();
            await using (var agent = await RunningAgent.StartAsync(master.Url, folder, "the-key", still))
            {
                await agent.MovingAsync(agent.UntilTroubleAsync("has removed this agent"));
            }

            var afterRestart = master.Registrations;
            master.Commands = """{"status":"success","commands":[]}""";
            await using (var agent = await RunningAgent.StartAsync(master.Url, folder, "another-key", still))
            {
                await agent.MovingAsync(agent.Registered);
            }

            Assert.Equal([Ack("p1", "prepared"), Ack("p1", "prepared"), Ack("f1", "shutdown_scheduled")], said);
            Assert.Equal(["ensure t0 0 stored", "stop"], done);
            Assert.Equal((registrations, registrations + 1), (afterRestart, master.Registrations));
            Assert.False(still.HasBeenCalled);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("""{"status":"success","agent_id":"a1"}""")]
    [InlineData(ProtocolTwo)]
    public async Task An_answer_that_an_old_master_refuses_for_good_is_said_once_and_not_sent_for_ever(string registration)
    {
        await using var master = await OldMaster.StartAsync(registration);
        master.Refused = "tunnel_status";
        master.Commands = """{"status":"success","commands":[{"action":"start_tunnel","tunnel_name":"nas","tunnel_id":"t1","token":"secret"}]}""";
        var folder = Directory.CreateTempSubdirectory("dockflare-").FullName;
        try
        {
            var (runner, log) = (new ScriptedRunner(), new DockFlare.Tests.Reconciliation.LogLines());
            await using var agent = await RunningAgent.StartAsync(master.Url, folder, "the-key", runner, log);

            // Handed out again and again, as these protocols do, and carried out each time: the pump did not stay with the first answer.
            List<string> done = [];
            for (var i = 0; i < 3; i++)
            {
                done.Add(await agent.MovingAsync(runner.NextCallAsync(Stop).AsTask()));
            }

            master.Commands = """{"status":"success","commands":[{"action":"stop_tunnel"}]}""";
            while (done[^1] != "stop")
            {
                done.Add(await agent.MovingAsync(runner.NextCallAsync(Stop).AsTask()));
            }

            Assert.Equal(["ensure t1 0 secret", "ensure t1 0 secret", "ensure t1 0 secret"], done[..3]);
            var said = Assert.Single(log.All, static line => line.Contains("does not take what became of command", StringComparison.Ordinal));
            Assert.StartsWith("Warning: The master does not take what became of command '1', so it is not told again;", said, StringComparison.Ordinal);
            Assert.EndsWith("answered 400: No such thing.", said, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private const string ProtocolTwo = """{"status":"success","code":"registered","agent_id":"a1","protocol_version":2,"agent_session_id":"s1"}""";

    private static string Command(string action, string id) =>
        $$"""{"status":"success","commands":[{"action":"{{action}}","protocol_version":1,"operation_id":"o1","command_id":"{{id}}","requested_self_action":"stop"}]}""";

    private static string Ack(string command, string phase, bool tombstone = true, string container = "stopped", string? error = null) =>
        $$"""/api/v2/agents/a1/decommission/o1/ack {"operation_id":"o1","command_id":"{{command}}","phase":"{{phase}}","tombstone_persisted":{{(tombstone ? "true" : "false")}},"tunnel_container":"{{container}}","self_stop_capability":"manual"{{(error is null ? "" : $",\"error_code\":\"{error}\"")}},"agent_session_id":"s1"}""";

    /// <summary>An agent as it is composed, over HTTP and a clock that a test moves.</summary>
    private sealed class RunningAgent(ServiceProvider services, FakeTimeProvider time) : IAsyncDisposable
    {
        private AgentConnection Connection => services.GetRequiredService<AgentConnection>();

        public Task<AgentSession> Registered => Connection.CurrentAsync(Stop);

        public static async Task<RunningAgent> StartAsync(string master, string folder, string key, ScriptedRunner runner, ILoggerProvider? log = null)
        {
            var time = new FakeTimeProvider();
            var services = new ServiceCollection()
                .AddLogging(logging => logging.AddProvider(log ?? NullLoggerProvider.Instance))
                .AddSingleton<TimeProvider>(time)
                .AddSingleton<IContainerSource>(new ScriptedSource())
                .AddSingleton<ITunnelRunner>(runner)
                .Configure<AgentOptions>(options => (options.MasterUrl, options.ApiKey, options.DataPath) = (master, key, folder))
                .AddHttpMasterLink()
                .AddAgentRuntime()
                .BuildServiceProvider();
            foreach (var service in services.GetServices<IHostedService>())
            {
                await service.StartAsync(Stop);
            }

            return new(services, time);
        }

        public async Task UntilTroubleAsync(string text)
        {
            while (Connection.Trouble?.Contains(text, StringComparison.Ordinal) != true)
            {
                await Task.Delay(1, Stop);
            }
        }

        /// <summary>Moves the clock until it has come.</summary>
        public async Task<T> MovingAsync<T>(Task<T> wanted)
        {
            await MovingAsync((Task)wanted);
            return await wanted;
        }

        public Task MovingAsync(Task wanted) => time.MovingAsync(wanted, TimeSpan.FromSeconds(1));

        public async ValueTask DisposeAsync()
        {
            foreach (var service in services.GetServices<IHostedService>())
            {
                await service.StopAsync(CancellationToken.None);
            }

            await services.DisposeAsync();
        }
    }

    private sealed class OldMaster : IAsyncDisposable
    {
        private readonly WebApplication app;
        private readonly Channel<string> acks = Channel.CreateUnbounded<string>();
        private int registrations;

        private OldMaster(WebApplication app, string registration)
        {
            this.app = app;
            app.Run(async context =>
            {
                var path = context.Request.Path.Value!;
                if (path.EndsWith("/register", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref registrations);
                }

                if (path.EndsWith("/ack", StringComparison.Ordinal))
                {
                    acks.Writer.TryWrite(path + " " + (await JsonNode.ParseAsync(context.Request.Body))!.ToJsonString());
                }

                if (path.EndsWith("/events", StringComparison.Ordinal))
                {
                    var message = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
                    Events.Enqueue(message);
                    context.Response.StatusCode = 202;
                    if (Refused is not null && (string?)message["type"] == Refused)
                    {
                        context.Response.StatusCode = 400;
                        await context.Response.WriteAsync("""{"status":"error","code":"invalid_payload","message":"No such thing."}""");
                        return;
                    }
                }

                await context.Response.WriteAsync(
                    path.EndsWith("/register", StringComparison.Ordinal) ? registration
                    : path.EndsWith("/commands", StringComparison.Ordinal) ? Commands
                    : """{"status":"success"}""");
            });
        }

        public ConcurrentQueue<JsonObject> Events { get; } = new();

        public string Commands { get; set; } = """{"status":"success","commands":[]}""";

        /// <summary>The type of the messages that are answered with a 400.</summary>
        public string? Refused { get; set; }

        public HttpMasterLink Link { get; private set; } = null!;

        public string Url => app.Urls.Single();

        public int Registrations => Volatile.Read(ref registrations);

        /// <summary>The next acknowledgement of a decommissioning: its path and its body.</summary>
        public Task<string> NextAckAsync() => acks.Reader.ReadAsync(Stop).AsTask();

        public static async Task<OldMaster> StartAsync(string registration)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var master = new OldMaster(builder.Build(), registration);
            await master.app.StartAsync(Stop);
            var options = Options.Create(new AgentOptions { MasterUrl = master.app.Urls.Single(), ApiKey = "the-key" });
            master.Link = new(new MasterHttp(new HttpClient(), options), new AgentFiles(options, NullLogger<AgentFiles>.Instance), options, TimeProvider.System);
            return master;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
