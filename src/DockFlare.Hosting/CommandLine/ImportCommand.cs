using System.CommandLine;
using DockFlare.Hosting.Configuration;
using DockFlare.Hosting.Import;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting.CommandLine;

/// <summary><c>import --from DIR</c>: takes over an installation of the Python program.</summary>
internal static class ImportCommand
{
    public static Command Create(IConfiguration configuration)
    {
        var from = new Option<string>("--from") { Required = true, Description = "The data directory of the other DockFlare (its /app/data); it is only read." };
        var yes = new Option<bool>("--yes") { Description = "Do it. Without it, what would be taken over is shown and nothing is written." };
        var command = new Command("import", "Takes over an installation of the Python DockFlare into DOCKFLARE_DATA: its tunnels, routes, agents with their keys, groups and settings. Exit 0 shown or done, 1 it cannot be taken over.") { from, yes };
        command.SetAction((parsed, token) => PassCommands.SayAsync(parsed, async () =>
        {
            var (folder, output) = (parsed.GetRequiredValue(from), parsed.InvocationConfiguration.Output);
            var target = new SettingValues(configuration.GetSection(DockFlareSettings.Section)).Text("DataPath") ?? AgentSettings.DefaultDataPath;
            try
            {
                var plan = ImportPlan.Of(PythonFolder.Read(folder), TimeProvider.System.GetUtcNow());
                await output.WriteLineAsync(plan.ToString()).ConfigureAwait(false);
                if (!parsed.GetValue(yes))
                {
                    await output.WriteLineAsync($"Nothing was written. Stop the other DockFlare's master, then run this again with --yes to take it over into '{target}'.").ConfigureAwait(false);
                    return 0;
                }

                using var connection = MasterConnection.Open(configuration, address: null);
                if (await connection.CallAsync(HttpMethod.Get, "ping", cancellationToken: token).ConfigureAwait(false) is not null)
                {
                    throw new MasterCallException($"A master answers at {connection.Address}: stop it first, so that two do not work on the same tunnels. Nothing was imported.");
                }

                await ImportWriter.WriteAsync(plan, target, token).ConfigureAwait(false);
                await output.WriteLineAsync($"It is in '{target}'. Start this master at the other one's address: agents go on with the keys they have.").ConfigureAwait(false);
                return 0;
            }
            catch (Exception exception) when (exception is ImportException or StateStoreException)
            {
                throw new MasterCallException(exception.Message);
            }
        }));
        return command;
    }
}
