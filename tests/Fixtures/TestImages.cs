using System.Formats.Tar;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace DockFlare.Tests.Fixtures;

/// <summary>Makes the images that tests run, in the engine itself: no registry is asked.</summary>
public static class TestImages
{
    /// <summary>A workload: busybox with <c>sleep</c>, <c>sh</c>, <c>httpd</c>, <c>wget</c>. It sleeps, and ends at once when asked to, unless told otherwise.</summary>
    public const string Workload = "dockflare-test/workload:1";

    /// <summary>The stand-in for cloudflared of the version that the default image pins.</summary>
    public const string Cloudflared = "dockflare-test/cloudflared:2026.8.0";

    private static readonly SemaphoreSlim Compiling = new(1, 1);
    private static string? standIn;

    /// <summary>Imports the workload image.</summary>
    public static async Task AddWorkloadAsync(DockerEngine engine)
    {
        const string Busybox = "/bin/busybox";
        Shell.Require("busybox", "busybox-static");
        await ImportAsync(
            engine, Workload, ["CMD [\"/bin/sh\",\"-c\",\"trap 'exit 0' TERM; sleep 86400 & wait\"]", "EXPOSE 8080"],
            [("bin/busybox", Busybox), .. ((string[])["sh", "sleep", "httpd", "wget", "cat", "echo", "ls", "kill", "nc", "true", "false"]).Select(name => ($"bin/{name}", Busybox))]);
    }

    /// <summary>Compiles and imports the stand-in for cloudflared, under any name.</summary>
    public static async Task AddCloudflaredAsync(DockerEngine engine, string image = Cloudflared) =>
        await ImportAsync(engine, image, ["ENTRYPOINT [\"cloudflared\"]", "CMD [\"version\"]"], [("usr/local/bin/cloudflared", await CompileCloudflaredAsync())]);

    /// <summary>Compiles the stand-in for cloudflared, for running it as a process; gives its path. What was compiled before is taken again.</summary>
    public static async Task<string> CompileCloudflaredAsync()
    {
        await Compiling.WaitAsync();
        try
        {
            return standIn ??= await CompileAsync(SourceOf("cloudflared-standin/cloudflared.c"));
        }
        finally
        {
            Compiling.Release();
        }
    }

    /// <summary>Imports an image made of files of this machine; the files that appear more than once are linked.</summary>
    public static async Task ImportAsync(DockerEngine engine, string image, IEnumerable<string> changes, IEnumerable<(string Path, string Source)> files)
    {
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            await WriteAsync(writer, files);
        }

        tar.Position = 0;
        await engine.Client.Images.CreateImageAsync(
            new() { FromSrc = "-", Repo = image[..image.LastIndexOf(':')], Tag = image[(image.LastIndexOf(':') + 1)..], Changes = [.. changes] },
            tar, null, new Progress<Docker.DotNet.Models.JSONMessage>());
    }

    private static async Task WriteAsync(TarWriter writer, IEnumerable<(string Path, string Source)> files)
    {
        const UnixFileMode Executable = (UnixFileMode)0b111_101_101;
        foreach (var folder in (string[])["bin", "usr", "usr/local", "usr/local/bin", "etc", "tmp"])
        {
            await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.Directory, folder) { Mode = Executable });
        }

        Dictionary<string, string> written = [];
        foreach (var (path, source) in files)
        {
            if (written.TryGetValue(source, out var first))
            {
                await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.HardLink, path) { LinkName = first, Mode = Executable });
                continue;
            }

            await using var content = File.OpenRead(source);
            await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = content, Mode = Executable });
            written[source] = path;
        }
    }

    private static async Task<string> CompileAsync(string source)
    {
        Shell.Require("gcc", "gcc");
        var folder = Path.Combine(Path.GetTempPath(), "dockflare-standin");
        var binary = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(source)))[..16]);
        if (!File.Exists(binary))
        {
            Directory.CreateDirectory(folder);
            var made = Path.Combine(folder, Path.GetRandomFileName());
            await Shell.RunAsync("gcc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", made, source);
            File.Move(made, binary, overwrite: true);
        }

        return binary;
    }

    /// <summary>The sources lie beside the fixtures, and are copied beside the tests where those were built elsewhere.</summary>
    private static string SourceOf(string relative, [CallerFilePath] string here = "")
    {
        var beside = Path.Combine(Path.GetDirectoryName(here) ?? "", "..", "images", relative);
        return File.Exists(beside) ? beside : Path.Combine(AppContext.BaseDirectory, "images", relative);
    }
}
