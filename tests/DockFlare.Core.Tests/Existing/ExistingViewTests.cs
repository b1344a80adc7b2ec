using CsCheck;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Existing;
using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using DockFlare.Core.Reconciliation;
using DockFlare.Core.Zones;

namespace DockFlare.Tests.Existing;

/// <summary>What is in an account, whose it is, and which labels would make it.</summary>
public sealed class ExistingViewTests
{
    private const string Ours = "11111111-1111-4111-8111-111111111111";
    private const string Theirs = "22222222-2222-4222-8222-222222222222";

    private static readonly ExistingAccount Account = new()
    {
        Owner = "me",
        Zones = new ZoneMap([new("z", "example.com")]),
        Tunnels =
        [
            new(Theirs, "theirs") { IsLocal = true, Document = Document("""{"ingress":[{"hostname":"local.example.com","service":"http://x:1"},{"service":"http_status:404"}]}""") },
            new(Ours, "nas")
            {
                IsOurs = true,
                Owned = [new("ours.example.com", "")],
                Document = Document("""
                    {"ingress":[
                    {"hostname":"ours.example.com","service":"http://ours:1"},
                    {"hostname":"app.example.com","path":"^/api(/|$)","service":"http://root:hunter2@app:8080","originRequest":{"connectTimeout":5,"noTLSVerify":true,"httpHostHeader":"app.internal"}},
                    {"hostname":"guarded.example.com","service":"http://guarded:1"},
                    {"hostname":"zone.example.com","service":"http://zone:1"},
                    {"hostname":"part.example.com","service":"http://part:1"},
                    {"hostname":"odd.example.com","service":"http://odd:1","originRequest":{"newKey":true}},
                    {"hostname":"nowhere.net","service":"http://nowhere:1"},
                    {"service":"http_status:404"}]}
                    """),
            },
        ],
        Records =
        [
            Record("ours.example.com", Ours, "dockflare:me") with { IsOwned = true },
            Record("app.example.com", Ours) with { Proxied = false },
            Record("guarded.example.com", Ours),
            Record("other.example.com", Theirs, "dockflare:them since May"),
            Record("lost.example.com", "33333333-3333-4333-8333-333333333333"),
            Record("norule.example.com", Ours),
        ],
        Apps =
        [
            App("a1", "Guarded", "guarded.example.com") with { SessionDuration = "12h", AllowedIdps = ["idp-1"], AutoRedirectToIdentity = true, AppLauncherVisible = true },
            App("a2", "Zone Default: *.example.com", "*.example.com"),
            App("a3", "Part", "part.example.com/admin"),
            App("a4", "Two", "one.example.com", "two.example.com"),
            App("a6", "Tagged", "gone.example.com") with { Tags = ["dockflare-me"] },
            App("a7", "Tagged by them", "far.example.com/x", "far.example.com/x/*") with { Tags = ["dockflare-them"] },
            App("a5", "DockFlare-ours.example.com", "ours.example.com") with { OwnedAs = "ours.example.com" },
        ],
        Policies =
        [
            Policy("p1", "DockFlare-AccessGroup-family", apps: 0),
            Policy("p2", "DockFlare-AccessGroup-staff", apps: 1),
            Policy("p3", "DockFlare-AccessGroup-machines", apps: null) with { OwnedAs = "machines/1" },
            Policy("p4", "Theirs", apps: 0),
        ],
        Unread = ["The records of 'other.org' could not be read."],
    };

    [Fact]
    public void Everything_is_listed_with_its_owner_its_labels_and_whether_it_can_be_adopted() => Snapshot.Match("existing", "txt", ExistingView.Of(Account).ToString());

    [Fact]
    public void The_order_things_come_in_does_not_count() =>
        Assert.Equal(ExistingView.Of(Account).Things, ExistingView.Of(Account with
        {
            Tunnels = [.. Account.Tunnels.Reverse()],
            Records = [.. Account.Records.Reverse()],
            Apps = [.. Account.Apps.Reverse()],
            Policies = [.. Account.Policies.Reverse()],
        }).Things);

    [Fact]
    public void Without_the_applications_no_labels_are_given_that_may_leave_a_host_open() =>
        Assert.All(ExistingView.Of(Account with { Apps = [], HasAllApps = false }).Things.Where(thing => thing.Kind == ExistingKind.Rule), rule => Assert.Empty(rule.Labels));

    [Fact]
    public void Without_the_tunnels_no_record_is_called_an_orphan() =>
        Assert.DoesNotContain(ExistingView.Of(Account with { Tunnels = [], HasAllTunnels = false }).Things, thing => thing.Owner == ExistingOwner.Orphaned);

    [Fact]
    public void The_labels_of_a_rule_make_that_rule() =>
        Gen.Select(
            OneOf("app.example.com", "*.example.com", "a.b.example.com"), OneOf("", "^/api(/|$)", "^/v[0-9]+/", "/x"),
            OneOf("http://app:8080", "https://10.0.0.5", "unix:/run/app.sock", "http_status:503", "tcp://db:5432", "hello_world"),
            Gen.Int[0, 90], Gen.Bool, Gen.Bool, OneOf("", "app.internal"), (host, path, service, seconds, verify, http2, header) => new IngressEntry(new(host, path), service)
            {
                Origin = new()
                {
                    ConnectTimeout = seconds == 0 ? null : TimeSpan.FromSeconds(seconds),
                    NoTlsVerify = verify ? true : null,
                    Http2Origin = http2,
                    HttpHostHeader = header.Length == 0 ? null : header,
                    IpRules = verify ? [new("10.0.0.0/8", [80, 443], true)] : [],
                    ProxyType = http2 ? "socks" : null,
                },
            }).Sample(
            entry =>
            {
                var things = ExistingView.Of(new()
                {
                    Zones = Account.Zones,
                    Tunnels = [new(Ours, "nas") { IsOurs = true, Document = new() { Entries = [entry, new(new("", ""), "http_status:404")] } }],
                }).Things;
                var rule = things.Single(thing => thing.Kind == ExistingKind.Rule);
                Assert.True(rule.CanBeAdopted, rule.Note);
                var labels = rule.Labels.Select(label => label.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
                var read = Assert.Single(ContainerLabels.Read(new("c", "c", labels), new()).Rules);
                Assert.Equal((entry.Identity, entry.Service), (RuleIdentity.Of(read.Key), read.Service));
                Assert.Equal(entry.Origin, read.Origin);
            },
            iter: 500, threads: 1);

    private static Gen<string> OneOf(params string[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);

    private static IngressDocument Document(string json) => IngressDocument.ParseJson(System.Text.Encoding.UTF8.GetBytes(json));

    private static ObservedRecord Record(string name, string tunnel, string? comment = null) =>
        new("r-" + name, "z", name, "CNAME", tunnel + ".cfargotunnel.com") { Proxied = true, Comment = comment };

    private static ObservedPolicy Policy(string id, string name, int? apps) =>
        new(id, new(AccessDecision.Allow) { Name = name, Include = [new(AccessSelectorKind.EmailDomain, "example.com")] }) { AppCount = apps };

    private static ObservedApp App(string id, string name, params string[] destinations) => new(id, name, "aud")
    {
        Destinations = [.. destinations],
        Policies = [new("p", new(AccessDecision.Allow) { Name = "us", Include = [new(AccessSelectorKind.EmailDomain, "example.com")] })],
    };
}
