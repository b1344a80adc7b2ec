using System.Text.Json;
using System.Text.Json.Serialization;
using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Cloudflared;

/// <summary>Asks a cloudflared through its metrics endpoint what it runs.</summary>
internal sealed class CloudflaredMetrics(HttpClient http)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>What it says of itself; null when it does not answer.</summary>
    public async ValueTask<ConnectorStatus?> ReadAsync(Uri metrics, string tunnelId, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            using var ready = await http.GetAsync(new Uri(metrics, "/ready"), limit.Token).ConfigureAwait(false);
            var connections = ReadyConnections(await ready.Content.ReadAsStringAsync(limit.Token).ConfigureAwait(false));
            var text = await http.GetStringAsync(new Uri(metrics, "/metrics"), limit.Token).ConfigureAwait(false);
            return Read(text, tunnelId, connections);
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Puts together what the two answers say.</summary>
    internal static ConnectorStatus Read(string metrics, string tunnelId, int readyConnections)
    {
        string? version = null;
        long? config = null;
        foreach (var sample in PrometheusText.Read(metrics))
        {
            switch (sample.Name)
            {
                case "build_info" when sample.Labels.TryGetValue("version", out var label):
                    version = label;
                    break;
                case "cloudflared_orchestration_config_version" when double.IsFinite(sample.Value):
                    config = (long)sample.Value;
                    break;
                default:
                    break;
            }
        }

        return new(tunnelId, version, readyConnections, config);
    }

    /// <summary>The count in the answer of <c>/ready</c>, which is there with a 503 too; 0 when it is something else.</summary>
    internal static int ReadyConnections(string answer)
    {
        try
        {
            return JsonSerializer.Deserialize(answer, CloudflaredJsonContext.Default.ReadyAnswer)?.ReadyConnections ?? 0;
        }
        catch (JsonException)
        {
            return 0;
        }
    }
}

/// <summary>The answer of <c>/ready</c>.</summary>
internal sealed record ReadyAnswer([property: JsonPropertyName("readyConnections")] int ReadyConnections);

[JsonSerializable(typeof(ReadyAnswer))]
internal sealed partial class CloudflaredJsonContext : JsonSerializerContext;
