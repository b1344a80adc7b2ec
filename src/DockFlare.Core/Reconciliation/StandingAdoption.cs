namespace DockFlare.Core.Reconciliation;

/// <summary>
/// An adoption that was agreed to before the plan that needs it could be seen, as an import does: it names what is there, not what becomes of it.
/// It counts once; see <see cref="PlanPolicy.Standing"/>.
/// </summary>
public static class StandingAdoption
{
    /// <summary>The record of a host, as long as it leads to this tunnel and is to stay so.</summary>
    public static string Record(string host, string tunnelId) => $"record {host} {tunnelId}";

    /// <summary>An Access application, whatever it covers by then.</summary>
    public static string Application(string id) => $"application {id}";

    /// <summary>The adoption that a change would use up; null for every other change.</summary>
    public static string? Find(Change change) => change switch
    {
        Change.AdoptDns dns when DnsNames.IsTunnelTarget(dns.Observed.Content, dns.Desired.TunnelId) => Record(dns.Desired.Name, dns.Desired.TunnelId),
        Change.AdoptAccess access => Application(access.Observed.Id),
        _ => null,
    };
}
