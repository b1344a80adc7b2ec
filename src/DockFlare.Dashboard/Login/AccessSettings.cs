using DockFlare.Core;
using DockFlare.Hosting.Configuration;

namespace DockFlare.Dashboard.Login;

/// <summary>How the master verifies what Cloudflare Access says of a visitor: <c>CF_ACCESS_TEAM</c>, <c>_AUDIENCE</c> and <c>_ALLOW</c>.</summary>
/// <param name="Team">The team's address, which is also who the tokens are from; null when Access is not looked at.</param>
/// <param name="Audiences">The applications whose tokens count.</param>
/// <param name="Allow">Who may do what; null for viewers all.</param>
internal sealed record AccessSettings(Uri? Team, EquatableArray<string> Audiences, AllowList? Allow)
{
    /// <summary>What this way of coming in is called beside the names of providers.</summary>
    public const string Way = "access";

    public bool IsOn => Team is not null;

    /// <summary>Without a slash at its end, as the tokens have it.</summary>
    public string Issuer => Team!.GetLeftPart(UriPartial.Authority);

    public Uri Certificates => new(Team!, "/cdn-cgi/access/certs");

    /// <summary>What somebody whom Access let in may do here; null for nothing.</summary>
    public Role? RoleOf(string email) => Allow is null ? Role.Viewer : Allow.RoleOf(email, []);

    public static AccessSettings Read(SettingValues values, Action<string> addFault)
    {
        var (team, audience, allow) = (values.Text("Access:Team"), values.Text("Access:Audience"), values.Text("Access:Allow"));
        if (team is null && audience is null)
        {
            if (allow is not null)
            {
                addFault("CF_ACCESS_ALLOW is set without CF_ACCESS_TEAM and CF_ACCESS_AUDIENCE: set them too, or nothing of it counts.");
            }

            return new(null, default, null);
        }

        if (team is null)
        {
            addFault("CF_ACCESS_TEAM is not set: write the team whose tokens count, such as example for https://example.cloudflareaccess.com.");
        }

        var audiences = (audience ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (audiences.Length == 0)
        {
            addFault("CF_ACCESS_AUDIENCE is not set: write the application's audience (AUD) tag, or a token for any application of the team would let in.");
        }

        Uri? address = null;
        if (team is not null && (address = AddressOf(team)) is null)
        {
            addFault($"CF_ACCESS_TEAM is '{team}': write the team's name, such as example for https://example.cloudflareaccess.com, or its whole address with https://.");
        }

        var list = allow is null ? null : AllowList.Read("CF_ACCESS_ALLOW", allow, addFault);
        if (list is { NamesGroups: true })
        {
            addFault("CF_ACCESS_ALLOW names a group, which Access tokens do not carry: write addresses and @domains, and keep the group in the Access policy.");
        }

        return new(audiences.Length == 0 ? null : address, audiences.ToEquatableArray(), list);
    }

    private static Uri? AddressOf(string team)
    {
        if (team.Contains("://", StringComparison.Ordinal))
        {
            return Uri.TryCreate(team, UriKind.Absolute, out var whole) && (whole.Scheme == "https" || (whole.Scheme == "http" && whole.IsLoopback)) && whole.AbsolutePath == "/" ? whole : null;
        }

        const string Domain = ".cloudflareaccess.com";
        var name = team.EndsWith(Domain, StringComparison.OrdinalIgnoreCase) ? team[..^Domain.Length] : team;
        return name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-') ? new($"https://{name.ToLowerInvariant()}{Domain}") : null;
    }
}
