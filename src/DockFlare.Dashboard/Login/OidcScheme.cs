using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace DockFlare.Dashboard.Login;

/// <summary>A provider of OpenID Connect as the framework's handler takes it: authorization code with PKCE, found by discovery.</summary>
internal sealed class OidcScheme(LoginProvider provider, ProviderLogin login) : OpenIdConnectEvents, IConfigureNamedOptions<OpenIdConnectOptions>
{
    public void Configure(OpenIdConnectOptions options)
    {
    }

    public void Configure(string? name, OpenIdConnectOptions options)
    {
        if (!string.Equals(name, provider.Scheme, StringComparison.Ordinal))
        {
            return;
        }

        options.Authority = provider.Authority.OriginalString;
        options.RequireHttpsMetadata = provider.Authority.Scheme == "https";
        options.ClientId = provider.ClientId;
        options.ClientSecret = provider.ClientSecret;
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.MapInboundClaims = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        options.SaveTokens = false;
        options.DisableTelemetry = true;
        options.SignInScheme = SessionCookie.Scheme;
        options.CallbackPath = login.CallbackPath(provider);
        options.BackchannelTimeout = TimeSpan.FromSeconds(15);
        options.Scope.Clear();
        options.Scope.Add("openid");
        options.Scope.Add("email");
        options.ClaimActions.Clear();
        ProviderCookies.Set(options);
        options.NonceCookie.Name = "dockflare-nonce-";
        options.NonceCookie.SameSite = SameSiteMode.Lax;
        options.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.Events = this;
    }

    public override async Task RedirectToIdentityProvider(RedirectContext context)
    {
        SecurityHeaders.Add(context.HttpContext);
        var message = context.ProtocolMessage;
        if (provider.Allow.NamesGroups && context.Options.ConfigurationManager is { } manager
            && (await manager.GetConfigurationAsync(context.HttpContext.RequestAborted).ConfigureAwait(false)).ScopesSupported.Contains("groups"))
        {
            message.Scope += " groups";
        }

        if (context.Properties.Items.ContainsKey(ProviderLogin.AgainItem))
        {
            // Google knows no other way to be asked.
            var isGoogle = provider.Authority.Host == "accounts.google.com";
            message.Prompt = isGoogle ? OpenIdConnectPrompt.SelectAccount : OpenIdConnectPrompt.Login;
            message.MaxAge = isGoogle ? null : "0";
        }
    }

    // What is said of an address comes from one source: an address out of the token is not verified by what the user information says of another.
    public override Task UserInformationReceived(UserInformationReceivedContext context)
    {
        if (context.Principal?.Identity is ClaimsIdentity identity && context.User is { RootElement: { ValueKind: JsonValueKind.Object } user })
        {
            if (!identity.HasClaim(static claim => claim.Type == "email"))
            {
                identity.FindAll("email_verified").ToList().ForEach(identity.RemoveClaim);
                Take(identity, user, "email");
                Take(identity, user, "email_verified");
            }

            if (!identity.HasClaim(static claim => claim.Type == "groups"))
            {
                Take(identity, user, "groups");
            }
        }

        return Task.CompletedTask;
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

    private static void Take(ClaimsIdentity identity, JsonElement user, string name)
    {
        if (!user.TryGetProperty(name, out var value))
        {
            return;
        }

        foreach (var item in value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value })
        {
            if (item.ValueKind is JsonValueKind.String or JsonValueKind.True or JsonValueKind.False)
            {
                identity.AddClaim(new(name, item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText()));
            }
        }
    }
}

/// <summary>The cookies that go with a login through a provider.</summary>
internal static class ProviderCookies
{
    public static void Set(RemoteAuthenticationOptions options)
    {
        options.CorrelationCookie.Name = "dockflare-login-";
        // The provider sends the browser here by a link, which Lax lets through.
        options.CorrelationCookie.SameSite = SameSiteMode.Lax;
        options.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
    }
}
