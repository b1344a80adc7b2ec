using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DockFlare.Hosting.CommandLine;

/// <summary>A lint's result as a person, a program or a code host reads it.</summary>
internal static class LintReport
{
    private static readonly (string Id, string Text)[] Rules =
    [
        ("file", "The file is no compose file."),
        ("label", "A label cannot be followed, or does nothing."),
        ("conflict", "Two services claim one route."),
        ("variable", "A label needs a variable that is not set."),
        ("network", "The connector cannot reach a service by its name."),
    ];

    /// <summary><c>file:line: error: message</c>, one line each, and a summary.</summary>
    public static string ToText(LintResult result)
    {
        var text = new StringBuilder();
        foreach (var finding in result.Findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"{finding.File}:{finding.Line}: {Word(finding.Severity)}: {finding.Message}\n");
        }

        var notes = result.Findings.Count - result.Errors;
        return text.Append(CultureInfo.InvariantCulture, $"{Count(result.Files, "file")}, {Count(result.Services, "service")} with labels, {Count(result.Routes, "route")}: {Count(result.Errors, "error")}, {Count(notes, "note")}\n").ToString();
    }

    public static string ToJson(LintResult result) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("files", result.Files);
        writer.WriteNumber("services", result.Services);
        writer.WriteNumber("routes", result.Routes);
        writer.WriteNumber("errors", result.Errors);
        writer.WriteStartArray("findings");
        foreach (var finding in result.Findings)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", Word(finding.Severity));
            writer.WriteString("rule", finding.Rule);
            writer.WriteString("file", finding.File);
            writer.WriteNumber("line", finding.Line);
            WriteIfThere(writer, "service", finding.Service);
            WriteIfThere(writer, "label", finding.Label);
            writer.WriteString("message", finding.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    /// <summary>SARIF 2.1.0, as code hosts show it beside the lines of a change.</summary>
    public static string ToSarif(LintResult result) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        writer.WriteString("version", "2.1.0");
        writer.WriteStartArray("runs");
        writer.WriteStartObject();
        writer.WriteStartObject("tool");
        writer.WriteStartObject("driver");
        writer.WriteString("name", "dockflare lint");
        writer.WriteString("version", typeof(LintReport).Assembly.GetName().Version?.ToString(3));
        writer.WriteStartArray("rules");
        foreach (var (id, description) in Rules)
        {
            writer.WriteStartObject();
            writer.WriteString("id", id);
            WriteText(writer, "shortDescription", description);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartArray("results");
        foreach (var finding in result.Findings)
        {
            writer.WriteStartObject();
            writer.WriteString("ruleId", finding.Rule);
            writer.WriteString("level", Word(finding.Severity));
            WriteText(writer, "message", finding.Message);
            writer.WriteStartArray("locations");
            writer.WriteStartObject();
            writer.WriteStartObject("physicalLocation");
            writer.WriteStartObject("artifactLocation");
            writer.WriteString("uri", finding.File.Replace('\\', '/'));
            writer.WriteEndObject();
            writer.WriteStartObject("region");
            writer.WriteNumber("startLine", finding.Line);
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new() { Indented = true, NewLine = "\n" }))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string text)
    {
        writer.WriteStartObject(name);
        writer.WriteString("text", text);
        writer.WriteEndObject();
    }

    private static void WriteIfThere(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static string Word(LintSeverity severity) => severity == LintSeverity.Error ? "error" : "note";

    private static string Count(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");
}
