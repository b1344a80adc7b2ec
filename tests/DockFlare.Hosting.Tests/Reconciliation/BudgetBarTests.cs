using System.Globalization;
using DockFlare.Core;
using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Reconciliation;
using DockFlare.Testing;

namespace DockFlare.Tests.Reconciliation;

/// <summary>
/// 450 guarded hosts wait and the account takes 300 calls in five minutes. The loop runs as it ships, on a clock that moves only when everybody waits for it.
/// </summary>
public sealed class BudgetBarTests : IAsyncLifetime
{
    private const int Limit = 300;
    private const int Waiting = 450;
    private static readonly string[] Groups = ["family", "staff", "guests"];
    private readonly WatchedTime time = new();
    private FakeCloudflare cloudflare = null!;
    private MasterRig rig = null!;
    private AgentId nas;
    private long seen;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        cloudflare = await FakeCloudflare.StartAsync(new() { Time = time }, Cancellation);
        cloudflare.AddZone("example.com", FakePlan.Pro);
        rig = MasterRig.Create(cloudflare, time: time, master: static options => options.GracePeriod = TimeSpan.Zero);
        nas = await rig.EnrolAsync("nas", cancellationToken: Cancellation);
        foreach (var group in Groups)
        {
            await PutGroupAsync(group, "mum@example.com", "dad@example.com");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await rig.Loop.StopAsync(CancellationToken.None);
        await rig.DisposeAsync();
        await cloudflare.DisposeAsync();
    }

    [Fact]
    public async Task Guarded_hosts_in_any_number_cause_no_429_let_closings_go_first_and_take_no_longer_than_the_limit_asks()
    {
        // Ten shops are served; five of them for everybody, five under a login.
        var leaving = Enumerable.Range(0, 5).Select(i => MasterRig.Wants($"leaving{i}.example.com", more: ("access.group", "family"))).ToList();
        ContainerSnapshot[] opened = [.. Enumerable.Range(0, 5).Select(i => MasterRig.Wants($"shop{i}.example.com"))];
        rig.Report(nas, leaving.Concat(opened));
        rig.Signal.TryTake();
        await rig.Loop.StartAsync(Cancellation);
        await UntilAsync(IsDone);
        cloudflare.RateLimit = new(Limit, TimeSpan.FromMinutes(5));
        time.Advance(TimeSpan.FromMinutes(6));
        cloudflare.Log.Reset();
        var start = time.GetUtcNow();

        var waiting = Enumerable.Range(0, Waiting).Select(i => MasterRig.Wants($"app{i}.example.com", more: ("access.group", Groups[i % 3]))).ToList();
        rig.Report(nas, leaving.Concat(opened).Concat(waiting));
        await UntilAsync(static pass => pass.RetryAfter is not null);
        var atOnce = Served("app");

        // The calls of new routes are used up. Now somebody is taken off a list, five hosts leave, and five that are open are to ask for a login.
        await PutGroupAsync("staff", "mum@example.com");
        await UntilAsync(_ => !Policy("staff").Contains("dad@", StringComparison.Ordinal));
        rig.Report(nas, opened.Select(static shop => shop with { Labels = new(shop.Labels.Append(new("dockflare.access.group", "family"))) }).Concat(waiting));
        await UntilAsync(_ => Served("leaving") == 0 && Guarded("shop") == 5);
        var closed = time.GetUtcNow() - start;

        time.AdvanceToNext();
        await UntilAsync(IsDone);
        var took = cloudflare.Log.Calls.Max(static call => call.At) - start;
        var calls = cloudflare.Log.Total;
        var least = TimeSpan.FromMinutes(5) * ((calls - 1) / Limit);

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{calls} calls in {took.TotalSeconds:0.0} s; the limit allows {least.TotalSeconds} s at the least; {atOnce} of {Waiting} hosts were served at once, closings within {closed.TotalSeconds:0.0} s."));
        Assert.DoesNotContain(cloudflare.Log.Calls, static call => call.Status == 429);
        Assert.Equal((Waiting, Waiting), (Served("app"), Guarded("app")));
        Assert.InRange(atOnce, Limit / 2, Limit);
        Assert.True(closed <= TimeSpan.FromSeconds(3), $"Closings took {closed}.");
        Assert.True(least > TimeSpan.Zero && took <= least * 1.1, $"{calls} calls took {took}; {least} is the least.");
    }

    private static bool IsDone(PassSnapshot pass) => pass.Faults.Count == 0 && pass.Routes.Count > 0 && pass.Remaining.Changes.All(static change => change is Change.DispatchCommand);

    private int Served(string name) => cloudflare.Read(view => view.Exposures().Count(exposure => exposure.Host.StartsWith(name, StringComparison.Ordinal)));

    private int Guarded(string name) => cloudflare.Read(view => view.Exposures().Count(exposure => exposure.Host.StartsWith(name, StringComparison.Ordinal) && exposure.App is not null));

    private string Policy(string group) => cloudflare.Read(view => view.AccessPolicies(cloudflare.AccountId).Single(policy => policy.Name == $"DockFlare-AccessGroup-{group}").IncludeJson);

    private async Task PutGroupAsync(string id, params string[] emails) => Assert.Null(await rig.Groups.PutAsync(
        new(id) { Policies = [new(AccessDecision.Allow) { Include = emails.Select(static email => new AccessSelector(AccessSelectorKind.Email, email)).ToEquatableArray() }] }, Cancellation));

    // The clock moves on to the next moment that somebody waits for, until a pass shows it; then the loop waits, and the clock stands.
    private async Task UntilAsync(Func<PassSnapshot, bool> isReached)
    {
        while (true)
        {
            await time.NextTimerAsync(Cancellation);
            if (rig.Board.Current is var pass && pass.Number > seen)
            {
                seen = pass.Number;
                if (isReached(pass))
                {
                    return;
                }
            }

            time.AdvanceToNext();
        }
    }
}
