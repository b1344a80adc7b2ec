using System.Text.Json;
using DockFlare.Testing.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace DockFlare.Testing;

/// <summary>
/// A strict emulator of the part of the Cloudflare API that a controller of tunnels, DNS and Access needs: real HTTP on 127.0.0.1, real JSON.
/// It refuses what Cloudflare refuses, in Cloudflare's words. It starts with one account, one user token that may do everything, and no zone.
/// </summary>
public sealed partial class FakeCloudflare : IAsyncDisposable
{
    private static readonly TokenState Insider = new("", FakePermissions.All, null, null, null, "active");

    private readonly State state;
    private readonly Router router;
    private readonly Authentication authentication = new();
    private readonly FakeServer server;
    private readonly FakeCloudflareOptions options;
    private readonly List<Action<FakeView>> observers = [];

    private FakeCloudflare(FakeCloudflareOptions options)
    {
        this.options = options;
        state = new(options);
        router = new(state);
        Log = new(options.LogCapacity);
        Team = new(options.Time);
        server = new(options, state, router, authentication, Faults, Log, NotifyObservers, Team);
        AccountId = AddAccount("Test account");
        Token = AddToken(FakePermissions.All);
    }

    /// <summary>What to give a client as the API's base URL: <c>http://127.0.0.1:port/client/v4</c>.</summary>
    public Uri BaseUrl { get; private set; } = null!;

    /// <summary>The account that is there from the start.</summary>
    public string AccountId { get; }

    /// <summary>A user token that may do everything.</summary>
    public string Token { get; }

    /// <summary>The account's Zero Trust team, which signs the tokens of Access.</summary>
    public FakeAccessTeam Team { get; }

    /// <summary>What is to go wrong.</summary>
    public FaultScript Faults { get; } = new();

    /// <summary>The calls that came over HTTP.</summary>
    public CallLog Log { get; }

    /// <summary>How long every call takes at least. May be changed at any time.</summary>
    public TimeSpan Latency
    {
        get => options.Latency;
        set => options.Latency = value;
    }

    /// <summary>The rate limit that is enforced; null for none. May be changed at any time.</summary>
    public FakeRateLimit? RateLimit
    {
        get => options.RateLimit;
        set => options.RateLimit = value;
    }

    /// <summary>What makes it refuse a configuration; see <see cref="FakeCloudflareOptions.ConfigurationFault"/>.</summary>
    public Func<string, string?>? ConfigurationFault
    {
        get => options.ConfigurationFault;
        set => options.ConfigurationFault = value;
    }

    /// <summary>Starts an emulator on a free port of 127.0.0.1.</summary>
    public static async Task<FakeCloudflare> StartAsync(FakeCloudflareOptions? options = null, CancellationToken cancellationToken = default)
    {
        var fake = new FakeCloudflare(options ?? new());
        try
        {
            var port = await fake.server.StartAsync(cancellationToken).ConfigureAwait(false);
            fake.BaseUrl = new($"http://127.0.0.1:{port}/client/v4");
            fake.Team.Address = new($"http://127.0.0.1:{port}");
            return fake;
        }
        catch
        {
            await fake.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync().ConfigureAwait(false);
        Team.Dispose();
    }

    /// <summary>
    /// Calls <paramref name="observer"/> after each write that was carried out, before it is answered, with a view of the whole state at that moment.
    /// The observer runs under the emulator's lock: it reads and returns. What it throws fails the call, so record a broken rule instead of throwing.
    /// </summary>
    public void Observe(Action<FakeView> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (state.Gate)
        {
            observers.Add(observer);
        }
    }

    /// <summary>Reads the whole state at one moment.</summary>
    public T Read<T>(Func<FakeView, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        lock (state.Gate)
        {
            return read(new(state));
        }
    }

    /// <summary>
    /// Does what a call would do, as somebody else: the same rules, but without HTTP, token, faults, latency, rate limit and log.
    /// For seeding and for foreign edits.
    /// </summary>
    /// <param name="method">Such as <c>POST</c>.</param>
    /// <param name="path">The path after <c>/client/v4</c>, with a query if wanted.</param>
    /// <param name="json">The body; null for none.</param>
    /// <returns>The <c>result</c>.</returns>
    /// <exception cref="InvalidOperationException">The emulator refuses it; the message tells status, code and text.</exception>
    public JsonElement Edit(string method, string path, string? json = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(path);
        using var body = json is null ? null : JsonDocument.Parse(json);
        var at = path.IndexOf('?', StringComparison.Ordinal);
        var query = at < 0 ? QueryCollection.Empty : new QueryCollection(QueryHelpers.ParseQuery(path[at..]));
        var request = new ApiRequest(method, at < 0 ? path : path[..at], query, body, Insider);
        List<Action> pushes;
        ApiAnswer answer;
        lock (state.Gate)
        {
            try
            {
                answer = router.Handle(request);
            }
            catch (Refusal refusal)
            {
                throw new InvalidOperationException($"{method} {path} is refused with {refusal.Status}/{refusal.Errors[0].Code}: {refusal.Message}", refusal);
            }

            if (!request.IsRead)
            {
                NotifyObservers();
            }

            pushes = [.. state.Pushes];
            state.Pushes.Clear();
        }

        pushes.ForEach(static push => push());
        using var document = JsonDocument.Parse(answer.Render());
        return document.RootElement.GetProperty("result").Clone();
    }

    private void NotifyObservers()
    {
        if (observers.Count == 0)
        {
            return;
        }

        var view = new FakeView(state);
        observers.ForEach(observer => observer(view));
    }
}
