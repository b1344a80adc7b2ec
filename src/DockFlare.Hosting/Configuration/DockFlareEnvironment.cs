using System.Collections;
using DockFlare.Hosting.Configuration;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting;

/// <summary>The documented environment variables (<c>CF_API_TOKEN</c>, <c>GRACE_PERIOD</c>, …) as configuration.</summary>
public static class DockFlareEnvironment
{
    /// <summary>
    /// Adds every documented variable under its configuration key (<c>DockFlare:Cloudflare:ApiToken</c>); each also has a <c>_FILE</c> form, a path
    /// whose content is the value. Variables that look like ours and are not known are kept under <c>DockFlare:Unknown</c> and warned of at the start.
    /// </summary>
    /// <param name="builder">The configuration.</param>
    /// <param name="variables">The variables; null for those of the process.</param>
    public static IConfigurationBuilder AddDockFlareEnvironment(this IConfigurationBuilder builder, IEnumerable<KeyValuePair<string, string?>>? variables = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var unknown = 0;
        foreach (var (name, value) in (variables ?? OfProcess()).OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            if (value is null || Find(name, out var isFile) is not { } setting)
            {
                if (value is not null && LooksLikeOurs(name))
                {
                    values[$"{DockFlareSettings.Section}:Unknown:{unknown++}"] = name;
                }

                continue;
            }

            var key = $"{DockFlareSettings.Section}:{setting.Key}";
            if (!isFile)
            {
                values[key] = value;
            }
            else if (value.Length > 0)
            {
                values[$"{key}File"] = value;
                values.TryAdd(key, ReadFile(name, value, values));
            }
        }

        AddLogging(values);
        return builder.AddInMemoryCollection(values);
    }

    // LOG_LEVEL and LOG_FORMAT in the words of .NET's own console logger.
    private static void AddLogging(Dictionary<string, string?> values)
    {
        var level = values.GetValueOrDefault($"{DockFlareSettings.Section}:LogLevel")?.Trim().ToLowerInvariant() switch
        {
            "trace" => "Trace",
            "debug" => "Debug",
            "warning" => "Warning",
            "error" => "Error",
            "critical" => "Critical",
            _ => "Information",
        };
        values["Logging:LogLevel:Default"] = level;
        values["Logging:LogLevel:Microsoft"] = level is "Trace" or "Debug" ? level : "Warning";
        // Its lines of each request hold the path, and an operator's path can hold an agent key.
        values["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning";
        values["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = level;
        var isJson = string.Equals(values.GetValueOrDefault($"{DockFlareSettings.Section}:LogFormat")?.Trim(), "json", StringComparison.OrdinalIgnoreCase);
        values["Logging:Console:FormatterName"] = isJson ? "json" : "simple";
        values["Logging:Console:FormatterOptions:SingleLine"] = "true";
        values["Logging:Console:FormatterOptions:TimestampFormat"] = isJson ? "O" : "HH:mm:ss ";
    }

    /// <summary>The nearest documented variable to one that is not known; null when none is near.</summary>
    internal static string? Suggest(string name) =>
        DockFlareSettings.All
            .SelectMany(static setting => setting.OtherVariable is null ? [setting.Variable] : new[] { setting.Variable, setting.OtherVariable })
            .Select(candidate => (Candidate: candidate, Distance: Distance(name, candidate)))
            .Where(pair => pair.Distance <= Math.Max(2, name.Length / 5))
            .OrderBy(static pair => pair.Distance)
            .ThenBy(static pair => pair.Candidate, StringComparer.Ordinal)
            .Select(static pair => pair.Candidate)
            .FirstOrDefault();

    private static string? ReadFile(string name, string path, Dictionary<string, string?> values)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            values[$"{DockFlareSettings.Section}:Unreadable:{name}"] = $"{name} names the file '{path}', which cannot be read: {exception.Message}";
            return null;
        }
    }

    private static DockFlareSetting? Find(string name, out bool isFile)
    {
        isFile = false;
        foreach (var setting in DockFlareSettings.All)
        {
            if (setting.IsNamed)
            {
                if ((setting.OfVariable(name) ?? (name.EndsWith("_FILE", StringComparison.Ordinal) ? setting.OfVariable(name[..^5]) : null)) is { } named)
                {
                    isFile = !Is(name, named.Variable);
                    return named;
                }

                continue;
            }

            if (Is(name, setting.Variable) || (setting.OtherVariable is { } other && Is(name, other)))
            {
                return setting;
            }

            if (Is(name, setting.Variable + "_FILE"))
            {
                isFile = true;
                return setting;
            }
        }

        return null;

        static bool Is(string left, string right) => string.Equals(left, right, StringComparison.Ordinal);
    }

    private static bool LooksLikeOurs(string name) =>
        (name.StartsWith("DOCKFLARE_", StringComparison.Ordinal) && !name.StartsWith("DOCKFLARE__", StringComparison.Ordinal))
        || name.StartsWith("CF_", StringComparison.Ordinal) || name.StartsWith("OIDC_", StringComparison.Ordinal) || name.StartsWith("CLOUDFLARED_", StringComparison.Ordinal);

    private static IEnumerable<KeyValuePair<string, string?>> OfProcess()
    {
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            yield return new((string)entry.Key, (string?)entry.Value);
        }
    }

    private static int Distance(string left, string right)
    {
        var previous = new int[right.Length + 1];
        var current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = left[i - 1] == right[j - 1] ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1] + 1, previous[j] + 1), previous[j - 1] + cost);
            }

            (previous, current) = (current, previous);
        }

        return previous[right.Length];
    }
}
