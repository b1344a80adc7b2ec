namespace DockFlare.Hosting.Configuration;

/// <summary>One documented setting: an environment variable and the configuration key it stands for.</summary>
/// <param name="Variable">The environment variable, such as <c>GRACE_PERIOD</c>.</param>
/// <param name="Key">The configuration key below <c>DockFlare</c>, such as <c>GracePeriod</c>.</param>
/// <param name="Kind">What its value looks like.</param>
/// <param name="Default">What counts when it is absent, in words; empty for nothing.</param>
/// <param name="Meaning">What it does, in a sentence.</param>
internal sealed record DockFlareSetting(string Variable, string Key, SettingKind Kind, string Default, string Meaning)
{
    /// <summary>Which host reads it.</summary>
    public SettingScope Scope { get; init; } = SettingScope.Master;

    /// <summary>An older name of the same variable.</summary>
    public string? OtherVariable { get; init; }

    /// <summary>The least value, in the kind's unit.</summary>
    public double Min { get; init; } = double.MinValue;

    /// <summary>The greatest value, in the kind's unit.</summary>
    public double Max { get; init; } = double.MaxValue;

    /// <summary>The words a <see cref="SettingKind.Choice"/> takes.</summary>
    public string[] Choices { get; init; } = [];

    /// <summary>Whether the value is never shown.</summary>
    public bool IsSecret => Kind == SettingKind.Secret;

    /// <summary>Whether there is one for each name that somebody chose: <c>OIDC_&lt;NAME&gt;_ALLOW</c> stands for <c>OIDC_GOOGLE_ALLOW</c> and others.</summary>
    public bool IsNamed => Variable.Contains(NamePart, StringComparison.Ordinal);

    private const string NamePart = "<NAME>";

    /// <summary>The setting of one name.</summary>
    public DockFlareSetting For(string name) => this with
    {
        Variable = Variable.Replace(NamePart, name.ToUpperInvariant(), StringComparison.Ordinal),
        Key = Key.Replace(NamePart, name, StringComparison.Ordinal),
    };

    /// <summary>The setting that a variable such as <c>OIDC_GOOGLE_ALLOW</c> stands for; null when it is another's.</summary>
    public DockFlareSetting? OfVariable(string variable) => NameIn(Variable, variable) is { } name ? For(name) : null;

    /// <summary>The setting that a key such as <c>Oidc:google:Allow</c> stands for; null when it is another's.</summary>
    public DockFlareSetting? OfKey(string key) => NameIn(Key, key) is { } name ? For(name) : null;

    private static string? NameIn(string pattern, string text)
    {
        var at = pattern.IndexOf(NamePart, StringComparison.Ordinal);
        var (before, after) = (pattern[..at], pattern[(at + NamePart.Length)..]);
        return text.Length > before.Length + after.Length && text.StartsWith(before, StringComparison.Ordinal) && text.EndsWith(after, StringComparison.Ordinal)
            && text[before.Length..^after.Length] is var name && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? name : null;
    }
}

/// <summary>What a setting's value looks like.</summary>
internal enum SettingKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A text that is never shown; it also has a <c>_FILE</c> form.</summary>
    Secret,

    /// <summary><c>true</c>, <c>1</c>, <c>t</c>, <c>yes</c>, <c>on</c> or <c>false</c>, <c>0</c>, <c>f</c>, <c>no</c>, <c>off</c>.</summary>
    Boolean,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>Whole seconds, or a duration such as <c>90s</c>, <c>10m</c>, <c>1h30m</c>.</summary>
    Duration,

    /// <summary>An absolute http or https address.</summary>
    Uri,

    /// <summary>One of some words.</summary>
    Choice,
}

/// <summary>Which host reads a setting.</summary>
[Flags]
internal enum SettingScope
{
    /// <summary>The master.</summary>
    Master = 1,

    /// <summary>The agent.</summary>
    Agent = 2,

    /// <summary>Both.</summary>
    Both = Master | Agent,
}
