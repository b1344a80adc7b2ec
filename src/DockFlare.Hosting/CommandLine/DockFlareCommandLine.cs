using System.CommandLine;
using DockFlare.Core.Labels;
using DockFlare.Hosting.CommandLine;
using DockFlare.Hosting.Configuration;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting;

/// <summary>The commands of the two hosts. Without one a host runs.</summary>
public static class DockFlareCommandLine
{
    /// <summary>Whether the arguments ask for a command (or for help) rather than for the host to run: settings and switches of a host begin with a dash or hold an equals sign.</summary>
    public static bool IsAsked(string[] args) =>
        args is [var first, ..] && (first is "--help" or "-h" or "-?" or "--version" || (first is not (['-', ..] or ['/', ..]) && !first.Contains('=', StringComparison.Ordinal)));

    /// <summary>Runs a command of the master.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="configuration">The master's configuration.</param>
    /// <returns>The exit code; see <c>--help</c>.</returns>
    public static Task<int> RunMasterAsync(string[] args, IConfiguration configuration) =>
        Master(configuration).Parse(args).InvokeAsync();

    /// <summary>Runs a command of the agent.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="configuration">The agent's configuration.</param>
    /// <returns>The exit code; see <c>--help</c>.</returns>
    public static Task<int> RunAgentAsync(string[] args, IConfiguration configuration) =>
        Agent(configuration).Parse(args).InvokeAsync();

    internal static RootCommand Master(IConfiguration configuration)
    {
        var master = new Option<Uri?>("--master") { Description = "The address of a running master; by default this machine's." };
        return new("DockFlare's master: Docker labels to public services behind Cloudflare. Without a command it runs; --sandbox runs it with an emulated Cloudflare, --sandbox --once prints what it would do and ends.")
        {
            PassCommands.Plan(configuration, master),
            PassCommands.Explain(configuration, master),
            LintCommand.Create(error => MasterLabelsAsync(configuration, error)),
            IngressCommands.Create(),
            ImportCommand.Create(configuration),
            HealthCheck("Asks the master of this machine whether it is up; exit 0 or 1.", () => HealthCheckCommand.AskMasterAsync(configuration)),
        };
    }

    internal static RootCommand Agent(IConfiguration configuration) =>
        new("DockFlare's agent: watches a Docker Engine for its master and runs the connector. Without a command it runs.")
        {
            LintCommand.Create(static _ => Task.FromResult<LabelOptions?>(new())),
            HealthCheck("Asks the agent of this machine whether it is registered and its master answers; exit 0 or 1.", () => HealthCheckCommand.AskAgentAsync(configuration)),
        };

    private static Command HealthCheck(string description, Func<Task<int>> ask)
    {
        var command = new Command("healthcheck", description);
        command.SetAction((_, _) => ask());
        return command;
    }

    private static async Task<LabelOptions?> MasterLabelsAsync(IConfiguration configuration, TextWriter error)
    {
        var faults = new SettingFaults();
        var options = MasterSettings.Labels(new SettingValues(configuration.GetSection(DockFlareSettings.Section)), faults);
        foreach (var fault in faults.All)
        {
            await error.WriteLineAsync(fault).ConfigureAwait(false);
        }

        return faults.All.Count == 0 ? options : null;
    }
}
