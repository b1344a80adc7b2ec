using DockFlare.Hosting.Cloudflare;
using DockFlare.Testing;

namespace DockFlare.Hosting.Tests.Reconciliation;

/// <summary>
/// Every call of a scenario fails once, in every way there is. At no moment is a guarded host to be reached without its application, nothing is
/// made twice, and when the trouble is over everything is as it would have been. By default a sample; all with <c>DOCKFLARE_TESTS=long</c>.
/// </summary>
public sealed class AccessFaultTests
{
    private const int Sample = 60;

    // Guarding, a further host, another group, a change of a policy, from public to guarded, leaving.
    private static readonly Func<AccessMaster, Task>[] Steps =
    [
        static master => master.RunAsync("a: hostname=a.example.com access.group=family", "b: hostname=b.example.com path=/admin access.group=family", "p: hostname=p.example.com"),
        static master => master.RunAsync("a: hostname=a.example.com access.group=staff", "b: hostname=b.example.com path=/admin access.group=family", "p: hostname=p.example.com", "c: hostname=c.example.com access.policy=authenticate"),
        static async master =>
        {
            await master.PutGroupAsync("family", "mum@example.com", "aunt@example.com");
            await master.PassAsync();
        },
        static master => master.RunAsync("a: hostname=a.example.com access.group=staff", "p: hostname=p.example.com access.group=staff"),
        static master => master.RunAsync("a: hostname=a.example.com access.group=staff"),
    ];

    private static readonly (string Name, FakeFault Fault)[] Faults =
    [
        ("429", FakeFault.TooManyRequests()),
        ("500", new FakeFault.Refuse(500, 1000, "Internal Server Error")),
        ("403", new FakeFault.Refuse(403, 10000, "Authentication error")),
        ("success:false with 200", new FakeFault.Refuse(200, 1001, "no")),
        ("a gateway's page", new FakeFault.Raw(502, "<html>Bad gateway</html>")),
        ("garbage", new FakeFault.Raw(200, "{\"success\":true,", "application/json")),
        ("cut before applying", new FakeFault.Drop(AfterApplying: false)),
        ("cut after applying", new FakeFault.Drop(AfterApplying: true)),
        ("500 after applying", new FakeFault.FailAfterApplying()),
        ("hanging", new FakeFault.Hang(AfterApplying: false)),
        ("answer hanging", new FakeFault.Hang(AfterApplying: true)),
    ];

    [Fact]
    public async Task Whatever_call_fails_in_whatever_way_no_guarded_host_is_ever_open_and_nothing_is_made_twice()
    {
        var (expected, calls) = await RunAsync(fault: null, at: 0, times: 1);
        var cases = (from at in Enumerable.Range(1, calls) from fault in Faults from times in (int[])[1, 5] select (at, fault, times)).ToList();
        var isLong = Environment.GetEnvironmentVariable("DOCKFLARE_TESTS") == "long";
        var step = isLong ? 1 : Math.Max(1, cases.Count / Sample);

        var wrong = new List<string>();
        for (var i = 0; i < cases.Count; i += step)
        {
            var (at, fault, times) = cases[i];
            var (text, _) = await RunAsync(fault.Fault, at, times);
            if (text != expected)
            {
                wrong.Add($"{fault.Name} at call {at}, {times} times:\n{text}");
            }
        }

        Assert.InRange(calls, 20, 200);
        Assert.True(wrong.Count == 0, $"Expected\n{expected}\n\n{wrong.Count} of {(cases.Count + step - 1) / step} differ:\n{string.Join("\n\n", wrong.Take(5))}");
    }

    // What must not have been seen, and what is there when the trouble is over.
    private static async Task<(string Text, int Calls)> RunAsync(FakeFault? fault, int at, int times)
    {
        await using var master = await AccessMaster.StartAsync();
        master.Guard("a.example.com", "c.example.com");
        if (fault is not null)
        {
            master.Cloudflare.Faults.Add("*", "**", fault, at, times);
        }

        var calls = 0;
        for (var i = 0; i < Steps.Length; i++)
        {
            await Steps[i](master);
            if (i == 3)
            {
                // From here on p is guarded too, as soon as it was once.
                await SettleAsync(master);
                master.Guard("p.example.com");
            }
        }

        calls = master.Cloudflare.Log.Total;
        await SettleAsync(master);
        return (string.Join('\n', [.. master.Exposures.Distinct(), "reachable", .. master.Reachable(), "applications", .. master.Apps(), "policies", .. master.Policies()]), calls);
    }

    private static async Task SettleAsync(AccessMaster master)
    {
        for (var i = 0; i < 6; i++)
        {
            // A 429 closes the account for the whole window.
            master.Advance(CloudflareBudget.Window);
            await master.PassAsync(resync: i == 3);
        }
    }
}
