using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Hosting;

/// <summary>Composes DockFlare: <c>AddX</c> adds a part, <c>UseX</c> replaces a default.</summary>
public interface IDockFlareBuilder
{
    /// <summary>The services of the host.</summary>
    IServiceCollection Services { get; }

    /// <summary>The section the settings are read from.</summary>
    IConfiguration Configuration { get; }
}
