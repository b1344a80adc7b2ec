using System.CommandLine;
using System.Text.Json;
using DockFlare.Hosting.Api;
using DockFlare.Hosting.Reconciliation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.CommandLine;

/// <summary><c>plan</c> and <c>explain</c>: asked of the master that runs, or answered by one look from here where none does.</summary>
internal static class PassCommands
{
    public static Command Plan(IConfiguration configuration, Option<Uri?> master)
    {
        var json = new Option<bool>("--json") { Description = "The plan as JSON." };
        var command = new Command("plan", "Shows what would change; exit 0 nothing, 2 changes, 1 it could not be found out.") { json, master };
        command.SetAction((parsed, token) => SayAsync(parsed, async () =>
        {
            var asJson = parsed.GetValue(json);
            using var connection = MasterConnection.Open(configuration, parsed.GetValue(master));
            var data = await connection.CallAsync(HttpMethod.Get, "api/v2/plan", cancellationToken: token).ConfigureAwait(false);
            if (data is not null)
            {
                var text = asJson ? data : await connection.CallAsync(HttpMethod.Get, "api/v2/plan", accept: "text/plain", cancellationToken: token).ConfigureAwait(false);
                await parsed.InvocationConfiguration.Output.WriteLineAsync(text?.TrimEnd('\n')).ConfigureAwait(false);
                using var document = JsonDocument.Parse(data);
                return document.RootElement.GetProperty("changes").GetArrayLength() > 0 ? 2 : 0;
            }

            var plan = (await LookAsync(parsed, master, connection, configuration, token).ConfigureAwait(false)).Remaining;
            await parsed.InvocationConfiguration.Output.WriteLineAsync((asJson ? plan.ToJson() : plan.ToString()).TrimEnd('\n')).ConfigureAwait(false);
            return plan.IsEmpty ? 0 : 2;
        }));
        return command;
    }

    public static Command Explain(IConfiguration configuration, Option<Uri?> master)
    {
        var url = new Argument<string>("URL") { Description = "The URL a visitor opens, such as https://app.example.com/api." };
        var json = new Option<bool>("--json") { Description = "The answer as JSON." };
        var command = new Command("explain", "Says which route answers a URL and why; exit 0 one does, 1 none does.") { url, json, master };
        command.SetAction((parsed, token) => SayAsync(parsed, async () =>
        {
            var asked = parsed.GetRequiredValue(url);
            using var connection = MasterConnection.Open(configuration, parsed.GetValue(master));
            var data = await connection.CallAsync(HttpMethod.Get, $"api/v2/explain?url={Uri.EscapeDataString(asked)}", cancellationToken: token).ConfigureAwait(false);
            data ??= JsonSerializer.Serialize(Explained(await LookAsync(parsed, master, connection, configuration, token).ConfigureAwait(false), asked), ApiJson.Default.RouteExplanation);
            var explanation = JsonSerializer.Deserialize(data, ApiJson.Default.RouteExplanation)!;
            var text = parsed.GetValue(json) ? data : string.Join('\n', explanation.Lines);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(text).ConfigureAwait(false);
            return explanation.Route is null ? 1 : 0;
        }));
        return command;
    }

    /// <summary>Acts, and says a refusal in one line.</summary>
    public static async Task<int> SayAsync(ParseResult parsed, Func<Task<int>> act)
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (MasterCallException exception)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return 1;
        }
        catch (OptionsValidationException exception)
        {
            foreach (var fault in exception.Failures)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(fault).ConfigureAwait(false);
            }

            return 78;
        }
    }

    private static RouteExplanation Explained(PassSnapshot pass, string url)
    {
        try
        {
            return RouteExplanation.Of(pass, url);
        }
        catch (FormatException exception)
        {
            throw new MasterCallException(exception.Message);
        }
    }

    private static async Task<PassSnapshot> LookAsync(ParseResult parsed, Option<Uri?> master, MasterConnection connection, IConfiguration configuration, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(master) is not null)
        {
            throw new MasterCallException($"No master answers at {connection.Address}.");
        }

        var pass = await LocalLook.RunAsync(configuration, cancellationToken).ConfigureAwait(false);
        var error = parsed.InvocationConfiguration.Error;
        await error.WriteLineAsync($"No master answers at {connection.Address}: this is what one would do that started here now. Containers of agents on other machines are not in it.").ConfigureAwait(false);
        if (pass.Trouble is { } trouble)
        {
            throw new MasterCallException(trouble);
        }

        if (pass.Zones.Count == 0 && pass.WhyNotApplied is { } reason)
        {
            await error.WriteLineAsync(reason).ConfigureAwait(false);
        }

        return pass;
    }
}
