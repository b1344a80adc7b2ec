using System.Security.Cryptography;
using System.Text;

namespace DockFlare.Hosting.Agents;

/// <summary>The master API key, once it is known.</summary>
internal sealed class MasterApiKey
{
    /// <summary>Null or empty: not configured. Secret.</summary>
    public string? Value { get; set; }

    /// <summary>Compares in constant time, also of keys of other lengths.</summary>
    public bool Is(string presented) =>
        Value is { Length: > 0 } value
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(presented)), SHA256.HashData(Encoding.UTF8.GetBytes(value)));
}
