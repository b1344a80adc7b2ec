using System.Globalization;
using DockFlare.Dashboard.Login;
using Microsoft.AspNetCore.Html;
using RazorSlices;

namespace DockFlare.Dashboard.Pages;

/// <summary>A piece of a page that knows who is looking.</summary>
internal abstract class Slice<TModel> : RazorSlice<TModel>
{
    public required Visit Visit { get; init; }

    protected Texts T => Visit.T;

    protected string At(string path) => Visit.Url(path);

    protected bool May(Role least) => Visit.May(least);

    /// <summary>The hidden field that lets a form be sent.</summary>
    protected HtmlString Token => new($"<input type=\"hidden\" name=\"{Visit.FormField}\" value=\"{Visit.FormToken}\">");

    /// <summary>When something was, as people say it, with the exact time at hand.</summary>
    protected HtmlString When(DateTimeOffset? at)
    {
        if (at is not { } time)
        {
            return new($"<span class=\"quiet\">{System.Text.Encodings.Web.HtmlEncoder.Default.Encode(T["never"])}</span>");
        }

        var exact = time.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        return new($"<time datetime=\"{time.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\" title=\"{exact}\">{System.Text.Encodings.Web.HtmlEncoder.Default.Encode(T.Ago(Visit.Now - time))}</time>");
    }
}
