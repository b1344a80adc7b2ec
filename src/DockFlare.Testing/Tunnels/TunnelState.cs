using System.Buffers;
using System.Text.Json;

namespace DockFlare.Testing.Tunnels;

/// <summary>One tunnel, live or soft-deleted.</summary>
internal sealed class TunnelState(string id, string accountId, string name, string configSource, string secret, DateTimeOffset createdAt)
{
    public string Id { get; } = id;

    public string AccountId { get; } = accountId;

    public string Name { get; set; } = name;

    public string ConfigSource { get; } = configSource;

    public string Secret { get; set; } = secret;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset? DeletedAt { get; set; }

    public DateTimeOffset? ActiveAt { get; private set; }

    public DateTimeOffset? InactiveAt { get; private set; } = createdAt;

    public FakeConfiguration Configuration { get; private set; } = new(0, null);

    public RoutingTable Routing { get; private set; } = RoutingTable.Empty;

    public DateTimeOffset ConfiguredAt { get; private set; } = createdAt;

    public List<FakeConnector> Connectors { get; } = [];

    public bool IsRemote => ConfigSource == "cloudflare";

    /// <summary>The connector token: base64 of account, tunnel and secret.</summary>
    public string Token
    {
        get
        {
            var buffer = new ArrayBufferWriter<byte>(256);
            using (var writer = new Utf8JsonWriter(buffer, Wire.ApiAnswer.WriterOptions))
            {
                writer.WriteStartObject();
                writer.WriteString("a"u8, AccountId);
                writer.WriteString("t"u8, Id);
                writer.WriteString("s"u8, Secret);
                writer.WriteEndObject();
            }

            return Convert.ToBase64String(buffer.WrittenSpan);
        }
    }

    /// <summary>The connectors the edge believes in: the connected ones and those that left less than <paramref name="lag"/> ago.</summary>
    public IEnumerable<FakeConnector> Seen(DateTimeOffset now, TimeSpan lag) =>
        Connectors.Where(connector => connector.DisconnectedAt is not { } left || now < left + lag);

    public string Status(DateTimeOffset now, TimeSpan lag) => (DeletedAt, ActiveAt) switch
    {
        (not null, _) or (_, null) => "inactive",
        _ when Seen(now, lag).Any() => "healthy",
        _ => "down",
    };

    /// <summary>Lets a connector in and hands it what is in force.</summary>
    /// <returns>The callback to run outside the lock, if there is one.</returns>
    public Action? Connect(FakeConnector connector, DateTimeOffset now)
    {
        Connectors.RemoveAll(static old => !old.IsConnected);
        Connectors.Add(connector);
        ActiveAt = now;
        InactiveAt = null;
        return IsRemote && Configuration.Version > 0 ? connector.Receive(Configuration) : null;
    }

    public void Disconnect(FakeConnector connector, DateTimeOffset now)
    {
        if (!connector.IsConnected)
        {
            return;
        }

        connector.DisconnectedAt = now;
        if (!Connectors.Exists(static other => other.IsConnected))
        {
            InactiveAt = now;
        }
    }

    /// <summary>Puts a new version in the place of the old one.</summary>
    /// <returns>The callbacks to run outside the lock.</returns>
    public List<Action> Configure(string json, RoutingTable routing, DateTimeOffset now)
    {
        Configuration = new(Configuration.Version + 1, json);
        Routing = routing;
        ConfiguredAt = now;
        var callbacks = new List<Action>();
        // A tunnel made as local keeps what it is given and pushes none of it.
        foreach (var connector in IsRemote ? Connectors : [])
        {
            if (connector.IsConnected && connector.Receive(Configuration) is { } callback)
            {
                callbacks.Add(callback);
            }
        }

        return callbacks;
    }
}
