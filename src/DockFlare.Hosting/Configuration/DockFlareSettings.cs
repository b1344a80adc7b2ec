using static DockFlare.Hosting.Configuration.SettingKind;

namespace DockFlare.Hosting.Configuration;

/// <summary>The one table of settings: what the environment provider, the validation and the reference page are made from.</summary>
internal static class DockFlareSettings
{
    public const string Section = "DockFlare";

    public static IReadOnlyList<DockFlareSetting> All { get; } =
    [
        new("CF_API_TOKEN", "Cloudflare:ApiToken", Secret, "", "Cloudflare API token. Without it the master is in setup mode: plans are shown and nothing is applied."),
        new("CF_ACCOUNT_ID", "Cloudflare:AccountId", Text, "found when the token sees exactly one account", "The Cloudflare account."),
        new("CF_ZONE_ID", "Cloudflare:ZoneId", Text, "", "Fallback zone, used when detection finds none and it contains the host."),
        new("CF_ACCOUNT_EMAIL", "Cloudflare:AccountEmail", Text, "", "The address that access.policy=authenticate lets in."),
        new("CF_API_BASE_URL", "Cloudflare:ApiBaseUrl", SettingKind.Uri, "https://api.cloudflare.com/client/v4", "Where Cloudflare's API is."),
        new("CF_API_LIMIT", "Cloudflare:CallLimit", Integer, "1100", "Our own ceiling of API calls in 5 minutes, under Cloudflare's 1,200; masters with one Redis share it, and each keeps to half while Redis is away.") { Min = 10, Max = 100_000 },
        new("TUNNEL_NAME", "TunnelName", Text, "dockflare-tunnel", "Tunnel of the master's own Docker host. Setting it adopts an existing tunnel of that name."),
        new("GRACE_PERIOD", "GracePeriod", Duration, "10m", "How long a vanished container's routes stay.") { OtherVariable = "GRACE_PERIOD_SECONDS", Min = 0, Max = 31_536_000 },
        new("RESYNC_INTERVAL", "ResyncInterval", Duration, "10m", "A full pass without any event, to undo drift.") { Min = 10, Max = 86_400 },
        new("DOCKFLARE_LOCAL_AGENT", "LocalAgent", SettingKind.Boolean, "true", "Watch the Docker Engine at DOCKER_HOST from the master itself."),
        new("USE_EXTERNAL_CLOUDFLARED", "ExternalCloudflared", SettingKind.Boolean, "false", "The tunnel's connector is run by someone else."),
        new("EXTERNAL_TUNNEL_ID", "ExternalTunnelId", Text, "", "The tunnel of the external connector."),
        new("LABEL_PREFIX", "LabelPrefix", Text, "", "An extra label prefix, looked at first."),
        new("DOCKFLARE_DEFAULT_HOST", "DefaultHost", Text, "", "A Scriban template that names the host of containers with enable=true and no hostname, such as {{ container.name }}.apps.example.com."),
        new("REDIS_URL", "Redis:Url", Secret, "", "The backplane; without it queue and cache live in the process. redis://, rediss://, user and password, several hosts, Sentinel."),
        new("REDIS_DB_INDEX", "Redis:Database", Integer, "0", "The database of a Redis that is no Cluster.") { Min = 0, Max = 65_535 },
        new("DOCKFLARE_STATE", "State", Choice, "sqlite", "Where the state is kept.") { Choices = ["sqlite"] },
        new("DOCKFLARE_OWNER_ID", "OwnerId", Text, "made once and kept", "Marks what this installation owns in Cloudflare: 4 to 32 of a-z, 0-9 and -."),
        new("DOCKFLARE_API_KEY", "ApiKey", Secret, "made once and kept", "The master API key; on an agent its own agent key.") { Scope = SettingScope.Both },
        new("DOCKFLARE_ADMIN_PASSWORD", "AdminPassword", Secret, "made once and kept", "The first password of the dashboard's user admin, 8 characters or more. Set it to another value to give admin that password."),
        new("DOCKFLARE_KEYS", "KeysPath", Text, "keys in DOCKFLARE_DATA", "Where the keys are kept that protect cookies and stored secrets. Created 0700."),
        new("DOCKFLARE_KEY_PASSPHRASE", "KeyPassphrase", Secret, "", "Encrypts the files in DOCKFLARE_KEYS, 12 characters or more. Without it they are protected by where they are kept alone."),
        new("DOCKFLARE_PASSWORD_LOGIN", "PasswordLogin", SettingKind.Boolean, "true", "Local users log in with passwords. False needs a login provider or Access verification, and takes effect once somebody has come in that way."),
        new("OIDC_<NAME>_AUTHORITY", "Oidc:<NAME>:Authority", SettingKind.Uri, "known for google, gitlab and github", "A login provider: the address that /.well-known/openid-configuration is below; for github the address of a GitHub Enterprise server."),
        new("OIDC_<NAME>_CLIENT_ID", "Oidc:<NAME>:ClientId", Text, "", "The client id that the provider knows this master by; its redirect address is <where browsers reach the master>/login/<name>/callback."),
        new("OIDC_<NAME>_CLIENT_SECRET", "Oidc:<NAME>:ClientSecret", Secret, "", "The client secret."),
        new("OIDC_<NAME>_ALLOW", "Oidc:<NAME>:Allow", Text, "", "Comma list of whom it lets in: e-mail addresses, @domains, group:names (of github: organisations), each with =admin, =operator or =viewer, by default viewer. The provider must have verified the address."),
        new("CF_ACCESS_TEAM", "Access:Team", Text, "", "Verifies Cloudflare Access's word for who a visitor is: the team, of https://<team>.cloudflareaccess.com, or its whole address."),
        new("CF_ACCESS_AUDIENCE", "Access:Audience", Text, "", "The audience tag (AUD) of the Access application in front of the dashboard; a comma list of several."),
        new("CF_ACCESS_ALLOW", "Access:Allow", Text, "every address that Access lets in is a viewer", "What those who come through Access may do, as OIDC_<NAME>_ALLOW writes it; with it, nobody else comes in that way."),
        new("DOCKFLARE_TRUSTED_PROXIES", "TrustedProxies", Text, "", "Addresses or ranges whose forwarded headers are believed, such as 172.30.0.0/16, 10.0.0.7."),
        new("DOCKFLARE_PUBLIC_URL", "PublicUrl", SettingKind.Uri, "", "Where agents and browsers reach the master."),
        new("DOCKFLARE_DRY_RUN", "DryRun", SettingKind.Boolean, "false", "Plan, show, apply nothing."),
        new("DOCKFLARE_POLICY", "Policy", Choice, "sync", "What a plan may do by itself: sync everything, upsert-only never deletes, create-only never changes or deletes.") { Choices = ["sync", "upsert-only", "create-only"] },
        new("DOCKFLARE_MAX_DELETE_PERCENT", "MaxDeletePercent", Integer, "30", "A plan that deletes more of what is owned waits for a confirmation, never for fewer than 5 deletions.") { Min = 0, Max = 100 },
        new("DOCKFLARE_HISTORY", "HistoryRetention", Duration, "30d", "How long the history of changes is kept, at most 10,000 lines of it; 0 keeps none.") { Min = 0, Max = 31_536_000 },
        new("AGENT_HEARTBEAT_TIMEOUT", "AgentHeartbeatTimeout", Duration, "60s", "Past it an agent is shown offline.") { Min = 10, Max = 86_400 },
        new("AGENT_ENROLLMENT_REQUIRED", "AgentEnrollmentRequired", SettingKind.Boolean, "true", "A new agent waits for an operator; when false it gets a new tunnel of its own."),
        new("DOCKFLARE_AUTHORITY", "Authority", Text, "hosts=any; tunnels=own; groups=any", "What an agent's containers may claim unless the agent's record says otherwise: hosts and those below them, tunnels besides its own, access groups; each any or a comma list."),
        new("DOCKER_HOST", "Docker:Host", Text, "unix:///var/run/docker.sock", "The Docker Engine, also tcp://docker-socket-proxy:2375.") { Scope = SettingScope.Both },
        new("DOCKFLARE_CONTAINER_FILTER", "Docker:ContainerFilter", Text, "", "Only containers that match are looked at, such as label=team=web or name=blog-*.") { Scope = SettingScope.Both },
        new("CLOUDFLARED_IMAGE", "Cloudflared:Image", Text, "a pinned release of cloudflare/cloudflared", "repo:tag or repo@sha256:….") { Scope = SettingScope.Both },
        new("CLOUDFLARED_NETWORK_NAME", "Cloudflared:Network", Text, "cloudflare-net", "The network of the connector; created when missing.") { Scope = SettingScope.Both },
        new("CLOUDFLARED_MODE", "Cloudflared:Mode", Choice, "docker", "How the connector is run.") { Scope = SettingScope.Both, Choices = ["docker", "process", "external"] },
        new("CLOUDFLARED_REPLICAS", "Cloudflared:Replicas", Integer, "1", "How many connectors run side by side.") { Scope = SettingScope.Both, Min = 1, Max = 25 },
        new("CLOUDFLARED_ATTACH", "Cloudflared:Attach", SettingKind.Boolean, "false", "The connector joins the networks its origins are on.") { Scope = SettingScope.Both },
        new("CLOUDFLARED_BIN", "Cloudflared:Binary", Text, "cloudflared", "The binary of process mode.") { Scope = SettingScope.Both },
        new("CLOUDFLARED_CA_POOLS", "Cloudflared:CaPools", Text, "", "Comma list of files that origin.ca_pool may name.") { Scope = SettingScope.Both },
        new("DOCKFLARE_DATA", "DataPath", Text, "/app/data in the image, ./data otherwise", "Where state is kept. Created 0700.") { Scope = SettingScope.Both },
        new("DOCKFLARE_MASTER_URL", "MasterUrl", SettingKind.Uri, "", "The master of an agent.") { Scope = SettingScope.Agent },
        new("AGENT_DISPLAY_NAME", "DisplayName", Text, "the host's name", "What people call the agent's host.") { Scope = SettingScope.Agent },
        new("REPORT_INTERVAL_SECONDS", "ReportInterval", Duration, "30s", "How often an agent of a protocol 1 or 2 master reports.") { Scope = SettingScope.Agent, Min = 1, Max = 3_600 },
        new("HEALTH_CHECK_PORT", "HealthPort", Integer, "8080", "The agent's health endpoint.") { Scope = SettingScope.Agent, Min = 1, Max = 65_535 },
        new("CF_ACCESS_CLIENT_ID", "AccessClientId", Text, "", "Service token id, when the master is behind Cloudflare Access.") { Scope = SettingScope.Agent },
        new("CF_ACCESS_CLIENT_SECRET", "AccessClientSecret", Secret, "", "Service token secret, when the master is behind Cloudflare Access.") { Scope = SettingScope.Agent },
        new("LOG_LEVEL", "LogLevel", Choice, "info", "How much is logged.") { Scope = SettingScope.Both, Choices = ["trace", "debug", "info", "warning", "error", "critical"] },
        new("LOG_FORMAT", "LogFormat", Choice, "text", "How the log is written.") { Scope = SettingScope.Both, Choices = ["text", "json"] },
        new("METRICS_OPEN", "MetricsOpen", SettingKind.Boolean, "false", "/metrics without the API key."),
    ];

    public static DockFlareSetting ByKey(string key) =>
        All.FirstOrDefault(setting => string.Equals(setting.Key, key, StringComparison.Ordinal))
            ?? All.Where(static setting => setting.IsNamed).Select(setting => setting.OfKey(key)).FirstOrDefault(static setting => setting is not null)
            ?? throw new ArgumentException($"There is no setting '{key}'.", nameof(key));
}
