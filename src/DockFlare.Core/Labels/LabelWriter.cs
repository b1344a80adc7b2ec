using System.Globalization;
using System.Text;
using System.Text.Json;
using DockFlare.Core.Access;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Labels;

/// <summary>The labels that would make a rule. The other way round from <see cref="ContainerLabels"/>, and checked by it.</summary>
internal static class LabelWriter
{
    /// <summary>The labels of a rule without its protection; with a reason when labels cannot say all that it says.</summary>
    public static WrittenLabels Write(IngressEntry entry, EquatableArray<WrittenLabel> more)
    {
        var key = IngressOrder.KeyOf(entry.Identity);
        var labels = new List<WrittenLabel> { new("enable", "true"), new("hostname", key.Host) };
        if (!key.Path.IsAny)
        {
            labels.Add(new("path", key.Path.ToString()));
        }

        labels.Add(new("service", entry.Service));
        Add(labels, entry.Origin);
        labels.AddRange(more);
        return new(labels.ToEquatableArray(), FindFault(entry, labels));
    }

    /// <summary>The labels that ask for an application's protection.</summary>
    public static IEnumerable<WrittenLabel> Protection(ObservedApp app, string host)
    {
        if (app.IsPublic && app.Policies is [{ Policy.Require.IsEmpty: true }])
        {
            yield return new("access.policy", "bypass");
        }
        else
        {
            yield return new("access.custom_rules", Json(writer =>
            {
                writer.WriteStartArray();
                foreach (var policy in app.Policies)
                {
                    AccessPolicyJson.Write(writer, policy.Policy);
                }

                writer.WriteEndArray();
            }));
        }

        if (app.Name.Length > 0 && !string.Equals(app.Name, $"DockFlare-{host}", StringComparison.Ordinal))
        {
            yield return new("access.name", app.Name);
        }

        if (!string.Equals(app.SessionDuration, "24h", StringComparison.Ordinal))
        {
            yield return new("access.session_duration", app.SessionDuration);
        }

        if (app.AppLauncherVisible)
        {
            yield return new("access.app_launcher_visible", "true");
        }

        if (!app.AllowedIdps.IsEmpty)
        {
            yield return new("access.allowed_idps", string.Join(',', app.AllowedIdps));
        }

        if (app.AutoRedirectToIdentity)
        {
            yield return new("access.auto_redirect_to_identity", "true");
        }
    }

    private static void Add(List<WrittenLabel> labels, OriginRequest origin)
    {
        Add("connect_timeout", origin.ConnectTimeout is { } connect ? GoDuration.Format(connect) : null);
        Add("tls_timeout", origin.TlsTimeout is { } tls ? GoDuration.Format(tls) : null);
        Add("tcp_keep_alive", origin.TcpKeepAlive is { } tcp ? GoDuration.Format(tcp) : null);
        Add("keep_alive_timeout", origin.KeepAliveTimeout is { } keep ? GoDuration.Format(keep) : null);
        Add("keep_alive_connections", Number(origin.KeepAliveConnections));
        Add("no_happy_eyeballs", Flag(origin.NoHappyEyeballs));
        Add("http_host_header", origin.HttpHostHeader);
        Add("origin_server_name", origin.OriginServerName);
        Add("match_sni_to_host", Flag(origin.MatchSniToHost));
        Add("ca_pool", origin.CaPool);
        Add("no_tls_verify", Flag(origin.NoTlsVerify));
        Add("disable_chunked_encoding", Flag(origin.DisableChunkedEncoding));
        Add("http2_origin", Flag(origin.Http2Origin));
        Add("proxy_type", origin.ProxyType);
        Add("proxy_address", origin.ProxyAddress);
        Add("proxy_port", Number(origin.ProxyPort));
        Add("bastion_mode", Flag(origin.BastionMode));
        Add("ip_rules", origin.IpRules.IsEmpty ? null : Json(writer => Write(writer, origin.IpRules)));
        Add("access", origin.Access is { Required: true } ? "true" : null);

        void Add(string name, string? value)
        {
            if (value is { Length: > 0 })
            {
                labels.Add(new("origin." + name, value));
            }
        }
    }

    // Whoever copies the labels must get the same rule: so they are read as a container's would be.
    private static string? FindFault(IngressEntry entry, List<WrittenLabel> labels)
    {
        if (entry.Unknown.Concat(entry.UnknownOrigin).Select(static key => key.Name).FirstOrDefault() is { } unknown)
        {
            return $"It has the key '{unknown}', which no label says.";
        }

        var map = new LabelMap(labels.Select(static label => KeyValuePair.Create(LabelNames.Prefix + label.Name, label.Value)));
        var options = new LabelOptions { CaPools = entry.Origin.CaPool is { } pool ? [pool] : [] };
        var reading = ContainerLabels.Read(new("existing", "existing", map), options);
        if (!reading.Errors.IsEmpty)
        {
            return reading.Errors[0].Message;
        }

        return reading.Rules is [var rule] && RuleIdentity.Of(rule.Key) == entry.Identity && string.Equals(rule.Service, entry.Service, StringComparison.Ordinal)
            && IngressMeaning.AreSame(rule.Origin with { Access = null }, entry.Origin with { Access = null })
            ? null
            : "Labels cannot say exactly this: what they make is close to it, but not the same.";
    }

    private static void Write(Utf8JsonWriter writer, EquatableArray<IpRule> rules)
    {
        writer.WriteStartArray();
        foreach (var rule in rules)
        {
            writer.WriteStartObject();
            writer.WriteString("prefix", rule.Prefix);
            writer.WriteStartArray("ports");
            foreach (var port in rule.Ports)
            {
                writer.WriteNumberValue(port);
            }

            writer.WriteEndArray();
            writer.WriteBoolean("allow", rule.Allow);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static string? Number(int? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static string? Flag(bool? value) => value switch { true => "true", false => "false", null => null };
}

/// <summary>A label without its prefix.</summary>
/// <param name="Name">Such as <c>hostname</c>.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct WrittenLabel(string Name, string Value);

/// <summary>The labels of a rule.</summary>
/// <param name="Labels">In the order to write them.</param>
/// <param name="Fault">Why they do not make the same rule; null when they do.</param>
internal readonly record struct WrittenLabels(EquatableArray<WrittenLabel> Labels, string? Fault);
