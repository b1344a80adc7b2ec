using System.Net;
using System.Net.Sockets;

namespace DockFlare.Dashboard.Login;

/// <summary>
/// How often one may be wrong: so many times from one address and so many times for one user inside a quarter of an hour. An attempt counts before it
/// is looked at, so that many at once gain nothing, and is taken back when it was right.
/// </summary>
internal sealed class LoginLimiter(TimeProvider time)
{
    public const int PerAddress = 10;
    public const int PerUser = 20;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private const int MostKept = 20_000;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue<DateTimeOffset>> attempts = new(StringComparer.Ordinal);

    /// <summary>Counts an attempt and answers zero, or answers how long to wait.</summary>
    /// <param name="address">Where it comes from; an IPv6 caller has a whole /64.</param>
    /// <param name="user">For whom.</param>
    /// <param name="isKnownAddress">The user is logged in from there, so that others cannot lock them out.</param>
    public TimeSpan Take(IPAddress? address, string user, bool isKnownAddress)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            var from = Of(KeyOf(address), now);
            var of = Of(KeyOf(user), now);
            var wait = Wait(from, PerAddress, now);
            var locked = isKnownAddress ? TimeSpan.Zero : Wait(of, PerUser, now);
            wait = locked > wait ? locked : wait;
            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            from.Enqueue(now);
            of.Enqueue(now);
            return TimeSpan.Zero;
        }
    }

    /// <summary>The attempt was right: what was wrong before it is forgiven.</summary>
    public void Succeeded(IPAddress? address, string user)
    {
        lock (gate)
        {
            attempts.Remove(KeyOf(address));
            attempts.Remove(KeyOf(user));
        }
    }

    private Queue<DateTimeOffset> Of(string key, DateTimeOffset now)
    {
        if (!attempts.TryGetValue(key, out var list))
        {
            if (attempts.Count >= MostKept)
            {
                Prune(now);
            }

            attempts[key] = list = new();
        }

        while (list.TryPeek(out var oldest) && now - oldest >= Window)
        {
            list.Dequeue();
        }

        return list;
    }

    // First those that are over; if that is not enough, all: a flood of addresses gains one more window, and memory stays bounded.
    private void Prune(DateTimeOffset now)
    {
        foreach (var (key, list) in attempts.ToList())
        {
            if (list.All(at => now - at >= Window))
            {
                attempts.Remove(key);
            }
        }

        if (attempts.Count >= MostKept)
        {
            attempts.Clear();
        }
    }

    private static TimeSpan Wait(Queue<DateTimeOffset> list, int limit, DateTimeOffset now) => list.Count < limit ? TimeSpan.Zero : list.Peek() + Window - now;

    private static string KeyOf(string user) => "user " + user.ToLowerInvariant();

    private static string KeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return "address";
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return "address " + (plain.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(plain.GetAddressBytes().AsSpan(0, 8)) : plain.ToString());
    }
}
