using DockFlare.Core.Protocol;

namespace DockFlare.Hosting.Agents;

/// <summary>What is known of an agent only while this process lives: heartbeats and reports never touch the disk.</summary>
internal sealed class AgentPresence
{
    /// <summary>Guards everything here that is more than one field; nothing waits while it is held.</summary>
    public Lock Gate { get; } = new();

    public AgentReport? Report { get; set; }

    /// <summary>When the newest report came.</summary>
    public DateTimeOffset? ReportedAt { get; set; }

    public DateTimeOffset? LastSeen { get; set; }

    /// <summary>The pace it was given last.</summary>
    public TimeSpan Pace { get; set; }

    public string? SessionId { get; private set; }

    public long EventSequence { get; set; }

    public long ReportSequence { get; set; }

    /// <summary>What protocols 1 and 2 told in pieces.</summary>
    public LegacyInventory Inventory { get; } = new();

    /// <summary>Begins a new session: both counters start again.</summary>
    public void StartSession(string id)
    {
        SessionId = id;
        EventSequence = 0;
        ReportSequence = 0;
    }
}
