using System.Globalization;
using System.Text.Json;

namespace DockFlare.Core.Access;

/// <summary>Turns <c>access.custom_rules</c> into policies that belong to one application alone.</summary>
internal static class CustomRules
{
    /// <summary>The policies; none, and a fault in a whole sentence, when they cannot be used.</summary>
    public static EquatableArray<AccessPolicy> Read(string json, string appName, out string? fault)
    {
        fault = null;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Array || document.RootElement.GetArrayLength() == 0)
            {
                fault = "access.custom_rules is not a list with something in it: write a JSON array of Access policies, each with decision and include.";
                return [];
            }

            var number = 0;
            var policies = document.RootElement.EnumerateArray().Select(policy => Named(AccessPolicyJson.Parse(policy), appName, ++number)).ToEquatableArray();
            fault = policies.Select(static policy => policy.FindFault()).FirstOrDefault(static found => found is not null) is { } wrong ? $"In access.custom_rules: {wrong}" : null;
            return fault is null ? policies : [];
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            // Labels are checked when they are read; what an operator sends over the API may still be wrong.
            fault = $"access.custom_rules cannot be read ({exception.Message.TrimEnd('.')}): write a JSON array of Access policies, each with decision and include.";
            return [];
        }
    }

    private static AccessPolicy Named(AccessPolicy policy, string appName, int number) =>
        policy.Name.Length > 0 ? policy : policy with { Name = string.Create(CultureInfo.InvariantCulture, $"{appName} {number}") };
}
