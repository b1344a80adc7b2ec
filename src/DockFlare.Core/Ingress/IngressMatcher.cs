using System.Globalization;
using DockFlare.Core.Labels;

namespace DockFlare.Core.Ingress;

/// <summary>
/// Tells which rule of a document answers a request, as cloudflared decides it: first match wins, hosts byte for byte, paths searched in
/// the decoded path. Built once for a document and asked often; an answer does not depend on the number of rules for other hosts.
/// </summary>
public sealed class IngressMatcher
{
    private readonly IngressDocument document;
    private readonly PathPattern[] paths;
    private readonly string?[] aliases;
    private readonly Dictionary<string, List<int>> byHost = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<int>> bySuffix = new(StringComparer.Ordinal);
    private readonly List<int> forAll = [];

    /// <summary>Indexes the document.</summary>
    public IngressMatcher(IngressDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);

        this.document = document;
        paths = new PathPattern[document.Entries.Count];
        aliases = new string?[document.Entries.Count];
        for (var i = 0; i < paths.Length; i++)
        {
            Add(i, document.Entries[i].Identity);
        }
    }

    /// <summary>The position of the rule that answers, from 0; the last rule when none matches, -1 when there is none at all.</summary>
    /// <param name="host">The request's host; a port is cut off.</param>
    /// <param name="path">The decoded path without the query.</param>
    public int Match(string host, string path)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(path);

        host = WithoutPort(host);
        var best = paths.Length;
        if (byHost.TryGetValue(host, out var exact))
        {
            best = First(exact, path, best);
        }

        var suffixes = bySuffix.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var dot = host.IndexOf('.', StringComparison.Ordinal); dot >= 0 && bySuffix.Count > 0; dot = host.IndexOf('.', dot + 1))
        {
            if (suffixes.TryGetValue(host.AsSpan(dot), out var below))
            {
                best = First(below, path, best);
            }
        }

        best = First(forAll, path, best);
        return best < paths.Length ? best : paths.Length - 1;
    }

    /// <summary>Which rule answers a URL, why, and which later rules it keeps from answering; null with cloudflared's message when it is no URL to ask about.</summary>
    public IngressAnswer? Explain(string url, out string? fault)
    {
        ArgumentNullException.ThrowIfNull(url);

        var parsed = GoUrl.Parse(url, out fault);
        if (parsed is null)
        {
            return null;
        }

        if (parsed.Hostname.Length == 0 && parsed.Scheme.Length == 0)
        {
            fault = url.Length == 0
                ? "cloudflared tunnel rule expects a single argument, the URL to test"
                : $"{url} doesn't have a hostname, consider adding a scheme";
            return null;
        }

        var index = Match(parsed.Hostname, parsed.Path);
        if (index < 0)
        {
            fault = RuleValidation.NoRules;
            return null;
        }

        var host = WithoutPort(parsed.Hostname);
        var shadowed = OfHost(host).Where(later => later > index && paths[later].Matches(parsed.Path) && !document.Entries[later].IsCatchAll);
        return new(index, document.Entries[index], Why(index, host, parsed.Path), shadowed.ToEquatableArray());
    }

    /// <summary>The rules that no request can reach, because an earlier one takes all of theirs.</summary>
    public EquatableArray<UnreachableRule> FindUnreachable()
    {
        var covers = new CoverIndex();
        var unreachable = new List<UnreachableRule>();
        for (var i = 0; i < paths.Length; i++)
        {
            var key = IngressOrder.KeyOf(document.Entries[i].Identity);
            var cover = covers.Find(key.Host, key.Path);
            if (cover is not null && aliases[i] is { } alias)
            {
                // The alias is a host of its own, which a wildcard in other letters does not cover.
                cover = covers.Find(alias, key.Path) is { } other ? Math.Max(cover.Value, other) : null;
            }

            if (cover is { } earlier)
            {
                unreachable.Add(new(i, earlier));
            }

            covers.Add(key.Host, key.Path, i);
            if (aliases[i] is { } name)
            {
                covers.Add(name, key.Path, i);
            }
        }

        return unreachable.ToEquatableArray();
    }

    private void Add(int index, RuleIdentity identity)
    {
        paths[index] = new(IngressOrder.KeyOf(identity).Path);
        if (HostPattern.IsAny(identity.Hostname))
        {
            forAll.Add(index);
            return;
        }

        if (HostPattern.SuffixOf(identity.Hostname) is { } suffix)
        {
            Add(bySuffix, suffix, index);
            return;
        }

        Add(byHost, identity.Hostname, index);
        if (HostName.FindAlias(identity.Hostname) is { } alias && !string.Equals(alias, identity.Hostname, StringComparison.Ordinal))
        {
            aliases[index] = alias;
            Add(byHost, alias, index);
        }
    }

    private static void Add(Dictionary<string, List<int>> index, string key, int position)
    {
        if (!index.TryGetValue(key, out var list))
        {
            index.Add(key, list = new(1));
        }

        list.Add(position);
    }

    /// <summary>The rules for a host, whatever their paths, in order.</summary>
    private List<int> OfHost(string host)
    {
        var rules = new List<int>(forAll);
        rules.AddRange(byHost.GetValueOrDefault(host, []));
        var suffixes = bySuffix.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var dot = host.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = host.IndexOf('.', dot + 1))
        {
            rules.AddRange(suffixes.TryGetValue(host.AsSpan(dot), out var below) ? below : []);
        }

        rules.Sort();
        return rules;
    }

    private int First(List<int> candidates, string path, int before)
    {
        foreach (var candidate in candidates)
        {
            if (candidate >= before)
            {
                break;
            }

            if (paths[candidate].Matches(path))
            {
                return candidate;
            }
        }

        return before;
    }

    private bool Matches(int index, string host, string path) => HostMatches(index, host) && paths[index].Matches(path);

    private bool HostMatches(int index, string host)
    {
        var hostname = document.Entries[index].Identity.Hostname;
        return HostPattern.SuffixOf(hostname) is { } suffix
            ? host.EndsWith(suffix, StringComparison.Ordinal)
            : string.Equals(hostname, host, StringComparison.Ordinal) || string.Equals(aliases[index], host, StringComparison.Ordinal);
    }

    private string Why(int index, string host, string path)
    {
        var identity = document.Entries[index].Identity;
        var number = index.ToString(CultureInfo.InvariantCulture);
        if (!Matches(index, host, path))
        {
            return $"No rule matches '{host}{path}', and then cloudflared takes the last one, #{number}.";
        }

        var byHostname = HostPattern.IsAny(identity.Hostname) ? "it is for every host"
            : HostPattern.SuffixOf(identity.Hostname) is { } suffix ? $"'{host}' ends in '{suffix}'"
            : string.Equals(identity.Hostname, host, StringComparison.Ordinal) ? $"its host is '{host}'"
            : $"'{host}' is '{identity.Hostname}' in lower-case punycode";
        var byPath = identity.Path.Length == 0 ? "it is for every path" : $"'{identity.Path}' is found in '{path}'";
        return $"Rule #{number} is the first that matches: {byHostname}, and {byPath}.";
    }

    /// <summary>As Go's net.SplitHostPort: a colon that is the only one, or that follows a bracket.</summary>
    private static string WithoutPort(string host)
    {
        var colon = host.LastIndexOf(':');
        if (colon < 0)
        {
            return host;
        }

        if (host[0] == '[')
        {
            var end = host.IndexOf(']', StringComparison.Ordinal);
            return end >= 0 && end + 1 == colon ? host[1..end] : host;
        }

        return host.IndexOf(':', StringComparison.Ordinal) == colon ? host[..colon] : host;
    }
}
