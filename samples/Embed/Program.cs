// DockFlare inside an app of yours, without Docker: the app says what is to be published.
//   dotnet run --project samples/Embed -- --sandbox
//   curl -X PUT 'http://127.0.0.1:5000/services/blog?host=blog.example.com&origin=http://10.0.0.7:2368'
using DockFlare.Hosting;
using DockFlare.Testing;
using Embed;

var builder = WebApplication.CreateBuilder(args);

builder.Configuration.AddDockFlareEnvironment();

builder.Services.AddSingleton<ServiceCatalog>();

var dockflare = builder.Services.AddDockFlare(builder.Configuration.GetSection("DockFlare"))
    .AddMaster()
    .AddAgent();

if (args.Contains("--sandbox"))
{
    await dockflare.UseSandboxAsync();
}

dockflare.UseContainerSource<OwnServices>();          // AddX adds, UseX replaces a default

var app = builder.Build();

app.MapDockFlareApi();
app.MapPut("/services/{name}", (string name, string host, string origin, ServiceCatalog catalog) => catalog.Put(name, host, origin));
app.MapDelete("/services/{name}", (string name, ServiceCatalog catalog) => catalog.Remove(name));

return await app.RunDockFlareAsync();
