using DockFlare.Hosting;
using DockFlare.Hosting.Agents;
using DockFlare.Testing;

var builder = WebApplication.CreateSlimBuilder(args);

builder.Configuration.AddDockFlareEnvironment();

var dockflare = builder.Services.AddDockFlare(builder.Configuration.GetSection("DockFlare")).AddMaster();

if (args.Contains("--sandbox"))
{
    await dockflare.UseSandboxAsync(once: args.Contains("--once"));
}
else
{
    dockflare.UseSqliteState().UseRedis();
}

// The master's own Docker host is one more agent, in this process instead of across the network.
dockflare.AddLocalAgent();

return await builder.RunDockFlareAsync(static app =>
{
    app.MapDockFlareAgents();
    app.MapDockFlareApi();
});
