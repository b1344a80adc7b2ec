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
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ResumeAsync(stoppingToken).ConfigureAwait(false);
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
                    await CarryOutAsync(lease, stoppingToken).ConfigureAwait(false);
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

    private async Task CarryOutAsync(CommandLease lease, CancellationToken stoppingToken)
    {
        var held = new HeldLease(master, lease.Token, options.Value.CommandLease, time, stoppingToken);
        await using var holding = held.ConfigureAwait(false);
        try
        {
            if (await RunAsync(lease, held).ConfigureAwait(false) is { } reason)
            {
                LogFailed(lease.Command.Id, lease.Attempt, reason);
                await SettleAsync(held, token => master.NackAsync(lease.Token, reason, token)).ConfigureAwait(false);
            }
            else if (await SettleAsync(held, token => master.AckAsync(lease.Token, token)).ConfigureAwait(false))
            {
                LogDone(lease.Command.Id, lease.Attempt);
            }
            else
            {
                LogLost(lease.Command.Id);
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
            return exception.Message;
        }
    }

    // An answer that cannot be delivered is kept and sent again until the lease is known to be lost.
    private async Task<bool> SettleAsync(HeldLease held, Func<CancellationToken, ValueTask<bool>> settle)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await settle(held.Lost).ConfigureAwait(false);
            }
            catch (MasterLinkException exception)
            {
                await Task.Delay(Backoff.After(attempt, exception.RetryAfter, Random.Shared.NextDouble()), time, held.Lost).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Command '{Command}' is done (attempt {Attempt})")]
    private partial void LogDone(CommandId command, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Command '{Command}' failed (attempt {Attempt}): {Reason}")]
    private partial void LogFailed(CommandId command, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The lease of command '{Command}' is lost; the master hands the command out again if it is still wanted")]
    private partial void LogLost(CommandId command);

    [LoggerMessage(Level = LogLevel.Warning, Message = "cloudflared could not be started from the stored state: {Reason}")]
    private partial void LogNotResumed(string reason);
}
