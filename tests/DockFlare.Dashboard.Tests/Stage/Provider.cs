using System.Collections.Immutable;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DockFlare.Dashboard.Tests.Stage;

/// <summary>A real OpenID provider, with people who log in on its own page.</summary>
internal sealed class Provider : IAsyncDisposable
{
    public const string ClientId = "dockflare";
    public const string ClientSecret = "canary-client-secret";
    public const string Password = "password-at-the-provider";
    private static readonly RsaSecurityKey EncryptionKey = new(RSA.Create(2048));
    private static readonly RsaSecurityKey SigningKey = new(RSA.Create(2048));
    private readonly WebApplication app;
    private int logins;

    private Provider(WebApplication app) => this.app = app;

    public Uri Address => new(app.Urls.Single());

    /// <summary>Who has an account: whether the address is verified, and the groups.</summary>
    public Dictionary<string, (bool IsVerified, string[] Groups)> People { get; } = new(StringComparer.Ordinal)
    {
        ["alice@example.com"] = (true, ["ops"]),
        ["bob@example.org"] = (true, []),
        ["mallory@example.com"] = (false, ["ops"]),
    };

    /// <summary>What is wrong with the identity tokens.</summary>
    public Action<SecurityTokenDescriptor>? Forge { get; set; }

    /// <summary>The address is told by the user information alone.</summary>
    public bool IsTerse { get; set; }

    /// <summary>Where it sends browsers back to.</summary>
    public Func<string, bool> IsRedirect { get; set; } = static _ => true;

    /// <summary>How often somebody typed a password.</summary>
    public int Logins => Volatile.Read(ref logins);

    public static async Task<Provider> StartAsync()
    {
        Provider? provider = null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(static options => options.Cookie.Name = "provider");
        builder.Services.AddOpenIddict().AddServer(options =>
        {
            options.SetAuthorizationEndpointUris("authorize").SetTokenEndpointUris("token").SetUserInfoEndpointUris("userinfo");
            options.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
            options.RegisterScopes(Scopes.Email, "groups");
            options.AddEncryptionKey(EncryptionKey).AddSigningKey(SigningKey);
            // No database: who the one client is, is checked here.
            options.EnableDegradedMode();
            options.AddEventHandler<OpenIddictServerEvents.ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                if (context.ClientId != ClientId || context.RedirectUri is not { } redirect || !provider!.IsRedirect(redirect))
                {
                    context.Reject(Errors.InvalidClient, "That is not a client of mine.");
                }

                return ValueTask.CompletedTask;
            }));
            options.AddEventHandler<OpenIddictServerEvents.ValidateTokenRequestContext>(static handler => handler.UseInlineHandler(static context =>
            {
                if (context.ClientId != ClientId || context.ClientSecret != ClientSecret)
                {
                    context.Reject(Errors.InvalidClient, "The secret is wrong.");
                }

                return ValueTask.CompletedTask;
            }));
            // By itself it says of no address that it is verified.
            options.AddEventHandler<OpenIddictServerEvents.HandleUserInfoRequestContext>(static handler => handler.SetOrder(int.MaxValue - 1000).UseInlineHandler(static context =>
            {
                context.EmailVerified = string.Equals(context.AccessTokenPrincipal.GetClaim(Claims.EmailVerified), "true", StringComparison.OrdinalIgnoreCase);
                return ValueTask.CompletedTask;
            }));
            options.AddEventHandler<OpenIddictServerEvents.GenerateTokenContext>(handler => handler
                .SetOrder(OpenIddictServerHandlers.Protection.GenerateIdentityModelToken.Descriptor.Order - 1)
                .UseInlineHandler(context =>
                {
                    if (context.TokenType == TokenTypeIdentifiers.IdentityToken)
                    {
                        provider!.Forge?.Invoke(context.SecurityTokenDescriptor);
                    }

                    return ValueTask.CompletedTask;
                }));
            options.UseAspNetCore().EnableAuthorizationEndpointPassthrough().DisableTransportSecurityRequirement();
        });
        var app = builder.Build();
        provider = new(app);
        app.UseAuthentication();
        app.MapGet("/authorize", (RequestDelegate)provider.AuthorizeAsync);
        app.MapPost("/signin", (RequestDelegate)provider.SignInAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);

        // Its first answer takes it a while; a login is not what waits for that.
        using var client = new HttpClient();
        foreach (var path in new[] { "/.well-known/openid-configuration", "/.well-known/jwks" })
        {
            await client.GetStringAsync(new Uri(provider.Address, path), TestContext.Current.CancellationToken);
        }

        return provider;
    }

    public (string, string?)[] Settings(string allow, string name = "office") =>
    [
        ($"Oidc:{name}:Authority", Address.AbsoluteUri), ($"Oidc:{name}:ClientId", ClientId), ($"Oidc:{name}:ClientSecret", ClientSecret), ($"Oidc:{name}:Allow", allow),
    ];

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task AuthorizeAsync(HttpContext context)
    {
        var request = context.GetOpenIddictServerRequest()!;
        var login = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        if (login.Principal?.Identity?.Name is not { } email || request.HasPromptValue(PromptValues.Login))
        {
            var back = "/authorize" + context.Request.QueryString.Value!.Replace("prompt=login", "", StringComparison.Ordinal);
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync($"""
                <!DOCTYPE html><html lang="en"><head><title>Office login</title></head><body><main><h1>Office login</h1><form method="post" action="/signin">
                <input type="hidden" name="back" value="{WebUtility.HtmlEncode(back)}"><label>Address <input name="email"></label><label>Password <input type="password" name="password"></label>
                <button>Sign in</button></form></main></body></html>
                """);
            return;
        }

        var (isVerified, groups) = People[email];
        var identity = new ClaimsIdentity("provider", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, "subject-of-" + email).SetClaim(Claims.Email, email).SetClaim(Claims.EmailVerified, isVerified);
        identity.SetClaims("groups", [.. groups]);
        identity.SetClaim(Claims.AuthenticationTime, long.Parse(login.Principal!.FindFirstValue("at")!, System.Globalization.CultureInfo.InvariantCulture));
        identity.SetScopes(request.GetScopes());
        identity.SetDestinations(claim => IsTerse && claim.Type is Claims.Email or Claims.EmailVerified ? [Destinations.AccessToken] : [Destinations.AccessToken, Destinations.IdentityToken]);
        await context.SignInAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme, new(identity));
    }

    private async Task SignInAsync(HttpContext context)
    {
        var email = context.Request.Form["email"].ToString();
        if (!People.ContainsKey(email) || context.Request.Form["password"] != Password)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        Interlocked.Increment(ref logins);
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        await context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, new(new ClaimsIdentity([new(ClaimTypes.Name, email), new("at", at)], "provider")));
        context.Response.Redirect(context.Request.Form["back"].ToString());
    }
}
