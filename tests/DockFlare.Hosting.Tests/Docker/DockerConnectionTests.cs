using System.Net;
using System.Net.Sockets;
using DockFlare.Hosting.Docker;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Tests.Docker;

public sealed class DockerConnectionTests
{
    [Fact]
    public async Task A_refused_tcp_connection_is_trouble_that_passes_and_names_the_cause()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var host = new Uri($"tcp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        listener.Stop();
        using var connection = new DockerConnection(Options.Create(new DockerOptions { Host = host }));

        var error = await Assert.ThrowsAnyAsync<Exception>(() => connection.Client.System.PingAsync(TestContext.Current.CancellationToken));

        Assert.True(DockerConnection.IsTrouble(error, CancellationToken.None), error.ToString());
        Assert.Equal(
            $"the Docker Engine at {host} does not answer (Connection refused); check that it runs and can be reached from here, or set DOCKER_HOST",
            connection.Explain(error));
    }

    [Fact]
    public void Trouble_beside_a_bug_is_a_bug() =>
        Assert.False(DockerConnection.IsTrouble(new AggregateException(new SocketException(), new InvalidOperationException()), CancellationToken.None));
}
