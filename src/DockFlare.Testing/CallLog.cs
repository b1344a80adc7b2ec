using DockFlare.Testing.Wire;

namespace DockFlare.Testing;

/// <summary>The calls the emulator got, and how many of each kind.</summary>
public sealed class CallLog
{
    private readonly Lock gate = new();
    private readonly Queue<FakeCall> calls = new();
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);
    private readonly int capacity;
    private int reads;
    private int writes;

    internal CallLog(int capacity) => this.capacity = capacity;

    /// <summary>The newest calls, oldest first.</summary>
    public IReadOnlyList<FakeCall> Calls
    {
        get
        {
            lock (gate)
            {
                return [.. calls];
            }
        }
    }

    /// <summary>How many calls came to each endpoint, in ordinal order of <see cref="FakeCall.Endpoint"/>.</summary>
    public IReadOnlyDictionary<string, int> ByEndpoint
    {
        get
        {
            lock (gate)
            {
                return new SortedDictionary<string, int>(counts, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>How many calls only read.</summary>
    public int Reads => Volatile.Read(ref reads);

    /// <summary>How many calls were to write, refused ones included.</summary>
    public int Writes => Volatile.Read(ref writes);

    /// <summary>All calls.</summary>
    public int Total => Reads + Writes;

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        lock (gate)
        {
            calls.Clear();
            counts.Clear();
            reads = writes = 0;
        }
    }

    internal void Add(string method, string path, string query, string[] segments, int status, DateTimeOffset at, string caller)
    {
        var call = new FakeCall(method, path + query, $"{method} {Template(segments)}", status, at, caller);
        lock (gate)
        {
            if (calls.Count >= capacity)
            {
                calls.Dequeue();
            }

            calls.Enqueue(call);
            counts[call.Endpoint] = counts.GetValueOrDefault(call.Endpoint) + 1;
            if (call.IsRead)
            {
                reads++;
            }
            else
            {
                writes++;
            }
        }
    }

    private static string Template(string[] segments)
    {
        var parts = new string[segments.Length];
        for (var i = 0; i < segments.Length; i++)
        {
            var isId = Router.IsHex32(segments[i]) || Guid.TryParseExact(segments[i], "D", out _) || (i > 0 && segments[i - 1] == "tags");
            parts[i] = isId ? "{id}" : segments[i];
        }

        return "/" + string.Join('/', parts);
    }
}
