using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace DockFlare.EndToEnd.Tests.Stage;

/// <summary>What an operator asks a running master.</summary>
internal sealed class MasterApi(Uri address, string key) : IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30), DefaultRequestHeaders = { Authorization = new("Bearer", key) } };

    /// <summary>The plan as text; <c>Nothing to change.</c> when there is nothing.</summary>
    public async Task<string> PlanAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("api/v2/plan", UriKind.Relative)) { Headers = { { "Accept", "text/plain" } } };
        using var answer = await http.SendAsync(request);
        return (await answer.Content.ReadAsStringAsync()).Trim();
    }

    public Task UntilNothingToChangeAsync() => Eventually.ReadAsync("the plan is empty", PlanAsync, static plan => plan == "Nothing to change.");

    /// <summary>The state of the route of a host, or none.</summary>
    public async Task<RouteSeen> RouteAsync(string host)
    {
        foreach (var rule in (await GetAsync("rules")).EnumerateArray())
        {
            if (Text(rule, "host") == host)
            {
                return new(Text(rule, "state")!, Text(rule, "reason"), Text(rule, "tunnel_id"), Text(rule, "agent"));
            }
        }

        return RouteSeen.None;
    }

    public Task<RouteSeen> UntilAsync(string host, string state) => Eventually.ReadAsync($"{host} is {state}", () => RouteAsync(host), route => route.State == state);

    /// <summary>Status and body of <c>/readyz</c>.</summary>
    public async Task<(HttpStatusCode Status, string Body)> ReadyAsync()
    {
        using var answer = await http.GetAsync(new Uri("readyz", UriKind.Relative));
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return (answer.StatusCode, string.Join('\n', body.RootElement.GetProperty("reasons").EnumerateArray().Select(static reason => reason.GetString())));
    }

    /// <summary>The reason that <c>/readyz</c> gives, once it has one that contains this.</summary>
    public async Task<string> UntilNotReadyAsync(string reason) =>
        (await Eventually.ReadAsync($"not ready: {reason}", ReadyAsync, ready => ready.Status == HttpStatusCode.ServiceUnavailable && ready.Body.Contains(reason, StringComparison.Ordinal))).Body;

    public Task UntilReadyAsync() => Eventually.ReadAsync("ready", ReadyAsync, static ready => ready.Status == HttpStatusCode.OK);

    /// <summary>What the master measures, by name and labels, such as <c>dotnet_gc_collections_total{gc_heap_generation="gen2"}</c>.</summary>
    public async Task<IReadOnlyDictionary<string, double>> MetricsAsync()
    {
        var text = await http.GetStringAsync(new Uri("metrics", UriKind.Relative));
        return text.Split('\n').Where(static line => line.Length > 0 && line[0] != '#')
            .ToDictionary(static line => line[..line.LastIndexOf(' ')], static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await http.GetAsync(new Uri($"api/v2/{path}", UriKind.Relative));
        return await ReadAsync(answer);
    }

    public async Task<JsonElement> PostAsync(string path, string json = "{}")
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri($"api/v2/{path}", UriKind.Relative), content);
        return await ReadAsync(answer);
    }

    public void Dispose() => http.Dispose();

    public static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode}: {text}");
        using var body = JsonDocument.Parse(text.Length == 0 ? "null" : text);
        return body.RootElement.Clone();
    }
}

/// <summary>A route as the API shows it.</summary>
internal sealed record RouteSeen(string State, string? Reason, string? TunnelId, string? Agent)
{
    public static readonly RouteSeen None = new("none", null, null, null);
}
