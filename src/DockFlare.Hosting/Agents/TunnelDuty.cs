using DockFlare.Core.Commands;

namespace DockFlare.Hosting.Agents;

/// <summary>What this host's connector is to be, kept on disk before it is acted on, so that a crash in between is made good at the next start.</summary>
internal sealed class TunnelDuty(ITunnelRunner tunnel, IMasterLink master, AgentFiles files, TunnelWatch watch)
{
    /// <summary>Starts what is stored, without a master.</summary>
    /// <exception cref="TunnelException">It could not be started.</exception>
    public async ValueTask ResumeAsync(CancellationToken cancellationToken)
    {
        if (await files.FindTunnelAsync(cancellationToken).ConfigureAwait(false) is { IsToRun: true } stored)
        {
            await tunnel.EnsureAsync(new(stored.Id!, stored.Name ?? stored.Id!, stored.Generation, stored.Token!), cancellationToken).ConfigureAwait(false);
            watch.Look();
        }
    }

    /// <summary>Reaches the end a command states.</summary>
    /// <exception cref="TunnelException">It could not be reached.</exception>
    /// <exception cref="MasterLinkException">The token could not be had.</exception>
    public async ValueTask ReachAsync(AgentCommand command, CancellationToken cancellationToken)
    {
        try
        {
            switch (command)
            {
                case AgentCommand.EnsureTunnel ensure:
                    await EnsureAsync(ensure, cancellationToken).ConfigureAwait(false);
                    break;
                case AgentCommand.StopTunnel:
                    await files.SaveTunnelAsync(new() { DesiredState = StoredTunnel.Stopped }, cancellationToken).ConfigureAwait(false);
                    await tunnel.StopAsync(cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    throw new TunnelException($"This agent does not know the command '{command.Id}': update the agent.");
            }
        }
        finally
        {
            watch.Look();
        }
    }

    private async ValueTask EnsureAsync(AgentCommand.EnsureTunnel command, CancellationToken cancellationToken)
    {
        var stored = await files.FindTunnelAsync(cancellationToken).ConfigureAwait(false);
        var isSame = stored is { IsToRun: true } && stored.Generation == command.Generation;
        var isKnown = !command.Restart && isSame && command.Generation > 0 && string.Equals(stored!.Id, command.TunnelId, StringComparison.Ordinal);
        var token = isKnown ? stored!.Token! : await master.GetTunnelTokenAsync(command.TunnelId, cancellationToken).ConfigureAwait(false);

        // A refused or slow start changes nothing about what is to run.
        await files.SaveTunnelAsync(
            new() { Token = token, Id = command.TunnelId, Name = command.TunnelName, DesiredState = StoredTunnel.Running, Generation = command.Generation },
            cancellationToken).ConfigureAwait(false);

        // Masters of protocols 1 and 2 give no generation: there, another token is all that tells.
        var restart = command.Restart || (isSame && !string.Equals(stored!.Token, token, StringComparison.Ordinal));
        await tunnel.EnsureAsync(new(command.TunnelId, command.TunnelName, command.Generation, token) { Restart = restart }, cancellationToken).ConfigureAwait(false);
    }
}
