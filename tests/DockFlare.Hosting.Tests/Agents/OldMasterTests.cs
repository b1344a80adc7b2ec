using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using DockFlare.Core;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

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

    private sealed class OldMaster : IAsyncDisposable
    {
        private readonly WebApplication app;

        private OldMaster(WebApplication app, string registration)
        {
            this.app = app;
            app.Run(async context =>
            {
                var path = context.Request.Path.Value!;
                if (path.EndsWith("/events", StringComparison.Ordinal))
                {
                    Events.Enqueue((await JsonNode.ParseAsync(context.Request.Body))!.AsObject());
                    context.Response.StatusCode = 202;
                }

                await context.Response.WriteAsync(
                    path.EndsWith("/register", StringComparison.Ordinal) ? registration
                    : path.EndsWith("/commands", StringComparison.Ordinal) ? Commands
                    : """{"status":"success"}""");
            });
        }

        public ConcurrentQueue<JsonObject> Events { get; } = new();

        public string Commands { get; set; } = """{"status":"success","commands":[]}""";

        public HttpMasterLink Link { get; private set; } = null!;

        public static async Task<OldMaster> StartAsync(string registration)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var master = new OldMaster(builder.Build(), registration);
            await master.app.StartAsync(Stop);
            var options = Options.Create(new AgentOptions { MasterUrl = master.app.Urls.Single(), ApiKey = "the-key" });
            master.Link = new(new MasterHttp(new HttpClient(), options), options, TimeProvider.System);
            return master;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
