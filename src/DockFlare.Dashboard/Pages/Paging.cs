namespace DockFlare.Dashboard.Pages;

/// <summary>One page of a list.</summary>
internal sealed record Paging<T>(IReadOnlyList<T> Items, int Number, int Pages, int InAll, int First)
{
    public const int Size = 100;

    public int Last => First + Items.Count - 1;

    /// <summary>The page that is asked for, or the nearest there is.</summary>
    public static Paging<T> Of(IReadOnlyList<T> all, string? asked)
    {
        var pages = Math.Max(1, (all.Count + Size - 1) / Size);
        var number = int.TryParse(asked, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var page) ? Math.Clamp(page, 1, pages) : 1;
        return new([.. all.Skip((number - 1) * Size).Take(Size)], number, pages, all.Count, all.Count == 0 ? 0 : ((number - 1) * Size) + 1);
    }
}

/// <summary>The links below a list.</summary>
/// <param name="Path">The list with its filter and without its page.</param>
/// <param name="Number">This page.</param>
/// <param name="Pages">How many there are.</param>
internal sealed record Pager(string Path, int Number, int Pages)
{
    public string To(int page) => $"{Path}{(Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}page={page}";
}
