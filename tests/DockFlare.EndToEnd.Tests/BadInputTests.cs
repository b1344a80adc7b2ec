using System.Net;
using System.Net.Sockets;
using DockFlare.EndToEnd.Tests.Stage;
using DockFlare.Testing;
using DockFlare.Tests.Fixtures;

namespace DockFlare.EndToEnd.Tests;

/// <summary>What is set wrongly is said in one sentence that names the setting and what to write, and nothing breaks.</summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task Without_Docker_the_master_runs_and_says_where_it_looked()
    {
        await using var world = await World.CreateAsync();
        var master = await world.StartMasterAsync(("DOCKER_HOST", "unix:///nowhere/docker.sock"));

        const string Sentence = "the Docker Engine at unix:///nowhere/docker.sock does not answer";
        var line = await master.Process.UntilLineAsync(Sentence);
        Assert.Contains("or set DOCKER_HOST", line, StringComparison.Ordinal);
        Assert.Contains("or set DOCKER_HOST", await master.Api.UntilNotReadyAsync(Sentence), StringComparison.Ordinal);
        AssertSaidOnce(master.Process, Sentence);
    }

    [Fact]
    public async Task Without_Redis_the_master_runs_and_names_the_address()
    {
        await using var world = await World.CreateAsync();
        var port = LoopbackPort.Take();
        var master = await world.StartMasterAsync(("REDIS_URL", $"redis://:{world.Keep("the Redis password", World.Secret())}@127.0.0.1:{port}"), ("DOCKFLARE_LOCAL_AGENT", "false"));

        var sentence = $"Redis at 127.0.0.1:{port}, database 0 cannot be reached. Check that it runs and that REDIS_URL is right; DockFlare goes on trying.";
        await master.Api.UntilNotReadyAsync(sentence);
        await master.Process.UntilLineAsync(sentence);
        AssertSaidOnce(master.Process, sentence);
    }

    [Fact]
    public async Task A_wrong_Redis_password_is_called_that()
    {
        await using var world = await World.CreateAsync();
        await using var redis = await RedisServer.StartAsync(world.Keep("the Redis password", World.Secret()));
        var master = await world.StartMasterAsync(("REDIS_URL", $"redis://:{world.Keep("the wrong Redis password", World.Secret())}@127.0.0.1:{redis.Port}"), ("DOCKFLARE_LOCAL_AGENT", "false"));

        var sentence = $"Redis at 127.0.0.1:{redis.Port} refused the user or password. Correct them in REDIS_URL";
        await master.Api.UntilNotReadyAsync(sentence);
        await master.Process.UntilLineAsync(sentence);
        AssertSaidOnce(master.Process, sentence);
    }

    [Fact]
    public async Task A_wrong_Cloudflare_token_is_called_that()
    {
        await using var world = await World.CreateAsync();
        var master = await world.StartMasterAsync(("CF_API_TOKEN", world.Keep("the wrong token", World.Secret() + "cf")));

        var reason = await master.Api.UntilNotReadyAsync("CF_API_TOKEN");
        Assert.Contains("Cloudflare did not", reason, StringComparison.Ordinal);
        Assert.Contains("CF_API_TOKEN is wrong, disabled or expired", reason, StringComparison.Ordinal);
        await master.Process.UntilLineAsync("No pass is possible: ");
        AssertSaidOnce(master.Process, "No pass is possible: ");
    }

    [Fact]
    public async Task A_token_that_sees_no_zone_is_told_what_it_lacks()
    {
        await using var world = await World.CreateAsync();
        var empty = world.Cloudflare.AddAccount("Empty");
        var token = world.Keep("the token of the empty account", world.Cloudflare.AddToken(FakePermissions.All, accountIds: [empty]));
        var master = await world.StartMasterAsync(("CF_API_TOKEN", token));

        var reason = await master.Api.UntilNotReadyAsync($"CF_API_TOKEN sees no zone in account {empty}");
        Assert.Contains("'Zone / Zone / Read'", reason, StringComparison.Ordinal);
        Assert.Contains("CF_ACCOUNT_ID", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_sees_several_accounts_is_asked_for_one()
    {
        await using var world = await World.CreateAsync();
        var second = world.Cloudflare.AddAccount("Second");
        world.Cloudflare.AddZone("example.net", accountId: second);
        var master = await world.StartMasterAsync();

        var reason = await master.Api.UntilNotReadyAsync("CF_API_TOKEN sees several accounts: set CF_ACCOUNT_ID to one of");
        Assert.Contains($"{second} (Second)", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_malformed_setting_is_listed_and_the_master_does_not_start()
    {
        await using var world = await World.CreateAsync();
        var master = world.LaunchMaster(
            ("GRACE_PERIOD", "soon"), ("CF_API_BASE_URL", "cloudflare"), ("DOCKFLARE_POLICY", "delete-all"), ("DOCKFLARE_STATE", "redis"), ("REDIS_URL", "http://redis"),
            ("DOCKER_HOST", "docker"), ("CLOUDFLARED_IMAGE", "cloudflare/cloudflared@sha256:12"), ("DOCKFLARE_OWNER_ID", "?"), ("CLOUDFLARED_REPLICAS", "0"), ("DOCKFLARE_CONTAINER_FILTER", "colour=red"),
            ("DOCKFLARE_DEFAULT_HOST", "{{ container. }}"), ("DOCKFLARE_DRY_RUN", "maybe"), ("CF_ZONE_ID_FILE", "/nowhere/zone"));

        Assert.Equal(78, await master.ExitAsync());
        string[] faults =
        [
            "GRACE_PERIOD (DockFlare:GracePeriod) is 'soon': write seconds or a duration such as 90s, 10m or 1h30m",
            "CF_API_BASE_URL (DockFlare:Cloudflare:ApiBaseUrl) is 'cloudflare': write an address that begins with http:// or https://.",
            "DOCKFLARE_POLICY (DockFlare:Policy) is 'delete-all': write sync, upsert-only or create-only.",
            "DOCKFLARE_STATE (DockFlare:State) is 'redis': state in Redis, for several masters, is not available yet; write sqlite.",
            "REDIS_URL",
            "DOCKER_HOST is 'docker', which is neither a unix socket nor a TCP address: write 'unix:///var/run/docker.sock' or 'tcp://docker-socket-proxy:2375'.",
            "CLOUDFLARED_IMAGE is 'cloudflare/cloudflared@sha256:12': a digest is 'sha256:' and 64 hex digits",
            "DOCKFLARE_OWNER_ID is '?': write 4 to 32 of a-z, 0-9 and -.",
            "CLOUDFLARED_REPLICAS (DockFlare:Cloudflared:Replicas) is '0': write a whole number from 1 to 25.",
            "DOCKFLARE_CONTAINER_FILTER",
            "DOCKFLARE_DEFAULT_HOST",
            "DOCKFLARE_DRY_RUN (DockFlare:DryRun) is 'maybe': write true or false.",
            "CF_ZONE_ID_FILE names the file '/nowhere/zone', which cannot be read",
        ];
        Assert.Contains("DockFlare does not start; these settings are wrong:", master.Lines);
        Assert.All(faults, fault => Assert.Single(master.Lines, line => line.StartsWith($"  - {fault}", StringComparison.Ordinal)));
        Assert.Equal(faults.Length, master.Lines.Count(static line => line.StartsWith("  - ", StringComparison.Ordinal)));
        Assert.Equal(0, world.Cloudflare.Log.Total);
    }

    [Fact]
    public async Task A_setting_that_nobody_knows_is_warned_of_with_the_nearest()
    {
        await using var world = await World.CreateAsync();
        var master = await world.StartMasterAsync(("CF_API_TOKN", "x"), ("DOCKFLARE_LOCAL_AGENT", "false"));

        await master.Process.UntilLineAsync("The environment variable CF_API_TOKN is not known and is ignored; did you mean CF_API_TOKEN?");
    }

    [Fact]
    public async Task An_agent_without_address_and_key_does_not_start_and_says_both()
    {
        await using var world = await World.CreateAsync();
        var agent = world.LaunchAgent(("DOCKFLARE_MASTER_URL", ""));

        Assert.Equal(78, await agent.ExitAsync());
        Assert.Single(agent.Lines, static line => line.StartsWith("  - DOCKFLARE_MASTER_URL is not set: write the master's address", StringComparison.Ordinal));
        Assert.Single(agent.Lines, static line => line.StartsWith("  - DOCKFLARE_API_KEY is not set: generate an agent key on the master", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_agent_key_is_called_that_and_the_agent_tries_on()
    {
        await using var world = await World.CreateAsync();
        await world.StartMasterAsync(("DOCKFLARE_LOCAL_AGENT", "false"));
        var port = LoopbackPort.Take();
        var agent = world.LaunchAgent(("DOCKFLARE_API_KEY", world.Keep("the wrong agent key", World.Secret())), ("HEALTH_CHECK_PORT", $"{port}"));

        const string Sentence = "The master refused the agent's key (DOCKFLARE_API_KEY): The key is missing, unknown, expired or revoked. Make a key on the master's Agents page and set it here.";
        await agent.UntilLineAsync(Sentence);
        using var http = new HttpClient();
        using var health = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/health"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("DOCKFLARE_API_KEY", await health.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        AssertSaidOnce(agent, Sentence);
    }

    [Fact]
    public async Task An_agent_without_its_master_says_where_it_looked()
    {
        await using var world = await World.CreateAsync();
        var agent = world.LaunchAgent(("DOCKFLARE_API_KEY", world.Keep("the agent key", World.Secret())));

        await agent.UntilLineAsync($"DOCKFLARE_MASTER_URL '{world.MasterAddress}' cannot be reached");
    }

    [Theory]
    [InlineData("master", true)]
    [InlineData("master", false)]
    [InlineData("agent", true)]
    public async Task A_data_folder_that_cannot_be_written_ends_the_host_with_what_to_set(string host, bool hasKey)
    {
        await using var world = await World.CreateAsync();
        var key = hasKey ? world.Keep("the key", World.Secret()) : "";
        var process = host == "master"
            ? world.LaunchMaster(("DOCKFLARE_DATA", "/proc/dockflare"), ("DOCKFLARE_API_KEY", key), ("ASPNETCORE_URLS", $"http://127.0.0.1:{LoopbackPort.Take()}"))
            : world.LaunchAgent(("DOCKFLARE_DATA", "/proc/dockflare"), ("DOCKFLARE_API_KEY", key));

        Assert.Equal(78, await process.ExitAsync());
        var line = Assert.Single(process.Lines, static line => line.StartsWith("DockFlare does not start: '/proc/dockflare", StringComparison.Ordinal));
        Assert.Contains("Set DOCKFLARE_DATA to a directory that the user running DockFlare owns.", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("master", "ASPNETCORE_URLS")]
    [InlineData("agent", "HEALTH_CHECK_PORT")]
    public async Task A_port_that_is_taken_ends_the_host_with_what_to_set(string host, string setting)
    {
        await using var world = await World.CreateAsync();
        using var taken = new TcpListener(IPAddress.Loopback, LoopbackPort.Take());
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var process = host == "master"
            ? world.LaunchMaster(("ASPNETCORE_URLS", $"http://127.0.0.1:{port}"))
            : world.LaunchAgent(("DOCKFLARE_API_KEY", world.Keep("the agent key", World.Secret())), ("HEALTH_CHECK_PORT", $"{port}"));

        Assert.Equal(78, await process.ExitAsync());
        var line = Assert.Single(process.Lines, static line => line.StartsWith("DockFlare does not start: Failed to bind to address", StringComparison.Ordinal));
        Assert.Contains($":{port}: address already in use.", line, StringComparison.Ordinal);
        Assert.Contains(setting, line, StringComparison.Ordinal);
    }

    private static void AssertSaidOnce(HostProcess process, string sentence) =>
        Assert.Single(process.Lines, line => line.Contains(sentence, StringComparison.Ordinal));
}
