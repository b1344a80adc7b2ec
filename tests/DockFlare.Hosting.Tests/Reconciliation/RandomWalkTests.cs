using System.Text.Json;
using System.Text.Json.Nodes;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Testing;

namespace DockFlare.Hosting.Tests.Reconciliation;

/// <summary>
/// Containers come, go and change their labels, somebody else edits DNS, ingress and Access, and calls fail, for many steps. After every write to the
/// emulator: no guarded host is open. After every pass: what others made is as they left it. Whenever the trouble is over: what is asked for is
/// served, nothing else is, and nothing is there twice. By default 4 walks of 250 steps, of which two opened a host under an
/// application that somebody had deleted since it was last seen; with <c>DOCKFLARE_TESTS=long</c> 20 of 500.
/// </summary>
public sealed class RandomWalkTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DOCKFLARE_TESTS") == "long";

    private static readonly FakeFault[] Faults =
    [
        FakeFault.TooManyRequests(),
        new FakeFault.Refuse(500, 1000, "Internal Server Error"),
        new FakeFault.Raw(502, "<html>Bad gateway</html>"),
        new FakeFault.Raw(200, "{\"success\":true,", "application/json"),
        new FakeFault.Drop(AfterApplying: false),
        new FakeFault.Drop(AfterApplying: true),
        new FakeFault.FailAfterApplying(),
    ];

    public static TheoryData<int> Seeds => IsLong ? [.. Enumerable.Range(1, 20)] : [6, 10, 11, 16];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whatever_happens_no_guarded_host_is_open_and_what_others_made_stays(int seed)
    {
        await using var master = await AccessMaster.StartAsync();
        var walk = new Walk(master, new Random(seed));
        for (var step = 1; step <= (IsLong ? 500 : 250); step++)
        {
            await walk.StepAsync();
            if (step % 15 == 0)
            {
                await walk.SettleAsync();
            }
        }
    }

    /// <summary>One walk and what must hold on it.</summary>
    private sealed class Walk(AccessMaster master, Random random)
    {
        private const int Hosts = 8;
        private readonly Dictionary<int, string> containers = [];
        private readonly Dictionary<string, (string Name, string Type, string Content)> foreignRecords = [];
        private readonly HashSet<string> foreignRules = [];
        private readonly HashSet<string> opened = [];
        private readonly List<string> story = [];
        private int made;

        public async Task StepAsync()
        {
            for (var i = 0; i < Hosts; i++)
            {
                // The first half of the hosts is guarded, always.
                if (i < Hosts / 2 && !opened.Contains(Name(i)))
                {
                    master.Guard(Name(i));
                }
            }

            for (var changes = random.Next(3); changes > 0; changes--)
            {
                Change(random.Next(Hosts));
            }

            if (random.Next(3) == 0)
            {
                Meddle();
            }

            if (random.Next(3) == 0)
            {
                var fault = Faults[random.Next(Faults.Length)];
                Say($"call {fault} fails");
                master.Cloudflare.Faults.Add("*", "**", fault, random.Next(1, 6), random.Next(1, 3));
            }

            await PassAsync(resync: random.Next(4) == 0);
        }

        /// <summary>The trouble is over: passes run until there is nothing left to do.</summary>
        public async Task SettleAsync()
        {
            master.Cloudflare.Faults.Clear();
            for (var i = 0; i < 10; i++)
            {
                // A 429 closes the account for the whole window.
                master.Advance(CloudflareBudget.Window);
                var pass = await PassAsync(resync: i is 0 or 4);
                if (pass.Remaining.ConfirmationDigest is { } digest)
                {
                    master.Confirmations.ConfirmDeletions(digest);
                }
            }

            var taken = foreignRecords.Values.Where(static record => record.Type != "TXT").Select(static record => record.Name).Concat(foreignRules).ToHashSet();
            var expected = containers.Keys.Select(Name).Where(host => !taken.Contains(host)).Order(StringComparer.Ordinal);
            var reached = master.Cloudflare.Read(static view => view.Exposures().Select(static exposure => exposure.Host).Distinct().ToList()).Where(host => !taken.Contains(host));
            Check(expected.SequenceEqual(reached.Order(StringComparer.Ordinal)), $"served are {string.Join(' ', reached)} rather than {string.Join(' ', expected)}");
            var names = master.Cloudflare.Records(master.ZoneId).Where(static record => record.Type == "CNAME").Select(static record => record.Name).ToList();
            Check(names.Count == names.Distinct().Count(), $"a record is there twice: {string.Join(' ', names)}");
            var apps = master.Apps().Select(static app => app.Split(':')[0]).ToList();
            Check(apps.Count == apps.Distinct().Count(), $"an application is there twice: {string.Join(' ', apps)}");
        }

        private void Change(int host)
        {
            if (containers.Remove(host) && random.Next(2) == 0)
            {
                Say($"{Name(host)} goes");
                return;
            }

            var access = host >= Hosts / 2 ? "" : random.Next(3) switch { 0 => " access.group=family", 1 => " access.group=staff", _ => " access.policy=authenticate" };
            containers[host] = $"c{host}: hostname={Name(host)} service=http://c{host}:{random.Next(80, 83)}{access}";
            Say(containers[host]);
        }

        // Somebody else, who knows nothing of us.
        private void Meddle()
        {
            var cloudflare = master.Cloudflare;
            var host = Name(random.Next(Hosts));
            var records = cloudflare.Records(master.ZoneId);
            var tunnel = cloudflare.FindTunnelByName("nas");
            switch (random.Next(7))
            {
                case 0 when records.All(record => record.Name != host):
                    Say($"somebody makes an A record {host}");
                    var address = cloudflare.AddRecord(master.ZoneId, "A", host, "192.0.2.7");
                    foreignRecords[address.Id] = (host, "A", address.Content);
                    break;
                case 1:
                    Say("somebody makes a TXT record");
                    var text = cloudflare.AddRecord(master.ZoneId, "TXT", host, $"\"v={++made}\"");
                    foreignRecords[text.Id] = (host, "TXT", text.Content);
                    break;
                case 2 when foreignRecords.Count > 0:
                    var gone = foreignRecords.Keys.Order(StringComparer.Ordinal).First();
                    Say($"somebody deletes their {foreignRecords[gone]}");
                    cloudflare.DeleteRecord(master.ZoneId, gone);
                    foreignRecords.Remove(gone);
                    break;
                case 3 when records.FirstOrDefault(record => record.Type == "CNAME" && !foreignRecords.ContainsKey(record.Id)) is { } ours:
                    Say($"somebody deletes our record {ours.Name}");
                    cloudflare.DeleteRecord(master.ZoneId, ours.Id);
                    break;
                case 4 when tunnel is not null:
                    var foreign = $"x{random.Next(3)}.example.com";
                    Say($"somebody puts a rule for {foreign} in");
                    foreignRules.Add(foreign);
                    Edit(tunnel, rules => rules.Insert(0, new JsonObject { ["hostname"] = foreign, ["service"] = "http://theirs:1" }));
                    break;
                case 5 when tunnel is not null:
                    Say("somebody takes a rule of ours out");
                    Edit(tunnel, rules =>
                    {
                        if (rules.FirstOrDefault(rule => rule!["hostname"]?.GetValue<string>() is { } name && !foreignRules.Contains(name)) is { } ours)
                        {
                            rules.Remove(ours);
                        }
                    });
                    break;
                case 6 when cloudflare.Read(static view => view.AccessApps.FirstOrDefault(static app => app.Type == "self_hosted")) is { } app:
                    // From here until we have looked it is somebody else who opened it.
                    var open = app.Domains.First().Split('/')[0];
                    Say($"somebody deletes the application of {open}");
                    opened.Add(open);
                    master.Unguard(open);
                    cloudflare.Edit("DELETE", $"/accounts/{cloudflare.AccountId}/access/apps/{app.Id}");
                    break;
            }
        }

        private static void Edit(FakeCloudflare cloudflare, FakeTunnel tunnel, Action<JsonArray> edit)
        {
            var config = JsonNode.Parse(cloudflare.Configuration(tunnel.Id).Json ?? """{"ingress":[{"service":"http_status:404"}]}""")!.AsObject();
            var rules = config["ingress"]!.AsArray();
            var first = rules.Select(static rule => rule!.ToJsonString()).ToList();
            edit(rules);
            var seen = new HashSet<string>();
            foreach (var rule in rules.ToList())
            {
                // Nobody writes the same rule twice.
                if (!seen.Add(rule!["hostname"]?.GetValue<string>() ?? ""))
                {
                    rules.Remove(rule);
                }
            }

            if (!first.SequenceEqual(rules.Select(static rule => rule!.ToJsonString())))
            {
                cloudflare.PutConfiguration(tunnel.Id, config.ToJsonString());
            }
        }

        private void Edit(FakeTunnel tunnel, Action<JsonArray> edit) => Edit(master.Cloudflare, tunnel, edit);

        private async Task<DockFlare.Hosting.Reconciliation.PassSnapshot> PassAsync(bool resync)
        {
            if (resync)
            {
                Say("resync");
            }

            master.Report([.. containers.OrderBy(static pair => pair.Key).Select(static pair => pair.Value)]);
            var pass = await master.PassAsync(resync);
            Check(master.Exposures.Count == 0, $"a guarded host was open: {string.Join(", ", master.Exposures)}");
            foreach (var (id, record) in foreignRecords)
            {
                var now = master.Cloudflare.Records(master.ZoneId).SingleOrDefault(one => one.Id == id);
                Check(now is not null && (now.Name, now.Type, now.Content) == record, $"somebody's record {record} is {now}");
            }

            if (master.Cloudflare.FindTunnelByName("nas") is { } tunnel)
            {
                using var document = JsonDocument.Parse(master.Cloudflare.Configuration(tunnel.Id).Json ?? """{"ingress":[]}""");
                var theirs = document.RootElement.GetProperty("ingress").EnumerateArray()
                    .Count(static rule => rule.GetProperty("service").GetString() == "http://theirs:1");
                Check(theirs == foreignRules.Count, $"{theirs} of somebody's {foreignRules.Count} rules are there");
            }

            // Once it is guarded again, or not reached, it is ours to keep shut.
            var exposed = master.Cloudflare.Read(static view => view.Exposures().Where(static exposure => exposure.App is null).Select(static exposure => exposure.Host).ToHashSet());
            opened.ExceptWith(opened.Where(host => !exposed.Contains(host)).ToList());
            return pass;
        }

        private static string Name(int host) => $"h{host}.example.com";

        private void Say(string what) => story.Add(what);

        private void Check(bool holds, string otherwise)
        {
            if (!holds)
            {
                Assert.Fail($"{otherwise}\nafter\n{string.Join('\n', story.TakeLast(25))}\nthere is\n{master.Cloudflare.Snapshot()}");
            }
        }
    }
}
