using System.Text.Json;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Reconciliation;

namespace DockFlare.Hosting.Import;

/// <summary>
/// What taking over an installation comes to: the documents for the state store, and sentences about what is and is not taken over. Pure.
/// <para>
/// Routes of containers are kept as they are until their agents report, which then hold them. Records and applications become ours when a pass finds
/// them as the other installation left them; what protects a host is never let go of before that.
/// </para>
/// </summary>
internal sealed class ImportPlan
{
    private readonly PythonInstallation from;
    private readonly DateTimeOffset now;
    private readonly Dictionary<(string Kind, string Id), byte[]> documents = [];
    private readonly Dictionary<string, (string Name, HashSet<string> Zones, List<OwnedRule> Owned, List<DesiredRoute> Routes)> tunnels = new(StringComparer.Ordinal);
    private readonly HashSet<string> groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AgentId> enrolled = new(StringComparer.Ordinal);
    private string? local;
    private readonly List<string> leftOut = [];
    private int manual;
    private int adoptions;

    private ImportPlan(PythonInstallation from, DateTimeOffset now) => (this.from, this.now) = (from, now);

    /// <summary>What is to be written, by kind and id, each new.</summary>
    public IReadOnlyDictionary<(string Kind, string Id), byte[]> Documents => documents;

    /// <summary>What is not taken over, and why, in sentences.</summary>
    public IReadOnlyList<string> LeftOut => leftOut;

    public PythonConfig Config => from.Config ?? new();

    /// <param name="from">The other installation.</param>
    /// <param name="now">Now.</param>
    public static ImportPlan Of(PythonInstallation from, DateTimeOffset now)
    {
        var plan = new ImportPlan(from, now);
        plan.Tunnels();
        plan.Groups();
        plan.Agents();
        plan.Rules();
        plan.Keys();
        plan.Finish();
        return plan;
    }

    /// <summary>For a terminal; holds no secret.</summary>
    public override string ToString()
    {
        var lines = new List<string>
        {
            Line("Tunnels", tunnels.Count == 0 ? "none" : $"{string.Join(", ", tunnels.OrderBy(static tunnel => tunnel.Value.Name, StringComparer.Ordinal).Select(static tunnel => $"{tunnel.Value.Name} ({tunnel.Key})"))}: they and what others put in them stay"),
            Line("Routes", $"{tunnels.Values.Sum(static tunnel => tunnel.Routes.Count)} of containers, kept until their agents report; {manual} manual"),
            Line("Records and applications", $"{adoptions}, each as soon as it is found as the other installation left it"),
            Line("Agents", $"{Count(AgentRegistry.Kind)}, with {Count(AgentKeys.Kind)} keys, of which only hashes are kept"),
            Line("Access groups", $"{groups.Count}"),
        };
        lines.AddRange(leftOut.Select(static sentence => Line("Left out", sentence)));
        return string.Join('\n', lines);
    }

    private static string Line(string what, string text) => $"{what,-25}{text}";

    private int Count(string kind) => documents.Keys.Count(document => document.Kind == kind);

    private void Tunnels()
    {
        foreach (var (id, name) in from.Agents.Select(static agent => (agent.TunnelId, agent.TunnelName)).Concat(from.Rules.Select(static rule => (rule.TunnelId, rule.TunnelName))))
        {
            if (id is not null && name is not null)
            {
                tunnels.TryAdd(id, (name, new(StringComparer.Ordinal), [], []));
            }
        }

        foreach (var twice in tunnels.GroupBy(static tunnel => tunnel.Value.Name, StringComparer.Ordinal).Where(static group => group.Count() > 1))
        {
            throw new ImportException($"state.json gives the tunnel name '{twice.Key}' to {string.Join(" and ", twice.Select(static tunnel => tunnel.Key))}. A name is one tunnel's: correct the one that is wrong, and nothing was imported.");
        }
    }

    private void Groups()
    {
        foreach (var group in from.Groups)
        {
            if (Read(group, out var fault) is not { } read)
            {
                leftOut.Add($"Access group '{group.Id}': {fault} Make it anew under the same id. Hosts that name it stay under their present application until then.");
                continue;
            }

            Put(AccessGroupStore.Kind, group.Id, JsonSerializer.SerializeToUtf8Bytes(read, AccessStateJson.Default.AccessGroup));
            groups.Add(group.Id);
            if (group.CloudflarePolicyId is { } policy && read.Policies.Count == 1)
            {
                var record = new AccessRecord { Key = AccessResolver.PolicyKey(group.Id, 1), Id = policy };
                Put(AccessStore.PolicyKind, record.Key, JsonSerializer.SerializeToUtf8Bytes(record, AccessStateJson.Default.AccessRecord));
            }
        }
    }

    private static AccessGroup? Read(PythonGroup group, out string fault)
    {
        fault = "";
        try
        {
            var read = new AccessGroup(group.Id)
            {
                DisplayName = group.DisplayName ?? group.Id,
                SessionDuration = group.SessionDuration ?? "24h",
                AppLauncherVisible = group.AppLauncherVisible,
                AutoRedirectToIdentity = group.AutoRedirectToIdentity,
                AllowedIdps = group.AllowedIdps.ToEquatableArray(),
                Policies = group.IsPublic && group.Policies.Count == 0
                    ? [new AccessPolicy(AccessDecision.Bypass) { Include = [AccessSelector.Everyone] }]
                    : group.Policies.Select(static policy => AccessPolicyJson.Parse(policy) with { Name = "" }).ToEquatableArray(),
            };
            fault = AccessGroupStore.FindFault(read) ?? "";
            return fault.Length == 0 ? read : null;
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            fault = $"one of its policies is not Cloudflare's: {exception.Message.TrimEnd('.')}.";
            return null;
        }
    }

    private void Rules()
    {
        foreach (var rule in from.Rules)
        {
            var agent = AgentOf(rule);
            if (FindFault(rule, out var key, out var tunnelId) is { } fault)
            {
                leftOut.Add($"Rule '{rule.Key}': {fault} It stays as it is at Cloudflare.");
                continue;
            }

            var tunnel = tunnels[tunnelId];
            tunnel.Owned.Add(new(rule.Hostname, rule.Path ?? "", Since: 1));
            if (rule.ZoneId is { } zone)
            {
                tunnel.Zones.Add(zone);
            }

            Adopt(StandingAdoption.Record(key.Host, tunnelId));
            var ingress = new IngressRule(key, rule.Service!)
            {
                Origin = new()
                {
                    NoTlsVerify = rule.NoTlsVerify is true ? true : null,
                    OriginServerName = rule.OriginServerName,
                    HttpHostHeader = rule.HttpHostHeader,
                    Http2Origin = rule.Http2Origin is true ? true : null,
                    DisableChunkedEncoding = rule.DisableChunkedEncoding is true ? true : null,
                    MatchSniToHost = rule.MatchSniToHost is true ? true : null,
                },
            };
            if (rule.IsManual || rule.IsOverridden)
            {
                Manual(rule, ingress, tunnelId);
            }
            else
            {
                Held(rule, ingress, tunnelId, agent!.Value, tunnel.Routes);
            }
        }
    }

    private string? FindFault(PythonRule rule, out RuleKey key, out string tunnelId)
    {
        (key, tunnelId) = (default, rule.TunnelId ?? from.Agents.FirstOrDefault(agent => agent.Id == rule.AgentId)?.TunnelId ?? "");
        if (!rule.IsManual && AgentOf(rule) is null)
        {
            return rule.AgentId is { } agent ? $"its agent '{agent}' has no tunnel, or is being removed." : $"its tunnel '{rule.TunnelName}' is neither an agent's nor that of this Docker host.";
        }

        if (!HostName.TryParse(rule.Hostname, out var host, out var fault))
        {
            return fault;
        }

        if (tunnelId.Length == 0 || !tunnels.ContainsKey(tunnelId))
        {
            return "it does not say which tunnel carries it.";
        }

        if (rule.Service is null || ServiceText.FindFault(rule.Service) is not null)
        {
            return $"its service is '{ServiceText.RedactService(rule.Service ?? "")}', but {ServiceText.FindFault(rule.Service ?? "")}.";
        }

        if (rule.Path is null)
        {
            key = new(host, RulePath.Any);
            return null;
        }

        if (PathLabel.IsExpression(rule.Path))
        {
            var expression = rule.Path.TrimStart('~').Trim();
            key = new(host, RulePath.Expression(expression));
            return expression.Length == 0 || Re2Syntax.FindFault(expression) is not null ? $"its path '{rule.Path}' is no expression that cloudflared takes." : null;
        }

        key = new(host, RulePath.Prefix(rule.Path));
        return PathLabel.FindPlainFault(rule.Path) is { } plain ? $"its path is '{rule.Path}', but {plain}." : null;
    }

    // An operator's rule has no container that could say anew what protects it: what is not known here is not taken over, and so not changed.
    private void Manual(PythonRule rule, IngressRule ingress, string tunnelId)
    {
        var (access, isKnown) = Wish(rule);
        if (!isKnown)
        {
            leftOut.Add($"The protection of '{rule.Key}' ('{rule.AccessPolicyType ?? "no type"}'): DockFlare has no words for it. Its application {rule.AccessAppId} stays and protects it; to let DockFlare keep it, remove the manual rule and add it with an access group.");
        }
        else if (access is not null && rule.AccessAppId is { } app)
        {
            Adopt(StandingAdoption.Application(app));
        }

        manual++;
        Put(ManualRouteStore.Kind, ingress.Key.ToString(), JsonSerializer.SerializeToUtf8Bytes(new ManualRoute(ingress, tunnelId) { Access = access }, StateJson.Default.ManualRoute));
    }

    // Without an agent that goes on, its routes would end with the first pass.
    private AgentId? AgentOf(PythonRule rule)
    {
        if ((rule.AgentId ?? from.Agents.FirstOrDefault(agent => agent.TunnelId is not null && agent.TunnelId == rule.TunnelId)?.Id) is { } id)
        {
            return enrolled.TryGetValue(id, out var agent) ? agent : null;
        }

        return local is not null && rule.TunnelId == local ? LocalMasterLink.Local : null;
    }

    private void Held(PythonRule rule, IngressRule ingress, string tunnelId, AgentId agent, List<DesiredRoute> routes)
    {
        if (rule.IsAccessOverridden)
        {
            // Labels may ask for less: what an operator set by hand is not replaced by it without asking.
            leftOut.Add($"The protection of '{rule.Key}' was set by hand over its labels: its application {rule.AccessAppId} stays. If the labels ask for another one, the host waits until an operator agrees to its adoption.");
        }
        else if (rule.AccessAppId is { } app)
        {
            Adopt(StandingAdoption.Application(app));
        }

        routes.Add(new(ingress, tunnelId, rule.ZoneId ?? "", new(agent, "", RouteSource.Label)) { GoneSince = rule.IsLeaving ? (rule.DeleteAt ?? now) - (Config.GracePeriod ?? TimeSpan.FromMinutes(10)) : null });
    }

    private static (AccessWish? Wish, bool IsKnown) Wish(PythonRule rule)
    {
        if (rule.AccessGroupIds.Count > 0)
        {
            return (new() { Groups = rule.AccessGroupIds.ToEquatableArray() }, true);
        }

        return rule.AccessPolicyType switch
        {
            null or "" or "none" => (null, rule.AccessAppId is null),
            "bypass" => (new() { Policy = AccessPolicyWord.Bypass }, true),
            "authenticate" => (new() { Policy = AccessPolicyWord.Authenticate }, true),
            "default_tld" => (new() { Policy = AccessPolicyWord.DefaultTld }, true),
            _ => (null, false),
        };
    }

    private void Agents()
    {
        foreach (var agent in from.Agents)
        {
            if (from.Leaving.Contains(agent.Id))
            {
                leftOut.Add($"Agent '{agent.Id}': its removal was under way. Remove it here anew if it registers.");
                continue;
            }

            var record = new AgentRecord
            {
                Id = new(agent.Id),
                DisplayName = agent.CustomName ?? agent.DisplayName ?? agent.Id,
                IsRenamed = agent.CustomName is not null,
                Version = agent.Version,
                CreatedAt = now,
            };
            if (agent.TunnelName is { } tunnel)
            {
                enrolled.TryAdd(agent.Id, record.Id);
                record = Enrolled(record, tunnel);
            }

            Put(AgentRegistry.Kind, agent.Id, JsonSerializer.SerializeToUtf8Bytes(record, AgentRecordJson.Default.AgentRecord));
        }

        Local();
    }

    // What containers of the master's own host asked for is in the tunnel that no agent has.
    private void Local()
    {
        var agents = from.Agents.Select(static agent => agent.TunnelId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var own = from.Rules.Where(rule => rule is { IsManual: false, AgentId: null, TunnelId: { } id } && !agents.Contains(id)).Select(static rule => rule.TunnelId!).Distinct(StringComparer.Ordinal).ToList();
        local = own.Find(id => tunnels.TryGetValue(id, out var tunnel) && tunnel.Name == Config.TunnelName) ?? own.Find(tunnels.ContainsKey);
        if (local is not null)
        {
            var record = new AgentRecord { Id = LocalMasterLink.Local, DisplayName = LocalMasterLink.Local.Value, Protocol = 3, IsLocal = true, CreatedAt = now };
            Put(AgentRegistry.Kind, record.Id.Value, JsonSerializer.SerializeToUtf8Bytes(Enrolled(record, tunnels[local].Name), AgentRecordJson.Default.AgentRecord));
        }
    }

    private AgentRecord Enrolled(AgentRecord agent, string tunnel) => agent with { Status = AgentStatus.Enrolled, TunnelName = tunnel, AdoptTunnel = true, EnrolledAt = now };

    private void Keys()
    {
        var known = from.Keys.Select(static key => key.Raw).ToHashSet(StringComparer.Ordinal);
        var bare = from.Agents.Where(agent => agent.ApiKey is { } key && !known.Contains(key)).Select(static agent => new PythonKey(agent.ApiKey!) { Agent = agent.Id });
        foreach (var key in from.Keys.Concat(bare))
        {
            var record = new AgentKeyRecord
            {
                Owner = key.Owner,
                CreatedAt = key.CreatedAt ?? now,
                RevokedAt = key.IsRevoked ? key.RevokedAt ?? now : null,
                Agent = key.Agent is null ? null : new AgentId(key.Agent),
                RolledFrom = key.RolledFrom is { } old ? AgentKeys.Hash(old)[..8] : null,
            };
            Put(AgentKeys.Kind, AgentKeys.Hash(key.Raw), JsonSerializer.SerializeToUtf8Bytes(record, AgentRecordJson.Default.AgentKeyRecord));
        }
    }

    private void Finish()
    {
        foreach (var (id, tunnel) in tunnels)
        {
            var record = new TunnelRecord
            {
                Name = tunnel.Name,
                TunnelId = id,
                ZoneIds = tunnel.Zones.Order(StringComparer.Ordinal).ToEquatableArray(),
                Owned = tunnel.Owned.Distinct().ToEquatableArray(),
                Routes = tunnel.Routes.OrderBy(static route => route.Key).ToEquatableArray(),
            };
            Put(TunnelStore.Kind, tunnel.Name, JsonSerializer.SerializeToUtf8Bytes(record, StateJson.Default.TunnelRecord));
        }

        if (Config.UserName is { } user)
        {
            leftOut.Add($"The password of '{user}': only its hash is there, and of a kind that is not used here.");
        }
    }

    private void Adopt(string adoption)
    {
        if (documents.TryAdd((StandingAdoptions.Kind, adoption), JsonSerializer.SerializeToUtf8Bytes("import", StateJson.Default.String)))
        {
            adoptions++;
        }
    }

    private void Put(string kind, string id, byte[] json)
    {
        if (!documents.TryAdd((kind, id), json))
        {
            leftOut.Add($"A second {kind.Replace('-', ' ')} '{(kind == AgentKeys.Kind ? id[..8] : id)}': the first counts.");
        }
    }
}
