using System.CommandLine;

namespace DockFlare.Hosting.Tests.CommandLine;

/// <summary>What a command came to.</summary>
internal sealed record Ran(int ExitCode, string Output, string Error)
{
    public static async Task<Ran> Async(RootCommand root, params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await root.Parse(args).InvokeAsync(new() { Output = output, Error = error }, TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }
}
