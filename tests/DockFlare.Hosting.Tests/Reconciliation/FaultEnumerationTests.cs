using System.Text.RegularExpressions;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>
/// Thirty changes over two agents and three zones, with each call failing in turn in each way: whatever fails, the loop comes to the same end and no state
/// on the way is a wrong one. A seeded sample by default, all with <c>DOCKFLARE_TESTS=long</c>.
/// </summary>
public sealed partial class FaultEnumerationTests
{
    private const int SampleSize = 40;

    private static readonly (string Name, FakeFault Fault)[] Kinds =
    [
        ("dropped", new FakeFault.Drop(AfterApplying: false)),
        ("answer dropped", new FakeFault.Drop(AfterApplying: true)),
        ("hanging", new FakeFault.Hang(AfterApplying: false)),
        ("answer hanging", new FakeFault.Hang(AfterApplying: true)),
        ("html with 502", new FakeFault.Raw(502, "<html>bad gateway</html>")),
        ("html with 200", new FakeFault.Raw(200, "<html>sign in</html>")),
        ("429", FakeFault.TooManyRequests()),
        ("429 with retry-after", FakeFault.TooManyRequests(3)),
        ("500", new FakeFault.Refuse(500, 1000, "Internal Server Error")),
        ("500 after applying", new FakeFault.FailAfterApplying()),
        ("success:false with 200", new FakeFault.Refuse(200, 971, "Please wait")),
        ("400", new FakeFault.Refuse(400, 1004, "DNS Validation Error")),
        ("403", new FakeFault.Refuse(403, 10000, "Authentication error")),
    ];

    [Fact]
    public async Task Whatever_call_fails_in_whatever_way_the_end_is_the_same_and_no_state_on_the_way_is_wrong()
    {
        var (clean, calls) = await RunAsync(0, null);
        Assert.InRange(calls, 12, 60);
        var cases = Enumerable.Range(1, calls).SelectMany(nth => Kinds.Select(kind => (Nth: nth, kind.Name, kind.Fault))).ToArray();
        if (Environment.GetEnvironmentVariable("DOCKFLARE_TESTS") != "long")
        {
            new Random(20261124).Shuffle(cases);
            cases = cases[..SampleSize];
        }

        var wrong = new List<string>();
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = TestContext.Current.CancellationToken }, async (each, _) =>
        {
            var (end, _) = await RunAsync(each.Nth, each.Fault);
            if (end != clean)
            {
                lock (wrong)
                {
                    wrong.Add($"call {each.Nth} {each.Name}:\n{end}");
                }
            }
        });

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases.Length} went wrong. The clean end:\n{clean}\n{string.Join('\n', wrong.Take(3))}");
    }

    // Answers the end as text, with every wrong state on the way, and how many calls it took.
    private static async Task<(string End, int Calls)> RunAsync(int nth, FakeFault? fault)
    {
        var time = new JumpingTime();
        await using var cloudflare = await FakeCloudflare.StartAsync(new() { Time = time });
        foreach (var zone in (string[])["example.com", "example.net", "example.org"])
        {
            var id = cloudflare.AddZone(zone, FakePlan.Pro);
            cloudflare.AddRecord(id, "CNAME", $"theirs.{zone}", "elsewhere.example", comment: "dockflare:another");
        }

        cloudflare.AddTunnel("tunnel-a");
        await using var rig = MasterRig.Create(
            cloudflare, time: time, cloud: options => options.CallTimeout = TimeSpan.FromMilliseconds(400), master: options => options.GracePeriod = TimeSpan.Zero);
        var (a, b) = (await rig.EnrolAsync("a", adopt: true), await rig.EnrolAsync("b"));
        cloudflare.PutConfiguration(
            cloudflare.FindTunnelByName("tunnel-a")!.Id, """{"ingress":[{"hostname":"theirs.example.com","service":"http://theirs:1"},{"service":"http_status:418"}],"originRequest":{"connectTimeout":7}}""");
        Report(rig, a, b, isAfter: false);
        await rig.ConvergeAsync();

        var problems = new SortedSet<string>(StringComparer.Ordinal);
        cloudflare.Observe(view => Watch(view, problems));
        cloudflare.Log.Reset();
        if (fault is not null)
        {
            cloudflare.Faults.Add("*", "/**", fault, nth);
        }

        Report(rig, a, b, isAfter: true);
        var pass = await rig.ConvergeAsync();
        var end = Versions().Replace(cloudflare.Snapshot(), "") + string.Join('\n', problems.Concat(pass.Faults.Select(left => $"{left.Key}: {left.Value}")).Append(pass.Trouble));
        return (end, cloudflare.Log.Total);
    }

    private static void Report(MasterRig rig, AgentId a, AgentId b, bool isAfter)
    {
        var onA = Hosts("a", "example.com", 0, 10, i => isAfter && i < 5 ? "http://changed:1" : "http://app:8080").ToList();
        var onB = Hosts("b", "example.net", 0, 10, i => isAfter && i < 4 ? "http://changed:2" : "http://app:8080").ToList();
        if (isAfter)
        {
            onB.AddRange([onA[7], onA[8]]);
            onA.Add(onB[5]);
            onA.RemoveRange(5, 4);
            onB.RemoveRange(4, 2);
            onA.AddRange(Hosts("n", "example.org", 0, 8, _ => "http://new:1"));
            onB.AddRange(Hosts("n", "example.com", 8, 5, _ => "http://new:2"));
            onB.Add(MasterRig.Wants("*.w.example.org"));
        }

        rig.Report(a, onA);
        rig.Report(b, onB);
    }

    private static IEnumerable<ContainerSnapshot> Hosts(string name, string zone, int from, int count, Func<int, string> service) =>
        Enumerable.Range(from, count).Select(i => MasterRig.Wants($"{name}{i}.{zone}", service(i)));

    private static void Watch(FakeView view, SortedSet<string> problems)
    {
        var served = view.Exposures().Select(exposure => exposure.Host).ToHashSet(StringComparer.Ordinal);
        foreach (var host in (string[])["a0.example.com", "a7.example.com", "a8.example.com", "b5.example.net", "b9.example.net"])
        {
            if (!served.Contains(host))
            {
                problems.Add($"{host} was without a route");
            }
        }

        // One that leaves may lose its rule first when its record cannot be deleted: that closes it all the same.
        foreach (var record in view.Zones.SelectMany(zone => view.Records(zone.Id)))
        {
            if (record.Comment == "dockflare:rig-owner" && record.Name is not ("a5.example.com" or "a6.example.com" or "b4.example.net") && !served.Contains(record.Name))
            {
                problems.Add($"{record.Name} had a record before it had a rule");
            }
        }

        if (view.Tunnels.Count != 2)
        {
            problems.Add($"there were {view.Tunnels.Count} tunnels");
        }
    }

    [GeneratedRegex(", version [0-9]+")]
    private static partial Regex Versions();
}
