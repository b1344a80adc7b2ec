using System.Text;

namespace DockFlare.Hosting.Configuration;

/// <summary>The reference page of the settings, made from the one table.</summary>
internal static class SettingsReference
{
    public static string Write()
    {
        var text = new StringBuilder(
            """
            # Settings

            Everything can be set by environment or file, and nothing demands a wizard. This page is made from the table in
            `DockFlareSettings.cs` and checked by a test.

            - Every variable also has a `_FILE` form: a path whose content is the value (`CF_API_TOKEN_FILE=/run/secrets/token`).
            - Every variable is also an ordinary .NET configuration key: `CF_API_TOKEN` is `DockFlare:Cloudflare:ApiToken`, or
              `DockFlare__Cloudflare__ApiToken` as an environment variable.
            - Durations are seconds (`600`) or say their unit (`90s`, `10m`, `1h30m`, `2d`).
            - A wrong value stops the process at its start, with every fault listed. A variable that looks like one of these and is not
              gets a warning that names the nearest.


            """);
        Section(text, "Master", SettingScope.Master);
        Section(text, "Agent", SettingScope.Agent);
        text.Append(
            """
            ## Addresses

            The master listens on `http://127.0.0.1:5000`, and on `http://0.0.0.0:5000` in its image; `ASPNETCORE_URLS` or `--urls` says otherwise.
            `TZ` sets the time zone of the log.

            """);
        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, SettingScope scope)
    {
        text.Append("## ").Append(title).Append("\n\n| variable | key | value | default | means |\n|---|---|---|---|---|\n");
        foreach (var setting in DockFlareSettings.All.Where(setting => setting.Scope.HasFlag(scope)))
        {
            var variable = setting.OtherVariable is { } other ? $"`{setting.Variable}`, `{other}`" : $"`{setting.Variable}`";
            text.Append("| ").Append(variable).Append(" | `").Append(setting.Key).Append("` | ").Append(Kind(setting)).Append(" | ")
                .Append(setting.Default.Length == 0 ? "–" : setting.Default).Append(" | ").Append(setting.Meaning).Append(" |\n");
        }

        text.Append('\n');
    }

    private static string Kind(DockFlareSetting setting) => setting.Kind switch
    {
        SettingKind.Boolean => "true or false",
        SettingKind.Integer => FormattableString.Invariant($"{setting.Min:0} to {setting.Max:0}"),
        SettingKind.Duration => FormattableString.Invariant($"duration, {setting.Min:0} to {setting.Max:0} s"),
        SettingKind.Uri => "http or https address",
        SettingKind.Choice => string.Join(", ", setting.Choices.Select(static choice => $"`{choice}`")),
        SettingKind.Secret => "secret",
        _ => "text",
    };
}
