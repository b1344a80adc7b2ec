using System.Net;
using System.Text.RegularExpressions;

namespace DockFlare.Dashboard.Tests.Stage;

/// <summary>A browser as far as HTTP goes: it keeps cookies, takes the token out of a page, and follows nothing by itself.</summary>
internal sealed partial class Browser : IDisposable
{
    private readonly HttpClient client;

    public Browser(Uri address)
    {
        Cookies = new();
        client = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = Cookies }) { BaseAddress = address };
    }

    public CookieContainer Cookies { get; }

    /// <summary>Sent with every call.</summary>
    public System.Net.Http.Headers.HttpRequestHeaders Headers => client.DefaultRequestHeaders;

    public Task<HttpResponseMessage> GetAsync(string path) => client.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    public async Task<string> PageAsync(string path)
    {
        using var answer = await GetAsync(path);
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path} answers {answer.StatusCode}: {page}");
        return page;
    }

    /// <summary>The token of a page's form.</summary>
    public async Task<string> TokenAsync(string path = "/account") => Token().Match(await PageAsync(path)).Groups[1].Value;

    /// <summary>Sends a form with the token as given; null for none.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, string? token, params (string Name, string Value)[] fields)
    {
        var all = fields.Select(static field => KeyValuePair.Create(field.Name, field.Value));
        return client.PostAsync(
            new Uri(path, UriKind.Relative), new FormUrlEncodedContent(token is null ? all : all.Append(new("form-token", token))), TestContext.Current.CancellationToken);
    }

    /// <summary>Sends a form as the page would.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string path, params (string Name, string Value)[] fields) => await PostAsync(path, await TokenAsync(), fields);

    public async Task<HttpResponseMessage> LogInAsync(string name, string password, string? back = null) =>
        await PostAsync("/login", await TokenAsync("/login"), [("name", name), ("password", password), .. back is null ? [] : new[] { ("back", back) }]);

    public void Dispose() => client.Dispose();

    [GeneratedRegex("name=\"form-token\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
