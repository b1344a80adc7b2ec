using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Configuration;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting.CommandLine;

/// <summary>The operators' API of a master that runs, as the command line asks it.</summary>
internal sealed class MasterConnection : IDisposable
{
    private const int DefaultPort = 5000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly HttpClient client;

    private MasterConnection(Uri address, string? key)
    {
        // A proxy of the environment is not to be asked about this machine.
        client = new(new SocketsHttpHandler { UseProxy = !address.IsLoopback, ConnectTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = address, Timeout = Patience };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
    }

    public Uri Address => client.BaseAddress!;

    /// <summary>The master of this machine, or the one at the address given.</summary>
    /// <param name="configuration">Port, key and data folder, as the master has them.</param>
    /// <param name="address">Null for this machine's.</param>
    public static MasterConnection Open(IConfiguration configuration, Uri? address)
    {
        var values = new SettingValues(configuration.GetSection(DockFlareSettings.Section));
        var kept = Path.Combine(values.Text("DataPath") ?? AgentSettings.DefaultDataPath, MasterKeyKeeper.FileName);
        var key = values.Text("ApiKey") ?? (File.Exists(kept) ? File.ReadAllText(kept).Trim() : null);
        return new(address ?? new Uri($"http://127.0.0.1:{HealthCheckCommand.PortOf(configuration) ?? DefaultPort}/"), key);
    }

    /// <summary>Asks, and answers what came back.</summary>
    /// <returns>Null when nobody answers at the address.</returns>
    /// <exception cref="MasterCallException">It answered with a refusal; the message says which and what to do.</exception>
    public async Task<string?> CallAsync(HttpMethod method, string path, string? json = null, string accept = "application/json", CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Accept.ParseAdd(accept);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        HttpResponseMessage answer;
        try
        {
            answer = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            return null;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MasterCallException($"The master at {Address} did not answer: {exception.Message}");
        }

        using (answer)
        {
            var body = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? body : throw new MasterCallException(Reason(answer.StatusCode, body));
        }
    }

    public void Dispose() => client.Dispose();

    private string Reason(HttpStatusCode status, string body)
    {
        if (status == HttpStatusCode.Unauthorized)
        {
            return $"The master at {Address} does not take the key: set DOCKFLARE_API_KEY to the master API key (or DOCKFLARE_DATA to the folder with {MasterKeyKeeper.FileName}).";
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            foreach (var name in (ReadOnlySpan<string>)["detail", "message", "error"])
            {
                if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                {
                    return value.GetString()!;
                }
            }
        }
        catch (JsonException)
        {
            // It is not our API that answers; what it says is shown as it is.
        }

        return $"{Address} answered {(int)status}: {(body.Length > 200 ? body[..200] : body)}";
    }
}

/// <summary>The master refused. The message is for the operator and holds no secret.</summary>
internal sealed class MasterCallException(string message) : Exception(message);
