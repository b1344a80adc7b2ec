using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Access;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>Applications and policies as they are sent: always whole.</summary>
internal static class AccessBodies
{
    // What the server adds to an application, and what has calls of its own.
    private static readonly HashSet<string> OnlyRead = new(["id", "uid", "aud", "created_at", "updated_at", "domain_type", "self_hosted_domains", "policies"], StringComparer.Ordinal);

    public static byte[] Policy(AccessPolicy policy) => Write(writer => AccessPolicyJson.Write(writer, policy));

    public static byte[] App(DesiredApp app, IReadOnlyList<string> policyIds, IReadOnlyList<string> tags) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "self_hosted");
        writer.WriteString("name"u8, app.Name);
        writer.WriteString("domain"u8, app.Destinations[0]);
        writer.WriteStartArray("destinations"u8);
        foreach (var destination in app.Destinations)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "public");
            writer.WriteString("uri"u8, destination);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("session_duration"u8, app.SessionDuration);
        writer.WriteBoolean("app_launcher_visible"u8, app.AppLauncherVisible);
        writer.WriteBoolean("auto_redirect_to_identity"u8, app.AutoRedirectToIdentity);
        WriteStrings(writer, "allowed_idps", app.AllowedIdps);
        WriteStrings(writer, "tags", tags);
        if (app.Inline.IsEmpty)
        {
            WriteStrings(writer, "policies", policyIds);
        }
        else
        {
            writer.WriteStartArray("policies"u8);
            foreach (var policy in app.Inline)
            {
                AccessPolicyJson.Write(writer, policy);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    });

    /// <summary>An application as it was read, without one of its tags. Its policies are left out, which leaves them as they are.</summary>
    public static byte[] Untagged(JsonElement app, string tag) => Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var property in app.EnumerateObject())
        {
            if (property.NameEquals("tags"u8))
            {
                WriteStrings(writer, "tags", AccessAnswers.Tags(app).Where(other => !string.Equals(other, tag, StringComparison.Ordinal)));
            }
            else if (!OnlyRead.Contains(property.Name) && property.Value.ValueKind != JsonValueKind.Null)
            {
                property.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    });

    public static byte[] ServiceToken(string name, string? duration) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, name);
        if (duration is not null)
        {
            writer.WriteString("duration"u8, duration);
        }

        writer.WriteEndObject();
    });

    public static byte[] Rotation(DateTimeOffset? oldUntil) => Write(writer =>
    {
        writer.WriteStartObject();
        if (oldUntil is { } until)
        {
            writer.WriteString("previous_client_secret_expires_at"u8, until.UtcDateTime);
        }

        writer.WriteEndObject();
    });

    public static byte[] Tag(string name) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, name);
        writer.WriteEndObject();
    });

    private static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return stream.ToArray();
    }
}
