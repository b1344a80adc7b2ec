using System.Diagnostics;

namespace DockFlare.Hosting.Diagnostics;

/// <summary>The traces of a pass.</summary>
internal static class DockFlareActivity
{
    public static ActivitySource Source { get; } = new("DockFlare");
}
