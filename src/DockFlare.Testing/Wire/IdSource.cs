using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DockFlare.Testing.Wire;

/// <summary>Ids and secrets, derived from a seed and a counter so that two equal runs are equal.</summary>
internal sealed class IdSource(int seed)
{
    private long counter;

    public string Hex32() => Convert.ToHexStringLower(Next("id").AsSpan(0, 16));

    public string Hex64() => Convert.ToHexStringLower(Next("hex"));

    public string Uuid()
    {
        var bytes = Next("uuid");
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes.AsSpan(0, 16), bigEndian: true).ToString();
    }

    public string Secret() => Convert.ToBase64String(Next("secret"));

    public string Token(string prefix) => prefix + Convert.ToHexStringLower(Next("token").AsSpan(0, 20));

    private byte[] Next(string kind) => SHA256.HashData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed}:{kind}:{Interlocked.Increment(ref counter)}")));
}
