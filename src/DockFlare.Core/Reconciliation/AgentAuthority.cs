using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;

namespace DockFlare.Core.Reconciliation;

/// <summary>
/// What an agent's containers may claim; anything else is rejected, with the reason. As text: <c>hosts=nas.example.com; tunnels=own; groups=any</c>,
/// where each part is <c>any</c> or a comma list, and one that is absent is as in <see cref="Default"/>.
/// </summary>
public sealed record AgentAuthority
{
    private const string Any = "any";
    private const string Own = "own";

    /// <summary>Any host and access group, and no tunnel but its own.</summary>
    public static AgentAuthority Default { get; } = new();

    /// <summary>The hosts and those below them that it may claim; <c>any</c> is every host. Default any.</summary>
    public EquatableArray<string> Hosts { get; init; } = [Any];

    /// <summary>Names or ids of tunnels it may use besides its own; <c>any</c> is every tunnel of this installation. Default none.</summary>
    public EquatableArray<string> Tunnels { get; init; } = [];

    /// <summary>The access groups its labels may name; <c>any</c> is every group. Default any.</summary>
    public EquatableArray<string> Groups { get; init; } = [Any];

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">It is none; the message says what to write.</exception>
    public static AgentAuthority Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        var authority = Default;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var name = (at < 0 ? part : part[..at]).Trim();
            if (at < 0 || !seen.Add(name))
            {
                throw new FormatException($"'{part}' must be hosts=…, tunnels=… or groups=…, each once, such as hosts=nas.example.com; tunnels=own; groups=any.");
            }

            var list = part[(at + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            authority = name switch
            {
                "hosts" => authority with { Hosts = list.Select(ReadHost).ToEquatableArray() },
                "tunnels" => authority with { Tunnels = list.Where(static tunnel => tunnel != Own).ToEquatableArray() },
                "groups" => authority with { Groups = list.ToEquatableArray() },
                _ => throw new FormatException($"'{name}' is not known: write hosts, tunnels or groups."),
            };
        }

        return authority;
    }

    /// <summary>The text form.</summary>
    public override string ToString() =>
        $"hosts={string.Join(',', Hosts)}; tunnels={(Tunnels.Contains(Any) ? Any : string.Join(',', Tunnels.Prepend(Own)))}; groups={string.Join(',', Groups)}";

    internal bool MayUse(TunnelAssignment tunnel) => tunnel.Agent != default && (Tunnels.Contains(Any) || Tunnels.Contains(tunnel.Name) || Tunnels.Contains(tunnel.TunnelId));

    /// <summary>Why it may not have the route; null when it may.</summary>
    internal string? FindFault(AgentId agent, RuleKey key, AccessWish? access)
    {
        if (ReferenceEquals(this, Default))
        {
            return null;
        }

        if (!Hosts.Contains(Any) && !Hosts.Any(suffix => Covers(suffix, key.Host)))
        {
            return $"Agent '{agent}' has no authority over '{key.Host}'; it may claim {(Hosts.IsEmpty ? "no host" : Listed(Hosts) + " and hosts below")}. Use such a hostname, or give the agent authority over this one.";
        }

        var group = Groups.Contains(Any) ? null : access?.Groups.FirstOrDefault(group => !Groups.Contains(group));
        return group is null
            ? null
            : $"Agent '{agent}' has no authority over the access group '{group}'; it may name {(Groups.IsEmpty ? "none" : Listed(Groups))}. Use another group, or give the agent authority over this one.";
    }

    private static bool Covers(string suffix, string host) =>
        host.EndsWith(suffix, StringComparison.Ordinal) && (host.Length == suffix.Length || host[host.Length - suffix.Length - 1] == '.');

    private static string Listed(EquatableArray<string> names) => string.Join(", ", names.Select(static name => $"'{name}'"));

    private static string ReadHost(string text)
    {
        if (text == Any)
        {
            return text;
        }

        return HostName.TryParse(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text, out var host, out var fault)
            ? host
            : throw new FormatException($"hosts: {fault}");
    }
}
