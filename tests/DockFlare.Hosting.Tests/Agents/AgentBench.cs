using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Agents;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>Containers as a test writes them.</summary>
internal sealed class ScriptedSource : IContainerSource
{
    private readonly Channel<Inventory> sets = Channel.CreateUnbounded<Inventory>();

    public void Show(params string[] names) =>
        sets.Writer.TryWrite(new([.. names.Select(static name => new ContainerSnapshot(name, name, new Dictionary<string, string> { ["dockflare.enable"] = "true" }))], IsComplete: true));

    public async IAsyncEnumerable<Inventory> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var set in sets.Reader.ReadAllAsync(cancellationToken))
        {
            yield return set;
        }
    }
}

/// <summary>A connector that is what it is told to be, and fails when it is told to.</summary>
internal sealed class ScriptedRunner : ITunnelRunner
{
    private readonly Channel<string> calls = Channel.CreateUnbounded<string>();

    public string? Fault { get; set; }

    /// <summary>When set, a start never ends by itself.</summary>
    public bool Hangs { get; set; }

    public RunningTunnel? Running { get; set; }

    /// <summary>Whether there is a call that nobody has read yet.</summary>
    public bool HasBeenCalled => calls.Reader.TryPeek(out _);

    public ValueTask<string> NextCallAsync(CancellationToken cancellationToken) => calls.Reader.ReadAsync(cancellationToken);

    public async ValueTask EnsureAsync(TunnelSpec spec, CancellationToken cancellationToken)
    {
        calls.Writer.TryWrite($"ensure {spec.TunnelId} {spec.Generation} {spec.Token}{(spec.Restart ? " restart" : "")}");
        if (Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        if (Fault is { } fault)
        {
            throw new TunnelException(fault);
        }

        Running = new(spec.Generation, new(spec.TunnelId, "2026.8.0", 4, 1));
    }

    public ValueTask StopAsync(CancellationToken cancellationToken)
    {
        calls.Writer.TryWrite("stop");
        Running = null;
        return ValueTask.CompletedTask;
    }

    public ValueTask<RunningTunnel?> ObserveAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Running);
}

/// <summary>A master in this process that can be away.</summary>
internal sealed class ScriptedMaster : IMasterLink
{
    private static readonly AgentId Agent = new("nas");
    private readonly Channel<string> calls = Channel.CreateUnbounded<string>();
    private readonly Channel<CommandLease> leases = Channel.CreateUnbounded<CommandLease>();
    private volatile bool isAway;
    private volatile bool leaseIsLost;
    private volatile bool hasForgotten;

    /// <summary>When true, the next report finds no session.</summary>
    public bool HasForgotten
    {
        get => hasForgotten;
        set => hasForgotten = value;
    }

    public bool IsAway
    {
        get => isAway;
        set => isAway = value;
    }

    public bool LeaseIsLost
    {
        get => leaseIsLost;
        set => leaseIsLost = value;
    }

    public ConcurrentQueue<AgentReport> Reports { get; } = new();

    /// <summary>The next call that was made, answered or not.</summary>
    public ValueTask<string> NextCallAsync(CancellationToken cancellationToken) => calls.Reader.ReadAsync(cancellationToken);

    public void Give(AgentCommand command, DateTimeOffset until) => leases.Writer.TryWrite(new(command, new(Agent, command.Id, 7), 1, until));

    public ValueTask<AgentSession> RegisterAsync(AgentHello hello, CancellationToken cancellationToken)
    {
        Answer("register");
        return ValueTask.FromResult(new AgentSession(Agent, 3, TimeSpan.FromHours(1)));
    }

    public ValueTask ReportAsync(AgentReport report, CancellationToken cancellationToken)
    {
        // Kept before the call is seen: who sees the call finds the report.
        if (!IsAway && !HasForgotten)
        {
            Reports.Enqueue(report);
        }

        Answer("report " + string.Join(',', report.Containers.Select(static container => container.Name)));
        if (hasForgotten)
        {
            hasForgotten = false;
            throw new MasterLinkException("The master does not know this session.") { RegistrationRequired = true };
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask HeartbeatAsync(CancellationToken cancellationToken)
    {
        Answer("heartbeat");
        return ValueTask.CompletedTask;
    }

    public async ValueTask<CommandLease?> LeaseAsync(TimeSpan visibilityTimeout, TimeSpan wait, CancellationToken cancellationToken) => await leases.Reader.ReadAsync(cancellationToken);

    public ValueTask<bool> RenewAsync(LeaseToken token, TimeSpan visibilityTimeout, CancellationToken cancellationToken)
    {
        Answer("renew");
        return ValueTask.FromResult(!LeaseIsLost);
    }

    public ValueTask<bool> AckAsync(LeaseToken token, CancellationToken cancellationToken)
    {
        Answer("ack");
        return ValueTask.FromResult(!LeaseIsLost);
    }

    public ValueTask<bool> NackAsync(LeaseToken token, string reason, CancellationToken cancellationToken)
    {
        Answer("nack " + reason);
        return ValueTask.FromResult(!LeaseIsLost);
    }

    public ValueTask<string> GetTunnelTokenAsync(string tunnelId, CancellationToken cancellationToken)
    {
        Answer("token");
        return ValueTask.FromResult("secret");
    }

    private void Answer(string call)
    {
        calls.Writer.TryWrite(IsAway ? call + " (away)" : call);
        if (IsAway)
        {
            throw new MasterLinkException("The master is away.");
        }
    }
}
