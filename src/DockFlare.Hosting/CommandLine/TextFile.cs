namespace DockFlare.Hosting.CommandLine;

/// <summary>A file that the command line names.</summary>
internal static class TextFile
{
    // No configuration and no compose file is that long; it keeps a wrong name from filling the memory.
    private const int MostBytes = 16 << 20;

    /// <summary>Its text, or null after saying why it cannot be read. <c>-</c> is the standard input.</summary>
    public static async Task<string?> ReadAsync(string name, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            if (name == "-")
            {
                return await Console.In.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            }

            if (new FileInfo(name) is { Exists: true, Length: > MostBytes })
            {
                await error.WriteLineAsync($"'{name}' is larger than 16 MB: it is no configuration.").ConfigureAwait(false);
                return null;
            }

            return await File.ReadAllTextAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"'{name}' cannot be read: {exception.Message}").ConfigureAwait(false);
            return null;
        }
    }
}
