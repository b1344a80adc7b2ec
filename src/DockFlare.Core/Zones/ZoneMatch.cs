namespace DockFlare.Core.Zones;

/// <summary>The answer to where a host belongs.</summary>
public readonly record struct ZoneMatch
{
    private readonly ZoneVerdict verdict;
    private readonly string host;
    private readonly string? subject;
    private readonly Zone? seen;

    internal ZoneMatch(ZoneVerdict verdict, string host, Zone? zone = null, Zone? seen = null, string? subject = null)
    {
        this.verdict = verdict;
        this.host = host;
        this.subject = subject;
        this.seen = seen;
        Zone = zone;
    }

    /// <summary>The zone; null when there is none to take.</summary>
    public Zone? Zone { get; }

    /// <summary>How it was found, or why not and what to do. Made anew at each call, so that the look-up itself costs nothing.</summary>
    public string Message => verdict switch
    {
        ZoneVerdict.Detected => $"'{host}' is in zone '{Zone!.Name}', the longest one that contains it.",
        ZoneVerdict.Named => $"'{host}' is in zone '{Zone!.Name}', as its zone name says.",
        ZoneVerdict.Fallback => $"'{host}' is in zone '{Zone!.Name}', the fallback zone.",
        ZoneVerdict.Inactive => $"Zone '{seen!.Name}' is {Words(seen.Status)} at Cloudflare, so '{host}' cannot be served. Finish its set-up there (name servers), or name another zone that contains the host.",
        ZoneVerdict.Ambiguous => $"Zone '{seen!.Name}' is there more than once{Accounts()}, so it is not known which serves '{host}'. Limit the token to one account, or set CF_ZONE_ID to the right one.",
        ZoneVerdict.UnknownName => $"There is no zone '{subject}' that the token can see. Correct the zone name, leave it out, or give the token that zone.",
        ZoneVerdict.NotContaining => $"Zone '{subject}' does not contain '{host}'. Leave the zone name out, or use a host that ends in '.{subject}'.",
        ZoneVerdict.UnknownFallback => $"No zone that the token can see contains '{host}', and the fallback zone {subject} is not among them either. Add the domain to Cloudflare, or give the token its zone.",
        ZoneVerdict.FallbackElsewhere => $"No zone that the token can see contains '{host}', and the fallback zone '{seen!.Name}' does not contain it either. Add the domain to Cloudflare, or give the token its zone.",
        ZoneVerdict.NoZones => $"The token can see no zone at all, so '{host}' has no place. Give it Zone Read on the zone of the host.",
        _ => $"No zone that the token can see contains '{host}'. Add the domain to Cloudflare, or give the token its zone.",
    };

    private static string Words(string status) => status.Length == 0 ? "not active" : $"'{status}', not active,";

    private string Accounts() => subject is null ? "" : $" (accounts {subject})";
}

/// <summary>How a look-up ended.</summary>
internal enum ZoneVerdict
{
    NotFound,
    NoZones,
    Detected,
    Named,
    Fallback,
    Inactive,
    Ambiguous,
    UnknownName,
    NotContaining,
    UnknownFallback,
    FallbackElsewhere,
}
