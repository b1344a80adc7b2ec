using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Configuration;

/// <summary>Warns once, at the start, of variables that look like ours and are not known.</summary>
internal sealed partial class UnknownSettings(IConfiguration section, ILogger<UnknownSettings> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var unknown in section.GetSection("Unknown").GetChildren().Select(static child => child.Value).OfType<string>())
        {
            if (DockFlareEnvironment.Suggest(unknown) is { } near)
            {
                LogUnknownNear(unknown, near);
            }
            else
            {
                LogUnknown(unknown);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The environment variable {Name} is not known and is ignored; did you mean {Near}?")]
    private partial void LogUnknownNear(string name, string near);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The environment variable {Name} is not known and is ignored.")]
    private partial void LogUnknown(string name);
}
