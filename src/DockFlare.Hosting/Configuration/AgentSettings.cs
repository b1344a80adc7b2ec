using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Cloudflared;
using DockFlare.Hosting.Docker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DockFlare.Hosting.Configuration;

/// <summary>Settings to the agent's options.</summary>
internal static class AgentSettings
{
    public const string DefaultDataPath = "data";

    public static void Fill(AgentOptions options, SettingValues values, IConfiguration section)
    {
        options.MasterUrl = values.Text("MasterUrl");
        options.ApiKey = values.Text("ApiKey");
        options.ApiKeyFile = section["ApiKeyFile"];
        options.DisplayName = values.Text("DisplayName");
        options.DataPath = values.Text("DataPath") ?? DefaultDataPath;
        options.HealthPort = values.Integer("HealthPort", options.HealthPort);
        options.AccessClientId = values.Text("AccessClientId");
        options.AccessClientSecret = values.Text("AccessClientSecret");
        options.ReportInterval = values.Duration("ReportInterval", options.ReportInterval);
    }

    public static void Fill(DockerOptions options, SettingValues values, SettingFaults faults)
    {
        options.Host = faults.Parse(values.Text("Docker:Host"), DockerOptions.ParseHost, options.Host);
        options.Filter = faults.Parse(values.Text("Docker:ContainerFilter"), ContainerFilter.Parse, options.Filter);
        options.ConnectorImage = faults.Parse(values.Text("Cloudflared:Image"), ConnectorImage.Parse, options.ConnectorImage);
        options.ConnectorNetwork = values.Text("Cloudflared:Network") ?? options.ConnectorNetwork;
        options.ConnectorReplicas = values.Integer("Cloudflared:Replicas", options.ConnectorReplicas);
        options.ConnectorAttach = values.Boolean("Cloudflared:Attach", options.ConnectorAttach);
    }

    public static void Fill(CloudflaredOptions options, SettingValues values)
    {
        options.Mode = values.Text("Cloudflared:Mode")?.ToLowerInvariant() switch
        {
            "process" => CloudflaredMode.Process,
            "external" => CloudflaredMode.External,
            _ => values.Boolean("ExternalCloudflared", fallback: false) ? CloudflaredMode.External : CloudflaredMode.Docker,
        };
        options.Binary = values.Text("Cloudflared:Binary") ?? options.Binary;
    }
}
