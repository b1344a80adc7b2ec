using System.Globalization;
using System.Text.Json;
using DockFlare.Core.Protocol;
using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Http;

namespace DockFlare.Hosting.Api;

/// <summary><c>GET /api/v2/history?host=&amp;since=&amp;limit=&amp;from=</c>, the newest first.</summary>
internal sealed class HistoryCalls(HistoryStore history)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    /// <exception cref="ProtocolException">The query cannot be followed.</exception>
    public async ValueTask<HistoryDocument> ListAsync(IQueryCollection query, CancellationToken cancellationToken)
    {
        var (lines, next) = await history.ReadAsync(Read(query), cancellationToken).ConfigureAwait(false);
        return new([.. lines.Select(static line => Describe(line.At, line.Entry))], next);
    }

    private static HistoryQuery Read(IQueryCollection query)
    {
        var limit = DefaultLimit;
        if (query["limit"].ToString() is { Length: > 0 } count && (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            throw Invalid($"'limit' is '{count}': write a number from 1 to {MaxLimit}.");
        }

        DateTimeOffset? since = null;
        if (query["since"].ToString() is { Length: > 0 } time)
        {
            since = DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read)
                ? read
                : throw Invalid($"'since' is '{time}': write a time such as 2026-11-25T00:00:00Z.");
        }

        HistoryPosition? from = null;
        if (query["from"].ToString() is { Length: > 0 } position)
        {
            from = HistoryPosition.Parse(position) ?? throw Invalid($"'from' is '{position}': write what the page before it says in 'next'.");
        }

        return new(limit) { Host = query["host"].ToString() is { Length: > 0 } host ? host : null, Since = since, From = from };
    }

    private static ProtocolException Invalid(string message) => new(400, "validation_failed", message);

    private static HistoryLineDocument Describe(DateTimeOffset at, HistoryEntry entry) => new()
    {
        At = at,
        Kind = entry.Kind,
        Text = entry.Text,
        Host = entry.Host,
        Before = entry.Before,
        After = entry.After,
        Cause = JsonNamingPolicy.SnakeCaseLower.ConvertName(entry.Cause.ToString()),
        By = entry.By,
        Outcome = JsonNamingPolicy.SnakeCaseLower.ConvertName(entry.Outcome.ToString()),
        Reason = entry.Reason,
    };
}

/// <summary><c>GET /api/v2/history</c>.</summary>
/// <param name="Lines">The newest first.</param>
/// <param name="Next">What to send as <c>from</c> for the next page; null on the last one.</param>
internal sealed record HistoryDocument(IReadOnlyList<HistoryLineDocument> Lines, string? Next);

internal sealed record HistoryLineDocument
{
    public required DateTimeOffset At { get; init; }

    public required string Kind { get; init; }

    public required string Text { get; init; }

    public string? Host { get; init; }

    public string? Before { get; init; }

    public string? After { get; init; }

    public required string Cause { get; init; }

    public required string By { get; init; }

    public required string Outcome { get; init; }

    public string? Reason { get; init; }
}
