using System.Collections.Frozen;

namespace DockFlare.Core.Labels;

/// <summary>The table of labels: the source of the parser, of <c>docs/labels.md</c> and of <c>docs/labels.schema.json</c>.</summary>
public static class LabelNames
{
    /// <summary>The prefix to write.</summary>
    public const string Prefix = "dockflare.";

    /// <summary>The prefix of older files, looked at last.</summary>
    public const string LegacyPrefix = "cloudflare.tunnel.";

    /// <summary>How many rows the table has.</summary>
    internal const int Count = (int)LabelId.OriginAccess + 1;

    private static readonly LabelName[] Table =
    [
        new("enable", LabelKind.Boolean, "opts the container in; without it nothing is exposed") { Default = "false", Example = "true", IsIndexed = false, FallsBack = false },
        new("hostname", LabelKind.Host, "the public host; `*.` is allowed in front") { Example = "app.example.com", FallsBack = false },
        new("service", LabelKind.Service, "the origin as cloudflared takes it: `http`, `https`, `ws`, `wss`, `tcp`, `ssh`, `rdp`, `smb` or another scheme with host and optional port and no path, `unix:/path`, `unix+tls:/path`, `http_status:404`, `hello_world`, `bastion`, `socks-proxy`") { Example = "http://app:8080" },
        new("port", LabelKind.Integer, "instead of `service`: the port inside the container; the address is taken from the container on the tunnel's network") { Example = "8080", Least = 1, Most = 65535 },
        new("scheme", LabelKind.Text, "the scheme that goes with `port`") { Default = "http", Example = "https" },
        new("path", LabelKind.Path, "only requests under this path: a prefix by segments, or an RE2 expression (say so with a leading `~`)") { Example = "/api" },
        new("zonename", LabelKind.Host, "puts the DNS record in this zone instead of the detected one; it must contain the host") { Example = "example.com" },
        new("tunnel", LabelKind.Text, "name or id of the tunnel to use, of those its agent may use") { Default = "the agent's own", Example = "edge" },
        new("priority", LabelKind.Integer, "rules with a higher number are tried first") { Default = "0", Example = "10", Least = int.MinValue },
        new("publish_when", LabelKind.Word, "`healthy` waits for the container's health check before the host is published") { Example = "healthy", Words = ["healthy"] },
        new("dns.proxied", LabelKind.Boolean, "whether the record goes through Cloudflare's proxy; a tunnel serves nobody without it, so one rule of the host that wants it is enough") { Default = "true", Example = "true" },
        new("dns.comment", LabelKind.Text, "words for the record's comment, cut to the room Cloudflare leaves") { Example = "the team's blog" },
        new("no_tls_verify", LabelKind.Boolean, "`noTLSVerify`: takes any certificate of the origin") { Default = "false", Example = "true" },
        new("originsrvname", LabelKind.Text, "`originServerName`: the name expected in the origin's certificate") { Example = "app.internal" },
        new("httpHostHeader", LabelKind.Text, "`httpHostHeader`: the Host header the origin is sent") { Example = "app.internal" },
        new("http2_origin", LabelKind.Boolean, "`http2Origin`: speaks HTTP/2 to the origin") { Default = "false", Example = "true" },
        new("disable_chunked_encoding", LabelKind.Boolean, "`disableChunkedEncoding`: for WSGI servers") { Default = "false", Example = "true" },
        new("match_sni_to_host", LabelKind.Boolean, "`matchSNItoHost`: sends the visitor's host as SNI") { Default = "false", Example = "true" },
        new("access.group", LabelKind.Text, "id of the access group that protects the host; `bypass` means the group that lets everyone in") { Example = "family" },
        new("access.groups", LabelKind.List, "ids of several access groups; wins over `access.group` at the same level; application settings come from the first") { Example = "family,staff" },
        new("access.policy", LabelKind.Word, "`bypass`: everyone, without login; `authenticate`: the account's e-mail by one-time PIN; `default_tld`: the zone's `*.zone` application protects it") { Example = "authenticate", Words = ["bypass", "authenticate", "default_tld"] },
        new("access.name", LabelKind.Text, "name of the Access application") { Default = "DockFlare-<hostname>", Example = "Blog" },
        new("access.session_duration", LabelKind.Duration, "how long a login lasts") { Default = "24h", Example = "12h" },
        new("access.app_launcher_visible", LabelKind.Boolean, "whether the app launcher shows it") { Default = "false", Example = "true" },
        new("access.allowed_idps", LabelKind.List, "ids or friendly names of the identity providers to offer") { Default = "all", Example = "google,github" },
        new("access.auto_redirect_to_identity", LabelKind.Boolean, "skips the choice of the identity provider when there is one") { Default = "false", Example = "true" },
        new("access.custom_rules", LabelKind.Json, "a JSON array of Access policies; says by itself who gets in, whatever `access.policy` says") { Example = """[{"name":"staff","decision":"allow","include":[{"email_domain":{"domain":"example.com"}}]}]""" },
        new("origin.connect_timeout", LabelKind.Duration, "`connectTimeout`, whole seconds") { Default = "30s", Example = "10s" },
        new("origin.tls_timeout", LabelKind.Duration, "`tlsTimeout`, whole seconds") { Default = "10s", Example = "5s" },
        new("origin.tcp_keep_alive", LabelKind.Duration, "`tcpKeepAlive`, whole seconds") { Default = "30s", Example = "1m" },
        new("origin.keep_alive_timeout", LabelKind.Duration, "`keepAliveTimeout`, whole seconds") { Default = "90s", Example = "2m" },
        new("origin.keep_alive_connections", LabelKind.Integer, "`keepAliveConnections`: idle connections kept") { Default = "100", Example = "20" },
        new("origin.no_happy_eyeballs", LabelKind.Boolean, "`noHappyEyeballs`: no race of IPv4 against IPv6") { Default = "false", Example = "true" },
        new("origin.http_host_header", LabelKind.Text, "the same as `httpHostHeader`, and wins over it at the same level") { Example = "app.internal" },
        new("origin.origin_server_name", LabelKind.Text, "the same as `originsrvname`, and wins over it at the same level") { Example = "app.internal" },
        new("origin.match_sni_to_host", LabelKind.Boolean, "the same as `match_sni_to_host`, and wins over it at the same level") { Default = "false", Example = "true" },
        new("origin.ca_pool", LabelKind.Text, "`caPool`: a file on the agent's host with the certificates to trust; only files that the agent's `CLOUDFLARED_CA_POOLS` lists") { Example = "/etc/ssl/own-ca.pem" },
        new("origin.no_tls_verify", LabelKind.Boolean, "the same as `no_tls_verify`, and wins over it at the same level") { Default = "false", Example = "true" },
        new("origin.disable_chunked_encoding", LabelKind.Boolean, "the same as `disable_chunked_encoding`, and wins over it at the same level") { Default = "false", Example = "true" },
        new("origin.http2_origin", LabelKind.Boolean, "the same as `http2_origin`, and wins over it at the same level") { Default = "false", Example = "true" },
        new("origin.proxy_type", LabelKind.Word, "`proxyType`: `socks` for a SOCKS5 proxy") { Example = "socks", Words = ["socks"] },
        new("origin.proxy_address", LabelKind.Text, "`proxyAddress`: where the proxy listens") { Default = "127.0.0.1", Example = "127.0.0.1" },
        new("origin.proxy_port", LabelKind.Integer, "`proxyPort`: its port, 0 for a free one") { Default = "0", Example = "1080", Most = 65535 },
        new("origin.bastion_mode", LabelKind.Boolean, "`bastionMode`: the visitor's client says where to connect to, and `service` is not looked at") { Default = "false", Example = "true" },
        new("origin.ip_rules", LabelKind.Json, "`ipRules`: a JSON array of who may be reached through `socks-proxy`") { Example = """[{"prefix":"10.0.0.0/8","ports":[80,443],"allow":true}]""" },
        new("origin.access", LabelKind.Boolean, "cloudflared itself refuses requests without the Access application's token; always so under a guarded path") { Default = "false", Example = "true" },
    ];

    private static readonly FrozenDictionary<string, LabelId> BySuffix =
        Table.Select(static (name, index) => KeyValuePair.Create(name.Suffix, (LabelId)index)).ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, LabelId>.AlternateLookup<ReadOnlySpan<char>> Lookup = BySuffix.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>All labels, in the order of the reference page.</summary>
    public static EquatableArray<LabelName> All { get; } = EquatableArray.Create<LabelName>(Table);

    internal static LabelName Get(LabelId id) => Table[(int)id];

    internal static bool TryFind(ReadOnlySpan<char> suffix, out LabelId id) => Lookup.TryGetValue(suffix, out id);
}
