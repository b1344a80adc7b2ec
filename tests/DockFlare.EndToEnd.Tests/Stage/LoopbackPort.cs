using System.Net;
using System.Net.Sockets;

namespace DockFlare.EndToEnd.Tests.Stage;

/// <summary>Ports that a process can have again after a restart: below those that the kernel gives to outgoing connections.</summary>
internal static class LoopbackPort
{
    public static int Take()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
