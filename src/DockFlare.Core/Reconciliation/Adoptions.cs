using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>
/// What stands in the way of a plan and could be taken over. An operator agrees to one id, and an id stands for both sides as they were shown:
/// when either changes it is another id, and what was agreed to counts no more.
/// </summary>
internal sealed class Adoptions(PlanPolicy policy)
{
    private const int IdLength = 16;
    private readonly HashSet<string> agreed = [.. policy.Adopted, .. policy.Standing];

    /// <summary>What waits for an operator.</summary>
    public List<HeldChange> Held { get; } = [];

    /// <summary>Whether an operator agreed to an adoption; one that waits for that is listed.</summary>
    public bool IsAgreed(Change adoption)
    {
        var id = IdOf(adoption);
        if (agreed.Contains(id) || (StandingAdoption.Find(adoption) is { } standing && agreed.Contains(standing)))
        {
            return true;
        }

        Held.Add(new(adoption, $"It stays as it is until an operator agrees to its adoption: {id}."));
        return false;
    }

    /// <summary>The id of an adoption; null for every other change.</summary>
    public static string? FindId(Change change) =>
        change is Change.AdoptDns or Change.AdoptRule or Change.AdoptAccess or Change.AdoptPolicy or Change.AdoptTunnel ? IdOf(change) : null;

    /// <summary>A digest of what is held, for a confirmation that is about nothing else.</summary>
    public static string? Digest(IEnumerable<HeldChange> held)
    {
        var lines = held.Select(static change => change.AdoptionId ?? TextOf(change.Change)).ToList();
        return lines.Count == 0 ? null : Hash(string.Join('\n', lines));
    }

    private static string IdOf(Change adoption) => Hash(adoption switch
    {
        Change.AdoptDns dns => Lines("record", dns.Observed.Id, dns.Observed.Content, dns.Observed.Proxied ? "proxied" : "", dns.Observed.Comment, dns.Desired.Name, dns.Desired.TunnelId),
        Change.AdoptRule rule => Lines("rule", rule.Tunnel.TunnelId, rule.Rule.Key.ToString(), Labels.ServiceText.Redact(rule.Rule.Service), Json(rule.Observed)),
        Change.AdoptAccess access => Lines(["application", access.Observed.Id, access.Observed.Name, access.Desired.Key, .. access.Observed.Destinations, .. access.Observed.Policies.Select(static policy => policy.Id)]),
        Change.AdoptPolicy policy => Lines("policy", policy.Observed.Id, policy.Observed.Policy.Name, policy.Desired.Key, policy.Desired.Policy.SaysTheSameAs(policy.Observed.Policy) ? "the same" : "replaced"),
        Change.AdoptTunnel tunnel => Lines("tunnel", tunnel.TunnelId, tunnel.Tunnel.Name, tunnel.Tunnel.Agent.Value),
        _ => throw new ArgumentOutOfRangeException(nameof(adoption), adoption, "This is no adoption."),
    });

    private static string TextOf(Change change) => change is Change.PutIngress put
        ? Lines([put.Tunnel.TunnelId, .. put.Removed.Concat(put.Changed).Select(static rule => rule.ToString())])
        : change.Describe();

    public static string Lines(params string?[] lines) => string.Join('\n', lines);

    // An id is shown: nobody must be able to guess a password by it.
    public static string Json(IngressEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            new IngressDocument { Entries = [entry with { Service = Labels.ServiceText.Redact(entry.Service) }] }.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..IdLength];
}
