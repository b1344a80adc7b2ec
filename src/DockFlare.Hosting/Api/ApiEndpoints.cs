using System.Text.Json.Serialization.Metadata;
using DockFlare.Core.Protocol;
using DockFlare.Core.Reconciliation;
using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Api;
using DockFlare.Hosting.Cloudflare;
using DockFlare.Hosting.Diagnostics;
using DockFlare.Hosting.Persistence;
using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting;

/// <summary>The operators' API.</summary>
public static class ApiEndpoints
{
    /// <summary>
    /// Maps the operators' calls under <c>/api/v2/</c>, with the master API key as bearer, and without one <c>GET /healthz</c> (the process is up),
    /// <c>GET /readyz</c> (200, or 503 with the reasons) and <c>GET /ping</c>.
    /// <c>GET /metrics</c> (Prometheus) needs the key too, unless <see cref="MasterOptions.MetricsOpen"/> says otherwise.
    /// </summary>
    public static IEndpointConventionBuilder MapDockFlareApi(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);

        var services = endpoints.ServiceProvider;
        var board = services.GetRequiredService<PassBoard>();
        var registry = services.GetRequiredService<AgentRegistry>();
        var signal = services.GetRequiredService<ReconcileSignal>();
        var reconciler = services.GetRequiredService<Reconciler>();
        var existing = services.GetRequiredService<ExistingReader>();
        var history = new HistoryCalls(services.GetRequiredService<HistoryStore>());
        var key = services.GetRequiredService<MasterApiKey>();
        var limits = services.GetRequiredService<CallLimits>();
        var notes = services.GetRequiredService<OperatorNotes>();
        var parts = services.GetServices<IReadinessPart>().ToList();
        var cloudflare = services.GetRequiredService<CloudflareClient>();
        var time = services.GetRequiredService<TimeProvider>();

        endpoints.MapGet("/healthz", (RequestDelegate)(static context => context.Response.WriteAsync("ok", context.RequestAborted)));
        endpoints.MapGet("/readyz", (RequestDelegate)(context =>
        {
            var reasons = parts.Select(static part => part.FindFault()).Append(Readiness.Of(board.Current)).OfType<string>().ToList();
            return WriteAsync(context, new ReadyDocument(reasons.Count == 0 ? "ready" : "not ready", reasons), ApiJson.Default.ReadyDocument, reasons.Count == 0 ? 200 : 503);
        }));
        endpoints.MapGet("/ping", (RequestDelegate)(context =>
            WriteAsync(context, new PingDocument("ok", time.GetUtcNow(), 3), ApiJson.Default.PingDocument)));

        // Made now, so that nothing is missed before the first look.
        var exporter = services.GetRequiredService<PrometheusExporter>();
        RequestDelegate metrics = context =>
        {
            context.Response.ContentType = PrometheusExporter.ContentType;
            return context.Response.WriteAsync(exporter.Write(), context.RequestAborted);
        };
        endpoints.MapGet("/metrics", services.GetRequiredService<IOptions<MasterOptions>>().Value.MetricsOpen ? metrics : Guarded(metrics));

        var group = endpoints.MapGroup("/api/v2");
        Get("overview", context => WriteAsync(context, Documents.Overview(board.Current, registry, cloudflare), ApiJson.Default.OverviewDocument));
        Get("rules", context => WriteAsync(context, Documents.Rules(board.Current), ApiJson.Default.IReadOnlyListRuleDocument));
        Get("zones", context => WriteAsync(context, Documents.Zones(board.Current), ApiJson.Default.IReadOnlyListZoneDocument));
        Get("tunnels", context => WriteAsync(context, Documents.Tunnels(board.Current), ApiJson.Default.IReadOnlyListTunnelDocument));
        Get("diagnostics/containers", context => WriteAsync(context, Documents.Containers(board.Current), ApiJson.Default.IReadOnlyListContainerDocument));
        Get("explain", context => ExplainAsync(context, board.Current));
        Get("existing", context => RefusableAsync(context, () => ExistingAsync(context, existing)));
        Get("history", context => RefusableAsync(context, async () =>
            await WriteAsync(context, await history.ListAsync(context.Request.Query, context.RequestAborted).ConfigureAwait(false), ApiJson.Default.HistoryDocument).ConfigureAwait(false)));
        Get("plan", context => PlanAsync(context, board.Current.Remaining));
        var manual = services.GetRequiredService<ManualRuleCalls>();
        Get("rules/manual", async context => await WriteAsync(context, await manual.ListAsync(context.RequestAborted).ConfigureAwait(false), ApiJson.Default.IReadOnlyListManualRuleDocument).ConfigureAwait(false));
        group.MapPost("rules/manual", Guarded(context => RefusableAsync(context, async () =>
        {
            var body = await AgentBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
            await WriteAsync(context, await manual.AddAsync(body, context.RequestAborted).ConfigureAwait(false), ApiJson.Default.ManualRuleDocument, 201).ConfigureAwait(false);
        })));
        group.MapDelete("rules/manual/{**key}", Guarded(context => RefusableAsync(context, async () =>
        {
            await manual.RemoveAsync(Uri.UnescapeDataString((string)context.GetRouteValue("key")!), context.RequestAborted).ConfigureAwait(false);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        })));
        AccessEndpoints.Map(group, handle => Guarded(context => RefusableAsync(context, () => handle(context))));
        group.MapPost("reconcile", Guarded(context =>
        {
            signal.RaiseAnew();
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return Task.CompletedTask;
        }));
        var confirmations = new ConfirmationCalls(board, reconciler, signal, existing);
        Confirm("plan/confirm", (request, _) => confirmations.Confirm(request));
        Confirm("adopt", (request, _) => confirmations.Adopt(request));
        Confirm("release", confirmations.ReleaseAsync);
        return group;

        void Confirm(string path, Func<ConfirmationRequest, CancellationToken, ValueTask> confirm) => group.MapPost(path, Guarded(context => RefusableAsync(context, async () =>
        {
            await confirm(ConfirmationCalls.Read(await AgentBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false)), context.RequestAborted).ConfigureAwait(false);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        })));

        void Get(string path, RequestDelegate handle) => group.MapGet(path, Guarded(handle));

        RequestDelegate Guarded(RequestDelegate handle) => async context =>
        {
            const string Scheme = "Bearer ";
            var header = context.Request.Headers.Authorization.ToString();
            if (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && key.Is(header[Scheme.Length..].Trim()))
            {
                await handle(context).ConfigureAwait(false);
                await notes.CalledAsync(context).ConfigureAwait(false);
                return;
            }

            if (limits.TakeRefused(context.Connection.RemoteIpAddress) is { } wait)
            {
                context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
                await ProblemAsync(context, 429, "too_many_requests", "Too many calls without the master API key: wait as long as Retry-After says.").ConfigureAwait(false);
                return;
            }

            if (header.Length > 0)
            {
                await notes.RefusedAsync(context, "a call with the master API key", "it is not the key").ConfigureAwait(false);
            }

            await ProblemAsync(context, 401, "unauthorized", "Send the master API key: Authorization: Bearer <key>.").ConfigureAwait(false);
        };
    }

    private static async Task ExistingAsync(HttpContext context, ExistingReader reader)
    {
        var view = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
        await (WantsText(context) ? WriteTextAsync(context, view.ToString()) : WriteAsync(context, Documents.Existing(view), ApiJson.Default.ExistingDocument)).ConfigureAwait(false);
    }

    private static bool WantsText(HttpContext context) => context.Request.Headers.Accept.ToString().Contains("text/plain", StringComparison.OrdinalIgnoreCase);

    private static Task WriteTextAsync(HttpContext context, string text, string contentType = "text/plain; charset=utf-8")
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static Task PlanAsync(HttpContext context, Plan plan) =>
        WantsText(context) ? WriteTextAsync(context, plan.ToString()) : WriteTextAsync(context, plan.ToJson(), "application/json");

    private static Task ExplainAsync(HttpContext context, PassSnapshot pass)
    {
        try
        {
            return WriteAsync(context, RouteExplanation.Of(pass, context.Request.Query["url"].ToString()), ApiJson.Default.RouteExplanation);
        }
        catch (FormatException exception)
        {
            return ProblemAsync(context, 400, "validation_failed", exception.Message);
        }
    }

    // What a call cannot do is said in the shape of every other refusal.
    private static async Task RefusableAsync(HttpContext context, Func<Task> act)
    {
        try
        {
            await act().ConfigureAwait(false);
        }
        catch (ProtocolException exception)
        {
            await ProblemAsync(context, exception.Status, exception.Code, exception.Message).ConfigureAwait(false);
        }
        catch (CloudflareException exception)
        {
            await ProblemAsync(context, exception.Fault == CloudflareFault.Passing ? 503 : 502, "cloudflare_refused", exception.Message).ConfigureAwait(false);
        }
        catch (StateStoreException exception)
        {
            await ProblemAsync(context, 503, "persistence_failed", exception.Message).ConfigureAwait(false);
        }
    }

    private static Task ProblemAsync(HttpContext context, int status, string code, string detail) => WriteAsync(
        context, new ProblemDocument(ReasonPhrases.GetReasonPhrase(status), status, detail, code), ApiJson.Default.ProblemDocument, status, "application/problem+json");

    internal static Task WriteAsync<T>(HttpContext context, T document, JsonTypeInfo<T> type, int status = 200, string contentType = "application/json")
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(document, type, contentType, context.RequestAborted);
    }
}
