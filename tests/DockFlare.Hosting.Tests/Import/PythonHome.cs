using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace DockFlare.Tests.Import;

/// <summary>A data directory as the Python program lays it out, in a folder of its own.</summary>
internal sealed class PythonHome : IDisposable
{
    public PythonHome() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "dockflare-import-" + Guid.NewGuid().ToString("N"));

    /// <summary>A folder beside it for our own state.</summary>
    public string Target => Path.Combine(Folder, "ours");

    public byte[] Key { get; } = RandomNumberGenerator.GetBytes(32);

    public JsonObject Rules { get; } = [];

    public JsonObject Groups { get; } = [];

    public JsonObject Agents { get; } = [];

    public JsonObject AgentKeys { get; } = [];

    public JsonObject? Config { get; set; }

    public int? Schema { get; set; } = 2;

    public string File(string name) => Path.Combine(Folder, name);

    /// <summary>A rule with the members every one has.</summary>
    public JsonObject Rule(string host, string service, string tunnelId, string tunnelName, string? zoneId, string source = "docker", string? path = null)
    {
        var rule = new JsonObject
        {
            ["hostname"] = host,
            ["path"] = path,
            ["service"] = service,
            ["container_id"] = source == "manual" ? null : "4f0b3a0c2c9d",
            ["status"] = "active",
            ["delete_at"] = null,
            ["zone_id"] = zoneId,
            ["no_tls_verify"] = false,
            ["access_app_id"] = null,
            ["access_policy_type"] = null,
            ["access_policy_ui_override"] = false,
            ["rule_ui_override"] = false,
            ["source"] = source,
            ["tunnel_id"] = tunnelId,
            ["tunnel_name"] = tunnelName,
        };
        Rules.Add($"{host}|{path}", rule);
        return rule;
    }

    public PythonHome Write()
    {
        var state = new JsonObject { ["managed_rules"] = Rules.DeepClone(), ["access_groups"] = Groups.DeepClone(), ["agents"] = Agents.DeepClone(), ["identity_providers"] = new JsonObject() };
        if (Schema is { } schema)
        {
            state["state_schema_version"] = schema;
        }

        System.IO.File.WriteAllText(File("state.json"), state.ToJsonString());
        if (Config is not null || AgentKeys.Count > 0)
        {
            System.IO.File.WriteAllText(File("dockflare.key"), Base64Url.EncodeToString(Key) + "=");
        }

        if (Config is not null)
        {
            System.IO.File.WriteAllText(File("dockflare_config.dat"), Encrypt(Config.ToJsonString()));
        }

        if (AgentKeys.Count > 0)
        {
            System.IO.File.WriteAllText(File("agent_keys.dat"), Encrypt(new JsonObject { ["keys"] = AgentKeys.DeepClone(), ["__cf_service_token__"] = null }.ToJsonString()));
        }

        return this;
    }

    public string Encrypt(string text)
    {
        using var aes = Aes.Create();
        aes.SetKey(Key.AsSpan(16));
        var iv = RandomNumberGenerator.GetBytes(16);
        byte[] signed = [0x80, 0, 0, 0, 0, 0x65, 0, 0, 0, .. iv, .. aes.EncryptCbc(Encoding.UTF8.GetBytes(text), iv)];
        return Convert.ToBase64String([.. signed, .. HMACSHA256.HashData(Key.AsSpan(..16), signed)]).Replace('+', '-').Replace('/', '_');
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
