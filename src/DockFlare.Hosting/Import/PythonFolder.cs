using System.Text.Json;

namespace DockFlare.Hosting.Import;

/// <summary>Reads the data directory of the Python program (<c>state.json</c> of layout 1 or 2, and the encrypted files beside it). Writes nothing into it.</summary>
internal static class PythonFolder
{
    private const string StateFile = "state.json";
    private const string KeyFile = "dockflare.key";
    private const string ConfigFile = "dockflare_config.dat";
    private const string AgentKeysFile = "agent_keys.dat";
    private const string ServiceTokenEntry = "__cf_service_token__";
    private const int NewestSchema = 2;

    /// <exception cref="ImportException">It is no such directory, or something in it cannot be read.</exception>
    public static PythonInstallation Read(string folder)
    {
        var state = Path.Combine(folder, StateFile);
        if (!File.Exists(state))
        {
            throw new ImportException($"'{folder}' has no {StateFile}: name the data directory of the other DockFlare, the folder that its container has as /app/data.");
        }

        var key = ReadKey(folder);
        using var document = Parse(StateFile, ReadFile(state));
        var installation = ReadState(PythonFields.Of(StateFile, document.RootElement));
        return installation with
        {
            Config = ReadEncrypted(folder, ConfigFile, key, ReadConfig),
            Keys = ReadEncrypted(folder, AgentKeysFile, key, ReadKeys) ?? [],
        };
    }

    private static PythonInstallation ReadState(PythonFields state)
    {
        if (!state.Has("managed_rules") && !state.Has("agents") && !state.Has("access_groups"))
        {
            throw new ImportException($"{StateFile} has none of 'managed_rules', 'agents' and 'access_groups': it is of another program. Nothing was imported.");
        }

        var schema = state.Number("state_schema_version") ?? 1;
        return schema is < 1 or > NewestSchema
            ? throw new ImportException($"{StateFile} has the layout {schema}, and layouts 1 to {NewestSchema} are known here. Run a newer DockFlare, or ask for that layout.")
            : new()
            {
                Schema = schema,
                Rules = [.. Members(state, "managed_rules").Select(static member => ReadRule(member.Name, member.Fields))],
                Groups = [.. Members(state, "access_groups").Select(static member => ReadGroup(member.Name, member.Fields))],
                Agents = [.. Members(state, "agents").Select(static member => ReadAgent(member.Name, member.Fields))],
                Leaving = [.. Members(state, "agent_decommissions").Select(static member => member.Name)],
            };
    }

    private static PythonRule ReadRule(string key, PythonFields rule)
    {
        var parts = key.Split('|', 2);
        var source = rule.Text("source");
        return new()
        {
            Key = key,
            Hostname = rule.Text("hostname") ?? parts[0],
            Path = rule.Text("path") ?? (parts.Length > 1 && parts[1].Length > 0 ? parts[1] : null),
            Service = rule.Text("service"),
            IsManual = source == "manual",
            IsOverridden = IsSet(rule, "rule_ui_override"),
            IsAccessOverridden = IsSet(rule, "access_policy_ui_override"),
            IsLeaving = rule.Text("status") == "pending_deletion",
            DeleteAt = rule.Time("delete_at"),
            ZoneId = rule.Text("zone_id"),
            ZoneName = rule.Text("zone_name"),
            TunnelId = rule.Text("tunnel_id"),
            TunnelName = rule.Text("tunnel_name"),
            AgentId = rule.Text("agent_id"),
            AccessAppId = rule.Text("access_app_id"),
            AccessPolicyType = rule.Text("access_policy_type"),
            AccessGroupIds = rule.Texts("access_group_id"),
            NoTlsVerify = rule.Flag("no_tls_verify"),
            OriginServerName = rule.Text("origin_server_name"),
            HttpHostHeader = rule.Text("http_host_header"),
            Http2Origin = rule.Flag("http2_origin"),
            DisableChunkedEncoding = rule.Flag("disable_chunked_encoding"),
            MatchSniToHost = rule.Flag("match_sni_to_host"),
        };
    }

    private static PythonGroup ReadGroup(string id, PythonFields group) => new(group.Text("id") ?? id)
    {
        DisplayName = group.Text("display_name"),
        SessionDuration = group.Text("session_duration"),
        AppLauncherVisible = group.Flag("app_launcher_visible") ?? false,
        AutoRedirectToIdentity = group.Flag("auto_redirect_to_identity") ?? false,
        IsPublic = IsSet(group, "public_mode"),
        AllowedIdps = group.Texts("allowed_idps"),
        Policies = [.. group.List("policies").Select(static policy => policy.Clone())],
        CloudflarePolicyId = group.Text("cloudflare_policy_id"),
    };

    private static PythonAgent ReadAgent(string id, PythonFields agent) => new(agent.Text("id") ?? id)
    {
        DisplayName = agent.Text("display_name"),
        CustomName = agent.Text("custom_name"),
        Version = agent.Text("version"),
        TunnelName = agent.Text("assigned_tunnel_name"),
        TunnelId = agent.Text("assigned_tunnel_id"),
        ApiKey = agent.Text("api_key"),
    };

    private static IReadOnlyList<PythonKey> ReadKeys(PythonFields root) =>
        [.. Members(root, "keys").Where(static member => member.Name != ServiceTokenEntry).Select(static member => ReadAgentKey(member.Name, member.Fields))];

    private static PythonKey ReadAgentKey(string raw, PythonFields key) => new(raw)
    {
        Owner = key.Text("owner"),
        CreatedAt = key.Time("created_at"),
        IsRevoked = (key.Text("status") ?? "active") switch
        {
            "active" => false,
            // A word that is not known here must not let anybody in.
            _ => true,
        },
        RevokedAt = key.Time("revoked_at"),
        Agent = key.Text("bound_agent_id"),
        RolledFrom = key.Text("rolled_from"),
    };

    private static PythonConfig ReadConfig(PythonFields config) => new()
    {
        ApiToken = config.Text("cf_api_token"),
        AccountId = config.Text("cf_account_id"),
        ZoneId = config.Text("cf_zone_id"),
        TunnelName = config.Text("tunnel_name"),
        GracePeriod = config.Number("grace_period_seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        UserName = config.Text("username"),
        MasterApiKey = config.Text("master_api_key"),
    };

    // In one version a flag, in another the time or the text of the change.
    private static bool IsSet(PythonFields fields, string name)
    {
        try
        {
            return fields.Flag(name) ?? false;
        }
        catch (ImportException)
        {
            return fields.Has(name);
        }
    }

    // An entry's name in an error could be a key: the place in the list stands for it.
    private static IEnumerable<(string Name, PythonFields Fields)> Members(PythonFields parent, string name) =>
        parent.FindObject(name) is { } members ? members.All.Select((member, at) => (member.Name, PythonFields.Of($"{parent.Place}, entry {at + 1} of '{name}'", member.Value))) : [];

    private static byte[]? ReadKey(string folder)
    {
        var path = Path.Combine(folder, KeyFile);
        return !File.Exists(path) ? null
            : Fernet.ParseKey(System.Text.Encoding.UTF8.GetString(ReadFile(path)))
                ?? throw new ImportException($"{KeyFile} is no Fernet key (url-safe base64 of 32 bytes). Without the right one {ConfigFile} and {AgentKeysFile} cannot be read: restore it from a backup, or move the three files away to import {StateFile} alone.");
    }

    private static T? ReadEncrypted<T>(string folder, string file, byte[]? key, Func<PythonFields, T> read)
        where T : class
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path))
        {
            return null;
        }

        if (key is null)
        {
            throw new ImportException($"{file} is there and {KeyFile}, with which it is encrypted, is not: put it beside, or move {file} away to import without it.");
        }

        byte[] content;
        try
        {
            content = Fernet.Decrypt(key, ReadFile(path));
        }
        catch (FormatException exception)
        {
            throw new ImportException($"{file} cannot be decrypted with {KeyFile}: {exception.Message}. Restore both from one backup, or move {file} away to import without it.");
        }

        using var document = Parse(file, content);
        return read(PythonFields.Of(file, document.RootElement));
    }

    private static JsonDocument Parse(string file, byte[] content)
    {
        try
        {
            return JsonDocument.Parse(content);
        }
        catch (JsonException exception)
        {
            throw new ImportException($"{file} is not whole JSON (line {exception.LineNumber + 1}). Stop the other DockFlare, so that nothing is half written, or restore the file from a backup. Nothing was imported.");
        }
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ImportException($"'{path}' cannot be read: {exception.Message}");
        }
    }
}
