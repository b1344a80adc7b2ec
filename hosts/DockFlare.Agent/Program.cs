using DockFlare.Hosting;

var builder = WebApplication.CreateSlimBuilder(args);

builder.Configuration.AddDockFlareEnvironment();

if (DockFlareCommandLine.IsAsked(args))
{
    return await DockFlareCommandLine.RunAgentAsync(args, builder.Configuration);
}

builder.Services.AddDockFlare(builder.Configuration.GetSection("DockFlare")).AddAgent();

return await builder.RunDockFlareAsync(static app => app.UseDockFlareHealthPort().MapDockFlareAgentHealth());
