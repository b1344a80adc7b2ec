using System.Collections.Concurrent;

namespace DockFlare.Testing.Wire;

/// <summary>A registered token.</summary>
/// <param name="Id">Its id, as the verify route tells it.</param>
/// <param name="Permissions">What it may do.</param>
/// <param name="AccountId">The account that owns it; null when a user does.</param>
/// <param name="Accounts">The accounts it sees; null for all.</param>
/// <param name="Zones">The zones it sees; null for all.</param>
/// <param name="Status">active, disabled or expired.</param>
internal sealed record TokenState(string Id, FakePermissions Permissions, string? AccountId, IReadOnlySet<string>? Accounts, IReadOnlySet<string>? Zones, string Status)
{
    /// <summary>Whose calls are counted together.</summary>
    public string RateOwner => AccountId is null ? "user" : Id;

    public bool SeesAccount(string id) => AccountId is not null ? AccountId == id : Accounts?.Contains(id) ?? true;

    public bool SeesZone(ZoneState zone) => SeesAccount(zone.Account.Id) && (Zones?.Contains(zone.Id) ?? true);
}

/// <summary>Finds out who calls; refuses in the words of the area that was called.</summary>
internal sealed class Authentication
{
    private readonly ConcurrentDictionary<string, TokenState> tokens = new(StringComparer.Ordinal);

    public void Add(string token, TokenState state) => tokens[token] = state;

    public bool Remove(string token) => tokens.TryRemove(token, out _);

    public TokenState Authenticate(string? header, string path)
    {
        var isVerify = path.EndsWith("/tokens/verify", StringComparison.Ordinal);
        if (string.IsNullOrEmpty(header))
        {
            throw isVerify
                ? new Refusal(400, 1001, "Missing \"Authorization\" header")
                : new Refusal(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
        }

        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || !IsWellFormed(header.AsSpan(7)))
        {
            throw new Refusal(400, new ApiError(6003, "Invalid request headers", new ApiError(6111, "Invalid format for Authorization header")));
        }

        if (tokens.TryGetValue(header[7..], out var token) && token.Status == "active")
        {
            return token;
        }

        throw path switch
        {
            _ when isVerify => new Refusal(401, 1000, "Invalid API Token"),
            _ when path.StartsWith("/accounts/", StringComparison.Ordinal) => new Refusal(401, 10000, "Authentication error"),
            _ => new Refusal(403, 9109, "Invalid access token"),
        };
    }

    /// <summary>20 to 120 letters, digits, hyphens and underscores: the shape of both old and prefixed tokens.</summary>
    private static bool IsWellFormed(ReadOnlySpan<char> token)
    {
        foreach (var c in token)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        return token.Length is >= 20 and <= 120;
    }
}
