using CsCheck;
using DockFlare.Core.Zones;

namespace DockFlare.Tests.Zones;

public sealed class ZoneMapTests
{
    private static readonly ZoneMap Map = new(
    [
        new("z1", "example.com"),
        new("z2", "sub.example.com"),
        new("z3", "example.org") { Status = "pending" },
        new("z4", "twice.net") { AccountId = "a1" },
        new("z5", "twice.net") { AccountId = "a2" },
        new("z6", "moving.net") { AccountId = "a1", Status = "pending" },
        new("z7", "moving.net") { AccountId = "a2" },
        new("z8", "bücher.test"),
    ]);

    [Theory]
    [InlineData("app.example.com", "z1")]
    [InlineData("example.com", "z1")]
    [InlineData("*.example.com", "z1")]
    [InlineData("a.sub.example.com", "z2")]
    [InlineData("sub.example.com", "z2")]
    [InlineData("*.sub.example.com", "z2")]
    [InlineData("xsub.example.com", "z1")]
    [InlineData("a.b.c.d.example.com", "z1")]
    [InlineData("app.moving.net", "z7")]
    [InlineData("a.xn--bcher-kva.test", "z8")]
    [InlineData("xexample.com", null)]
    [InlineData("com", null)]
    [InlineData("", null)]
    [InlineData("*.", null)]
    [InlineData("example.com.evil.net", null)]
    [InlineData("app.example.org", null)]
    [InlineData("app.twice.net", null)]
    public void The_longest_suffix_at_a_label_border_is_the_zone(string host, string? zone) => Assert.Equal(zone, Map.Find(host).Zone?.Id);

    [Theory]
    [InlineData("app.example.com", null, null, "'app.example.com' is in zone 'example.com', the longest one that contains it.")]
    [InlineData("a.sub.example.com", "example.com", null, "'a.sub.example.com' is in zone 'example.com', as its zone name says.")]
    [InlineData("a.sub.example.com", " Example.COM ", null, "'a.sub.example.com' is in zone 'example.com', as its zone name says.")]
    [InlineData("app.example.com", "example.net", null, "There is no zone 'example.net' that the token can see. Correct the zone name, leave it out, or give the token that zone.")]
    [InlineData("app.example.com", "sub.example.com", null, "Zone 'sub.example.com' does not contain 'app.example.com'. Leave the zone name out, or use a host that ends in '.sub.example.com'.")]
    [InlineData("xsub.example.com", "sub.example.com", null, "Zone 'sub.example.com' does not contain 'xsub.example.com'. Leave the zone name out, or use a host that ends in '.sub.example.com'.")]
    [InlineData("app.example.org", null, "z1", "Zone 'example.org' is 'pending', not active, at Cloudflare, so 'app.example.org' cannot be served. Finish its set-up there (name servers), or name another zone that contains the host.")]
    [InlineData("app.example.org", "example.org", null, "Zone 'example.org' is 'pending', not active, at Cloudflare, so 'app.example.org' cannot be served. Finish its set-up there (name servers), or name another zone that contains the host.")]
    [InlineData("app.twice.net", null, null, "Zone 'twice.net' is there more than once (accounts a1, a2), so it is not known which serves 'app.twice.net'. Limit the token to one account, or set CF_ZONE_ID to the right one.")]
    [InlineData("app.twice.net", null, "z5", "'app.twice.net' is in zone 'twice.net', the fallback zone.")]
    [InlineData("app.twice.net", "twice.net", "z1", "Zone 'twice.net' is there more than once (accounts a1, a2), so it is not known which serves 'app.twice.net'. Limit the token to one account, or set CF_ZONE_ID to the right one.")]
    [InlineData("app.other.net", null, null, "No zone that the token can see contains 'app.other.net'. Add the domain to Cloudflare, or give the token its zone.")]
    [InlineData("app.other.net", null, "z1", "No zone that the token can see contains 'app.other.net', and the fallback zone 'example.com' does not contain it either. Add the domain to Cloudflare, or give the token its zone.")]
    [InlineData("app.other.net", null, "gone", "No zone that the token can see contains 'app.other.net', and the fallback zone gone is not among them either. Add the domain to Cloudflare, or give the token its zone.")]
    [InlineData("app.example.com", null, "z2", "'app.example.com' is in zone 'example.com', the longest one that contains it.")]
    public void The_message_says_how_it_was_found_or_what_to_do(string host, string? zoneName, string? fallback, string message) =>
        Assert.Equal(message, Map.Find(host, zoneName, fallback).Message);

    [Fact]
    public void Without_any_zone_the_message_is_about_the_token() =>
        Assert.Equal("The token can see no zone at all, so 'app.example.com' has no place. Give it Zone Read on the zone of the host.", ZoneMap.Empty.Find("app.example.com").Message);

    [Fact]
    public void The_order_in_which_zones_are_listed_does_not_count()
    {
        Zone[] zones = [new("z1", "twice.net") { AccountId = "a1" }, new("z2", "twice.net") { AccountId = "a2" }, new("z3", "example.com")];

        Assert.Equal(new ZoneMap(zones).Find("a.twice.net"), new ZoneMap(zones.Reverse()).Find("a.twice.net"));
        Assert.Equal(new ZoneMap(zones).Find("a.example.com").Message, new ZoneMap(zones.Reverse()).Find("a.example.com").Message);
    }

    [Fact]
    public void A_look_up_answers_what_looking_at_every_zone_answers()
    {
        var name = Gen.OneOf("a", "b", "c", "xa").Array[1, 5].Select(parts => string.Join('.', parts));
        Gen.Select(name.Array[0, 12], name).Sample(
            (names, host) =>
            {
                var zones = names.Distinct().Select(zone => new Zone(zone, zone)).ToArray();
                var expected = zones.Where(zone => host == zone.Name || host.EndsWith("." + zone.Name, StringComparison.Ordinal)).MaxBy(zone => zone.Name.Length);

                Assert.Equal(expected, new ZoneMap(zones).Find(host).Zone);
                Assert.Equal(expected, new ZoneMap(zones).Find("*." + host).Zone);
            },
            iter: Samples.Of(2_000, 50_000));
    }

    [Fact]
    public void A_look_up_allocates_nothing()
    {
        _ = Map.Find("a.sub.example.com", "example.com");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = Map.Find("*.a.sub.example.com");
            _ = Map.Find("a.sub.example.com", "example.com");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
