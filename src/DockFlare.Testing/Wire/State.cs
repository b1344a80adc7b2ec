using DockFlare.Testing.Access;
using DockFlare.Testing.Dns;
using DockFlare.Testing.Tunnels;

namespace DockFlare.Testing.Wire;

/// <summary>Everything the emulator holds. Read and written only under <see cref="Gate"/>.</summary>
internal sealed class State(FakeCloudflareOptions options)
{
    public Lock Gate { get; } = new();

    public FakeCloudflareOptions Options { get; } = options;

    public IdSource Ids { get; } = new(options.Seed);

    public DateTimeOffset Now => Options.Time.GetUtcNow();

    public Dictionary<string, AccountState> Accounts { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ZoneState> Zones { get; } = new(StringComparer.Ordinal);

    /// <summary>Tunnels by id; an id is unique over all accounts.</summary>
    public Dictionary<string, TunnelState> Tunnels { get; } = new(StringComparer.Ordinal);

    /// <summary>What is to be told to connectors once the lock is left.</summary>
    public List<Action> Pushes { get; } = [];
}

/// <summary>One account.</summary>
internal sealed class AccountState(string id, string name, DateTimeOffset createdOn)
{
    public string Id { get; } = id;

    public string Name { get; } = name;

    public DateTimeOffset CreatedOn { get; } = createdOn;

    /// <summary>Tunnels in the order they were made.</summary>
    public List<TunnelState> Tunnels { get; } = [];

    public AccessState Access { get; } = new();
}

/// <summary>One zone.</summary>
internal sealed class ZoneState(string id, string name, AccountState account, FakePlan plan, DateTimeOffset createdOn)
{
    public string Id { get; } = id;

    public string Name { get; } = name;

    public AccountState Account { get; } = account;

    public FakePlan Plan { get; } = plan;

    public DateTimeOffset CreatedOn { get; } = createdOn;

    public string Status { get; set; } = "active";

    public int RecordQuota { get; set; } = plan == FakePlan.Free ? 200 : 3500;

    public RecordStore Records { get; } = new();
}
