using DockFlare.Hosting;

var builder = WebApplication.CreateSlimBuilder(args);

builder.Configuration.AddDockFlareEnvironment();

builder.Services.AddDockFlare(builder.Configuration.GetSection("DockFlare")).AddAgent();

var app = builder.Build();

app.UseDockFlareHealthPort().MapDockFlareAgentHealth();

return await app.RunDockFlareAsync();
