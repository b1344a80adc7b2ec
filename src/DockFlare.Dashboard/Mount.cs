using Microsoft.AspNetCore.Http;

namespace DockFlare.Dashboard;

/// <summary>Where the dashboard is mounted.</summary>
internal sealed class Mount
{
    /// <summary>In front of every path: empty, or such as <c>/dockflare</c>.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>A path of the dashboard as browsers ask for it.</summary>
    public string Url(PathString pathBase, string path) => $"{pathBase}{Prefix}{path}";
}
