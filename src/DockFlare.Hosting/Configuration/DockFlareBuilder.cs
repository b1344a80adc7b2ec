using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Hosting.Configuration;

internal sealed record DockFlareBuilder(IServiceCollection Services, IConfiguration Configuration, SettingValues Values, SettingFaults Faults) : IDockFlareBuilder;
