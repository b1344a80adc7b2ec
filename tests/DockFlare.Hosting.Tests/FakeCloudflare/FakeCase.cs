using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DockFlare.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DockFlare.Tests.Fake;

/// <summary>An emulator with a client: every case speaks real HTTP to it.</summary>
public abstract class FakeCase : IAsyncLifetime
{
    private readonly HttpClient http = new();

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));

    protected FakeCloudflare Fake { get; private set; } = null!;

    protected string Account => Fake.AccountId;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Fake = await FakeCloudflare.StartAsync(new() { Time = Time }, Cancellation);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Fake.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected Task<Reply> Get(string path) => Send("GET", path);

    protected Task<Reply> Post(string path, string json) => Send("POST", path, json);

    protected Task<Reply> Put(string path, string json) => Send("PUT", path, json);

    protected Task<Reply> Patch(string path, string json) => Send("PATCH", path, json);

    protected Task<Reply> Delete(string path) => Send("DELETE", path);

    protected Task<Reply> Send(string method, string path, string? json = null) => SendAs(Fake.Token, method, path, json);

    /// <summary>Calls with another token; null sends no header, a text with a blank is sent as the whole header.</summary>
    protected async Task<Reply> SendAs(string? token, string method, string path, string? json = null, CancellationToken? cancellation = null)
    {
        using var request = new HttpRequestMessage(new(method), Fake.BaseUrl.AbsoluteUri + path);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token.Contains(' ', StringComparison.Ordinal) ? token : $"Bearer {token}");
        }

        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request, cancellation ?? Cancellation);
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation), response.Headers);
    }
}

/// <summary>An answer.</summary>
public sealed record Reply(HttpStatusCode Status, string Body, HttpResponseHeaders Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public JsonElement Result => Json.GetProperty("success").GetBoolean() ? Json.GetProperty("result") : throw new InvalidOperationException($"Refused: {this}");

    public string Id => Result.GetProperty("id").GetString()!;

    /// <summary>Status and first error, as in <c>400/81053 text</c>; <c>200</c> when there is none.</summary>
    public string Verdict => Json.GetProperty("errors") is var errors && errors.GetArrayLength() > 0
        ? $"{(int)Status}/{errors[0].GetProperty("code").GetInt32()} {errors[0].GetProperty("message").GetString()}"
        : $"{(int)Status}";

    /// <summary>Status and code alone.</summary>
    public string Code => Verdict.Split(' ')[0];

    public IEnumerable<string?> Names(string property = "name") => Result.EnumerateArray().Select(item => item.GetProperty(property).GetString());

    public string? Text(string property) => Result.GetProperty(property).ValueKind == JsonValueKind.Null ? null : Result.GetProperty(property).ToString();

    public string Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(",", values) : "";

    public override string ToString() => $"{(int)Status} {Body}";
}
