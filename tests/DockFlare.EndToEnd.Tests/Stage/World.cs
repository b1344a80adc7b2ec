using System.Security.Cryptography;
using System.Text.Json;
using DockFlare.Testing;

namespace DockFlare.EndToEnd.Tests.Stage;

/// <summary>
/// One test's world: an emulated Cloudflare with the zone example.com, the hosts that were started, and every secret they were given. When it ends,
/// no host may have written one of them anywhere, and none may have broken.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dockflare-e2e-").FullName;
    private readonly List<HostProcess> hosts = [];
    private readonly List<MasterApi> apis = [];
    private readonly Dictionary<string, string> secrets = [];

    private World(FakeCloudflare cloudflare, FakePlan plan)
    {
        Cloudflare = cloudflare;
        ZoneId = cloudflare.AddZone("example.com", plan);
        MasterAddress = new($"http://127.0.0.1:{LoopbackPort.Take()}/");
        Keep("the Cloudflare token", cloudflare.Token);
        Keep("the master API key", MasterKey);
    }

    public FakeCloudflare Cloudflare { get; }

    public string ZoneId { get; }

    /// <summary>Where each master of this world listens, so that one can follow another.</summary>
    public Uri MasterAddress { get; }

    public string MasterKey { get; } = Secret();

    public static async Task<World> CreateAsync(FakePlan plan = FakePlan.Free) => new(await FakeCloudflare.StartAsync(cancellationToken: TestContext.Current.CancellationToken), plan);

    /// <summary>A new secret that nothing else looks like.</summary>
    public static string Secret() => "canary" + RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>From now on no host may write this.</summary>
    public string Keep(string what, string secret)
    {
        secrets[what] = secret;
        return secret;
    }

    /// <summary>Starts a master and waits until it listens.</summary>
    public async Task<Master> StartMasterAsync(params (string Name, string Value)[] environment)
    {
        var process = LaunchMaster(environment);
        await process.UntilLineAsync("Now listening on");
        var api = new MasterApi(MasterAddress, MasterKey);
        apis.Add(api);
        return new(process, api);
    }

    /// <summary>Starts a master and waits for nothing. What is given stands before what a master of this world has by itself; an empty value leaves a variable out.</summary>
    public HostProcess LaunchMaster(params (string Name, string Value)[] environment) => Launch("master", null, OfMaster(environment));

    /// <summary>Runs a command of the master in the environment of one.</summary>
    public async Task<(int ExitCode, string Output)> RunMasterAsync((string Name, string Value)[] environment, params string[] arguments)
    {
        var process = Launch("master", null, OfMaster(environment), arguments);
        return (await process.ExitAsync(), process.Output);
    }

    /// <summary>Starts an agent and waits for nothing.</summary>
    public HostProcess LaunchAgent(params (string Name, string Value)[] environment) => LaunchAgentIn(null, environment);

    /// <summary>Starts an agent in a network namespace and waits for nothing.</summary>
    public HostProcess LaunchAgentIn(string? networkNamespace, params (string Name, string Value)[] environment) => Launch(
        "agent",
        networkNamespace,
        [
            ("DOCKFLARE_MASTER_URL", MasterAddress.ToString()), ("DOCKFLARE_DATA", DataOf("agent")), ("DOCKER_HOST", $"unix://{folder}/no-docker.sock"),
            ("HEALTH_CHECK_PORT", $"{LoopbackPort.Take()}"), .. environment,
        ]);

    /// <summary>Starts a master with arguments and nothing of this world but a folder.</summary>
    public HostProcess LaunchAlone((string Name, string Value)[] environment, params string[] arguments)
    {
        var process = HostProcess.Start("master", folder, environment, arguments);
        hosts.Add(process);
        return process;
    }

    /// <summary>The folder that <c>DOCKFLARE_DATA</c> names by itself for a host.</summary>
    public string DataOf(string host) => Path.Combine(folder, host);

    /// <summary>The moment at which the emulated Cloudflare is as wanted for the first time from now on.</summary>
    public Task<DateTimeOffset> TimeWhen(Func<FakeView, bool> isIt)
    {
        var seen = new TaskCompletionSource<DateTimeOffset>(TaskCreationOptions.RunContinuationsAsynchronously);
        Cloudflare.Observe(view =>
        {
            if (!seen.Task.IsCompleted && isIt(view))
            {
                seen.TrySetResult(TimeProvider.System.GetUtcNow());
            }
        });
        return seen.Task.WaitAsync(Eventually.Limit);
    }

    /// <summary>Waits until the emulated Cloudflare is as wanted, looking after each write to it.</summary>
    public async Task UntilAsync(string wanted, Func<FakeView, bool> isIt)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Cloudflare.Observe(view =>
        {
            if (isIt(view))
            {
                seen.TrySetResult();
            }
        });
        if (Cloudflare.Read(isIt))
        {
            return;
        }

        try
        {
            await seen.Task.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"After {Eventually.Limit.TotalSeconds:0} s still not: {wanted}. At Cloudflare:\n{Cloudflare.Snapshot()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
        {
            await host.StopAsync();
        }

        foreach (var tunnel in Cloudflare.Read(static view => view.Tunnels))
        {
            Keep($"the token of tunnel {tunnel.Name}", tunnel.Token);
            Keep($"the secret of tunnel {tunnel.Name}", SecretOf(tunnel.Token));
        }

        foreach (var host in hosts)
        {
            var own = host.Lines.Where(static line => !line.Contains(" Microsoft.AspNetCore.", StringComparison.Ordinal));
            TestContext.Current.TestOutputHelper?.WriteLine($"--- {host.Name}\n{string.Join('\n', own)}");
            foreach (var (what, secret) in secrets)
            {
                Assert.False(host.Output.Contains(secret, StringComparison.Ordinal), $"The {host.Name} wrote {what}: {host.Lines.FirstOrDefault(line => line.Contains(secret, StringComparison.Ordinal))}");
            }

            Assert.DoesNotContain(host.Lines, static line => line.Contains("nhandled exception", StringComparison.Ordinal));
            await host.DisposeAsync();
        }

        apis.ForEach(static api => api.Dispose());
        await Cloudflare.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private (string Name, string Value)[] OfMaster((string Name, string Value)[] environment) =>
    [
        ("CF_API_TOKEN", Cloudflare.Token), ("CF_API_BASE_URL", Cloudflare.BaseUrl.ToString()), ("DOCKFLARE_API_KEY", MasterKey),
        ("DOCKFLARE_DATA", DataOf("master")), ("ASPNETCORE_URLS", MasterAddress.ToString()),
        // Without this a master whose engine is not named would look at the machine's own.
        ("DOCKER_HOST", $"unix://{folder}/no-docker.sock"), .. environment,
    ];

    private HostProcess Launch(string host, string? networkNamespace, IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        // The last word counts.
        var variables = environment.GroupBy(static pair => pair.Name).Select(static group => group.Last()).Where(static pair => pair.Value.Length > 0);
        var process = HostProcess.Start(host, folder, [.. variables, ("Logging__LogLevel__Microsoft.Hosting.Lifetime", "Information")], networkNamespace, arguments);
        hosts.Add(process);
        return process;
    }

    // A connector token is base64 of {"a": account, "t": tunnel, "s": secret}.
    private static string SecretOf(string token)
    {
        using var parts = JsonDocument.Parse(Convert.FromBase64String(token));
        return parts.RootElement.GetProperty("s").GetString()!;
    }
}

/// <summary>A running master and the way to ask it.</summary>
internal sealed record Master(HostProcess Process, MasterApi Api);
