using System.Text.Json;
using DockFlare.Testing.Dns;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Tunnels;

/// <summary>Writes tunnels and connectors as the API does. There is no <c>connections</c> field (it is gone from the API).</summary>
internal static class TunnelJson
{
    /// <summary>Fixes the tunnel as it is now; what comes back is written outside the lock.</summary>
    public static Action<Utf8JsonWriter> Of(State state, TunnelState tunnel, bool isNew = false)
    {
        var (now, lag) = (state.Now, state.Options.ConnectorLag);
        var (status, name, deletedAt, activeAt, inactiveAt) = (tunnel.Status(now, lag), tunnel.Name, tunnel.DeletedAt, tunnel.ActiveAt, tunnel.InactiveAt);
        var (token, secret) = isNew ? (tunnel.Token, tunnel.Secret) : ("", "");
        return writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, tunnel.Id);
            writer.WriteString("account_tag"u8, tunnel.AccountId);
            RecordJson.WriteTime(writer, "created_at", tunnel.CreatedAt);
            RecordJson.WriteTime(writer, "deleted_at", deletedAt);
            writer.WriteString("name"u8, name);
            RecordJson.WriteTime(writer, "conns_active_at", activeAt);
            RecordJson.WriteTime(writer, "conns_inactive_at", inactiveAt);
            writer.WriteString("tun_type"u8, "cfd_tunnel");
            writer.WriteStartObject("metadata"u8);
            writer.WriteEndObject();
            writer.WriteString("status"u8, status);
            writer.WriteBoolean("remote_config"u8, tunnel.IsRemote && deletedAt is null);
            if (deletedAt is null)
            {
                writer.WriteString("config_src"u8, tunnel.ConfigSource);
            }

            if (isNew)
            {
                writer.WriteStartObject("credentials_file"u8);
                writer.WriteString("AccountTag"u8, tunnel.AccountId);
                writer.WriteString("TunnelID"u8, tunnel.Id);
                writer.WriteString("TunnelName"u8, name);
                writer.WriteString("TunnelSecret"u8, secret);
                writer.WriteEndObject();
                writer.WriteString("token"u8, token);
            }

            writer.WriteEndObject();
        };
    }

    public static Action<Utf8JsonWriter> Of(FakeConnector connector)
    {
        var version = connector.ConfigVersion;
        return writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, connector.Id);
            writer.WriteStartArray("features"u8);
            writer.WriteStringValue("allow_remote_config");
            writer.WriteEndArray();
            writer.WriteString("version"u8, connector.Version);
            writer.WriteString("arch"u8, "linux_amd64");
            RecordJson.WriteTime(writer, "run_at", connector.RunAt);
            if (version is { } known)
            {
                writer.WriteNumber("config_version"u8, known);
            }

            writer.WriteNull("ha_status"u8);
            writer.WriteStartArray("conns"u8);
            for (var i = 0; i < ConnectionsOfOne; i++)
            {
                WriteConnection(writer, connector, i);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        };
    }

    /// <summary>One cloudflared opens four.</summary>
    public const int ConnectionsOfOne = 4;

    private static void WriteConnection(Utf8JsonWriter writer, FakeConnector connector, int index)
    {
        // Derived from the connector's own id, so that the same connection has the same id in every answer.
        var id = $"{connector.Id[..^1]}{index}";
        writer.WriteStartObject();
        writer.WriteString("colo_name"u8, index < 2 ? "fra01" : "zrh01");
        writer.WriteString("uuid"u8, id);
        writer.WriteString("id"u8, id);
        writer.WriteBoolean("is_pending_reconnect"u8, false);
        writer.WriteString("origin_ip"u8, "127.0.0.1");
        RecordJson.WriteTime(writer, "opened_at", connector.RunAt);
        writer.WriteString("client_id"u8, connector.Id);
        writer.WriteString("client_version"u8, connector.Version);
        writer.WriteEndObject();
    }
}
