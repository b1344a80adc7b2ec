using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DockFlare.Testing;

/// <summary>
/// A Zero Trust team that signs the tokens Access sends along with each request, and shows its keys at <c>/cdn-cgi/access/certs</c>: the current one and the one before it,
/// as Cloudflare does while keys rotate.
/// </summary>
public sealed class FakeAccessTeam : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<(string Id, RSA Key)> keys = [];
    private readonly TimeProvider time;
    private int made;

    internal FakeAccessTeam(TimeProvider time)
    {
        this.time = time;
        RotateKeys();
    }

    /// <summary>The team's address, which is also who its tokens are from: <c>http://127.0.0.1:port</c>.</summary>
    public Uri Address { get; internal set; } = null!;

    /// <summary>Signs with a new key from now on. The one before it stays among the shown, an older one does not.</summary>
    public void RotateKeys()
    {
        lock (gate)
        {
            keys.Add(($"access-key-{++made}", RSA.Create(2048)));
            if (keys.Count > 2)
            {
                keys[0].Key.Dispose();
                keys.RemoveAt(0);
            }
        }
    }

    /// <summary>A token for an application, as <c>Cf-Access-Jwt-Assertion</c> carries it.</summary>
    /// <param name="audience">The application's audience tag.</param>
    /// <param name="email">Who logged in; null for a service token.</param>
    /// <param name="lifetime">How long it counts from now; negative for one that has expired.</param>
    /// <param name="issuer">Who it says it is from; null for this team.</param>
    /// <param name="keyId">The key it says it is signed with; null for the one it is.</param>
    public string Issue(string audience, string? email, TimeSpan lifetime, string? issuer = null, string? keyId = null)
    {
        lock (gate)
        {
            var (id, key) = keys[^1];
            var now = time.GetUtcNow();
            var issued = lifetime < TimeSpan.Zero ? now + lifetime + lifetime : now;
            var signed = Part(writer =>
            {
                writer.WriteString("alg", "RS256");
                writer.WriteString("kid", keyId ?? id);
                writer.WriteString("typ", "JWT");
            }) + "." + Part(writer =>
            {
                writer.WriteStartArray("aud");
                writer.WriteStringValue(audience);
                writer.WriteEndArray();
                if (email is not null)
                {
                    writer.WriteString("email", email);
                }
                else
                {
                    writer.WriteString("common_name", "00000000000000000000000000000000.access");
                }

                writer.WriteNumber("exp", (now + lifetime).ToUnixTimeSeconds());
                writer.WriteNumber("iat", issued.ToUnixTimeSeconds());
                writer.WriteNumber("nbf", issued.ToUnixTimeSeconds());
                writer.WriteString("iss", issuer ?? Address.GetLeftPart(UriPartial.Authority));
                writer.WriteString("type", "app");
                writer.WriteString("sub", email is null ? "" : "7335d417-61da-459d-899c-0a01c76a2f94");
            });
            return signed + "." + Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }
    }

    /// <summary>What the certs endpoint answers.</summary>
    internal byte[] Certificates()
    {
        lock (gate)
        {
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream))
            {
                writer.WriteStartObject();
                writer.WriteStartArray("keys");
                foreach (var (id, key) in keys)
                {
                    var shown = key.ExportParameters(includePrivateParameters: false);
                    writer.WriteStartObject();
                    writer.WriteString("kid", id);
                    writer.WriteString("kty", "RSA");
                    writer.WriteString("alg", "RS256");
                    writer.WriteString("use", "sig");
                    writer.WriteString("e", Base64Url.EncodeToString(shown.Exponent));
                    writer.WriteString("n", Base64Url.EncodeToString(shown.Modulus));
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            return stream.ToArray();
        }
    }

    /// <summary>Forgets the keys.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            keys.ForEach(static pair => pair.Key.Dispose());
            keys.Clear();
        }
    }

    private static string Part(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Base64Url.EncodeToString(stream.ToArray());
    }
}
