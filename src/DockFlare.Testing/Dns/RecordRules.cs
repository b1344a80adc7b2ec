using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Dns;

/// <summary>What Cloudflare refuses in a single record, and how it writes one down.</summary>
internal static class RecordRules
{
    private static readonly HashSet<string> Types = new(
        ["A", "AAAA", "CAA", "CERT", "CNAME", "DNSKEY", "DS", "HTTPS", "LOC", "MX", "NAPTR", "NS", "OPENPGPKEY", "PTR", "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "TXT", "URI"],
        StringComparer.Ordinal);

    public static bool IsProxiable(string type) => type is "A" or "AAAA" or "CNAME";

    /// <summary>The whole name in punycode and lower case. A name that is not in the zone is relative to it.</summary>
    public static string Normalize(string name, string zone)
    {
        var text = name.Trim().TrimEnd('.').ToLowerInvariant();
        if (text is "" && name is not "")
        {
            throw InvalidName(name);
        }

        if (text is "@" or "")
        {
            return zone;
        }

        var ascii = ToAscii(text, name);
        var full = ascii == zone || ascii.EndsWith("." + zone, StringComparison.Ordinal) ? ascii : $"{ascii}.{zone}";
        return full.Length <= 253 && HasValidLabels(full) ? full : throw InvalidName(name);
    }

    /// <summary>Checks everything that does not depend on other records, and brings the record to its normal form.</summary>
    public static FakeRecord Check(FakeRecord record, FakePlan plan)
    {
        if (!Types.Contains(record.Type))
        {
            throw new Refusal(400, 9004, $"DNS record type '{record.Type}' is invalid.");
        }

        if (record.Proxied && !IsProxiable(record.Type))
        {
            throw new Refusal(400, 9004, "This record type cannot be proxied.");
        }

        var lowest = plan == FakePlan.Enterprise ? 30 : 60;
        if (record.Ttl != 1 && (record.Ttl < lowest || record.Ttl > 86400))
        {
            throw new Refusal(400, 9021, $"Invalid TTL. Must be between {lowest} and 86400 seconds, or 1 for Automatic.");
        }

        CheckComment(record.Comment, plan);
        CheckTags(record, plan);
        if (record.Type == "MX" && record.Priority is not (>= 0 and <= 65535))
        {
            throw new Refusal(400, 9009, "Invalid or missing priority for MX record.");
        }

        return record with { Content = Content(record), Ttl = record.Proxied ? 1 : record.Ttl };
    }

    private static string Content(FakeRecord record)
    {
        var content = record.Content.Trim();
        if (content.Length > 4096)
        {
            throw new Refusal(400, 1004, "DNS Validation Error: the record is larger than 4096 bytes.");
        }

        switch (record.Type)
        {
            case "A":
                return IPAddress.TryParse(content, out var v4) && v4.AddressFamily == AddressFamily.InterNetwork && v4.ToString() == content
                    ? content
                    : throw new Refusal(400, 9005, "Content for A record must be a valid IPv4 address.");
            case "AAAA":
                return IPAddress.TryParse(content, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6 && !content.Contains('%', StringComparison.Ordinal)
                    ? v6.ToString()
                    : throw new Refusal(400, 9006, "Content for AAAA record must be a valid IPv6 address.");
            case "CNAME":
                content = content.TrimEnd('.');
                if (content.Length is 0 or > 253 || content.Contains('/', StringComparison.Ordinal) || !HasValidLabels(ToAscii(content.ToLowerInvariant(), content)))
                {
                    throw new Refusal(400, 9007, "Content for CNAME record is invalid.");
                }

                return string.Equals(content, record.Name, StringComparison.OrdinalIgnoreCase)
                    ? throw new Refusal(400, 9039, "CNAME content cannot reference itself.")
                    : content;
            default:
                return content.Length > 0 ? content : throw new Refusal(400, 9020, $"Content for {record.Type} record is required.");
        }
    }

    private static void CheckComment(string? comment, FakePlan plan)
    {
        var limit = plan == FakePlan.Free ? 100 : 500;
        if (comment is null)
        {
            return;
        }

        // The codes of both refusals are not recorded.
        if (comment.Length > limit)
        {
            throw new Refusal(400, 9301, $"DNS record comment has {comment.Length} characters, exceeding the limit of {limit}.");
        }

        if (comment.AsSpan().IndexOfAny('\r', '\n') >= 0)
        {
            throw new Refusal(400, 9301, "DNS record comment cannot contain line breaks.");
        }
    }

    private static void CheckTags(FakeRecord record, FakePlan plan)
    {
        var quota = plan == FakePlan.Free ? 0 : 20;
        if (record.Tags.Count > quota)
        {
            throw new Refusal(400, 9300, $"DNS record has {record.Tags.Count} tags, exceeding the quota of {quota}.");
        }

        foreach (var tag in record.Tags)
        {
            var name = tag.Split(':', 2)[0];
            if (name.Length == 0 || name.StartsWith("cf-", StringComparison.OrdinalIgnoreCase) || name.AsSpan().ContainsAnyExcept(TagCharacters))
            {
                throw new Refusal(400, 9302, $"DNS record tag '{tag}' is invalid.");
            }
        }
    }

    private static readonly System.Buffers.SearchValues<char> TagCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private static string ToAscii(string text, string original)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            return text;
        }

        try
        {
            return new IdnMapping().GetAscii(text);
        }
        catch (ArgumentException)
        {
            throw InvalidName(original);
        }
    }

    private static bool HasValidLabels(string name)
    {
        var isFirst = true;
        foreach (var range in name.AsSpan().Split('.'))
        {
            var label = name.AsSpan(range);
            var isWildcard = isFirst && label is "*";
            isFirst = false;
            if (isWildcard)
            {
                continue;
            }

            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(LabelCharacters))
            {
                return false;
            }
        }

        return true;
    }

    private static readonly System.Buffers.SearchValues<char> LabelCharacters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-");

    private static Refusal InvalidName(string name) => new(400, 9000, $"DNS name '{name}' is invalid.");
}
