using System.Globalization;
using System.Text;
using DockFlare.Core.Labels;

namespace DockFlare.Tests.Labels;

/// <summary>Writes <c>docs/labels.md</c>.</summary>
internal static class LabelReferencePage
{
    public static string Write()
    {
        var page = new StringBuilder(Opening);
        page.Append("| label | takes | default | indexed form falls back | means | example |\n|---|---|---|---|---|---|\n");
        foreach (var name in LabelNames.All)
        {
            var fallsBack = !name.IsIndexed ? "not indexed" : name.FallsBack ? "yes" : "never";
            page.Append(CultureInfo.InvariantCulture, $"| `{name.Suffix}` | {Takes(name)} | {(name.Default is null ? "" : Code(name.Default))} | {fallsBack} | {name.Meaning} | {Code(name.Example)} |\n");
        }

        return page.Append(Closing).ToString();
    }

    private static string Code(string text) => text.Contains(' ', StringComparison.Ordinal) && !text.Contains('<', StringComparison.Ordinal) ? text : $"`{text.Replace("|", "\\|", StringComparison.Ordinal)}`";

    private static string Takes(LabelName name) => name.Kind switch
    {
        LabelKind.Boolean => "true or false",
        LabelKind.Integer when name.Least == int.MinValue => "a whole number",
        LabelKind.Integer when name.Most == int.MaxValue => string.Create(CultureInfo.InvariantCulture, $"a whole number from {name.Least}"),
        LabelKind.Integer => string.Create(CultureInfo.InvariantCulture, $"{name.Least} to {name.Most}"),
        LabelKind.Duration => "a duration",
        LabelKind.Host => "a host name",
        LabelKind.Service => "an origin",
        LabelKind.Path => "a path",
        LabelKind.List => "a comma list",
        LabelKind.Word => string.Join(", ", name.Words.Select(word => $"`{word}`")),
        LabelKind.Json => "a JSON array",
        _ => "text",
    };

    private const string Opening = """
        # Labels

        <!-- Made from the table in src/DockFlare.Core/Labels/LabelNames.cs; a test compares. Change it there and run the tests with SNAPSHOT_UPDATE=1. -->

        ```yaml
        services:
          blog:
            image: ghost
            networks: [cloudflare-net]
            labels:
              dockflare.enable: "true"
              dockflare.hostname: blog.example.com
              dockflare.port: "2368"
              dockflare.access.group: family
        ```

        Editors check them with [labels.schema.json](labels.schema.json).

        ## How they are read

        - **Prefixes.** Each label is looked up under the custom prefix (`LABEL_PREFIX`, with or without its trailing dot), then under `dockflare.`, then under the older `cloudflare.tunnel.`; the first one that is there counts. They may be mixed on one container.
        - **White space** around a value does not count. **A label set to nothing** means its default.
        - **Booleans** are `true`, `1`, `t`, `yes` or `false`, `0`, `f`, `no`, in any case. Anything else is an error.
        - **Durations** are numbers with `h`, `m`, `s`, such as `30s` or `1h30m`. Cloudflare keeps those under `origin.` in whole seconds.
        - **A fault** costs the one route it is about, never the others, and is shown with the label, the value and what to write instead. **Unknown labels** are named, with the one that was probably meant.
        - **Protection fails closed.** A route whose `access.*` labels cannot be followed is not exposed: an unknown policy word, unreadable `access.custom_rules`, settings without anything that says who gets in, and also a misspelt `access.*` label that would leave the host public.

        ## All labels


        """;

    private const string Closing = """

        ## Several routes on one container

        `0.hostname`, `1.hostname` and so on each make a route; gaps are fine. Every other label falls back to the one without a number (the base label); a numbered label that is set, even to nothing, counts instead. The base labels make a route of their own when they have a hostname.

        ```yaml
        dockflare.enable: "true"
        dockflare.service: http://app:8080
        dockflare.access.policy: authenticate
        dockflare.0.hostname: app.example.com
        dockflare.1.hostname: hooks.example.com
        dockflare.1.path: /github
        dockflare.1.access.policy: bypass
        ```

        The same host and path twice on one container: the first one counts. If the two ask for different protection, neither is exposed.

        ## Hostname

        Lower-cased; letters beyond ASCII are converted as cloudflared does it (`müller.example.com` is `xn--mller-kva.example.com`). Converted are the letters of Latin, Greek, Cyrillic, Armenian, Georgian, Chinese, Japanese and Korean that need no further mapping; anything else is written in its `xn--` form. At most 253 characters, 63 between two dots; `_` is allowed; `*.` in front takes every host under the domain, at any depth. No scheme, no port, no path.

        A container that is enabled and has no hostname takes the one that `DOCKFLARE_DEFAULT_HOST` makes for it.

        ## Path

        A plain path is a prefix by segments: `/api` takes `/api` and `/api/x`, not `/apiv2`. `api`, `/api` and `/api/` are one route; `/` is every path. A path with one of `\ ^ $ * + ? ( ) [ ] { } |` is an RE2 expression, passed on as it is and searched for anywhere in the decoded path; a leading `~` says that this is meant.

        With protection, a plain path makes cloudflared check the visitor's Access token as well, since it and Access match paths differently; `origin.access=false` does not switch that off. An expression can only be protected together with its whole host: by a route for the same host without a path and with the same access labels on the same container.

        ## Service, or port and scheme

        `service` is the origin as cloudflared takes it. A path in it is an error: cloudflared passes on the path of the request.

        With `port` (and `scheme`, default `http`) the address is taken from the container. On the tunnel's network (`CLOUDFLARED_NETWORK_NAME`, default `cloudflare-net`) that is the container's name, which outlives its address; on Docker's default bridge, which knows no names, its address. A container on the host's network is reached as `host.docker.internal`. When the connector itself uses its host's network, it is the container's address on its first network, or `localhost` for a container on the host's network. A container that shares no network with the connector is an error that says so.

        At each level `service` wins over `port`, so `0.port` wins over the base `service`.

        ## Access

        - The group is the first that is set of `<n>.access.groups`, `<n>.access.group`, `access.groups`, `access.group`. With any group the other `access.*` labels are ignored, and a note says so.
        - `access.custom_rules` is a JSON array of Access policies with `decision` (`allow`, `deny`, `bypass`, `non_identity`) and `include`; with it `access.policy` is ignored, and a note says so.
        - `access.policy=default_tld` needs the zone's own application `*.zone`, which does not cover the apex.
        - `origin.access=true` makes cloudflared itself refuse requests without the application's token. Behind a bypass nobody has one, so that is an error.

        """;
}
