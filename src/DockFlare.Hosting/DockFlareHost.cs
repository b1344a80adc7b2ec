using DockFlare.Hosting.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting;

/// <summary>Runs a host so that what is wrong at its start is said in sentences.</summary>
public static class DockFlareHost
{
    /// <summary>Builds the host, maps what it answers and runs it until it is stopped.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="map">Maps the endpoints. What they need is made here, and what is wrong with it is said like any other fault.</param>
    /// <returns>As <see cref="RunDockFlareAsync(IHost)"/>.</returns>
    public static Task<int> RunDockFlareAsync(this WebApplicationBuilder builder, Action<WebApplication> map)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(map);
        return SayAsync(async () =>
        {
            var app = builder.Build();
            Validate(app);
            map(app);
            return await RunAsync(app).ConfigureAwait(false);
        });
    }

    /// <summary>Runs until it is stopped.</summary>
    /// <returns>
    /// 0; 78 (the BSD convention for a configuration error) after every fault was written to the error output; 70 (an internal error) when one of the
    /// host's own services broke, which the log tells.
    /// </returns>
    public static Task<int> RunDockFlareAsync(this IHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return SayAsync(() =>
        {
            Validate(host);
            return RunAsync(host);
        });
    }

    // Before anything is made or started, so that the faults are all that is said.
    private static void Validate(IHost host) => host.Services.GetService<IStartupValidator>()?.Validate();

    private static async Task<int> RunAsync(IHost host)
    {
        var services = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToList();
        await RunToItsEndAsync(host).ConfigureAwait(false);
        return services.Exists(static service => service.ExecuteTask is { IsFaulted: true }) ? 70 : 0;
    }

    // As the framework's own, but when one part cannot start, those that run already are stopped before what they use is disposed.
    private static async Task RunToItsEndAsync(IHost host)
    {
        try
        {
            try
            {
                await host.StartAsync().ConfigureAwait(false);
            }
            catch
            {
                await host.StopAsync().ConfigureAwait(false);
                throw;
            }

            await host.WaitForShutdownAsync().ConfigureAwait(false);
        }
        finally
        {
            if (host is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                host.Dispose();
            }
        }
    }

    private static async Task<int> SayAsync(Func<Task<int>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
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
