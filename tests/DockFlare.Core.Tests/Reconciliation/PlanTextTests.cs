using System.Text.Json;
using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Tests.Reconciliation;

/// <summary>A plan as programs and people get it.</summary>
public sealed class PlanTextTests
{
    private static readonly TunnelAssignment Tunnel = new("6ff42ae2", new("nas"), 2) { Name = "nas" };
    private static readonly IngressRule Added = new(new("app.example.com", RulePath.Prefix("/api")), "http://admin:hunter2@app:80");
    private static readonly IngressRule Changed = new(new("blog.example.com", RulePath.Any), "http://blog:81");
    private static readonly ObservedRecord There = new("r1", "z1", "blog.example.com", "CNAME", "old.cfargotunnel.com") { Proxied = true, Comment = "dockflare:me", IsOwned = true };

    private static readonly ObservedApp Application = new("a1", "By hand", "aud") { Destinations = ["app.example.com"], Policies = [new("p1", new(AccessDecision.Allow) { Name = "us" })] };

    private static readonly Plan Whole = new()
    {
        Changes =
        [
            new Change.CreateTunnel(Tunnel with { TunnelId = TunnelAssignment.Planned("nas") }),
            new Change.DeleteDns(There with { Id = "r2", Name = "gone.example.com" }),
            new Change.PutIngress(Tunnel, [Added, Changed], [RuleIdentity.Of(Added.Key)], [RuleIdentity.Of(Changed.Key)], [new("gone.example.com", "")]),
            new Change.CreateDns(new("z1", "app.example.com", "6ff42ae2") { Comment = "mine" }),
            new Change.UpdateDns(There, new("z1", "blog.example.com", "6ff42ae2")),
            new Change.DispatchCommand(new("nas"), new AgentCommand.EnsureTunnel(new("ensure-6ff42ae2-2"), "6ff42ae2", "nas", 2)),
            new Change.DispatchCommand(new("pi"), new AgentCommand.StopTunnel(new("stop-1"))),
        ],
        Held = [new(new Change.AdoptTunnel(Tunnel with { TunnelId = TunnelAssignment.Planned("nas") }, "77aa"), "Say so."),
            new(new Change.AdoptAccess(Application, new("app.example.com", "DockFlare-app.example.com") { Destinations = ["app.example.com"], Policies = [new("family/1", new(AccessDecision.Allow) { Name = "family" })] }), "Say so."),
            new(new Change.AdoptRule(Tunnel, Added, new(RuleIdentity.Of(Added.Key), "http://root:hunter2@theirs:80")), "Say so."),
            new(new Change.AdoptDns(There with { Content = "elsewhere.example.net", Comment = null, IsOwned = false }, new("z1", "blog.example.com", "6ff42ae2")), "Say so."),
            new(new Change.DeleteDns(There), "Five would go."), new(new Change.DeleteDns(There with { Id = "r3" }), "Five would go.")],
        Blocked = [new(new("taken.example.com", RulePath.Any), "Somebody else has it."), new(Changed.Key, "It could not be read.") { IsServed = true }],
    };

    [Fact]
    public void Json_has_every_kind_of_change()
    {
        using var parsed = JsonDocument.Parse(Whole.ToJson());
        Assert.Equal(Whole.Changes.Count, parsed.RootElement.GetProperty("changes").GetArrayLength());
        Assert.DoesNotContain("hunter2", Whole.ToJson(), StringComparison.Ordinal);
        Snapshot.Match("whole-plan", "json", Whole.ToJson() + "\n");
    }

    [Fact]
    public void Text_has_every_kind_of_change() => Snapshot.Match("whole-plan", "txt", Whole.ToString());

    [Fact]
    public void Nothing_to_do_is_said() => Assert.Equal("Nothing to change.\n", Plan.Empty.ToString());

    [Fact]
    public void A_comment_is_cut_at_a_whole_character_and_still_recognised()
    {
        var words = new string('x', DnsNames.MaxComment - "dockflare:me ".Length - 1) + "😀";
        var comment = DnsNames.Comment("me", words);
        Assert.Equal(DnsNames.MaxComment - 1, comment.Length);
        Assert.True(DnsNames.IsMarked(comment, "me"));
        Assert.False(DnsNames.IsMarked("dockflare:me2", "me"));
    }
}
