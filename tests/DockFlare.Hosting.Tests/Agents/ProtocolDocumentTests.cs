using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DockFlare.Tests;

namespace DockFlare.Hosting.Tests.Agents;

/// <summary>Plays every recorded exchange in docs/protocol.md against the endpoints: the document says what the code does, or this fails.</summary>
public sealed partial class ProtocolDocumentTests
{
    [Fact]
    public async Task Every_recorded_exchange_is_answered_as_recorded()
    {
        await using var master = await WireMaster.StartAsync();
        var document = await File.ReadAllTextAsync(Path.Combine(Snapshot.PathBeside(["..", "..", ".."]), "docs", "protocol.md"), TestContext.Current.CancellationToken);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var count = 0;
        foreach (var part in document.Split("\n## "))
        {
            names["{key}"] = await master.NewKeyAsync();
            foreach (Match match in Exchange().Matches(part))
            {
                count++;
                var request = Replace(match.Groups["request"].Value, names, toValue: true).Split("\n\n", 2);
                var line = request[0].Split(' ');
                using var body = request.Length > 1 ? new StringContent(request[1], Encoding.UTF8, "application/json") : null;
                var (status, answer) = await master.CallAsync(new(line[0]), names["{key}"], line[1], body);
                await LearnAsync(master, answer, names);

                Assert.Equal(match.Groups["answer"].Value.Trim(), Replace($"{status}\n{answer.ToJsonString()}", names, toValue: false));
            }
        }

        Assert.True(count >= 12, $"Only {count} exchanges were found.");
    }

    // The ids that an answer makes up are told apart by name from then on. A new agent gets its tunnel at once.
    private static async Task LearnAsync(WireMaster master, JsonObject answer, Dictionary<string, string> names)
    {
        if ((string?)answer["agent_id"] is { } agent)
        {
            names["{agent}"] = agent;
            await master.GiveTunnelAsync(new(agent));
        }

        if ((string?)answer["agent_session_id"] is { } session)
        {
            names["{session}"] = session;
        }

        if ((string?)answer["commands"]?.AsArray().FirstOrDefault()?["lease"] is { } lease)
        {
            names["{lease}"] = lease;
        }
    }

    private static string Replace(string text, Dictionary<string, string> names, bool toValue)
    {
        foreach (var (name, value) in names.Append(new("{token}", WireMaster.Token)).Append(new("{tunnel}", WireMaster.TunnelId)))
        {
            text = toValue ? text.Replace(name, value, StringComparison.Ordinal) : text.Replace(value, name, StringComparison.Ordinal);
        }

        return text.Trim();
    }

    [GeneratedRegex("```http\n(?<request>.*?)\n```\n+```json\n(?<answer>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Exchange();
}
