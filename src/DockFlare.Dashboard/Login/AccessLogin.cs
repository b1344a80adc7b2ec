using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DockFlare.Dashboard.Login;

/// <summary>
/// Who a visitor is by Cloudflare Access's word, which is verified with each request: signature, audience, issuer and expiry. Whoever comes through Access is that one and nobody
/// else, whatever cookie they have; a token that does not hold lets in nobody.
/// </summary>
internal sealed class AccessLogin(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, AccessVerifier verifier, PasswordGate gate, Audit audit)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "DockFlare.access";
    public const string Header = "Cf-Access-Jwt-Assertion";

    /// <summary>When the token ends, in seconds since 1970.</summary>
    public const string EndClaim = "end";

    /// <summary>When it was issued, in seconds since 1970.</summary>
    public const string IssuedClaim = "issued";

    public static bool IsPresented(HttpRequest request) => request.Headers.ContainsKey(Header);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        switch (await verifier.VerifyAsync(Request.Headers[Header].ToString(), Context.RequestAborted).ConfigureAwait(false))
        {
            case AccessOutcome.Right right:
                await gate.SawAsync(AccessSettings.Way, Context.RequestAborted).ConfigureAwait(false);
                ClaimsIdentity identity = new(
                    [
                        new(ClaimTypes.Name, $"{AccessSettings.Way}:{right.Email}"), new(ClaimTypes.NameIdentifier, $"{AccessSettings.Way}:{right.Email}"),
                        new(ClaimTypes.Role, right.Role.ToString()), new(EndClaim, Seconds(right.Ends)), new(IssuedClaim, Seconds(right.IssuedAt)),
                    ],
                    SchemeName);
                return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), SchemeName));
            case AccessOutcome.Wrong wrong:
                await audit.RefusedAsync(Context, wrong.Email is null ? "(Access)" : $"{AccessSettings.Way}:{wrong.Email}", wrong.Why).ConfigureAwait(false);
                return AuthenticateResult.Fail(wrong.Why);
            default:
                return AuthenticateResult.NoResult();
        }
    }

    private static string Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Verifies one token of Access.</summary>
internal sealed class AccessVerifier(AccessSettings settings, AccessKeys keys, TimeProvider time)
{
    // Clocks differ.
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);
    private const int Longest = 16 * 1024;
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = Longest };

    public async ValueTask<AccessOutcome> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > Longest || !Handler.CanReadToken(token) || ReadKeyId(token) is not { Length: > 0 } keyId)
        {
            return new AccessOutcome.Wrong("what came as the Access token is none");
        }

        SecurityKey? key;
        try
        {
            key = await keys.FindAsync(keyId, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            return new AccessOutcome.Wrong($"the Access token cannot be verified: {exception.Message}");
        }

        if (key is null)
        {
            return new AccessOutcome.Wrong("the Access token is signed with a key that the team does not have");
        }

        var result = await Handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = settings.Issuer,
            ValidAudiences = settings.Audiences,
            IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256],
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            LifetimeValidator = IsTime,
        }).ConfigureAwait(false);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken read)
        {
            return new AccessOutcome.Wrong(result.Exception switch
            {
                SecurityTokenInvalidLifetimeException => "the Access token has expired or does not count yet",
                SecurityTokenInvalidAudienceException => "the Access token is for another application than CF_ACCESS_AUDIENCE",
                SecurityTokenInvalidIssuerException => "the Access token is not from the team in CF_ACCESS_TEAM",
                _ => "the Access token's signature does not hold",
            });
        }

        if (!read.TryGetPayloadValue<string>("email", out var email) || !AllowList.IsEmail(email))
        {
            return new AccessOutcome.Wrong("the Access token names no e-mail address, as those of service tokens do");
        }

        return settings.RoleOf(email) is { } role
            ? new AccessOutcome.Right(email, role, new(read.ValidTo, TimeSpan.Zero), new(read.IssuedAt, TimeSpan.Zero))
            : new AccessOutcome.Wrong("the address is not in CF_ACCESS_ALLOW") { Email = email };
    }

    private static string? ReadKeyId(string token)
    {
        try
        {
            return new JsonWebToken(token).Kid;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private bool IsTime(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + Skew && (notBefore is not { } begin || now >= begin - Skew);
    }
}

/// <summary>What came of a token of Access.</summary>
internal abstract record AccessOutcome
{
    private AccessOutcome()
    {
    }

    public sealed record Right(string Email, Role Role, DateTimeOffset Ends, DateTimeOffset IssuedAt) : AccessOutcome;

    /// <param name="Why">In a few words.</param>
    public sealed record Wrong(string Why) : AccessOutcome
    {
        /// <summary>Who it is, when that is certain.</summary>
        public string? Email { get; init; }
    }
}
