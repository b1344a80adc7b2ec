using System.Buffers;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Labels;

/// <summary>Reads <c>path</c>: a prefix by segments, or an expression for cloudflared's engine.</summary>
internal static class PathLabel
{
    private static readonly SearchValues<char> ExpressionCharacters = SearchValues.Create(@"\^$*+?()[]{}|");

    /// <summary>The path; null when it cannot be followed, which is an error by then.</summary>
    public static RulePath? Read(ref readonly LabelScope scope)
    {
        var position = scope.Find(LabelId.Path);
        if (position < 0 || scope.Value(position).Length == 0)
        {
            return RulePath.Any;
        }

        if (scope.Text(position) is not { } text)
        {
            return null;
        }

        if (IsExpression(text))
        {
            return ReadExpression(in scope, position, text);
        }

        if (FindPlainFault(text) is { } fault)
        {
            scope.Fail(position, $"{scope.Key(position)} is '{text}', but {fault}.");
            return null;
        }

        return RulePath.Prefix(text);
    }

    private static RulePath? ReadExpression(ref readonly LabelScope scope, int position, string text)
    {
        var expression = text[0] == '~' ? text[1..].Trim() : text;
        if (expression.Length == 0)
        {
            scope.Fail(position, $"{scope.Key(position)} has no expression behind the '~': write one, such as ~^/v[0-9]+/, or remove the label for every path.");
            return null;
        }

        if (Re2Syntax.FindFault(expression) is { } fault)
        {
            scope.Fail(position, $"{scope.Key(position)} is '{text}', an expression that cloudflared does not take: {fault.TrimEnd('.')}. Write an RE2 expression, or a plain prefix such as /api.");
            return null;
        }

        if (text[0] != '~')
        {
            scope.Note(position, $"{scope.Key(position)} is passed to cloudflared as an expression, which matches anywhere in the path. Write ~{text} to say that this is meant, or a plain prefix such as /api.");
        }

        return RulePath.Expression(expression);
    }

    /// <summary>Whether a path is meant for cloudflared's engine: it begins with a <c>~</c>, or has a character that no plain path has.</summary>
    public static bool IsExpression(string text) => text is ['~', ..] || text.AsSpan().ContainsAny(ExpressionCharacters);

    /// <summary>What is wrong with a plain path and what to write instead; null when nothing is seen.</summary>
    public static string? FindPlainFault(string text)
    {
        if (text.IndexOf('#', StringComparison.Ordinal) is >= 0 and var fragment)
        {
            return $"browsers never send what follows a '#': write {text[..fragment]}";
        }

        if (text.IndexOf("://", StringComparison.Ordinal) is >= 0)
        {
            return "it is a whole URL: write what follows the host, such as /api";
        }

        var percent = text.IndexOf('%', StringComparison.Ordinal);
        return percent >= 0 && percent + 2 < text.Length && char.IsAsciiHexDigit(text[percent + 1]) && char.IsAsciiHexDigit(text[percent + 2])
            ? $"cloudflared compares with the decoded path: write the character instead of '{text.Substring(percent, 3)}'"
            : null;
    }
}
