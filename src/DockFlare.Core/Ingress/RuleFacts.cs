namespace DockFlare.Core.Ingress;

/// <summary>What validation looks at, read from JSON or YAML.</summary>
internal sealed class DocumentFacts
{
    public OriginFacts Origin { get; } = new();

    public List<RuleFacts> Rules { get; set; } = [];
}

/// <summary>One rule as it was decoded; what is absent or null is empty.</summary>
internal sealed class RuleFacts
{
    public string Hostname { get; set; } = "";

    public string Path { get; set; } = "";

    public string Service { get; set; } = "";

    public OriginFacts Origin { get; } = new();
}

/// <summary>The part of an <c>originRequest</c> that can make a document invalid.</summary>
internal sealed class OriginFacts
{
    public bool? BastionMode { get; set; }

    public bool IsAccessRequired { get; set; }

    public string TeamName { get; set; } = "";

    public int AudTags { get; set; }

    public List<IpRuleFacts> IpRules { get; set; } = [];
}

/// <summary>One entry of <c>ipRules</c>.</summary>
internal sealed class IpRuleFacts
{
    public string Prefix { get; set; } = "";

    public List<long> Ports { get; set; } = [];
}
