using DockFlare.Core.Commands;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>
/// Brings this host to what the master asks for, one command at a time. What ran before runs again before the master is asked:
/// a host that restarts while its master is away serves all the same.
/// </summary>
internal sealed partial class CommandPump(
    IMasterLink master,
    AgentConnection connection,
    TunnelDuty duty,
    IOptions<AgentOptions> options,
    TimeProvider time,
    ILogger<CommandPump> logger) : BackgroundService
{
    private string? lastRefusal;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Begun before the master is asked, and not waited for: an agent whose key is revoked meanwhile hears of it through its waiting poll.
        var resuming = ResumeAsync(stoppingToken);
        var pumping = PumpAsync(resuming, stoppingToken);
        await (await Task.WhenAny(resuming, pumping).ConfigureAwait(false)).ConfigureAwait(false);
        await pumping.ConfigureAwait(false);
    }

    private async Task PumpAsync(Task resuming, CancellationToken stoppingToken)
    {
        for (var attempt = 1; ;)
        {
            var session = await connection.CurrentAsync(stoppingToken).ConfigureAwait(false);
            try
            {
                var lease = await master.LeaseAsync(options.Value.CommandLease, options.Value.CommandWait, stoppingToken).ConfigureAwait(false);
                connection.Succeeded();
                attempt = 1;
                if (lease is not null)
                {
                    await CarryOutAsync(lease, session, resuming, stoppingToken).ConfigureAwait(false);
                }
            }
            catch (MasterLinkException exception)
            {
                await connection.FailedAsync(session, exception, attempt++, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private async Task ResumeAsync(CancellationToken stoppingToken)
    {
        try
        {
            await duty.ResumeAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (TunnelException exception)
        {
            // The master sees in the report that nothing runs, and asks again.
            LogNotResumed(exception.Message);
        }
    }

    private async Task CarryOutAsync(CommandLease lease, AgentSession session, Task resuming, CancellationToken stoppingToken)
    {
        var held = new HeldLease(master, lease.Token, options.Value.CommandLease, time, stoppingToken, connection.Heard);
        await using var holding = held.ConfigureAwait(false);
        try
        {
            // One at a time: what is being started from the stored state is started or has failed before anything else is done with it.
            await resuming.WaitAsync(held.Lost).ConfigureAwait(false);
            if (await RunAsync(lease, held).ConfigureAwait(false) is { } reason)
            {
                LogFailed(lease.Command.Id, lease.Attempt, reason);
                await SettleAsync(lease, session, held, token => master.NackAsync(lease.Token, reason, token)).ConfigureAwait(false);
            }
            else if (await SettleAsync(lease, session, held, token => master.AckAsync(lease.Token, token)).ConfigureAwait(false))
            {
                LogDone(lease.Command.Id, lease.Attempt);
            }
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // The lease went to someone else. What was begun is theirs to finish, and there is nothing to hand back.
            LogLost(lease.Command.Id);
        }
    }

    /// <summary>Answers null when the end is reached, or why it is not.</summary>
    private async Task<string?> RunAsync(CommandLease lease, HeldLease held)
    {
        try
        {
            await duty.ReachAsync(lease.Command, held.Lost).ConfigureAwait(false);
            return null;
        }
        catch (TunnelException exception)
        {
            return exception.Message;
        }
        catch (MasterLinkException exception)
        {
            connection.Heard(exception);
            return exception.Message;
        }
    }

    /// <summary>Whether the master took the answer. One that cannot be delivered is kept and sent again until the lease is known to be lost, one that is refused is not.</summary>
    private async Task<bool> SettleAsync(CommandLease lease, AgentSession session, HeldLease held, Func<CancellationToken, ValueTask<bool>> settle)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var isTaken = await settle(held.Lost).ConfigureAwait(false);
                connection.Succeeded();
                lastRefusal = null;
                if (!isTaken)
                {
                    LogLost(lease.Command.Id);
                }

                return isTaken;
            }
            catch (MasterLinkException exception) when (exception.IsRefused)
            {
                // The old protocols know no lease that could be lost: it would be sent for ever. There the command itself comes again and again, and this is said once.
                if (!string.Equals(lastRefusal, exception.Message, StringComparison.Ordinal))
                {
                    lastRefusal = exception.Message;
                    LogRefused(lease.Command.Id, exception.Message);
                }

                return false;
            }
            catch (MasterLinkException exception)
            {
                await connection.FailedAsync(session, exception, attempt, held.Lost).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Command '{Command}' is done (attempt {Attempt})")]
    private partial void LogDone(CommandId command, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Command '{Command}' failed (attempt {Attempt}): {Reason}")]
    private partial void LogFailed(CommandId command, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The master does not take what became of command '{Command}', so it is not told again; it hands the command out again if it is still wanted. {Reason}")]
    private partial void LogRefused(CommandId command, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The lease of command '{Command}' is lost; the master hands the command out again if it is still wanted")]
    private partial void LogLost(CommandId command);

    [LoggerMessage(Level = LogLevel.Warning, Message = "cloudflared could not be started from the stored state: {Reason}")]
    private partial void LogNotResumed(string reason);
}
