using System.Text.Json;

namespace DockFlare.Core.Labels;

/// <summary>Opens the JSON that a label holds.</summary>
internal static class LabelJson
{
    /// <summary>Reads a JSON array that has something in it.</summary>
    /// <param name="json">The label's value.</param>
    /// <param name="document">To be disposed of by the caller; null when there is a fault.</param>
    /// <returns>The fault, as the end of a sentence that begins with the label; null for none.</returns>
    public static string? OpenArray(string json, out JsonDocument? document)
    {
        document = null;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException exception)
        {
            return $"is not readable as JSON (position {exception.BytePositionInLine ?? 0})";
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // The first where it stands as it is, the second where it is written as an escape in a key.
            return "is not readable as JSON (half a character)";
        }

        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
        {
            return null;
        }

        var fault = root.ValueKind == JsonValueKind.Array ? "is an empty list" : "is not a list in square brackets";
        document.Dispose();
        document = null;
        return fault;
    }

    /// <summary>The text of a JSON string; null when it is another kind of value or holds half a character.</summary>
    public static string? Text(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
