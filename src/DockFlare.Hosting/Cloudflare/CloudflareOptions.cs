namespace DockFlare.Hosting.Cloudflare;

/// <summary>How Cloudflare is reached.</summary>
public sealed class CloudflareOptions
{
    /// <summary><c>CF_API_TOKEN</c>. Without it the master is in setup mode: plans are shown and nothing is applied.</summary>
    public string? ApiToken { get; set; }

    /// <summary><c>CF_ACCOUNT_ID</c>: 32 hex digits. Found by itself when the token sees exactly one account.</summary>
    public string? AccountId { get; set; }

    /// <summary><c>CF_ZONE_ID</c>: the zone to use when detection finds none and it contains the host.</summary>
    public string? ZoneId { get; set; }

    /// <summary><c>CF_ACCOUNT_EMAIL</c>: who <c>access.policy=authenticate</c> lets in. Without it <c>authenticate</c> is an error.</summary>
    public string? AccountEmail { get; set; }

    /// <summary><c>CF_API_BASE_URL</c>. Default <c>https://api.cloudflare.com/client/v4</c>.</summary>
    public Uri ApiBaseUrl { get; set; } = new("https://api.cloudflare.com/client/v4");

    /// <summary>How long one call may take. Default 30 seconds.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary><c>CF_API_LIMIT</c>: our own ceiling of calls in 5 minutes, under Cloudflare's 1,200; a tenth of it is kept for closing exposures. Default 1,100; 10 to 100,000.</summary>
    public int CallLimit { get; set; } = 1100;
}
