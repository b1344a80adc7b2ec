using System.Text.Json;

namespace DockFlare.Testing.Tunnels;

/// <summary>The connector token: base64 of <c>{"a":account,"t":tunnel,"s":secret}</c>. White space inside is passed over.</summary>
internal static class ConnectorToken
{
    public static (string Account, string Tunnel, string Secret) Read(string token)
    {
        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(token));
            return (Part(document, "a"), Part(document, "t"), Part(document, "s"));
        }
        catch (Exception exception) when (exception is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FakeConnectException("Provided Tunnel token is not valid.");
        }
    }

    private static string Part(JsonDocument document, string name) => document.RootElement.GetProperty(name).GetString() ?? "";
}
