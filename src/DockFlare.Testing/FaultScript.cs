namespace DockFlare.Testing;

/// <summary>What is to go wrong, and when. Rules are asked in the order they were added; each counts the calls that match it.</summary>
public sealed class FaultScript
{
    private readonly Lock gate = new();
    private readonly List<Rule> rules = [];

    /// <summary>Lets calls fail.</summary>
    /// <param name="method">The HTTP method; <c>*</c> for any.</param>
    /// <param name="path">The path after <c>/client/v4</c>: <c>*</c> stands for one segment, a last <c>**</c> for any number.</param>
    /// <param name="fault">What happens.</param>
    /// <param name="nth">The first matching call that is hit, counted from 1.</param>
    /// <param name="times">How many matching calls in a row are hit.</param>
    public void Add(string method, string path, FakeFault fault, int nth = 1, int times = 1)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentOutOfRangeException.ThrowIfLessThan(nth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        lock (gate)
        {
            rules.Add(new(method, path.Split('/', StringSplitOptions.RemoveEmptyEntries), fault, nth, times));
        }
    }

    /// <summary>Takes all rules off.</summary>
    public void Clear()
    {
        lock (gate)
        {
            rules.Clear();
        }
    }

    /// <summary>Whether every rule has done all it was to do.</summary>
    public bool IsSpent
    {
        get
        {
            lock (gate)
            {
                return rules.TrueForAll(static rule => rule.Seen >= rule.Nth + rule.Times - 1);
            }
        }
    }

    internal FakeFault? Next(string method, string[] segments)
    {
        lock (gate)
        {
            FakeFault? hit = null;
            foreach (var rule in rules)
            {
                if (rule.Matches(method, segments))
                {
                    rule.Seen++;
                    hit ??= rule.Seen >= rule.Nth && rule.Seen < rule.Nth + rule.Times ? rule.Fault : null;
                }
            }

            return hit;
        }
    }

    private sealed class Rule(string method, string[] path, FakeFault fault, int nth, int times)
    {
        public FakeFault Fault { get; } = fault;

        public int Nth { get; } = nth;

        public int Times { get; } = times;

        public int Seen { get; set; }

        public bool Matches(string calledMethod, string[] segments)
        {
            if (method != "*" && !string.Equals(method, calledMethod, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            for (var i = 0; i < path.Length; i++)
            {
                if (path[i] == "**" && i == path.Length - 1)
                {
                    return true;
                }

                if (i >= segments.Length || (path[i] != "*" && path[i] != segments[i]))
                {
                    return false;
                }
            }

            return segments.Length == path.Length;
        }
    }
}
