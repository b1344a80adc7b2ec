using System.Buffers;
using System.Text;
using System.Text.Json;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>A plan as JSON for programs; the shape is told at <see cref="Plan.WriteTo"/>.</summary>
internal static class PlanJson
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(Plan plan)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
        {
            Write(writer, plan);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static void Write(Utf8JsonWriter writer, Plan plan)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("changes");
        foreach (var change in plan.Changes)
        {
            Write(writer, change);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("held");
        foreach (var held in plan.Held)
        {
            writer.WriteStartObject();
            writer.WriteString("reason", held.Reason);
            WriteKnown(writer, "adopt", held.AdoptionId);
            writer.WritePropertyName("change");
            Write(writer, held.Change);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteKnown(writer, "confirm", plan.ConfirmationDigest);
        WriteKnown(writer, "adopt", plan.AdoptionDigest);
        writer.WriteStartArray("blocked");
        foreach (var blocked in plan.Blocked)
        {
            writer.WriteStartObject();
            writer.WriteString("route", blocked.Key.ToString());
            writer.WriteString("reason", blocked.Reason);
            writer.WriteBoolean("served", blocked.IsServed);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Change change)
    {
        writer.WriteStartObject();
        writer.WriteString("phase", PhaseOf(change.Phase));
        writer.WriteString("kind", KindOf(change));
        writer.WriteString("subject", change.Subject);
        writer.WriteString("text", change.Describe());
        switch (change)
        {
            case Change.CreateTunnel create:
                writer.WriteString("tunnel_name", create.Tunnel.Name);
                writer.WriteString("agent", create.Tunnel.Agent.Value);
                break;
            case Change.AdoptTunnel adopt:
                writer.WriteString("tunnel_id", adopt.TunnelId);
                writer.WriteString("tunnel_name", adopt.Tunnel.Name);
                writer.WriteString("agent", adopt.Tunnel.Agent.Value);
                break;
            case Change.AdoptRule adopt:
                writer.WriteString("tunnel_id", adopt.Tunnel.TunnelId);
                writer.WriteString("tunnel_name", adopt.Tunnel.Name);
                writer.WriteString("hostname", adopt.Observed.Identity.Hostname);
                writer.WriteString("path", adopt.Observed.Identity.Path);
                writer.WriteString("observed", Labels.ServiceText.Redact(adopt.Observed.Service));
                writer.WriteString("desired", Labels.ServiceText.Redact(adopt.Rule.Service));
                break;
            case Change.PutIngress put:
                Write(writer, put);
                break;
            case Change.CreateDns create:
                writer.WriteString("zone_id", create.Desired.ZoneId);
                Write(writer, "desired", create.Desired);
                break;
            case Change.UpdateDns update:
                writer.WriteString("zone_id", update.Observed.ZoneId);
                Write(writer, "observed", update.Observed);
                Write(writer, "desired", update.Desired);
                break;
            case Change.AdoptDns adopt:
                writer.WriteString("zone_id", adopt.Observed.ZoneId);
                Write(writer, "observed", adopt.Observed);
                Write(writer, "desired", adopt.Desired);
                break;
            case Change.DeleteDns delete:
                writer.WriteString("zone_id", delete.Observed.ZoneId);
                Write(writer, "observed", delete.Observed);
                break;
            case Change.ReleaseDns release:
                writer.WriteString("zone_id", release.Observed.ZoneId);
                Write(writer, "observed", release.Observed);
                break;
            case Change.ReleaseRule release:
                writer.WriteString("tunnel_id", release.Tunnel.TunnelId);
                writer.WriteString("tunnel_name", release.Tunnel.Name);
                writer.WriteString("hostname", release.Observed.Identity.Hostname);
                writer.WriteString("path", release.Observed.Identity.Path);
                writer.WriteString("observed", Labels.ServiceText.Redact(release.Observed.Service));
                break;
            case Change.ReleaseAccess release:
                writer.WriteString("application", release.Observed.Name);
                break;
            case Change.CreatePolicy or Change.UpdatePolicy or Change.DeletePolicy or Change.AdoptPolicy or Change.ReleasePolicy:
                writer.WriteString("policy", change.Subject);
                break;
            case Change.CreateAccess { Desired: var app }:
                Write(writer, app);
                break;
            case Change.UpdateAccess { Desired: var app }:
                Write(writer, app);
                break;
            case Change.AdoptAccess { Desired: var app }:
                Write(writer, app);
                break;
            case Change.DeleteAccess delete:
                writer.WriteString("application", delete.Observed.Name);
                break;
            case Change.DispatchCommand dispatch:
                Write(writer, dispatch);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, "There is no JSON for this kind of change.");
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Access.DesiredApp app)
    {
        writer.WriteString("application", app.Name);
        Write(writer, "destinations", app.Destinations);
        Write(writer, "policies", app.Inline.IsEmpty ? app.Policies.Select(static policy => policy.Policy.Name) : app.Inline.Select(static policy => policy.Name));
    }

    private static void Write(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, Change.PutIngress put)
    {
        writer.WriteString("tunnel_id", put.Tunnel.TunnelId);
        writer.WriteString("tunnel_name", put.Tunnel.Name);
        var services = put.Rules.ToDictionary(static rule => RuleIdentity.Of(rule.Key), static rule => Labels.ServiceText.Redact(rule.Service));
        Write(writer, "added", put.Added, services);
        Write(writer, "changed", put.Changed, services);
        Write(writer, "removed", put.Removed, null);
    }

    private static void Write(Utf8JsonWriter writer, string name, EquatableArray<RuleIdentity> rules, Dictionary<RuleIdentity, string>? services)
    {
        writer.WriteStartArray(name);
        foreach (var rule in rules)
        {
            writer.WriteStartObject();
            writer.WriteString("hostname", rule.Hostname);
            writer.WriteString("path", rule.Path);
            if (services is not null && services.TryGetValue(rule, out var service))
            {
                writer.WriteString("service", service);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, Change.DispatchCommand dispatch)
    {
        writer.WriteString("agent", dispatch.Agent.Value);
        writer.WriteString("command_id", dispatch.Command.Id.Value);
        switch (dispatch.Command)
        {
            case AgentCommand.EnsureTunnel ensure:
                writer.WriteString("command", "ensure_tunnel");
                writer.WriteString("tunnel_id", ensure.TunnelId);
                writer.WriteNumber("generation", ensure.Generation);
                break;
            case AgentCommand.StopTunnel:
                writer.WriteString("command", "stop_tunnel");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dispatch), dispatch, "There is no JSON for this kind of command.");
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, DesiredRecord record)
    {
        writer.WriteStartObject(name);
        writer.WriteString("name", record.Name);
        writer.WriteString("type", "CNAME");
        writer.WriteString("content", record.Content);
        writer.WriteBoolean("proxied", record.Proxied);
        WriteKnown(writer, "comment", record.Comment);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, ObservedRecord record)
    {
        writer.WriteStartObject(name);
        writer.WriteString("id", record.Id);
        writer.WriteString("name", record.Name);
        writer.WriteString("type", record.Type);
        writer.WriteString("content", record.Content);
        writer.WriteBoolean("proxied", record.Proxied);
        WriteKnown(writer, "comment", record.Comment);
        writer.WriteEndObject();
    }

    private static void WriteKnown(Utf8JsonWriter writer, string name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    public static string KindOf(Change change) => change switch
    {
        Change.CreateTunnel => "create_tunnel",
        Change.AdoptTunnel => "adopt_tunnel",
        Change.AdoptRule => "adopt_rule",
        Change.PutIngress => "put_ingress",
        Change.CreateDns => "create_dns",
        Change.UpdateDns => "update_dns",
        Change.AdoptDns => "adopt_dns",
        Change.DeleteDns => "delete_dns",
        Change.CreatePolicy => "create_policy",
        Change.UpdatePolicy => "update_policy",
        Change.DeletePolicy => "delete_policy",
        Change.AdoptPolicy => "adopt_policy",
        Change.ReleaseDns => "release_dns",
        Change.ReleaseRule => "release_rule",
        Change.ReleaseAccess => "release_access",
        Change.ReleasePolicy => "release_policy",
        Change.CreateAccess => "create_access",
        Change.UpdateAccess => "update_access",
        Change.AdoptAccess => "adopt_access",
        Change.DeleteAccess => "delete_access",
        Change.DispatchCommand => "dispatch_command",
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, "There is no name for this kind of change."),
    };

    private static string PhaseOf(ChangePhase phase) => phase switch
    {
        ChangePhase.Provision => "provision",
        ChangePhase.Guard => "guard",
        ChangePhase.Withdraw => "withdraw",
        ChangePhase.Route => "route",
        ChangePhase.Publish => "publish",
        ChangePhase.Unroute => "unroute",
        ChangePhase.Unguard => "unguard",
        ChangePhase.Dispatch => "dispatch",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "There is no name for this phase."),
    };
}
