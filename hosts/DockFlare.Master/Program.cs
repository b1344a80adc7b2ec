using DockFlare.Dashboard;
using DockFlare.Hosting;
using DockFlare.Hosting.Agents;
using DockFlare.Testing;

// .NET would read what follows a switch as its value.
var builder = WebApplication.CreateSlimBuilder([.. args.Where(static argument => argument is not ("--sandbox" or "--once"))]);

builder.Configuration.AddDockFlareEnvironment();

if (DockFlareCommandLine.IsAsked(args))
{
    return await DockFlareCommandLine.RunMasterAsync(args, builder.Configuration);
}

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
dockflare.AddLocalAgent().AddDockFlareDashboard();

return await builder.RunDockFlareAsync(static app =>
{
    app.MapDockFlareAgents();
    app.MapDockFlareApi();
    app.MapDockFlareDashboard();
});
