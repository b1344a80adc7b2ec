using System.Globalization;
using DockFlare.Core.Ingress;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Labels;

/// <summary>Reads <c>service</c>, or <c>port</c> and <c>scheme</c> in its place. At each level <c>service</c> wins over <c>port</c>.</summary>
internal static class ServiceLabel
{
    /// <summary>The origin; null when there is none to use, which is an error by then.</summary>
    public static string? Read(ref readonly LabelScope scope, bool isBastion)
    {
        var (service, port) = (scope.FindOwn(LabelId.Service), scope.FindOwn(LabelId.Port));
        if (service < 0 && port < 0)
        {
            (service, port) = (scope.FindBase(LabelId.Service), scope.FindBase(LabelId.Port));
        }

        var hasPort = port >= 0 && scope.Value(port).Length > 0;
        if (service >= 0 && (scope.Value(service).Length > 0 || !hasPort))
        {
            if (hasPort)
            {
                scope.Note(port, $"{scope.Key(port)} is ignored, because {scope.Key(service)} is set: remove one of the two.");
            }

            return ReadService(in scope, service, isBastion);
        }

        if (hasPort)
        {
            return FromPort(in scope);
        }

        scope.FailMissing(LabelId.Service, $"{(scope.Host is null ? "The route" : $"'{scope.Host}'")} has no service to send requests to: {Advice(in scope)}.");
        return null;
    }

    private static string? ReadService(ref readonly LabelScope scope, int position, bool isBastion)
    {
        var service = scope.Value(position);
        if (service.Length == 0)
        {
            scope.Fail(position, $"{scope.Key(position)} is empty: {Advice(in scope)}.");
            return null;
        }

        // In bastion mode cloudflared does not look at addresses.
        if (isBastion && !service.StartsWith("http_status:", StringComparison.Ordinal))
        {
            return scope.Text(position);
        }

        if (scope.Text(position) is not { } text)
        {
            return null;
        }

        // cloudflared's own rules decide; ours add what to write instead, and refuse a port that no machine has.
        var verdict = IngressService.FindFault(text);
        if (verdict is null && !ServiceText.HasImpossiblePort(text))
        {
            return text;
        }

        var fault = ServiceText.FindFault(text) ?? $"cloudflared does not take it ({ServiceText.Redact(verdict ?? "")}): write scheme, host and port, such as http://app:8080";
        var shown = ServiceText.RedactService(service);
        scope.Fail(position, $"{scope.Key(position)} is '{shown}', but {fault}.", shown);
        return null;
    }

    private static string Advice(ref readonly LabelScope scope)
    {
        var port = scope.Container.Ports.Count == 1 ? scope.Container.Ports[0] : 8080;
        var name = scope.Container.Name.TrimStart('/') is { Length: > 0 } known ? known : "app";
        return $"write {scope.Own(LabelId.Service)}=http://{name}:{port}, or {scope.Own(LabelId.Port)}={port}";
    }

    private static string? FromPort(ref readonly LabelScope scope)
    {
        var errors = scope.Log.ErrorCount;
        var port = scope.Number(LabelId.Port);
        var scheme = ReadScheme(in scope);
        var address = port is null ? null : FindAddress(in scope);
        return errors == scope.Log.ErrorCount && address is not null && port is { } number
            ? string.Create(CultureInfo.InvariantCulture, $"{scheme}://{address}:{number}")
            : null;
    }

    private static string ReadScheme(ref readonly LabelScope scope)
    {
        var position = scope.Find(LabelId.Scheme);
        if (position < 0 || scope.Text(position) is not { } scheme)
        {
            return "http";
        }

        if (!ServiceText.IsScheme(scheme) || scheme.StartsWith("unix", StringComparison.OrdinalIgnoreCase))
        {
            scope.Fail(position, $"{scope.Key(position)} is '{scheme}', which is no scheme for a port: write http, https, ws, wss, tcp, ssh, rdp or smb.");
        }

        return scheme;
    }

    // A name outlives the container's address, and Docker resolves it on every network but the default bridge.
    private static string? FindAddress(ref readonly LabelScope scope)
    {
        var container = scope.Container;
        var network = scope.Options.TunnelNetwork;
        var isHostConnector = string.Equals(network, "host", StringComparison.Ordinal);
        if (container.UsesHostNetwork)
        {
            return isHostConnector ? "localhost" : scope.Options.HostAddress;
        }

        foreach (var attached in Reached(container.Networks, isHostConnector ? null : network, scope.Options.JoinsNetworks))
        {
            var hasNames = !isHostConnector && attached.Name is not ("bridge" or "nat");
            if (hasNames || attached.Address.Length > 0)
            {
                return hasNames ? container.Name.TrimStart('/') : attached.Address.Contains(':', StringComparison.Ordinal) ? $"[{attached.Address}]" : attached.Address;
            }
        }

        scope.Fail(PortPosition(in scope), NotReachable(in scope, container, isHostConnector));
        return null;
    }

    // The connector's own network first; then, where it joins those of its origins, any other. Null for a connector that is on its host's network and reaches all.
    private static IEnumerable<ContainerNetwork> Reached(EquatableArray<ContainerNetwork> networks, string? own, bool joins) =>
        own is null ? networks
        : networks.Where(attached => string.Equals(attached.Name, own, StringComparison.Ordinal))
            .Concat(joins ? networks.Where(attached => !string.Equals(attached.Name, own, StringComparison.Ordinal)).OrderBy(static attached => attached.Name is "bridge" or "nat") : []);

    private static string NotReachable(ref readonly LabelScope scope, ContainerSnapshot container, bool isHostConnector)
    {
        var instead = $"write {scope.Own(LabelId.Service)}={ReadScheme(in scope)}://<address>:{scope.Value(PortPosition(in scope))} with an address the connector can reach";
        if (container.Networks.IsEmpty)
        {
            return $"No network of '{container.Name}' is known, so its address cannot be taken from it: {instead}.";
        }

        if (isHostConnector)
        {
            return $"'{container.Name}' has no address yet on any of its networks: {instead}.";
        }

        var names = string.Join(", ", container.Networks.Select(static network => network.Name));
        return $"'{container.Name}' is not on a network shared with the tunnel's connector: it is on {names}, and the connector is on {scope.Options.TunnelNetwork}. Attach it to {scope.Options.TunnelNetwork}, set CLOUDFLARED_ATTACH=true where the connector runs, or {instead}.";
    }

    private static int PortPosition(ref readonly LabelScope scope) => scope.Find(LabelId.Port);
}
