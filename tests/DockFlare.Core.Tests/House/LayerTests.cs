using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DockFlare.Core;

namespace DockFlare.Tests.House;

/// <summary>Who may know whom.</summary>
public sealed partial class LayerTests
{
    /// <summary>Folders of Hosting, and the folders of Hosting that the sources in each may name. Core is free to all.</summary>
    private static readonly Dictionary<string, string[]> May = new(StringComparer.Ordinal)
    {
        // Adapters: the ports they implement, and never each other.
        ["Commands"] = [],
        ["Persistence"] = [],
        ["Docker"] = ["Agents"],
        ["Cloudflared"] = ["Agents"],
        ["Redis"] = ["Commands"],
        ["Cloudflare"] = ["Diagnostics", "Reconciliation"],

        // The loop and the agents' side: ports, and Cloudflare.
        ["Agents"] = ["Cloudflare", "Commands", "Persistence", "Reconciliation"],
        ["Reconciliation"] = ["Agents", "Cloudflare", "Commands", "Diagnostics", "Persistence"],
    };

    /// <summary>The SDK of each adapter, and the only folder it may be named in.</summary>
    private static readonly Dictionary<string, string> Sdks = new(StringComparer.Ordinal)
    {
        ["Docker.DotNet"] = "Docker",
        ["StackExchange.Redis"] = "Redis",
        ["Microsoft.Data.Sqlite"] = "Persistence",
        ["Scriban"] = "Configuration",
    };

    public static TheoryData<string> Guarded => [.. May.Keys.Order(StringComparer.Ordinal)];

    [Fact]
    public void Core_references_nothing_outside_the_base_class_library()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var foreign = typeof(LabelMap).Assembly.GetReferencedAssemblies()
            .Select(static reference => reference.Name!)
            .Where(name => !File.Exists(Path.Combine(runtime, name + ".dll")))
            .ToList();
        var project = XDocument.Load(Path.Combine(Repository.Root, "src/DockFlare.Core/DockFlare.Core.csproj"));

        Assert.Empty(foreign);
        Assert.DoesNotContain(project.Descendants(), static element => element.Name.LocalName is "PackageReference" or "ProjectReference" or "FrameworkReference");
    }

    [Fact]
    public void Core_has_no_method_that_is_asynchronous()
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var asynchronous = typeof(LabelMap).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(All))
            .Where(static method => method.ReturnType.FullName?.StartsWith("System.Threading.Tasks.", StringComparison.Ordinal) == true)
            .Select(static method => $"{method.DeclaringType}.{method.Name}");

        Assert.Empty(asynchronous);
    }

    [Theory]
    [MemberData(nameof(Guarded))]
    public void A_folder_of_Hosting_knows_only_what_it_may(string folder)
    {
        var sources = Repository.Files($"src/DockFlare.Hosting/{folder}", ".cs");
        var beyond = sources
            .SelectMany(static file => HostingNamespace().Matches(Repository.Read(file)).Select(match => (File: file, Folder: match.Groups["folder"].Value)))
            .Where(named => named.Folder != folder && IsFolder(named.Folder) && !May[folder].Contains(named.Folder, StringComparer.Ordinal))
            .Select(static named => $"{named.File} names DockFlare.Hosting.{named.Folder}")
            .Distinct(StringComparer.Ordinal);

        Assert.NotEmpty(sources);
        Assert.Empty(beyond);
    }

    [Fact]
    public void An_sdk_stays_in_the_folder_of_its_adapter()
    {
        var astray = Repository.Files("src", ".cs")
            .SelectMany(static file => UsingDirective().Matches(Repository.Read(file)).Select(match => (File: file, Namespace: match.Groups["name"].Value)))
            .SelectMany(static named => Sdks.Where(sdk => named.Namespace == sdk.Key || named.Namespace.StartsWith(sdk.Key + ".", StringComparison.Ordinal)).Select(sdk => (named.File, Sdk: sdk)))
            .Where(static named => !named.File.StartsWith($"src/DockFlare.Hosting/{named.Sdk.Value}/", StringComparison.Ordinal))
            .Select(static named => $"{named.File} names {named.Sdk.Key}");

        Assert.Empty(astray);
    }

    private static bool IsFolder(string name) => Directory.Exists(Path.Combine(Repository.Root, "src/DockFlare.Hosting", name));

    [GeneratedRegex(@"DockFlare\.Hosting\.(?<folder>[A-Z][A-Za-z]+)", RegexOptions.CultureInvariant)]
    private static partial Regex HostingNamespace();

    [GeneratedRegex(@"^\s*(global\s+)?using\s+(static\s+)?(\w+\s*=\s*)?(?<name>[A-Za-z][\w.]*)\s*;", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex UsingDirective();
}
