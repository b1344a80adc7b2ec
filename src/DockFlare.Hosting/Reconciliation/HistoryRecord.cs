using System.Text.Json.Serialization;
using DockFlare.Core.Reconciliation;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>What one application of a plan changed, as it is kept.</summary>
internal sealed record HistoryRecord
{
    public required DateTimeOffset At { get; init; }

    public IReadOnlyList<HistoryEntry> Entries { get; init; } = [];
}

/// <summary>One line of the history as it is kept.</summary>
internal sealed record HistoryEntry
{
    /// <summary>The <see cref="Kind"/> of what an operator did.</summary>
    public const string OperatorKind = "operator";

    /// <summary>The <see cref="Kind"/> of a login that was refused.</summary>
    public const string LoginKind = "login";

    public required string Kind { get; init; }

    public required string Text { get; init; }

    public string? Host { get; init; }

    public string? Before { get; init; }

    public string? After { get; init; }

    public ChangeCause Cause { get; init; }

    public required string By { get; init; }

    public HistoryOutcome Outcome { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }

    /// <summary>Something an operator did.</summary>
    public static HistoryEntry Did(string what, string by) => new() { Kind = OperatorKind, Text = what, By = by, Cause = ChangeCause.Operator, Outcome = HistoryOutcome.Applied };

    /// <summary>A login, or a key, that was refused.</summary>
    public static HistoryEntry Refused(string what, string by, string why) =>
        new() { Kind = LoginKind, Text = what, By = by, Cause = ChangeCause.Operator, Outcome = HistoryOutcome.Failed, Reason = why };
}

/// <summary>What came of a change.</summary>
internal enum HistoryOutcome
{
    /// <summary>It was about to be made when the process ended: it may have been made.</summary>
    Unknown,

    Applied,

    Failed,
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(HistoryRecord))]
internal sealed partial class HistoryJson : JsonSerializerContext;
