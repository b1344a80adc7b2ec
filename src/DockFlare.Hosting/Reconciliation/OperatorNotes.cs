using System.Net;
using DockFlare.Hosting.Persistence;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>
/// Notes in the history what operators do and which logins and keys are refused. Of one address only so many refusals in a quarter of an hour: the log has the rest.
/// What cannot be noted is said in the log and holds nobody up.
/// </summary>
internal sealed partial class OperatorNotes(HistoryStore history, TimeProvider time, ILogger<OperatorNotes> logger)
{
    public const int RefusalsPerAddress = 20;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private const int MostAddresses = 10_000;
    private readonly Lock gate = new();
    private readonly Dictionary<IPAddress, (DateTimeOffset Since, int Count)> refusals = [];

    /// <param name="what">What was done, such as <c>revoked the agent key 3f2a9c01</c>. No secret.</param>
    /// <param name="by">Who did it, and from where.</param>
    public Task DidAsync(string what, string by) => NoteAsync(HistoryEntry.Did(what, by));

    /// <param name="context">The request that was refused.</param>
    /// <param name="what">What was tried, such as <c>a login as 'admin'</c>. No secret.</param>
    /// <param name="why">In a few words.</param>
    public Task RefusedAsync(HttpContext context, string what, string why) =>
        IsNews(context.Connection.RemoteIpAddress) ? NoteAsync(HistoryEntry.Refused(what, AddressOf(context), why)) : Task.CompletedTask;

    /// <summary>Notes a call with the master API key that changed something.</summary>
    public Task CalledAsync(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || context.Response.StatusCode >= StatusCodes.Status400BadRequest
            ? Task.CompletedTask
            : DidAsync($"{context.Request.Method} {PathOf(context.Request)}", $"the master API key, from {AddressOf(context)}");

    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "an unknown address";

    // An agent key may stand in a path.
    private static string PathOf(HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        return request.RouteValues["key"] is string key && path.Contains("/agents/", StringComparison.OrdinalIgnoreCase)
            ? path.Replace(key, "<key>", StringComparison.Ordinal) : path;
    }

    private bool IsNews(IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (refusals.Count >= MostAddresses)
            {
                refusals.Clear();
            }

            var known = refusals.GetValueOrDefault(address ?? IPAddress.None);
            var next = now - known.Since >= Window ? (now, 1) : (known.Since, known.Count + 1);
            refusals[address ?? IPAddress.None] = next;
            return next.Item2 <= RefusalsPerAddress;
        }
    }

    // Whoever went away has done it all the same.
    private async Task NoteAsync(HistoryEntry entry)
    {
        try
        {
            await history.NoteAsync(entry, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StateStoreException exception)
        {
            LogNotNoted(exception, entry.Text, entry.By);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The history could not take note of this: {What}, by {By}.")]
    private partial void LogNotNoted(Exception exception, string what, string by);
}
