using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// Keeps the agent registered: registers with backoff, gives signs of life at the master's pace, and registers again when a session is lost.
/// The one place that logs trouble with the master.
/// </summary>
internal sealed partial class AgentConnection(
    IMasterLink master, AgentFiles files, IOptions<AgentOptions> options, TimeProvider time, ILogger<AgentConnection> logger) : BackgroundService
{
    private static readonly string Version = typeof(AgentConnection).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
    private readonly Lock gate = new();
    private TaskCompletionSource<AgentSession> current = NewSession();
    private CancellationTokenSource lost = new();
    private volatile bool hasLeft;
    private string? trouble;

    /// <summary>Raised with each new session, before <see cref="CurrentAsync"/> answers with it.</summary>
    public event Action? Registered;

    /// <summary>What the master said last when it refused or could not be reached; null while all is well.</summary>
    public string? Trouble => Volatile.Read(ref trouble);

    /// <summary>The session, or null while there is none.</summary>
    public AgentSession? Current
    {
        get
        {
            lock (gate)
            {
                return current.Task.IsCompletedSuccessfully ? current.Task.GetAwaiter().GetResult() : null;
            }
        }
    }

    /// <summary>The session; waits until there is one.</summary>
    public Task<AgentSession> CurrentAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return current.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A call failed: says so once, gives the session up if the master does not know it, and waits before the next try.</summary>
    public async ValueTask FailedAsync(AgentSession session, MasterLinkException exception, int attempt, CancellationToken cancellationToken)
    {
        Say(exception);
        if (exception.RegistrationRequired)
        {
            Lose(session);
        }

        // Also before registering again: two hosts that share a key would otherwise take the session from each other without a pause.
        await DelayAsync(attempt, exception, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A call failed that is not repeated, or not here: says so once.</summary>
    public void Heard(MasterLinkException exception) => Say(exception);

    /// <summary>A call succeeded.</summary>
    public void Succeeded()
    {
        if (Interlocked.Exchange(ref trouble, null) is not null)
        {
            LogBack();
        }
    }

    public override void Dispose()
    {
        lost.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var session = await RegisterAsync(stoppingToken).ConfigureAwait(false);
            CancellationToken ended;
            lock (gate)
            {
                lost = new();
                ended = lost.Token;
                if (current.Task.IsCompleted)
                {
                    current = NewSession();
                }
            }

            Registered?.Invoke();
            current.SetResult(session);
            LogRegistered(session.Id, session.ProtocolVersion);

            using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, ended);
            try
            {
                await BeatAsync(session, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                if (!hasLeft)
                {
                    LogLost(session.Id);
                }
            }
        }
    }

    private async Task<AgentSession> RegisterAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var hello = new AgentHello(await files.FindIdAsync(cancellationToken).ConfigureAwait(false), options.Value.DisplayName ?? Environment.MachineName, Version);
                var session = await master.RegisterAsync(hello, cancellationToken).ConfigureAwait(false);
                if (hello.Id != session.Id)
                {
                    await files.SaveIdAsync(session.Id, cancellationToken).ConfigureAwait(false);
                }

                Succeeded();
                return session;
            }
            catch (MasterLinkException exception)
            {
                Say(exception);
                await DelayAsync(attempt, exception, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task BeatAsync(AgentSession session, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ;)
        {
            // A little less than the pace, never more: agents that started together drift apart and nobody seems offline.
            await Task.Delay(session.HeartbeatInterval * (0.8 + (Random.Shared.NextDouble() / 5)), time, cancellationToken).ConfigureAwait(false);
            try
            {
                await master.HeartbeatAsync(cancellationToken).ConfigureAwait(false);
                Succeeded();
                attempt = 1;
            }
            catch (MasterLinkException exception)
            {
                await FailedAsync(session, exception, attempt++, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Lose(AgentSession session)
    {
        CancellationTokenSource ending;
        lock (gate)
        {
            // A call of a session that was replaced meanwhile says nothing about the new one.
            if (!current.Task.IsCompletedSuccessfully || !ReferenceEquals(current.Task.GetAwaiter().GetResult(), session))
            {
                return;
            }

            current = NewSession();
            ending = lost;
        }

        // Not under the lock: what waits for it may go on right here.
        ending.Cancel();
    }

    private void Say(MasterLinkException exception)
    {
        hasLeft = exception.HasLeft;
        if (string.Equals(Interlocked.Exchange(ref trouble, exception.Message), exception.Message, StringComparison.Ordinal))
        {
            return;
        }

        if (hasLeft)
        {
            LogLeft(exception.Message);
        }
        else
        {
            LogTrouble(exception.Message);
        }
    }

    private Task DelayAsync(int attempt, MasterLinkException exception, CancellationToken cancellationToken) =>
        Task.Delay(Backoff.After(attempt, exception.RetryAfter, Random.Shared.NextDouble()), time, cancellationToken);

    private static TaskCompletionSource<AgentSession> NewSession() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(Level = LogLevel.Information, Message = "Registered as agent '{Agent}' (protocol {Protocol})")]
    private partial void LogRegistered(DockFlare.Core.Commands.AgentId agent, int protocol);

    [LoggerMessage(Level = LogLevel.Information, Message = "The master does not know the session of agent '{Agent}' any more; registering again")]
    private partial void LogLost(DockFlare.Core.Commands.AgentId agent);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Trouble} Routes go on being served; trying again")]
    private partial void LogTrouble(string trouble);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    private partial void LogLeft(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The master answers again")]
    private partial void LogBack();
}
