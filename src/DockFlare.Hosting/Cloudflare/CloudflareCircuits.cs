using System.Collections.Concurrent;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>
/// Keeps trouble in one area of the API (a zone's DNS, Access, tunnels) from burning the budget and from holding up the others: after a few failures in a
/// row, or one call that hung, nothing is asked there for a while, and then one call tries whether it is over.
/// </summary>
internal sealed class CloudflareCircuits(TimeProvider time, Func<double> random)
{
    /// <summary>How many failures in a row close an area. A call that hung counts as that many.</summary>
    public const int Threshold = 5;

    /// <summary>No pause is longer, so that an area is in use again soon after it works again.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Circuit> circuits = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> zoneNames = new(StringComparer.Ordinal);

    /// <summary>The areas where nothing is asked now, or one call is trying.</summary>
    public IReadOnlyList<PausedArea> Paused
    {
        get
        {
            lock (gate)
            {
                return [.. circuits.Where(static pair => pair.Value.Pauses > 0).Select(static pair => new PausedArea(pair.Key, pair.Value.Reason, pair.Value.Until)).OrderBy(static area => area.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>So that a zone's area can be called by its name.</summary>
    public void Name(string zoneId, string name) => zoneNames[zoneId] = name;

    /// <summary>What a call of that path is about, in words.</summary>
    public string AreaOf(string path)
    {
        var parts = path.Split('/', '?');
        return parts switch
        {
            [_, "zones", { Length: > 0 } zoneId, _, ..] => $"the DNS of {zoneNames.GetValueOrDefault(zoneId, $"zone {zoneId}")}",
            [_, "accounts", _, "access", ..] => "Access",
            [_, "accounts", _, "cfd_tunnel", ..] => "tunnels",
            _ => "the account",
        };
    }

    /// <summary>Takes a turn; waits while another call is trying whether the trouble is over.</summary>
    /// <exception cref="CloudflareException">Nothing is asked in this area now.</exception>
    public async ValueTask<CircuitTurn> EnterAsync(CloudflareCall call, string area, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task trying;
            lock (gate)
            {
                var circuit = circuits.TryGetValue(area, out var known) ? known : circuits[area] = new();
                var now = time.GetUtcNow();
                if (circuit.Pauses == 0)
                {
                    return new(this, circuit, isTrial: false);
                }

                if (now < circuit.Until)
                {
                    throw new CloudflareException(
                        $"Cloudflare was not asked to {call.What}, because calls about {area} fail; it is tried again within a minute. The last one: {circuit.Reason}", CloudflareFault.Passing)
                    { RetryAfter = circuit.Until - now, WasNotSent = true };
                }

                if (circuit.Trial is null)
                {
                    circuit.Trial = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    return new(this, circuit, isTrial: true);
                }

                trying = circuit.Trial.Task;
            }

            await trying.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void End(Circuit circuit, bool isTrial, CloudflareException? fault, bool isKnown)
    {
        lock (gate)
        {
            if (isTrial)
            {
                circuit.Trial?.SetResult();
                circuit.Trial = null;
            }

            if (!isKnown)
            {
                return;
            }

            if (fault is null)
            {
                (circuit.Failures, circuit.Pauses) = (0, 0);
                return;
            }

            circuit.Failures += fault.WasTimeout ? Threshold : 1;
            if (circuit.Failures < Threshold || (circuit.Pauses > 0 && !isTrial))
            {
                return;
            }

            var pause = FirstPause * Math.Pow(2, Math.Min(circuit.Pauses, 8));
            pause = pause < LongestPause ? pause : LongestPause;
            circuit.Pauses++;
            circuit.Until = time.GetUtcNow() + (pause * (0.5 + (random() / 2)));
            circuit.Reason = fault.Message;
        }
    }

    /// <summary>One call's way through an area; disposed when it has ended in whatever way.</summary>
    internal sealed class CircuitTurn(CloudflareCircuits owner, Circuit circuit, bool isTrial) : IDisposable
    {
        private CloudflareException? fault;
        private bool isKnown;

        /// <summary>Whether this call tries whether the trouble is over.</summary>
        public bool IsTrial => isTrial;

        /// <summary>The area answered, if only to refuse.</summary>
        public void Answered() => isKnown = true;

        /// <summary>Nothing useful came back. What never reached Cloudflare says nothing about it.</summary>
        public void Failed(CloudflareException exception)
        {
            isKnown = !exception.WasNotSent;
            fault = exception.Fault == CloudflareFault.Passing && !exception.IsTooManyCalls ? exception : null;
        }

        public void Dispose() => owner.End(circuit, isTrial, fault, isKnown);
    }

    internal sealed class Circuit
    {
        public int Failures { get; set; }

        /// <summary>How many pauses there were in a row; none when the area is in use.</summary>
        public int Pauses { get; set; }

        public DateTimeOffset Until { get; set; }

        public string Reason { get; set; } = "";

        public TaskCompletionSource? Trial { get; set; }
    }
}

/// <summary>An area of the API where nothing is asked for a while.</summary>
/// <param name="Name">Such as "Access" or "the DNS of example.com".</param>
/// <param name="Reason">What the last call came to.</param>
/// <param name="Until">When one call tries whether it is over.</param>
internal sealed record PausedArea(string Name, string Reason, DateTimeOffset Until);
