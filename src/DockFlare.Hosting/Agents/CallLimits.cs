using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// How often a key may call, and how often an address may come without a good one. A good key is never held up by what others at its address do.
/// </summary>
internal sealed class CallLimits(IOptions<AgentPlaneOptions> options, TimeProvider time)
{
    private const int RefusedBurst = 50;
    private const int MostAddresses = 10_000;
    private static readonly TimeSpan BetweenRefused = TimeSpan.FromSeconds(1);
    private readonly long start = time.GetTimestamp();
    private readonly ConcurrentDictionary<IPAddress, CallBucket> addresses = new();
    private readonly CallBucket others = new();

    /// <summary>Counts a call of a key; answers how long it has to wait, or null when it may go on.</summary>
    public TimeSpan? Take(AgentKey key) => key.Calls.Take(Now, TimeSpan.FromSeconds(1) / options.Value.CallsPerSecond, options.Value.CallBurst);

    /// <summary>Counts a call without a good key; answers how long its address has to wait, or null when it may try again.</summary>
    public TimeSpan? TakeRefused(IPAddress? address) => BucketOf(address).Take(Now, BetweenRefused, RefusedBurst);

    private TimeSpan Now => time.GetElapsedTime(start);

    private CallBucket BucketOf(IPAddress? address)
    {
        var network = Network(address);
        if (addresses.TryGetValue(network, out var bucket))
        {
            return bucket;
        }

        if (addresses.Count >= MostAddresses)
        {
            foreach (var (old, idle) in addresses)
            {
                if (idle.IsIdle(Now))
                {
                    addresses.TryRemove(old, out _);
                }
            }
        }

        // Whoever comes from so many addresses at once shares one.
        return addresses.Count >= MostAddresses ? others : addresses.GetOrAdd(network, static _ => new CallBucket());
    }

    // Whoever has one IPv6 address has its whole /64.
    private static IPAddress Network(IPAddress? address)
    {
        if (address is null || address.IsIPv4MappedToIPv6)
        {
            return address?.MapToIPv4() ?? IPAddress.None;
        }

        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            return address;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}

/// <summary>A token bucket that is one number: when it would be full again.</summary>
internal sealed class CallBucket
{
    private long fullAt;

    public bool IsIdle(TimeSpan now) => Volatile.Read(ref fullAt) <= now.Ticks;

    public TimeSpan? Take(TimeSpan now, TimeSpan between, int burst)
    {
        while (true)
        {
            var seen = Volatile.Read(ref fullAt);
            var next = Math.Max(seen, now.Ticks) + between.Ticks;
            var wait = next - now.Ticks - (between.Ticks * burst);
            if (wait > 0)
            {
                return TimeSpan.FromTicks(wait);
            }

            if (Interlocked.CompareExchange(ref fullAt, next, seen) == seen)
            {
                return null;
            }
        }
    }
}
