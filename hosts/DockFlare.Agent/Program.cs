using DockFlare.Hosting;

var builder = WebApplication.CreateSlimBuilder(args);

builder.Configuration.AddDockFlareEnvironment();

if (HealthCheckCommand.IsAsked(args))
{
    return await HealthCheckCommand.AskAgentAsync(builder.Configuration);
}

builder.Services.AddDockFlare(builder.Configuration.GetSection("DockFlare")).AddAgent();

var app = builder.Build();

app.UseDockFlareHealthPort().MapDockFlareAgentHealth();

return await app.RunDockFlareAsync();
