using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Dashboard;

/// <summary>The files that pages need, from inside the assembly. Their addresses carry the hash of what is in them, so that browsers keep them for good.</summary>
internal sealed class Assets
{
    private const string Folder = "assets/";
    private readonly FrozenDictionary<string, Asset> files;

    public Assets()
    {
        var assembly = typeof(Assets).Assembly;
        files = assembly.GetManifestResourceNames()
            .Where(static name => name.StartsWith(Folder, StringComparison.Ordinal))
            .ToFrozenDictionary(static name => name[Folder.Length..], static name => Read(name), StringComparer.Ordinal);
    }

    /// <summary>The path of a file, such as <c>/assets/dashboard.css?v=3f2a9c01</c>.</summary>
    public string PathOf(string name) => $"/assets/{name}?v={files[name].Hash}";

    public async Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        if (context.Request.RouteValues["file"] is not string name || !files.TryGetValue(name, out var file))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        response.ContentType = file.ContentType;
        response.Headers.Vary = "Accept-Encoding";
        // One that names no version, or an old one, gets what there is now and must ask again.
        response.Headers.CacheControl = string.Equals(context.Request.Query["v"], file.Hash, StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";
        var content = file.Plain;
        if (context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal))
        {
            response.Headers.ContentEncoding = "br";
            content = file.Brotli;
        }

        response.ContentLength = content.Length;
        await response.Body.WriteAsync(content, context.RequestAborted).ConfigureAwait(false);
    }

    private static Asset Read(string name)
    {
        using var stream = typeof(Assets).Assembly.GetManifestResourceStream(name)!;
        var plain = new byte[stream.Length];
        stream.ReadExactly(plain);
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            brotli.Write(plain);
        }

        return new(plain, packed.ToArray(), Convert.ToHexStringLower(SHA256.HashData(plain))[..12], Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        });
    }

    private sealed record Asset(byte[] Plain, byte[] Brotli, string Hash, string ContentType);
}
