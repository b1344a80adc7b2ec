using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace DockFlare.Hosting.Import;

/// <summary>
/// Reads Fernet tokens (<c>https://github.com/fernet/spec</c>): version 0x80, 8 bytes of time, 16 of initialization vector, AES-128-CBC with PKCS #7,
/// and an HMAC-SHA256 over all of it, the whole in url-safe base64. How old a token is does not matter here.
/// </summary>
internal static class Fernet
{
    private const byte Version = 0x80;
    private const int HeaderLength = 1 + 8;
    private const int BlockLength = 16;
    private const int SignatureLength = 32;

    /// <summary>What is in a token.</summary>
    /// <param name="key">32 bytes: 16 to sign with, 16 to encrypt with.</param>
    /// <param name="token">The token, as it is in its file.</param>
    /// <exception cref="FormatException">It is no token, or not of this key.</exception>
    public static byte[] Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> token)
    {
        var bytes = Decode(token) ?? throw new FormatException("it is no Fernet token");
        if (bytes.Length < HeaderLength + (2 * BlockLength) + SignatureLength || bytes[0] != Version || (bytes.Length - HeaderLength - SignatureLength) % BlockLength != 0)
        {
            throw new FormatException("it is no Fernet token");
        }

        var signed = bytes.AsSpan(..^SignatureLength);
        Span<byte> signature = stackalloc byte[SignatureLength];
        HMACSHA256.HashData(key[..BlockLength], signed, signature);
        if (!CryptographicOperations.FixedTimeEquals(signature, bytes.AsSpan(^SignatureLength..)))
        {
            throw new FormatException("it was not written with this key, or was changed since");
        }

        using var aes = Aes.Create();
        aes.SetKey(key.Slice(BlockLength, BlockLength));
        return aes.DecryptCbc(signed[(HeaderLength + BlockLength)..], signed.Slice(HeaderLength, BlockLength));
    }

    /// <summary>A key as it is in its file; null when it is none.</summary>
    public static byte[]? ParseKey(string text) => Decode(Encoding.ASCII.GetBytes(text.Trim())) is { Length: 2 * BlockLength } key ? key : null;

    private static byte[]? Decode(ReadOnlySpan<byte> text)
    {
        try
        {
            return Base64Url.DecodeFromUtf8(text.Trim(" \r\n\t"u8));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
