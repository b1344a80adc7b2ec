using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting;

/// <summary>Runs a host so that what is wrong at its start is said in sentences.</summary>
public static class DockFlareHost
{
    /// <summary>Runs until it is stopped.</summary>
    /// <returns>
    /// 0; 78 (the BSD convention for a configuration error) after every fault was written to the error output; 70 (an internal error) when one of the
    /// host's own services broke, which the log tells.
    /// </returns>
    public static async Task<int> RunDockFlareAsync(this IHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        try
        {
            // Before anything starts, so that the faults are all that is said.
            host.Services.GetService<IStartupValidator>()?.Validate();
            var services = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToList();
            await host.RunAsync().ConfigureAwait(false);
            return services.Exists(static service => service.ExecuteTask is { IsFaulted: true }) ? 70 : 0;
        }
        catch (OptionsValidationException exception)
        {
            await Console.Error.WriteLineAsync("DockFlare does not start; these settings are wrong:").ConfigureAwait(false);
            foreach (var fault in exception.Failures)
            {
                await Console.Error.WriteLineAsync($"  - {fault}").ConfigureAwait(false);
            }

            return 78;
        }
        catch (StateStoreException exception)
        {
            await Console.Error.WriteLineAsync($"DockFlare does not start: {exception.Message}").ConfigureAwait(false);
            return 78;
        }
        catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"DockFlare does not start: {exception.Message} Set another address in ASPNETCORE_URLS, such as http://127.0.0.1:5001, or on an agent another HEALTH_CHECK_PORT.").ConfigureAwait(false);
            return 78;
        }
    }
}
