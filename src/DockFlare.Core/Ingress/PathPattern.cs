using System.Text.RegularExpressions;

namespace DockFlare.Core.Ingress;

/// <summary>The <c>path</c> of one rule, ready to be searched for in a decoded path.</summary>
internal sealed class PathPattern(RulePath path)
{
    private Regex? expression;
    private bool isBuilt;

    public bool Matches(string requestPath)
    {
        if (path.IsAny)
        {
            return true;
        }

        return path.IsExpression
            ? Expression() is { } built && built.IsMatch(requestPath)
            : requestPath.StartsWith(path.Text, StringComparison.Ordinal) && (requestPath.Length == path.Text.Length || requestPath[path.Text.Length] == '/');
    }

    /// <summary>Built at the first question: most rules of a document are never asked. Null when no engine of ours can run it.</summary>
    private Regex? Expression()
    {
        if (!isBuilt)
        {
            expression = Build();
            isBuilt = true;
        }

        return expression;
    }

    private Regex? Build()
    {
        if (Re2Parser.FindFault(path.Text, out var dotNet) is not null || dotNet is null)
        {
            return null;
        }

        try
        {
            return new Regex(dotNet, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException)
        {
            // Larger than the engine builds; the validator has said that cloudflared takes it, but which paths it means stays open.
            return null;
        }
    }
}
