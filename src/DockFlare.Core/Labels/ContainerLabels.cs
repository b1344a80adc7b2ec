using System.Globalization;
using System.Runtime.InteropServices;
using DockFlare.Core.Protocol;

namespace DockFlare.Core.Labels;

/// <summary>Labels to rules and errors: the only label parser there is.</summary>
public static class ContainerLabels
{
    private const int Few = 128;

    /// <summary>Reads a container's labels. Never throws, whatever the labels are; one bad label never hides the good ones.</summary>
    public static LabelReading Read(ContainerSnapshot container, LabelOptions options)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);

        var labels = container.Labels;
        var found = labels.Count <= Few ? stackalloc ulong[Few] : new ulong[labels.Count];
        var scan = new LabelScan(labels, options.CustomPrefix, found);
        if (scan.FirstPosition < 0)
        {
            return LabelReading.Unlabelled;
        }

        var log = new ReadingLog();
        var entries = scan.Found;
        Span<int> fallback = stackalloc int[LabelNames.Count];
        fallback.Clear();
        var at = Fill(container, entries, -1, fallback, log);
        if (!ReadEnable(container, in scan, fallback[(int)LabelId.Enable] - 1, log))
        {
            NoteUnknown(container, scan.Unknown, log);
            return new(true, false, [], log.Errors, log.Notes);
        }

        var lost = LostGuards(scan.Unknown);
        var candidates = new List<RuleCandidate>(1);
        var scope = new LabelScope(container, options, log, fallback, fallback);
        var hostname = scope.FindOwn(LabelId.Hostname);
        if (hostname >= 0 && scope.Value(hostname).Length > 0)
        {
            candidates.Add(ReadRule(ref scope, hostname, -1, lost));
        }

        var hasIndexed = ReadIndexed(container, options, log, entries[at..], fallback, lost, candidates);
        if (candidates.Count == 0 && !hasIndexed)
        {
            ReadDefaultHost(ref scope, lost, candidates);
        }

        var rules = RuleSet.Settle(container, CollectionsMarshal.AsSpan(candidates), log);
        NoteUnknown(container, scan.Unknown, log);
        return new(true, true, rules, log.Errors, log.Notes);
    }

    // Puts the labels of one index into a row; of several prefixes the first counts. Answers where the next index begins.
    private static int Fill(ContainerSnapshot container, ReadOnlySpan<ulong> entries, int index, Span<int> row, ReadingLog log)
    {
        var at = 0;
        for (; at < entries.Length && LabelScan.IndexOf(entries[at]) == index; at++)
        {
            ref var slot = ref row[(int)LabelScan.NameOf(entries[at])];
            var position = LabelScan.PositionOf(entries[at]);
            if (slot == 0)
            {
                slot = position + 1;
                continue;
            }

            var keys = container.Labels.KeySpan;
            var values = container.Labels.ValueSpan;
            if (!string.Equals(values[slot - 1], values[position], StringComparison.Ordinal))
            {
                log.AddNote(new(keys[position], $"{keys[position]} is ignored, because {keys[slot - 1]} is set and its prefix comes first: remove one of the two."));
            }
        }

        return at;
    }

    private static bool ReadEnable(ContainerSnapshot container, ref readonly LabelScan scan, int position, ReadingLog log)
    {
        var labels = container.Labels;
        if (position < 0)
        {
            var enable = string.Concat(labels.KeySpan[scan.FirstPosition].AsSpan(0, scan.FirstPrefixLength), "enable");
            log.AddNote(new(enable, $"'{container.Name}' has labels but no {enable}, so nothing is exposed: add {enable}=true."));
            return false;
        }

        var key = labels.KeySpan[position];
        var value = labels.ValueSpan[position]?.Trim() ?? "";
        if (LabelScope.TryFlag(value, out var isEnabled))
        {
            return isEnabled;
        }

        log.AddError(new(key, $"{key} is '{value}', which is neither true nor false, so nothing is exposed: write true or false.") { Value = value });
        return false;
    }

    private static bool ReadIndexed(
        ContainerSnapshot container, LabelOptions options, ReadingLog log, ReadOnlySpan<ulong> entries, ReadOnlySpan<int> fallback,
        ReadOnlySpan<UnknownLabel> lost, List<RuleCandidate> candidates)
    {
        Span<int> own = stackalloc int[LabelNames.Count];
        var hasIndexed = false;
        while (!entries.IsEmpty)
        {
            own.Clear();
            var index = LabelScan.IndexOf(entries[0]);
            var first = LabelScan.PositionOf(entries[0]);
            entries = entries[Fill(container, entries, index, own, log)..];
            var hostname = own[(int)LabelId.Hostname] - 1;
            if (hostname < 0)
            {
                var key = container.Labels.KeySpan[first];
                log.AddNote(new(key, string.Create(CultureInfo.InvariantCulture, $"{key} does nothing, because there is no hostname with index {index}: add {index}.hostname, or remove the label.")));
                continue;
            }

            hasIndexed = true;
            var scope = new LabelScope(container, options, log, own, fallback);
            candidates.Add(ReadRule(ref scope, hostname, index, lost));
        }

        return hasIndexed;
    }

    private static void ReadDefaultHost(ref LabelScope scope, ReadOnlySpan<UnknownLabel> lost, List<RuleCandidate> candidates)
    {
        var container = scope.Container;

        // The label that enables the container shows which prefix its owner writes.
        scope.Stem = scope.Key(scope.FindOwn(LabelId.Enable));
        scope.StemLength = scope.Stem.Length - "enable".Length;
        var made = scope.Options.DefaultHost?.Invoke(container) ?? default;
        if (made.Fault is not null)
        {
            scope.FailMissing(LabelId.Hostname, $"'{container.Name}' has no {scope.Own(LabelId.Hostname)}, and DOCKFLARE_DEFAULT_HOST has no answer for it: {made.Fault}");
        }
        else if (string.IsNullOrWhiteSpace(made.Host))
        {
            scope.FailMissing(LabelId.Hostname, $"'{container.Name}' is enabled but has no hostname: add {scope.Own(LabelId.Hostname)}=app.example.com.");
        }
        else
        {
            candidates.Add(RuleLabels.Read(ref scope, made.Host, -1, Of(-1, lost)));
        }
    }

    private static RuleCandidate ReadRule(ref LabelScope scope, int hostname, int index, ReadOnlySpan<UnknownLabel> lost)
    {
        scope.Stem = scope.Key(hostname);
        scope.StemLength = scope.Stem.Length - "hostname".Length;
        return RuleLabels.Read(ref scope, scope.Value(hostname), hostname, Of(index, lost));
    }

    private static void NoteUnknown(ContainerSnapshot container, List<UnknownLabel>? unknown, ReadingLog log)
    {
        foreach (var label in unknown ?? [])
        {
            var key = container.Labels.KeySpan[label.Position];
            if (!log.HasErrorAbout(key))
            {
                log.AddNote(new(key, $"{key} is not a label that is known{Advice(key, label)}") { Value = ServiceText.RedactService(container.Labels.ValueSpan[label.Position] ?? "") });
            }
        }
    }

    private static string Advice(string key, UnknownLabel label)
    {
        if (label.Index >= 0 && label.Nearest is { } whole && string.Equals(whole, label.Suffix, StringComparison.Ordinal))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{(LabelNames.TryFind(whole, out var id) && !LabelNames.Get(id).IsIndexed ? $": {whole} has no index, write {key.AsSpan(0, label.PrefixLength)}{whole}." : $": write its index without leading zeros and below a thousand million, {key.AsSpan(0, label.PrefixLength)}{label.Index}.{whole}.")}");
        }

        return label.Nearest is null
            ? " and does nothing: see the list of labels."
            : $" and does nothing: did you mean {key.AsSpan(0, key.Length - label.Suffix.Length)}{label.Nearest}?";
    }

    // Labels that are not understood but were probably meant to protect; mostly none.
    private static ReadOnlySpan<UnknownLabel> LostGuards(List<UnknownLabel>? unknown) =>
        unknown?.FindAll(static label => label.AsksForProtection) is { Count: > 0 } lost ? lost.ToArray() : [];

    // A base label counts for every rule, an indexed one for its own.
    private static ReadOnlySpan<UnknownLabel> Of(int index, ReadOnlySpan<UnknownLabel> lost) =>
        lost.IsEmpty ? lost : lost.ToArray().Where(label => label.Index < 0 || label.Index == index).ToArray();
}
