using System.Diagnostics;

namespace DockFlare.Tests.Fixtures;

/// <summary>Runs the programs that the fixtures need.</summary>
internal static class Shell
{
    /// <summary>Fails with the package to install when the program is not there.</summary>
    public static void Require(string program, string package)
    {
        var path = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin:/usr/bin:/bin";
        if (!path.Split(':').Any(folder => File.Exists(Path.Combine(folder, program))))
        {
            throw new InvalidOperationException($"These tests need '{program}', which is not installed: apt-get install -y {package} (and run as root).");
        }
    }

    /// <summary>Runs a program to its end and gives its standard output, trimmed.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (code, output, error) = await TryRunAsync(program, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {code}: {error}");
    }

    /// <summary>Runs a program to its end, whatever the end is.</summary>
    public static async Task<(int Code, string Output, string Error)> TryRunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })
            ?? throw new InvalidOperationException($"{program} could not be started.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, (await output).Trim(), (await error).Trim());
    }
}
