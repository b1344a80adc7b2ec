namespace DockFlare.Testing;

/// <summary>What a token may do. Editing includes reading, as at Cloudflare.</summary>
[Flags]
public enum FakePermissions
{
    /// <summary>Nothing: the token is valid and useless.</summary>
    None = 0,

    /// <summary>Account / Account Settings / Read.</summary>
    AccountRead = 1,

    /// <summary>Zone / Zone / Read.</summary>
    ZoneRead = 1 << 1,

    /// <summary>Zone / DNS / Read.</summary>
    DnsRead = 1 << 2,

    /// <summary>Zone / DNS / Edit.</summary>
    DnsEdit = DnsRead | (1 << 3),

    /// <summary>Account / Cloudflare Tunnel / Read.</summary>
    TunnelRead = 1 << 4,

    /// <summary>Account / Cloudflare Tunnel / Edit.</summary>
    TunnelEdit = TunnelRead | (1 << 5),

    /// <summary>Account / Access: Apps and Policies / Read.</summary>
    AccessAppsRead = 1 << 6,

    /// <summary>Account / Access: Apps and Policies / Edit.</summary>
    AccessAppsEdit = AccessAppsRead | (1 << 7),

    /// <summary>Account / Access: Organizations, Identity Providers, and Groups / Read.</summary>
    AccessOrganizationRead = 1 << 8,

    /// <summary>Account / Access: Organizations, Identity Providers, and Groups / Edit.</summary>
    AccessOrganizationEdit = AccessOrganizationRead | (1 << 9),

    /// <summary>Account / Access: Service Tokens / Read.</summary>
    AccessServiceTokensRead = 1 << 10,

    /// <summary>Account / Access: Service Tokens / Edit.</summary>
    AccessServiceTokensEdit = AccessServiceTokensRead | (1 << 11),

    /// <summary>Everything the emulator knows.</summary>
    All = AccountRead | ZoneRead | DnsEdit | TunnelEdit | AccessAppsEdit | AccessOrganizationEdit | AccessServiceTokensEdit,
}
