using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DockFlare.Core.Ingress;

namespace DockFlare.Hosting.CommandLine;

/// <summary><c>ingress validate</c> and <c>ingress rule</c>: cloudflared's verdicts without cloudflared.</summary>
internal static class IngressCommands
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "cloudflared's configuration file (YAML), or the API's configuration (JSON); - for the standard input." };
        var url = new Argument<string>("URL") { Description = "The URL to ask about, such as https://app.example.com/api." };
        var json = new Option<bool>("--json") { Description = "Answer as JSON: {\"index\":N,…}, counted from 0." };

        var validate = new Command("validate", "Says whether cloudflared takes a configuration; exit 0 valid, 1 invalid with the reason.") { file };
        validate.SetAction((parsed, token) => WithFileAsync(parsed, parsed.GetRequiredValue(file), Validate, token));

        var rule = new Command("rule", "Says which rule of a configuration answers a URL, and why.") { file, url, json };
        rule.SetAction((parsed, token) => WithFileAsync(
            parsed, parsed.GetRequiredValue(file), (read, output, error) => Rule(read, parsed.GetRequiredValue(url), parsed.GetValue(json), output, error), token));

        return new("ingress", "Checks a tunnel's configuration as cloudflared would.") { validate, rule };
    }

    private static async Task<int> WithFileAsync(ParseResult parsed, string name, Func<IngressFile, TextWriter, TextWriter, int> act, CancellationToken cancellationToken)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        return await TextFile.ReadAsync(name, error, cancellationToken).ConfigureAwait(false) is { } text
            ? act(IngressFile.Read(name, text), output, error)
            : 1;
    }

    private static int Validate(IngressFile file, TextWriter output, TextWriter error)
    {
        foreach (var warning in file.Warnings)
        {
            error.WriteLine($"warning: {warning}");
        }

        if (file.Document is not { } document)
        {
            error.WriteLine(file.Fault);
            return 1;
        }

        foreach (var rule in new IngressMatcher(document).FindUnreachable())
        {
            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"warning: rule #{rule.Index} is never reached, because rule #{rule.CoveredBy} takes all of its requests"));
        }

        output.WriteLine("OK");
        return 0;
    }

    private static int Rule(IngressFile file, string url, bool asJson, TextWriter output, TextWriter error)
    {
        var fault = file.Fault;
        var answer = file.Document is { } document ? new IngressMatcher(document).Explain(url, out fault) : null;
        if (answer is null)
        {
            error.WriteLine(fault);
            return 1;
        }

        if (asJson)
        {
            output.WriteLine(ToJson(answer));
            return 0;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Matched rule #{answer.Index}"));
        Say("hostname", answer.Entry.Identity.Hostname);
        Say("path", answer.Entry.Identity.Path);
        Say("service", answer.Entry.Service);
        output.WriteLine(answer.Why);
        if (!answer.Shadowed.IsEmpty)
        {
            output.WriteLine($"It keeps from answering: {string.Join(", ", answer.Shadowed.Select(static index => string.Create(CultureInfo.InvariantCulture, $"#{index}")))}.");
        }

        return 0;

        void Say(string key, string value)
        {
            if (value.Length > 0)
            {
                output.WriteLine($"  {key}: {value}");
            }
        }
    }

    private static string ToJson(IngressAnswer answer)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("index", answer.Index);
            writer.WriteString("hostname", answer.Entry.Identity.Hostname);
            writer.WriteString("path", answer.Entry.Identity.Path);
            writer.WriteString("service", answer.Entry.Service);
            writer.WriteString("why", answer.Why);
            writer.WriteStartArray("shadowed");
            foreach (var index in answer.Shadowed)
            {
                writer.WriteNumberValue(index);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
