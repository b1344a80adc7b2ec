namespace DockFlare.Core.Ingress;

/// <summary>What tells one rule of a document from another: host and path as they stand in it.</summary>
/// <param name="Hostname">As it stands in the document; empty for none.</param>
/// <param name="Path">The expression as it stands in the document; empty for none.</param>
public readonly record struct RuleIdentity(string Hostname, string Path)
{
    /// <summary>The identity a rule of ours has once it is written.</summary>
    public static RuleIdentity Of(RuleKey key) => new(key.Host, key.Path.ToCloudflared() ?? "");

    /// <summary><c>app.example.com ^/api(/|$)</c>.</summary>
    public override string ToString() => Path.Length == 0 ? Hostname : $"{Hostname} {Path}";
}
