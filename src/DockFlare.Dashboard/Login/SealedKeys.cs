using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using DockFlare.Hosting.Persistence;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging;

namespace DockFlare.Dashboard.Login;

/// <summary>
/// The key ring's files. With a passphrase each is sealed: AES-256-GCM under a key that PBKDF2-HMAC-SHA-512 makes of the passphrase and a salt of the file's own. Files from before
/// there was one are sealed at the start.
/// </summary>
internal sealed class SealedKeys(DirectoryInfo folder, string? passphrase, ILoggerFactory loggers) : IXmlRepository
{
    public const string Element = "sealed";
    private const int SaltSize = 16;
    private const int KeySize = 32;
    private readonly FileSystemXmlRepository files = new(folder, loggers);

    public IReadOnlyCollection<XElement> GetAllElements() => [.. files.GetAllElements().Select(Open)];

    public void StoreElement(XElement element, string friendlyName) => files.StoreElement(passphrase is null ? element : Seal(element, passphrase), friendlyName);

    /// <summary>Opens every file, and seals those that are not.</summary>
    /// <exception cref="StateStoreException">One of them cannot be opened.</exception>
    public void SealAll()
    {
        foreach (var file in folder.EnumerateFiles("*.xml").OrderBy(static file => file.Name, StringComparer.Ordinal))
        {
            var element = Load(file);
            if (element.Name.LocalName == Element)
            {
                Open(element);
            }
            else if (passphrase is not null)
            {
                Replace(file, Seal(element, passphrase));
            }
        }
    }

    private XElement Open(XElement element)
    {
        if (element.Name.LocalName != Element)
        {
            return element;
        }

        if (passphrase is null)
        {
            throw new StateStoreException($"The keys in {folder.FullName} are sealed with a passphrase: set DOCKFLARE_KEY_PASSPHRASE to it, or remove the folder's files (everybody has to log in again, and secrets that were entered in the browser are lost).");
        }

        try
        {
            var iterations = int.Parse(element.Attribute("iterations")!.Value, NumberStyles.None, CultureInfo.InvariantCulture);
            var (salt, nonce, tag, hidden) = (Bytes("salt"), Bytes("nonce"), Bytes("tag"), Convert.FromBase64String(element.Value));
            var plain = new byte[hidden.Length];
            using var cipher = new AesGcm(Derive(passphrase, salt, iterations), tag.Length);
            cipher.Decrypt(nonce, hidden, tag, plain);
            return XElement.Parse(Encoding.UTF8.GetString(plain));
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or NullReferenceException or ArgumentException or OverflowException)
        {
            throw new StateStoreException($"DOCKFLARE_KEY_PASSPHRASE does not open the keys in {folder.FullName}: set it to the passphrase they were sealed with.", exception);
        }

        byte[] Bytes(string name) => Convert.FromBase64String(element.Attribute(name)!.Value);
    }

    private static XElement Seal(XElement element, string passphrase)
    {
        var (salt, nonce) = (RandomNumberGenerator.GetBytes(SaltSize), RandomNumberGenerator.GetBytes(AesGcm.NonceByteSizes.MaxSize));
        var plain = Encoding.UTF8.GetBytes(element.ToString(SaveOptions.DisableFormatting));
        var (hidden, tag) = (new byte[plain.Length], new byte[AesGcm.TagByteSizes.MaxSize]);
        using var cipher = new AesGcm(Derive(passphrase, salt, PasswordHash.Iterations), tag.Length);
        cipher.Encrypt(nonce, plain, hidden, tag);
        return new XElement(
            Element,
            new XAttribute("kdf", "pbkdf2-sha512"), new XAttribute("iterations", PasswordHash.Iterations), new XAttribute("cipher", "aes-256-gcm"),
            new XAttribute("salt", Convert.ToBase64String(salt)), new XAttribute("nonce", Convert.ToBase64String(nonce)), new XAttribute("tag", Convert.ToBase64String(tag)),
            Convert.ToBase64String(hidden));
    }

    private static byte[] Derive(string passphrase, byte[] salt, int iterations) => Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, iterations, HashAlgorithmName.SHA512, KeySize);

    private static XElement Load(FileInfo file)
    {
        try
        {
            return XElement.Load(file.FullName);
        }
        catch (XmlException exception)
        {
            throw new StateStoreException($"{file.FullName} is no key of the key ring: {exception.Message} Remove it, or restore it from a backup.", exception);
        }
    }

    // Whole or not at all.
    private static void Replace(FileInfo file, XElement element)
    {
        var next = file.FullName + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(next, options))
        {
            element.Save(stream);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file.FullName, overwrite: true);
    }
}
