namespace DockFlare.Testing;

/// <summary>
/// How many calls a token's owner may make. The window slides: more than <paramref name="Calls"/> calls inside any <paramref name="Window"/>
/// block every call for the next <paramref name="Window"/>, by the emulator's clock. All user tokens share one count, an account token has its own.
/// </summary>
/// <param name="Calls">The ceiling; Cloudflare's is 1,200.</param>
/// <param name="Window">The window and the length of the block; Cloudflare's is 5 minutes.</param>
public sealed record FakeRateLimit(int Calls, TimeSpan Window)
{
    /// <summary>Cloudflare's own: 1,200 calls in 5 minutes.</summary>
    public static FakeRateLimit Cloudflare { get; } = new(1200, TimeSpan.FromMinutes(5));
}
