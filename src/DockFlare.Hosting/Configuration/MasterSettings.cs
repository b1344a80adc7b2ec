using DockFlare.Core;
using DockFlare.Core.Labels;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflare;

namespace DockFlare.Hosting.Configuration;

/// <summary>Settings to the master's options.</summary>
internal static class MasterSettings
{
    public static void Fill(MasterOptions options, SettingValues values, SettingFaults faults)
    {
        options.TunnelName = values.Text("TunnelName");
        options.LocalAgent = values.Boolean("LocalAgent", options.LocalAgent);
        options.GracePeriod = values.Duration("GracePeriod", options.GracePeriod);
        options.ResyncInterval = values.Duration("ResyncInterval", options.ResyncInterval);
        options.LabelPrefix = values.Text("LabelPrefix");
        options.OwnerId = values.Text("OwnerId");
        options.DryRun = values.Boolean("DryRun", options.DryRun);
        options.Policy = values.Text("Policy")?.ToLowerInvariant() switch
        {
            "upsert-only" => PlanMode.UpsertOnly,
            "create-only" => PlanMode.CreateOnly,
            _ => PlanMode.Sync,
        };
        options.MaxDeletePercent = values.Integer("MaxDeletePercent", options.MaxDeletePercent);
        options.HistoryRetention = values.Duration("HistoryRetention", options.HistoryRetention);
        options.ExternalCloudflared = values.Boolean("ExternalCloudflared", options.ExternalCloudflared);
        options.MetricsOpen = values.Boolean("MetricsOpen", options.MetricsOpen);
        options.ExternalTunnelId = values.Text("ExternalTunnelId");
        if (options.OwnerId is { } owner && (owner.Length is < 4 or > 32 || owner.Any(static c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')))
        {
            faults.Add($"DOCKFLARE_OWNER_ID is '{owner}': write 4 to 32 of a-z, 0-9 and -.");
        }
    }

    public static void Fill(CloudflareOptions options, SettingValues values)
    {
        options.ApiToken = values.Text("Cloudflare:ApiToken");
        options.AccountId = values.Text("Cloudflare:AccountId");
        options.ZoneId = values.Text("Cloudflare:ZoneId");
        options.AccountEmail = values.Text("Cloudflare:AccountEmail");
        options.ApiBaseUrl = values.Address("Cloudflare:ApiBaseUrl") ?? options.ApiBaseUrl;
        options.CallLimit = values.Integer("Cloudflare:CallLimit", options.CallLimit);
    }

    public static void Fill(AgentPlaneOptions options, SettingValues values, SettingFaults faults)
    {
        options.Authority = faults.Parse(values.Text("Authority"), static text => ReadAuthority(text), options.Authority);
        options.HeartbeatTimeout = values.Duration("AgentHeartbeatTimeout", options.HeartbeatTimeout);
        options.EnrollmentRequired = values.Boolean("AgentEnrollmentRequired", options.EnrollmentRequired);
        options.PublicUrl = values.Text("PublicUrl");
        if (values.Text("LabelPrefix") is { } prefix)
        {
            options.LabelPrefixes = options.LabelPrefixes.Append(prefix.EndsWith('.') ? prefix : prefix + ".").ToEquatableArray();
        }
    }

    private static AgentAuthority ReadAuthority(string text)
    {
        try
        {
            return AgentAuthority.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new FormatException($"DOCKFLARE_AUTHORITY is '{text}': {exception.Message}", exception);
        }
    }

    public static LabelOptions Labels(SettingValues values, SettingFaults faults) => new()
    {
        CustomPrefix = values.Text("LabelPrefix"),
        TunnelNetwork = values.Text("Cloudflared:Network") ?? "cloudflare-net",
        CaPools = values.Text("Cloudflared:CaPools")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToEquatableArray() ?? default,
        DefaultHost = faults.Parse<DefaultHostTemplate?>(values.Text("DefaultHost"), DefaultHostTemplate.Parse, null) is { } template ? template.Render : null,
    };
}
