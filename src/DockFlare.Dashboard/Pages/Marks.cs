using System.Text.Encodings.Web;
using DockFlare.Core.Reconciliation;
using Microsoft.AspNetCore.Html;

namespace DockFlare.Dashboard.Pages;

/// <summary>How things stand, by shape, word and colour: none of them is needed to understand the other two.</summary>
internal enum Tone
{
    Good,
    Busy,
    Notice,
    Bad,
    Quiet,
}

internal static class Marks
{
    // 12 by 12, drawn in the current colour.
    private static readonly Dictionary<string, string> Shapes = new(StringComparer.Ordinal)
    {
        ["disc"] = "<circle cx=\"6\" cy=\"6\" r=\"5\"/>",
        ["half"] = "<path d=\"M6 1a5 5 0 0 1 0 10z\"/><circle cx=\"6\" cy=\"6\" r=\"4.25\" class=\"line\"/>",
        ["ring"] = "<circle cx=\"6\" cy=\"6\" r=\"4.25\" class=\"line\" stroke-dasharray=\"3.2 2.1\"/>",
        ["hollow"] = "<circle cx=\"6\" cy=\"6\" r=\"4.25\" class=\"line\"/>",
        ["clock"] = "<circle cx=\"6\" cy=\"6\" r=\"4.25\" class=\"line\"/><path d=\"M6 3.4V6l1.8 1.3\" class=\"line\"/>",
        ["diamond"] = "<path d=\"M6 .6 11.4 6 6 11.4.6 6z\"/>",
        ["triangle"] = "<path d=\"M6 1 11.6 11H.4z\"/>",
        ["square"] = "<rect x=\"1.2\" y=\"1.2\" width=\"9.6\" height=\"9.6\" rx=\"1\"/>",
        ["bar"] = "<rect x=\"1\" y=\"4.9\" width=\"10\" height=\"2.2\" rx=\"1\"/>",
    };

    public static IReadOnlyList<RouteState> States { get; } =
        [RouteState.Live, RouteState.Unproven, RouteState.Pending, RouteState.Grace, RouteState.Conflict, RouteState.Rejected, RouteState.Blocked, RouteState.Ignored];

    public static string Word(RouteState state) => state.ToString().ToLowerInvariant();

    public static (string Shape, Tone Tone) Of(RouteState state) => state switch
    {
        RouteState.Live => ("disc", Tone.Good),
        RouteState.Unproven => ("half", Tone.Good),
        RouteState.Pending => ("ring", Tone.Busy),
        RouteState.Grace => ("clock", Tone.Notice),
        RouteState.Conflict => ("diamond", Tone.Bad),
        RouteState.Rejected => ("triangle", Tone.Bad),
        RouteState.Blocked => ("square", Tone.Bad),
        _ => ("bar", Tone.Quiet),
    };

    public static HtmlString State(RouteState state, Texts texts)
    {
        var (shape, tone) = Of(state);
        return Mark(shape, tone, texts["state." + Word(state)]);
    }

    public static HtmlString Light(AgentLight light, Texts texts)
    {
        var (shape, tone) = light switch
        {
            AgentLight.Online => ("disc", Tone.Good),
            AgentLight.Behind => ("diamond", Tone.Notice),
            AgentLight.Offline => ("triangle", Tone.Bad),
            AgentLight.Leaving => ("bar", Tone.Quiet),
            _ => ("clock", Tone.Notice),
        };
        return Mark(shape, tone, texts["agent." + light.ToString().ToLowerInvariant()]);
    }

    /// <summary>A shape and a word.</summary>
    public static HtmlString Mark(string shape, Tone tone, string word) =>
        new($"<span class=\"mark tone-{tone.ToString().ToLowerInvariant()}\">{Svg(shape)}{HtmlEncoder.Default.Encode(word)}</span>");

    public static HtmlString Shape(string shape, Tone tone) => new($"<span class=\"mark tone-{tone.ToString().ToLowerInvariant()}\">{Svg(shape)}</span>");

    private static string Svg(string shape) => $"<svg viewBox=\"0 0 12 12\" width=\"12\" height=\"12\" aria-hidden=\"true\">{Shapes[shape]}</svg>";
}
