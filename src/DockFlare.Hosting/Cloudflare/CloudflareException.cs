using System.Globalization;
using System.Net;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>What a failed call means for what happens next.</summary>
internal enum CloudflareFault
{
    /// <summary>429, 5xx, a time-out or no connection: worth trying again.</summary>
    Passing,

    /// <summary>The request itself was refused: trying again changes nothing.</summary>
    Lasting,

    /// <summary>The token is not accepted or lacks a permission.</summary>
    Permission,

    /// <summary>There is no such object.</summary>
    NotFound,

    /// <summary>A name is taken or an object is still in use.</summary>
    Conflict,
}

/// <summary>A call that Cloudflare did not carry out, with a message for the operator. Holds no secret.</summary>
internal sealed class CloudflareException(string message, CloudflareFault fault, Exception? inner = null) : Exception(message, inner)
{
    public CloudflareFault Fault { get; } = fault;

    public HttpStatusCode? Status { get; init; }

    public int Code { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the call was never made, so that nothing at Cloudflare is in doubt.</summary>
    public bool WasNotSent { get; init; }

    /// <summary>Whether no answer came for as long as a call may take.</summary>
    public bool WasTimeout { get; init; }

    /// <summary>Whether Cloudflare counts us as too fast, in whichever status it says so.</summary>
    public bool IsTooManyCalls => Status == HttpStatusCode.TooManyRequests || Code is 971 or 10429;

    /// <summary>What came of the call, in one word for a metric.</summary>
    public string Outcome => IsTooManyCalls ? "limited" : WasTimeout ? "timeout" : WasNotSent && Status is null && RetryAfter is not null ? "held" : Fault == CloudflareFault.Passing ? "failed" : "refused";

    /// <summary>A zone takes no more records.</summary>
    public const int RecordQuotaReached = 81045;

    /// <summary>A tunnel's document breaks cloudflared's own rules.</summary>
    public const int BadConfiguration = 1056;

    /// <summary>Decides on the status, the code and the family of the endpoint; the message is for people alone.</summary>
    public static CloudflareException From(CloudflareCall call, HttpStatusCode status, IReadOnlyList<CfError>? errors, TimeSpan? retryAfter)
    {
        var first = errors is { Count: > 0 } ? errors[0] : null;
        var inner = first?.ErrorChain is { Count: > 0 } chain ? chain[0] : first;
        var code = inner?.Code ?? 0;
        var fault = Classify(status, first?.Code ?? 0, code);
        var said = inner?.Message?.Trim() is { Length: > 0 } text ? text : "no message";
        var tail = string.Create(CultureInfo.InvariantCulture, $" (HTTP {(int)status}, code {code})");
        var advice = fault == CloudflareFault.Permission ? " " + Advice(call, first?.Code ?? 0)
            : code == RecordQuotaReached ? " The zone holds as many records as its plan allows: delete some, or move it to a larger plan."
            : "";
        return new($"Cloudflare did not {call.What}: {said}{tail}.{advice}", fault) { Status = status, Code = code, RetryAfter = retryAfter };
    }

    private static CloudflareFault Classify(HttpStatusCode status, int outer, int code) => status switch
    {
        HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => CloudflareFault.Passing,
        _ when outer is 971 or 10429 => CloudflareFault.Passing,
        _ when outer is 6003 or 6111 or 9106 or 9109 => CloudflareFault.Permission,
        // Zero Trust was never set up: no token would help.
        _ when outer is 9999 => CloudflareFault.Lasting,
        _ when outer is 11021 or 12045 or 12135 or 12152 => CloudflareFault.NotFound,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => CloudflareFault.Permission,
        HttpStatusCode.NotFound => CloudflareFault.NotFound,
        HttpStatusCode.Conflict => CloudflareFault.Conflict,
        _ when code is 81053 or 81054 or 81057 or 81058 or 1013 or 11010 => CloudflareFault.Conflict,
        _ => CloudflareFault.Lasting,
    };

    private static string Advice(CloudflareCall call, int code) => code is 6003 or 6111 or 9106
        ? "CF_API_TOKEN is not of the form of an API token: copy it again, without quotes or blanks; a Global API Key does not work here."
        : call.Permission.Length == 0
        ? "CF_API_TOKEN is wrong, disabled or expired: make a new token in the Cloudflare dashboard (My Profile, API Tokens) and set it. A token that belongs to an account needs CF_ACCOUNT_ID too."
        : $"CF_API_TOKEN is wrong, expired or lacks the permission '{call.Permission}': edit the token in the Cloudflare dashboard (My Profile, API Tokens) and restart.";
}

/// <summary>One kind of call: how it is named to people and which permission it needs.</summary>
/// <param name="What">Completes the sentence "Cloudflare did not …".</param>
/// <param name="Permission">The permission's name in the dashboard; empty when every valid token may.</param>
internal readonly record struct CloudflareCall(string What, string Permission)
{
    /// <summary>What it is for; new routes when nothing else is said.</summary>
    public CallLane Lane { get; init; }
}
