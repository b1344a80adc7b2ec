namespace DockFlare.Core.Ingress;

/// <summary>
/// The path part of a rule's identity: none, a prefix by segments (<c>/api</c>) or an RE2 expression passed on as it is.
/// </summary>
public readonly record struct RulePath
{
    private readonly string? text;

    private RulePath(string text, bool isExpression)
    {
        this.text = text;
        IsExpression = isExpression;
    }

    /// <summary>Every path.</summary>
    public static RulePath Any => default;

    /// <summary>The prefix (<c>/api</c>), the expression as written, or an empty string for every path.</summary>
    public string Text => text ?? "";

    /// <summary>Whether <see cref="Text"/> is an expression for cloudflared's engine.</summary>
    public bool IsExpression { get; }

    /// <summary>Whether every path is meant.</summary>
    public bool IsAny => Text.Length == 0;

    /// <summary>A prefix by segments: <c>api</c>, <c>/api</c> and <c>/api/</c> are one; <c>/</c> and nothing mean every path.</summary>
    public static RulePath Prefix(string path)
    {
        ArgumentNullException.ThrowIfNull(path);

        var trimmed = path.Trim('/');
        return trimmed.Length == 0 ? default : new('/' + trimmed, isExpression: false);
    }

    /// <summary>An RE2 expression, searched for anywhere in the decoded path.</summary>
    public static RulePath Expression(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);

        return expression.Length == 0 ? default : new(expression, isExpression: true);
    }

    /// <summary>What cloudflared is given as <c>path</c>: null for every path, <c>^/api(/|$)</c> for a prefix, an expression as it is.</summary>
    public string? ToCloudflared() =>
        IsAny ? null : IsExpression ? Text : $"^{Re2Syntax.Escape(Text)}(/|$)";

    /// <summary>A prefix as it is, an expression with a leading <c>~</c>.</summary>
    public override string ToString() => IsExpression ? "~" + Text : Text;
}
