using System.Net;

namespace DockFlare.Hosting.Configuration;

/// <summary>Whose forwarded headers are believed: <c>DOCKFLARE_TRUSTED_PROXIES</c>.</summary>
internal sealed class TrustedProxies(IReadOnlyList<IPNetwork> networks)
{
    public IReadOnlyList<IPNetwork> Networks => networks;

    /// <summary>A comma list of addresses and ranges; what is none of them becomes a fault.</summary>
    public static TrustedProxies Read(string? text, SettingFaults faults)
    {
        var networks = new List<IPNetwork>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPNetwork.TryParse(part, out var network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(part, out var address))
            {
                networks.Add(new(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                faults.Add($"DOCKFLARE_TRUSTED_PROXIES has '{part}', which is neither an address nor a range: write for example 10.0.0.7 or 172.30.0.0/16 (with no bit set behind the prefix).");
            }
        }

        return new(networks);
    }

    public bool Contains(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return networks.Any(network => network.Contains(plain));
    }
}
