using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting.Tests;

public sealed class HealthCheckCommandTests
{
    [Theory]
    [InlineData(200, 0)]
    [InlineData(503, 1)]
    [InlineData(404, 1)]
    public async Task Only_200_is_healthy(int status, int exitCode)
    {
        await using var app = await ServeAsync(status);

        Assert.Equal(exitCode, await HealthCheckCommand.AskMasterAsync(Configuration(("urls", app.Urls.Single()))));
        Assert.Equal(exitCode, await HealthCheckCommand.AskAgentAsync(Configuration(("DockFlare:HealthPort", new Uri(app.Urls.Single()).Port.ToString()))));
    }

    [Fact]
    public async Task Nobody_who_answers_is_unhealthy()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        Assert.Equal(1, await HealthCheckCommand.AskAsync(port, "/healthz"));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("http://0.0.0.0:5000", 5000)]
    [InlineData("http://*:81", 81)]
    [InlineData("https://+:443;http://localhost:5001/", 5001)]
    [InlineData("https://+:443", null)]
    public void The_port_is_that_of_the_first_plain_address(string? urls, int? port) =>
        Assert.Equal(port, HealthCheckCommand.PortOf(Configuration(("urls", urls))));

    [Theory]
    [InlineData(null, null, 8080)]
    [InlineData("9000", null, 9000)]
    [InlineData("9000", "http://127.0.0.1:7000", 7000)]
    [InlineData("0", null, 8080)]
    public void An_agent_is_asked_where_it_listens(string? healthPort, string? urls, int port) =>
        Assert.Equal(port, HealthCheckCommand.AgentPortOf(Configuration(("DockFlare:HealthPort", healthPort), ("urls", urls))));

    [Theory]
    [InlineData(new[] { "healthcheck" }, true)]
    [InlineData(new[] { "helthcheck" }, true)]
    [InlineData(new[] { "--help" }, true)]
    [InlineData(new string[0], false)]
    [InlineData(new[] { "--sandbox" }, false)]
    [InlineData(new[] { "--urls", "http://127.0.0.1:1" }, false)]
    [InlineData(new[] { "DockFlare:DryRun=true" }, false)]
    public void A_command_is_asked_for_by_the_first_word(string[] args, bool isAsked) => Assert.Equal(isAsked, DockFlareCommandLine.IsAsked(args));

    private static async Task<WebApplication> ServeAsync(int status)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static IConfiguration Configuration(params (string Key, string? Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.ToDictionary(static pair => pair.Key, static pair => pair.Value)).Build();
}
