using RazorSlices;

namespace DockFlare.Dashboard.Pages;

/// <summary>What is around every page.</summary>
internal sealed record FrameModel(string Title, RazorSlice Body);

/// <summary>One sentence on a page of its own.</summary>
internal sealed record MessageModel(string Title, string Text);

/// <summary>The login form.</summary>
internal sealed record LoginModel(string? Name, string? Back, string? Fault, bool IsSandbox)
{
    /// <summary>Whether passwords let in.</summary>
    public bool HasPassword { get; init; }

    /// <summary>Other ways in.</summary>
    public IReadOnlyList<(string Name, string Title)> Providers { get; init; } = [];
}
