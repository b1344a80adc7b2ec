using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DockFlare.Core.Labels;

/// <summary>Reads <c>access.custom_rules</c>: a JSON array of Access policies. What is inside a selector is Cloudflare's to judge.</summary>
internal static class PolicyRules
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the policies.</summary>
    /// <param name="json">The label's value.</param>
    /// <param name="compact">The same without white space.</param>
    /// <param name="hasBypass">Whether one of them lets in without a login, so that there is no token to check.</param>
    /// <param name="fault">The end of a sentence that begins with the label.</param>
    public static bool TryRead(string json, out string? compact, out bool hasBypass, out string? fault)
    {
        compact = null;
        hasBypass = false;
        fault = LabelJson.OpenArray(json, out var document);
        if (document is null)
        {
            return false;
        }

        using (document)
        {
            var number = 0;
            foreach (var policy in document.RootElement.EnumerateArray())
            {
                number++;
                if (FindFault(policy, ref hasBypass) is { } found)
                {
                    fault = string.Create(CultureInfo.InvariantCulture, $"has a fault in policy {number}: {found}");
                    return false;
                }
            }

            compact = Write(document.RootElement);
            fault = compact is null ? "is not readable as JSON (half a character)" : null;
            return compact is not null;
        }
    }

    private static string? FindFault(JsonElement policy, ref bool hasBypass)
    {
        if (policy.ValueKind != JsonValueKind.Object)
        {
            return "it is not an object";
        }

        var decision = policy.TryGetProperty("decision", out var value) ? LabelJson.Text(value) : null;
        if (decision is not ("allow" or "deny" or "bypass" or "non_identity"))
        {
            return "its decision is not allow, deny, bypass or non_identity";
        }

        hasBypass |= decision == "bypass";
        if (policy.TryGetProperty("name", out var name) && name.ValueKind != JsonValueKind.String)
        {
            return "its name is not a text";
        }

        if (!policy.TryGetProperty("include", out var include) || !IsListOfObjects(include) || include.GetArrayLength() == 0)
        {
            return "its include is not a list with at least one selector";
        }

        return (policy.TryGetProperty("exclude", out var exclude) && !IsListOfObjects(exclude))
            || (policy.TryGetProperty("require", out var require) && !IsListOfObjects(require))
            ? "its exclude or require is not a list of selectors"
            : null;
    }

    private static bool IsListOfObjects(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array && element.EnumerateArray().All(static entry => entry.ValueKind == JsonValueKind.Object);

    private static string? Write(JsonElement root)
    {
        using var stream = new MemoryStream();
        try
        {
            using var writer = new Utf8JsonWriter(stream, Compact);
            root.WriteTo(writer);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            return null;
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
