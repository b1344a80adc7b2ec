using System.Text.Json;

namespace DockFlare.Core.Ingress;

/// <summary>An <c>originRequest</c> as it was read.</summary>
internal readonly record struct OriginReading(OriginRequest? Known, EquatableArray<UnknownKey> Unknown);

/// <summary>The keys of <c>originRequest</c> in the API's JSON.</summary>
internal static class OriginKeys
{
    /// <summary>cloudflared's own spelling, in the order we write them.</summary>
    public static readonly string[] Names =
    [
        "connectTimeout", "tlsTimeout", "tcpKeepAlive", "noHappyEyeballs", "keepAliveConnections", "keepAliveTimeout", "httpHostHeader",
        "originServerName", "matchSNItoHost", "caPool", "noTLSVerify", "disableChunkedEncoding", "bastionMode", "proxyAddress", "proxyPort",
        "proxyType", "ipRules", "http2Origin", "access",
    ];

    private static readonly string[] RuleFields = ["prefix", "ports", "allow"];
    private static readonly string[] AccessFields = ["required", "teamName", "audTag"];

    /// <summary>Reads an object. A known key with a value we cannot hold is kept under its own name, so nothing is lost.</summary>
    /// <exception cref="JsonException">It is no object.</exception>
    public static OriginReading Read(JsonElement origin, string name)
    {
        if (origin.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"'{name}' is {Describe(origin)}; it must be an object.");
        }

        OriginRequest? known = null;
        var unknown = new UnknownKeys();
        foreach (var property in origin.EnumerateObject())
        {
            var field = GoJsonName.Find(property.Name, Names);
            if (field is null)
            {
                unknown.Add(property);
            }
            else if (property.Value.ValueKind != JsonValueKind.Null)
            {
                var read = Read(known ?? OriginRequest.None, field, property.Value);
                known = read ?? known;
                if (read is null)
                {
                    unknown.Add(field, property.Value);
                }
            }
        }

        return new(known, unknown.Sorted());
    }

    public static bool IsKnown(string name) => GoJsonName.Find(name, Names) is not null;

    /// <summary>What the API can hold: a part of a second counts as a whole one, as 0 would switch the limit off.</summary>
    public static OriginRequest InWholeSeconds(OriginRequest origin) => origin with
    {
        ConnectTimeout = Whole(origin.ConnectTimeout),
        TlsTimeout = Whole(origin.TlsTimeout),
        TcpKeepAlive = Whole(origin.TcpKeepAlive),
        KeepAliveTimeout = Whole(origin.KeepAliveTimeout),
    };

    public static long Seconds(TimeSpan duration)
    {
        var seconds = duration.Ticks / TimeSpan.TicksPerSecond;
        return (duration.Ticks % TimeSpan.TicksPerSecond) switch { > 0 => seconds + 1, < 0 => seconds - 1, _ => seconds };
    }

    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    private static TimeSpan? Whole(TimeSpan? duration) =>
        duration is { } value && value.Ticks % TimeSpan.TicksPerSecond != 0 ? Duration(Seconds(value)) : duration;

    private static TimeSpan Duration(long seconds) => new(seconds * TimeSpan.TicksPerSecond);

    private static OriginRequest? Read(OriginRequest into, string field, JsonElement value) => field switch
    {
        "connectTimeout" => Duration(value) is { } v ? into with { ConnectTimeout = v } : null,
        "tlsTimeout" => Duration(value) is { } v ? into with { TlsTimeout = v } : null,
        "tcpKeepAlive" => Duration(value) is { } v ? into with { TcpKeepAlive = v } : null,
        "keepAliveTimeout" => Duration(value) is { } v ? into with { KeepAliveTimeout = v } : null,
        "keepAliveConnections" => Number(value) is { } v ? into with { KeepAliveConnections = v } : null,
        "proxyPort" => Number(value) is { } v ? into with { ProxyPort = v } : null,
        "noHappyEyeballs" => Flag(value) is { } v ? into with { NoHappyEyeballs = v } : null,
        "matchSNItoHost" => Flag(value) is { } v ? into with { MatchSniToHost = v } : null,
        "noTLSVerify" => Flag(value) is { } v ? into with { NoTlsVerify = v } : null,
        "disableChunkedEncoding" => Flag(value) is { } v ? into with { DisableChunkedEncoding = v } : null,
        "bastionMode" => Flag(value) is { } v ? into with { BastionMode = v } : null,
        "http2Origin" => Flag(value) is { } v ? into with { Http2Origin = v } : null,
        "httpHostHeader" => Text(value) is { } v ? into with { HttpHostHeader = v } : null,
        "originServerName" => Text(value) is { } v ? into with { OriginServerName = v } : null,
        "caPool" => Text(value) is { } v ? into with { CaPool = v } : null,
        "proxyAddress" => Text(value) is { } v ? into with { ProxyAddress = v } : null,
        "proxyType" => Text(value) is { } v ? into with { ProxyType = v } : null,
        "ipRules" => Rules(value) is { } v ? into with { IpRules = v } : null,
        _ => Access(value) is { } v ? into with { Access = v } : null,
    };

    private static TimeSpan? Duration(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && Math.Abs((decimal)seconds) <= TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond
            && !value.GetRawText().AsSpan().ContainsAny('.', 'e', 'E')
            ? Duration(seconds)
            : null;

    private static int? Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private static bool? Flag(JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Null when an entry holds anything but the three keys: then the whole list is kept as it is.</summary>
    private static EquatableArray<IpRule>? Rules(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var rules = new List<IpRule>(value.GetArrayLength());
        foreach (var element in value.EnumerateArray())
        {
            if (Rule(element) is not { } rule)
            {
                return null;
            }

            rules.Add(rule);
        }

        // An empty list takes back what the top level says, which our value for 'not there' does not.
        return rules.Count == 0 ? null : rules.ToEquatableArray();
    }

    private static IpRule? Rule(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var rule = new IpRule("", [], Allow: false);
        foreach (var property in value.EnumerateObject())
        {
            var read = GoJsonName.Find(property.Name, RuleFields) switch
            {
                "prefix" => Text(property.Value) is { } prefix ? rule with { Prefix = prefix } : null,
                "allow" => Flag(property.Value) is { } allow ? rule with { Allow = allow } : null,
                "ports" => List(property.Value, Number) is { } ports ? rule with { Ports = ports } : null,
                _ => null,
            };
            if (read is null)
            {
                return null;
            }

            rule = read;
        }

        return rule;
    }

    private static OriginAccess? Access(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var access = new OriginAccess(Required: false, null, []);
        foreach (var property in value.EnumerateObject())
        {
            var read = GoJsonName.Find(property.Name, AccessFields) switch
            {
                "required" => Flag(property.Value) is { } required ? access with { Required = required } : null,
                "teamName" => Text(property.Value) is { } team ? access with { TeamName = team } : null,
                "audTag" => Texts(property.Value) is { } tags ? access with { AudTag = tags } : null,
                _ => null,
            };
            if (read is null)
            {
                return null;
            }

            access = read;
        }

        return access;
    }

    private static EquatableArray<int>? List(JsonElement value, Func<JsonElement, int?> read)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var items = value.EnumerateArray().Select(read).ToList();
        return items.TrueForAll(static item => item is not null) ? items.Select(static item => item!.Value).ToEquatableArray() : null;
    }

    private static EquatableArray<string>? Texts(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var items = value.EnumerateArray().Select(Text).ToList();
        return items.TrueForAll(static item => item is not null) ? items.Select(static item => item!).ToEquatableArray() : null;
    }
}
