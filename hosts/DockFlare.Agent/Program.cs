using DockFlare.Hosting;

var builder = WebApplication.CreateSlimBuilder(args);

builder.Configuration.AddDockFlareEnvironment();

if (HealthCheckCommand.IsAsked(args))
{
    return await HealthCheckCommand.AskAgentAsync(builder.Configuration);
}

builder.Services.AddDockFlare(builder.Configuration.GetSection("DockFlare")).AddAgent();

return await builder.RunDockFlareAsync(static app => app.UseDockFlareHealthPort().MapDockFlareAgentHealth());
