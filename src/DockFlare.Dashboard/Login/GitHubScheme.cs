using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.Extensions.Options;

namespace DockFlare.Dashboard.Login;

/// <summary>GitHub: OAuth without OpenID Connect, so the verified address is asked of its API. Its groups are organisations.</summary>
internal sealed class GitHubScheme(LoginProvider provider, ProviderLogin login) : OAuthEvents, IConfigureNamedOptions<OAuthOptions>
{
    public void Configure(OAuthOptions options)
    {
    }

    public void Configure(string? name, OAuthOptions options)
    {
        if (!string.Equals(name, provider.Scheme, StringComparison.Ordinal))
        {
            return;
        }

        var at = provider.Authority.GetLeftPart(UriPartial.Authority);
        options.AuthorizationEndpoint = at + "/login/oauth/authorize";
        options.TokenEndpoint = at + "/login/oauth/access_token";
        // GitHub Enterprise has its API on the same host.
        options.UserInformationEndpoint = at == "https://github.com" ? "https://api.github.com/user" : at + "/api/v3/user";
        options.ClientId = provider.ClientId;
        options.ClientSecret = provider.ClientSecret;
        options.UsePkce = true;
        options.SaveTokens = false;
        options.SignInScheme = SessionCookie.Scheme;
        options.CallbackPath = login.CallbackPath(provider);
        options.BackchannelTimeout = TimeSpan.FromSeconds(15);
        options.Scope.Add("user:email");
        if (provider.Allow.NamesGroups)
        {
            options.Scope.Add("read:org");
        }

        ProviderCookies.Set(options);
        options.Events = this;
    }

    public override Task RedirectToAuthorizationEndpoint(RedirectContext<OAuthOptions> context)
    {
        SecurityHeaders.Add(context.HttpContext);
        context.Response.Redirect(context.Properties.Items.ContainsKey(ProviderLogin.AgainItem) ? context.RedirectUri + "&prompt=select_account" : context.RedirectUri);
        return Task.CompletedTask;
    }

    public override async Task CreatingTicket(OAuthCreatingTicketContext context)
    {
        var identity = context.Identity!;
        using var emails = await GetAsync(context, "/emails").ConfigureAwait(false);
        foreach (var email in Items(emails).Where(static email => email.TryGetProperty("primary", out var primary) && primary.ValueKind == JsonValueKind.True))
        {
            identity.AddClaim(new("email", email.TryGetProperty("email", out var address) ? address.GetString() ?? "" : ""));
            identity.AddClaim(new("email_verified", email.TryGetProperty("verified", out var verified) && verified.ValueKind == JsonValueKind.True ? "true" : "false"));
        }

        if (provider.Allow.NamesGroups)
        {
            using var organisations = await GetAsync(context, "/orgs?per_page=100").ConfigureAwait(false);
            foreach (var organisation in Items(organisations))
            {
                identity.AddClaim(new("groups", organisation.TryGetProperty("login", out var name) ? name.GetString() ?? "" : ""));
            }
        }
    }

    public override async Task TicketReceived(TicketReceivedContext context)
    {
        await login.WelcomeAsync(context.HttpContext, provider, context.Principal!, context.Properties, context.ReturnUri).ConfigureAwait(false);
        context.HandleResponse();
    }

    public override async Task AccessDenied(AccessDeniedContext context)
    {
        await login.FailedAsync(context.HttpContext, provider, null, isDenied: true).ConfigureAwait(false);
        context.HandleResponse();
    }

    public override async Task RemoteFailure(RemoteFailureContext context)
    {
        await login.FailedAsync(context.HttpContext, provider, context.Failure).ConfigureAwait(false);
        context.HandleResponse();
    }

    private static IEnumerable<JsonElement> Items(JsonDocument document) =>
        document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.Object) : [];

    private static async Task<JsonDocument> GetAsync(OAuthCreatingTicketContext context, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, context.Options.UserInformationEndpoint + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", context.AccessToken);
        request.Headers.Accept.Add(new("application/json"));
        // GitHub refuses calls of nobody.
        request.Headers.UserAgent.Add(new("DockFlare", null));
        using var answer = await context.Backchannel.SendAsync(request, context.HttpContext.RequestAborted).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        var stream = await answer.Content.ReadAsStreamAsync(context.HttpContext.RequestAborted).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            return await JsonDocument.ParseAsync(stream, cancellationToken: context.HttpContext.RequestAborted).ConfigureAwait(false);
        }
    }
}
