using System.CommandLine;
using DockFlare.Core.Labels;

namespace DockFlare.Hosting.CommandLine;

/// <summary><c>lint FILE…</c>: checks the labels in compose files before they are deployed.</summary>
internal static class LintCommand
{
    /// <param name="readOptions">How labels are read where it runs; null after saying what is wrong with a setting.</param>
    public static Command Create(Func<TextWriter, Task<LabelOptions?>> readOptions)
    {
        var files = new Argument<string[]>("FILE") { Arity = ArgumentArity.OneOrMore, Description = "Compose files; - for the standard input." };
        var format = new Option<string>("--format") { DefaultValueFactory = static _ => "text", Description = "How findings are written." };
        format.AcceptOnlyFromAmong("text", "json", "sarif");
        var command = new Command("lint", "Checks the labels in compose files: exit 0 without an error, 1 with one. LABEL_PREFIX, DOCKFLARE_DEFAULT_HOST and CLOUDFLARED_NETWORK_NAME count as they do for the master.") { files, format };
        command.SetAction(async (parsed, token) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (await readOptions(error).ConfigureAwait(false) is not { } options)
            {
                return 78;
            }

            var linter = new Linter(options, Environment.GetEnvironmentVariable);
            var isWhole = true;
            foreach (var file in parsed.GetRequiredValue(files))
            {
                if (await TextFile.ReadAsync(file, error, token).ConfigureAwait(false) is { } text)
                {
                    linter.Check(file, text, await DotEnvBesideAsync(file, error, token).ConfigureAwait(false));
                }
                else
                {
                    isWhole = false;
                }
            }

            var result = linter.Result;
            await output.WriteAsync(parsed.GetValue(format) switch
            {
                "json" => LintReport.ToJson(result),
                "sarif" => LintReport.ToSarif(result),
                _ => LintReport.ToText(result),
            }).ConfigureAwait(false);
            return isWhole && result.Errors == 0 ? 0 : 1;
        });
        return command;
    }

    private static async Task<string> DotEnvBesideAsync(string file, TextWriter error, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Path.GetDirectoryName(file == "-" ? "" : file) ?? "", ".env");
        return File.Exists(path) ? await TextFile.ReadAsync(path, error, cancellationToken).ConfigureAwait(false) ?? "" : "";
    }
}
