using DockFlare.Dashboard.Login;
using DockFlare.Hosting;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Configuration;
using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Dashboard.Pages;

/// <summary><c>/settings</c>: what is in force and where it comes from. Nothing is changed here, and no secret is shown but the master API key to an admin who asks for it.</summary>
internal sealed class SettingsPage(SettingValues values, DashboardSettings settings, OwnerMark owner, MasterApiKey key, Confirmation confirmation, Audit audit, IServiceProvider services)
{
    public void Map(PageMap map)
    {
        map.Get("/settings", Role.Operator, ShowAsync);
        map.Post("/settings/key", Role.Admin, ShowKeyAsync);
    }

    private async Task ShowKeyAsync(Visit visit)
    {
        if (await confirmation.FindFaultAsync(visit, "looking at the master API key").ConfigureAwait(false) is { } fault)
        {
            await visit.MessageAsync(StatusCodes.Status403Forbidden, "confirm.title", fault).ConfigureAwait(false);
            return;
        }

        await audit.DidAsync(visit.Context, "looked at the master API key").ConfigureAwait(false);
        await visit.ShowAsync(visit.T["apiKey.title"], new Pages_ApiKey { Model = new(key.Value ?? ""), Visit = visit }).ConfigureAwait(false);
    }

    private async Task ShowAsync(Visit visit)
    {
        var model = new SettingsModel(
            [.. DockFlareSettings.All.Where(static setting => setting.Scope.HasFlag(SettingScope.Master)).SelectMany(values.Expand).Select(setting => Read(setting, visit.T))],
            await owner.GetAsync(visit.Context.RequestAborted).ConfigureAwait(false),
            services.GetService<StateFolder>()?.Path is { } path ? Path.GetFullPath(path) : null,
            typeof(SettingsPage).Assembly.GetName().Version?.ToString(3) ?? "?");
        await visit.ShowAsync(visit.T["nav.settings"], new Pages_Settings { Model = model, Visit = visit }).ConfigureAwait(false);
    }

    private SettingRow Read(DockFlareSetting setting, Texts texts)
    {
        if (values.Text(setting.Key) is not { } value)
        {
            return new(setting, setting.Default.Length == 0 ? "–" : setting.Default, texts["settings.default"], IsSet: false);
        }

        var source = settings.Section[setting.Key + "File"] is { } file ? texts.Say("settings.file", file)
            : Environment.GetEnvironmentVariable(setting.Variable) is not null || (setting.OtherVariable is { } other && Environment.GetEnvironmentVariable(other) is not null) ? texts["settings.environment"]
            : texts["settings.configuration"];
        return new(setting, setting.IsSecret ? texts["settings.secret"] : value, source, IsSet: true);
    }
}

/// <summary>Where the settings are read from.</summary>
internal sealed record DashboardSettings(IConfiguration Section);

/// <summary>One setting as it is in force.</summary>
internal sealed record SettingRow(DockFlareSetting Setting, string Value, string Source, bool IsSet);

/// <summary>What the settings page shows.</summary>
internal sealed record SettingsModel(IReadOnlyList<SettingRow> Rows, string Owner, string? Folder, string Version);
