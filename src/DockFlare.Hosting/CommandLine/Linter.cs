using DockFlare.Core.Ingress;
using DockFlare.Core.Labels;
using YamlDotNet.Core;

namespace DockFlare.Hosting.CommandLine;

/// <summary>How much a finding weighs.</summary>
internal enum LintSeverity
{
    /// <summary>Something is not exposed, or not as it was meant.</summary>
    Error,

    /// <summary>Worth knowing; it stops nothing.</summary>
    Note,
}

/// <summary>One thing that a lint found.</summary>
/// <param name="Severity">How much it weighs.</param>
/// <param name="Rule">A stable name of the kind of finding: <c>file</c>, <c>label</c>, <c>conflict</c>, <c>variable</c> or <c>network</c>.</param>
/// <param name="File">As the command line names it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Message">A sentence with what to write instead.</param>
internal sealed record LintFinding(LintSeverity Severity, string Rule, string File, int Line, string Message)
{
    public string? Service { get; init; }

    public string? Label { get; init; }
}

/// <summary>What a lint found in all of its files.</summary>
internal sealed record LintResult(IReadOnlyList<LintFinding> Findings, int Files, int Services, int Routes)
{
    public int Errors => Findings.Count(static finding => finding.Severity == LintSeverity.Error);
}

/// <summary>Checks the labels of compose files as a master would read them from containers.</summary>
internal sealed class Linter(LabelOptions options, Func<string, string?> environment)
{
    private readonly List<LintFinding> findings = [];
    private readonly Dictionary<RuleKey, string> holders = [];
    private int files;
    private int services;
    private int routes;

    /// <summary>What was found, file by file and line by line.</summary>
    public LintResult Result => new([.. findings], files, services, routes);

    /// <summary>Checks one more file. Routes are compared with those of the files before it.</summary>
    /// <param name="name">The name that findings show.</param>
    /// <param name="text">The file.</param>
    /// <param name="dotEnv">The file <c>.env</c> beside it; empty when there is none.</param>
    public void Check(string name, string text, string dotEnv)
    {
        files++;
        IReadOnlyList<ComposeService> found;
        try
        {
            found = ComposeFile.Read(YamlNodes.Read(text), ComposeVariables.Of(dotEnv, environment), ProjectOf(name));
        }
        catch (YamlException exception)
        {
            findings.Add(new(LintSeverity.Error, "file", name, (int)exception.Start.Line, $"'{name}' is no YAML: {exception.Message}"));
            return;
        }
        catch (FormatException exception)
        {
            findings.Add(new(LintSeverity.Error, "file", name, 1, $"'{name}' cannot be checked: {exception.Message}."));
            return;
        }

        var first = findings.Count;
        foreach (var service in found)
        {
            Check(name, service);
        }

        var ofThisFile = findings[first..].OrderBy(static finding => finding.Line).ToList();
        findings.RemoveRange(first, ofThisFile.Count);
        findings.AddRange(ofThisFile);
    }

    private void Check(string file, ComposeService service)
    {
        var reading = ContainerLabels.Read(service.Container, options);
        if (!reading.IsLabelled)
        {
            return;
        }

        services++;
        routes += reading.Rules.Count;
        foreach (var (label, variable) in service.Unset.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            Add(LintSeverity.Note, "variable", label, $"{label} needs ${{{variable}}}, which is not set here, so it is not checked: set it in .env or in the environment.");
        }

        foreach (var error in reading.Errors.Where(error => !service.Unset.ContainsKey(error.Label)))
        {
            Add(LintSeverity.Error, "label", error.Label, error.Message);
        }

        foreach (var note in reading.Notes.Where(note => !service.Unset.ContainsKey(note.Label)))
        {
            Add(LintSeverity.Note, "label", note.Label, note.Message);
        }

        if (service.Unset.Count == 0)
        {
            foreach (var rule in reading.Rules)
            {
                CheckConflict(rule);
            }

            CheckNetwork(reading);
        }

        void CheckConflict(LabelRule rule)
        {
            var holder = $"service '{service.Container.ComposeService}' of '{file}'";
            if (!holders.TryAdd(rule.Key, holder))
            {
                Add(LintSeverity.Error, "conflict", null, $"'{rule.Key}' is claimed by {holders[rule.Key]} too; only one of them gets it: give one another hostname or path.");
            }
        }

        void CheckNetwork(LabelReading read)
        {
            var container = service.Container;
            var reachedByName = read.Rules.Any(rule => HostOf(rule.Service) is { } host && (host == container.Name || host == container.ComposeService));
            if (reachedByName && !container.UsesHostNetwork && options.TunnelNetwork != "host" && container.Networks.All(network => network.Name != options.TunnelNetwork))
            {
                Add(LintSeverity.Note, "network", null,
                    $"Service '{container.ComposeService}' is not on the connector's network '{options.TunnelNetwork}', so cloudflared cannot reach it by name: add the network to the service, or set CLOUDFLARED_ATTACH=true.");
            }
        }

        void Add(LintSeverity severity, string rule, string? label, string message) =>
            findings.Add(new(severity, rule, file, label is not null && service.Lines.TryGetValue(label, out var line) ? line : service.Line, message)
            {
                Service = service.Container.ComposeService,
                Label = label,
            });
    }

    private static string? HostOf(string service) => Uri.TryCreate(service, UriKind.Absolute, out var uri) && uri.Host.Length > 0 ? uri.Host : null;

    // As Compose names a project: the folder of the file, in lower case, of a-z, 0-9, _ and -.
    private static string ProjectOf(string file)
    {
        var folder = file == "-" ? "" : Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file))) ?? "";
        var name = string.Concat(folder.ToLowerInvariant().Where(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')).TrimStart('_', '-');
        return name.Length == 0 ? "project" : name;
    }
}
