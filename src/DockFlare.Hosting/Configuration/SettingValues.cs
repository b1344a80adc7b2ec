using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace DockFlare.Hosting.Configuration;

/// <summary>The values of the settings in one configuration section, read once; every fault is kept, so that all can be shown at once.</summary>
internal sealed class SettingValues
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    public SettingValues(IConfiguration section)
    {
        foreach (var setting in DockFlareSettings.All.SelectMany(setting => Expand(setting, section)))
        {
            if (section[setting.Key]?.Trim() is not { Length: > 0 } value)
            {
                continue;
            }

            if (FindFault(setting, value) is { } fault)
            {
                Faults.Add($"{setting.Variable} ({DockFlareSettings.Section}:{setting.Key}) is {(setting.IsSecret ? "not usable" : $"'{value}'")}: {fault}");
            }
            else
            {
                values[setting.Key] = value;
            }
        }
    }

    /// <summary>Every setting that is wrong, as a sentence that names it and says what to write.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>The names that somebody chose in a family of settings, such as <c>Oidc</c>.</summary>
    public IReadOnlyList<string> Names(string family) =>
        [.. values.Keys.Select(static key => key.Split(':')).Where(parts => parts.Length == 3 && string.Equals(parts[0], family, StringComparison.Ordinal)).Select(static parts => parts[1]).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)];

    /// <summary>The settings as they are set here: one of a family for each name, every other as it is.</summary>
    public IEnumerable<DockFlareSetting> Expand(DockFlareSetting setting) => setting.IsNamed ? Names(setting.Key.Split(':')[0]).Select(setting.For) : [setting];

    public string? Text(string key) => values.GetValueOrDefault(DockFlareSettings.ByKey(key).Key);

    public bool Boolean(string key, bool fallback) => Text(key) is { } text ? ParseBoolean(text)!.Value : fallback;

    public int Integer(string key, int fallback) => Text(key) is { } text ? int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : fallback;

    public TimeSpan Duration(string key, TimeSpan fallback) => Text(key) is { } text ? ParseDuration(text)!.Value : fallback;

    public Uri? Address(string key) => Text(key) is { } text ? new Uri(text) : null;

    private static IEnumerable<DockFlareSetting> Expand(DockFlareSetting setting, IConfiguration section) =>
        setting.IsNamed ? section.GetSection(setting.Key.Split(':')[0]).GetChildren().Select(child => setting.For(child.Key)) : [setting];

    private static string? FindFault(DockFlareSetting setting, string value)
    {
        switch (setting.Kind)
        {
            case SettingKind.Boolean:
                return ParseBoolean(value) is null ? "write true or false." : null;
            case SettingKind.Integer:
                return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= setting.Min && number <= setting.Max
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"write a whole number from {setting.Min:0} to {setting.Max:0}.");
            case SettingKind.Duration:
                return ParseDuration(value) is { } duration && duration.TotalSeconds >= setting.Min && duration.TotalSeconds <= setting.Max
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"write seconds or a duration such as 90s, 10m or 1h30m, from {setting.Min:0} to {setting.Max:0} seconds.");
            case SettingKind.Uri:
                return System.Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                    ? null
                    : "write an address that begins with http:// or https://.";
            case SettingKind.Choice:
                return setting.Choices.Contains(value.ToLowerInvariant(), StringComparer.Ordinal) ? null : ChoiceFault(setting, value);
            default:
                return null;
        }
    }

    private static string ChoiceFault(DockFlareSetting setting, string value) =>
        string.Equals(setting.Variable, "DOCKFLARE_STATE", StringComparison.Ordinal) && string.Equals(value, "redis", StringComparison.OrdinalIgnoreCase)
            ? "state in Redis, for several masters, is not available yet; write sqlite."
            : $"write {string.Join(", ", setting.Choices[..^1])}{(setting.Choices.Length > 1 ? " or " : "")}{setting.Choices[^1]}.";

    internal static bool? ParseBoolean(string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" or "t" or "yes" or "on" => true,
        "false" or "0" or "f" or "no" or "off" => false,
        _ => null,
    };

    /// <summary>Seconds (<c>600</c>), Go's form (<c>1h30m</c>, <c>500ms</c>) with days (<c>2d</c>), or .NET's (<c>00:10:00</c>); null when it is none.</summary>
    internal static TimeSpan? ParseDuration(string text)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            return seconds <= TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;
        }

        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var parsed) && parsed >= TimeSpan.Zero ? parsed : null;
        }

        var total = TimeSpan.Zero;
        for (var at = 0; at < text.Length;)
        {
            var digits = at;
            while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
            {
                digits++;
            }

            var unit = digits;
            while (unit < text.Length && char.IsAsciiLetter(text[unit]))
            {
                unit++;
            }

            if (!double.TryParse(text.AsSpan(at, digits - at), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                || UnitOf(text[digits..unit]) is not { } size || count * size.TotalDays > 36_500)
            {
                return null;
            }

            total += count * size;
            at = unit;
        }

        return text.Length == 0 ? null : total;
    }

    private static TimeSpan? UnitOf(string unit) => unit switch
    {
        "ms" => TimeSpan.FromMilliseconds(1),
        "s" => TimeSpan.FromSeconds(1),
        "m" => TimeSpan.FromMinutes(1),
        "h" => TimeSpan.FromHours(1),
        "d" => TimeSpan.FromDays(1),
        _ => null,
    };
}
