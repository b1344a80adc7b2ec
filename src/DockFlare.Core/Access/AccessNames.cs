using System.Globalization;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Access;

/// <summary>How things are called at Cloudflare. A name is for people: it proves nothing about whose a thing is.</summary>
public static class AccessNames
{
    private const int MaxName = 350;
    private const string TagPrefix = "dockflare-";

    /// <summary>The system group that lets everybody in; labels may also write <c>bypass</c>.</summary>
    public const string PublicGroup = "public-default-bypass";

    /// <summary>The system group that lets in the account's e-mail; labels may also write <c>authenticate</c>.</summary>
    public const string AuthenticatedGroup = "authenticated-default";

    /// <summary><c>DockFlare-app.example.com-api</c>: the application of a rule.</summary>
    public static string App(RuleKey key) => Cut($"DockFlare-{key.Host}{key.Path.Text.Replace('/', '-')}");

    /// <summary>The name of a group's policy; the second and further ones are numbered.</summary>
    /// <param name="group">The group's id.</param>
    /// <param name="number">Its place in the group, from 1.</param>
    public static string Policy(string group, int number)
    {
        var name = group switch
        {
            PublicGroup => "DockFlare-Default-Public-Access-Bypass",
            AuthenticatedGroup => "DockFlare-Default-Authenticated-Access",
            _ => $"DockFlare-AccessGroup-{group}",
        };
        return number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name} ({number})");
    }

    /// <summary>Whether a policy is called as one of a group of ours would be.</summary>
    internal static bool IsPolicy(string name) =>
        name.StartsWith("DockFlare-AccessGroup-", StringComparison.Ordinal) || name.StartsWith(Policy(PublicGroup, 1), StringComparison.Ordinal) || name.StartsWith(Policy(AuthenticatedGroup, 1), StringComparison.Ordinal);

    /// <summary><c>Zone Default: *.example.com</c>.</summary>
    public static string ZoneDefault(string zone) => $"Zone Default: *.{zone}";

    /// <summary><c>dockflare-&lt;owner&gt;</c>: the tag of an installation's applications.</summary>
    public static string Tag(string owner) => TagPrefix + owner;

    /// <summary>The installation whose tag an application carries; null when it carries none.</summary>
    public static string? FindTagOwner(IEnumerable<string> tags) =>
        tags.FirstOrDefault(static tag => tag.Length > TagPrefix.Length && tag.StartsWith(TagPrefix, StringComparison.Ordinal))?[TagPrefix.Length..];

    /// <summary>The name for a thing of ours when somebody else's already has the one wanted.</summary>
    public static string Suffixed(string name, string owner) => $"{name} [{owner}]";

    /// <summary>Whether a thing of ours is called as wanted, with or without the suffix.</summary>
    public static bool IsNamed(string observed, string wanted, string owner) =>
        string.Equals(observed, wanted, StringComparison.Ordinal) || string.Equals(observed, Suffixed(wanted, owner), StringComparison.Ordinal);

    internal static string Cut(string name) => name.Length <= MaxName - 40 ? name : name[..(MaxName - 40)];
}
