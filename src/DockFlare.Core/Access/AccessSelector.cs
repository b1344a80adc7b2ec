using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DockFlare.Core.Access;

/// <summary>One entry of a policy's <c>include</c>, <c>exclude</c> or <c>require</c>.</summary>
/// <param name="Kind">What is looked at.</param>
/// <param name="Value">Which: see the kind; empty where there is nothing to say.</param>
public sealed record AccessSelector(AccessSelectorKind Kind, string Value = "")
{
    /// <summary>Everybody.</summary>
    public static AccessSelector Everyone { get; } = new(AccessSelectorKind.Everyone);

    /// <summary>Why the value is not one of its kind and what to write instead, as a sentence; null when it is.</summary>
    public string? FindFault() => Kind switch
    {
        AccessSelectorKind.Everyone or AccessSelectorKind.AnyServiceToken => null,
        AccessSelectorKind.Email => Value.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < Value.Length - 1 ? null : $"'{Value}' is not an e-mail address: write one such as me@example.com.",
        AccessSelectorKind.EmailDomain => Value.Contains('.', StringComparison.Ordinal) && !Value.Contains('@', StringComparison.Ordinal) ? null : $"'{Value}' is not the domain of e-mail addresses: write what follows the '@', such as example.com.",
        AccessSelectorKind.Ip => IPAddress.TryParse(Value, out _) || IPNetwork.TryParse(Value, out _) ? null : $"'{Value}' is neither an address nor a range: write one such as 203.0.113.0/24 (with the bits behind the prefix zero).",
        AccessSelectorKind.Country => Value.Length == 2 && Value.All(char.IsAsciiLetter) ? null : $"'{Value}' is not a country code: write two letters, such as CH.",
        AccessSelectorKind.Custom => CanonicalJson.IsObject(Value) ? null : "A custom selector is not a JSON object: write one such as {\"auth_method\":{\"auth_method\":\"mfa\"}}.",
        _ => Value.Length > 0 ? null : $"The selector '{Kind}' names nothing: write the id it is about.",
    };

    /// <summary>The selector as the API takes it, in the one form in which two that mean the same are equal.</summary>
    public string ToJson() => Kind switch
    {
        AccessSelectorKind.Everyone => "{\"everyone\":{}}",
        AccessSelectorKind.AnyServiceToken => "{\"any_valid_service_token\":{}}",
        AccessSelectorKind.Email => Single("email", "email", Value.ToLowerInvariant()),
        AccessSelectorKind.EmailDomain => Single("email_domain", "domain", Value.ToLowerInvariant()),
        AccessSelectorKind.Ip => Single("ip", "ip", Range(Value)),
        AccessSelectorKind.Country => Single("geo", "country_code", Value.ToUpperInvariant()),
        AccessSelectorKind.Group => Single("group", "id", Value),
        AccessSelectorKind.LoginMethod => Single("login_method", "id", Value),
        AccessSelectorKind.ServiceToken => Single("service_token", "token_id", Value),
        _ => Value,
    };

    /// <summary>Reads a selector as the API writes it. A kind that is not known here is kept as it is.</summary>
    public static AccessSelector Parse(JsonElement json)
    {
        foreach (var (kind, name, field) in Known)
        {
            if (json.ValueKind == JsonValueKind.Object && json.GetPropertyCount() == 1 && json.TryGetProperty(name, out var inner) && inner.ValueKind == JsonValueKind.Object
                && inner.GetPropertyCount() == (field is null ? 0 : 1))
            {
                if (field is null)
                {
                    return new(kind);
                }

                if (inner.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String)
                {
                    return new(kind, value.GetString()!);
                }
            }
        }

        return new(AccessSelectorKind.Custom, CanonicalJson.Write(json));
    }

    private static readonly (AccessSelectorKind Kind, string Name, string? Field)[] Known =
    [
        (AccessSelectorKind.Everyone, "everyone", null),
        (AccessSelectorKind.AnyServiceToken, "any_valid_service_token", null),
        (AccessSelectorKind.Email, "email", "email"),
        (AccessSelectorKind.EmailDomain, "email_domain", "domain"),
        (AccessSelectorKind.Ip, "ip", "ip"),
        (AccessSelectorKind.Country, "geo", "country_code"),
        (AccessSelectorKind.Group, "group", "id"),
        (AccessSelectorKind.LoginMethod, "login_method", "id"),
        (AccessSelectorKind.ServiceToken, "service_token", "token_id"),
    ];

    /// <summary>Whether it means every visitor, in whatever words.</summary>
    internal bool IsEveryone => Kind == AccessSelectorKind.Everyone || (Kind == AccessSelectorKind.Ip && Value is "0.0.0.0/0" or "::/0");

    // Cloudflare answers a single address as a range of one.
    private static string Range(string value) =>
        IPAddress.TryParse(value, out var address) ? $"{address}/{(value.Contains(':', StringComparison.Ordinal) ? "128" : "32")}" : value;

    private static string Single(string kind, string field, string value) =>
        new StringBuilder().Append("{\"").Append(kind).Append("\":{\"").Append(field).Append("\":\"").Append(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value)).Append("\"}}").ToString();
}

/// <summary>What a selector looks at.</summary>
public enum AccessSelectorKind
{
    /// <summary>Everybody; no value.</summary>
    Everyone,

    /// <summary>An e-mail address.</summary>
    Email,

    /// <summary>What e-mail addresses end in, without the <c>@</c>.</summary>
    EmailDomain,

    /// <summary>An IP address or range.</summary>
    Ip,

    /// <summary>A country by its two letters.</summary>
    Country,

    /// <summary>An Access group at Cloudflare, by its UUID.</summary>
    Group,

    /// <summary>A login method, by the UUID or the name of the identity provider.</summary>
    LoginMethod,

    /// <summary>One service token, by its UUID or its name.</summary>
    ServiceToken,

    /// <summary>Any valid service token; no value.</summary>
    AnyServiceToken,

    /// <summary>Any other selector, as the API's JSON.</summary>
    Custom,
}
