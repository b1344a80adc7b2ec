using System.Globalization;
using System.Security.Cryptography;

namespace DockFlare.Dashboard.Login;

/// <summary>PBKDF2 with HMAC-SHA-512 and a salt of its own for each password: <c>pbkdf2-sha512$iterations$salt$hash</c>.</summary>
internal static class PasswordHash
{
    /// <summary>OWASP's figure for PBKDF2-HMAC-SHA-512.</summary>
    public const int Iterations = 210_000;

    public const int LeastLength = 8;
    public const int GreatestLength = 256;
    private const string Algorithm = "pbkdf2-sha512";
    private const int SaltSize = 16;
    private const int HashSize = 64;

    /// <summary>Verifying against it takes as long as against a real one: who is unknown is not answered sooner.</summary>
    public static string OfNobody { get; } = Write(Iterations, new byte[SaltSize], new byte[HashSize]);

    public static string Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return Write(Iterations, salt, Derive(password, salt, Iterations, HashSize));
    }

    /// <summary>Whether the password is the one that was hashed; compared in constant time.</summary>
    public static bool Verify(string password, string hash)
    {
        var parts = hash.Split('$');
        if (parts is not [Algorithm, var count, var saltText, var hashText] || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations < 1)
        {
            return false;
        }

        var expected = Convert.FromBase64String(hashText);
        return CryptographicOperations.FixedTimeEquals(expected, Derive(password, Convert.FromBase64String(saltText), iterations, expected.Length));
    }

    private static byte[] Derive(string password, byte[] salt, int iterations, int size) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA512, size);

    private static string Write(int iterations, byte[] salt, byte[] hash) =>
        string.Create(CultureInfo.InvariantCulture, $"{Algorithm}${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
}
