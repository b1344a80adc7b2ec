using DockFlare.Hosting.Commands;
using DockFlare.Hosting.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Reconciliation;

/// <summary>Decides when a pass runs: on a signal, at the end of a grace period, at the resync or when an operator asks for one, and after a failure with growing waits.</summary>
internal sealed partial class ReconcileLoop(
    Reconciler reconciler, ReconcileSignal signal, PassBoard board, IOptions<MasterOptions> options, TimeProvider time, ILogger<ReconcileLoop> logger) : BackgroundService
{
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(60);
    private string? lastTrouble;
    private IReadOnlyDictionary<string, string> lastFaults = new Dictionary<string, string>();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        var resyncAt = time.GetUtcNow();
        while (!stoppingToken.IsCancellationRequested)
        {
            var resync = signal.TakeAnew() || time.GetUtcNow() >= resyncAt;
            if (resync)
            {
                resyncAt = time.GetUtcNow() + options.Value.ResyncInterval;
            }

            var snapshot = await RunAsync(resync, stoppingToken).ConfigureAwait(false);
            resyncAt = resync && snapshot.ResyncIn is { } later ? time.GetUtcNow() + later : resyncAt;
            Say(snapshot);
            failures = snapshot.MayPass || IsUnfinished(snapshot) ? failures + 1 : 0;
            await WaitAsync(NextLook(snapshot, failures, resyncAt), stoppingToken).ConfigureAwait(false);
        }
    }

    /// <summary>How long to wait for a signal before looking again without one.</summary>
    internal TimeSpan NextLook(PassSnapshot snapshot, int failures, DateTimeOffset resyncAt)
    {
        var now = time.GetUtcNow();
        var next = resyncAt - now;
        if (snapshot.Desired.NextExpiry is { } expiry && expiry - now < next)
        {
            next = expiry - now;
        }

        if (failures > 0)
        {
            var backoff = TimeSpan.FromSeconds(Math.Min(LongestBackoff.TotalSeconds, Math.Pow(2, Math.Min(failures, 10) - 1)));
            backoff *= 0.5 + (Random.Shared.NextDouble() / 2);
            backoff = snapshot.RetryAfter is { } asked && asked > backoff ? asked : backoff;
            next = backoff < next ? backoff : next;
        }

        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    // Nothing failed and there is more to do, such as a key that came free by what this pass took away.
    private static bool IsUnfinished(PassSnapshot snapshot) =>
        snapshot is { Trouble: null, WhyNotApplied: null, Faults.Count: 0, Remaining.IsEmpty: false };

    private async Task<PassSnapshot> RunAsync(bool resync, CancellationToken stoppingToken)
    {
        try
        {
            return await reconciler.RunOnceAsync(resync, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StateStoreException or CommandQueueException)
        {
            var snapshot = board.Current with { Trouble = exception.Message, Applied = [], MayPass = true, At = time.GetUtcNow() };
            board.Publish(snapshot);
            return snapshot;
        }
    }

    private async Task WaitAsync(TimeSpan longest, CancellationToken stoppingToken)
    {
        using var timer = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, timer.Token);
        try
        {
            await signal.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // It is time to look without a signal.
        }
    }

    // Each trouble is said once, and its end too.
    private void Say(PassSnapshot snapshot)
    {
        var said = WithoutRay(snapshot.Trouble);
        if (!string.Equals(said, lastTrouble, StringComparison.Ordinal))
        {
            if (snapshot.Trouble is { } trouble)
            {
                LogTrouble(trouble);
            }
            else
            {
                LogTroubleOver();
            }

            lastTrouble = said;
        }

        if (snapshot.Trouble is not null)
        {
            return;
        }

        foreach (var (subject, reason) in snapshot.Faults.OrderBy(static fault => fault.Key, StringComparer.Ordinal))
        {
            if (!string.Equals(lastFaults.GetValueOrDefault(subject), reason, StringComparison.Ordinal))
            {
                LogFault(subject, reason);
            }
        }

        foreach (var subject in lastFaults.Keys.Where(subject => !snapshot.Faults.ContainsKey(subject)).Order(StringComparer.Ordinal))
        {
            LogFaultOver(subject);
        }

        lastFaults = snapshot.Faults;
    }

    // Each call has a ray of its own: the same trouble once more is still the same trouble.
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(text))]
    internal static string? WithoutRay(string? text) => text is null ? null : Ray().Replace(text, "");

    [System.Text.RegularExpressions.GeneratedRegex(", cf-ray [^)]*")]
    private static partial System.Text.RegularExpressions.Regex Ray();

    [LoggerMessage(Level = LogLevel.Error, Message = "No pass is possible: {Trouble} Routes stay as they are; it is tried again.")]
    private partial void LogTrouble(string trouble);

    [LoggerMessage(Level = LogLevel.Information, Message = "Passes run again.")]
    private partial void LogTroubleOver();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not applied to {Subject}: {Reason}")]
    private partial void LogFault(string subject, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "What was in the way of {Subject} is over.")]
    private partial void LogFaultOver(string subject);
}
