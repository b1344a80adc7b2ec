using System.Globalization;
using System.Text.Json;
using DockFlare.Core.Access;

namespace DockFlare.Hosting.Cloudflare;

/// <summary>The calls about Access. A PUT is a full replacement: there is no PATCH.</summary>
internal sealed class CloudflareAccessClient(CloudflareClient client)
{
    private const int PerPage = 1000;
    private const string AppsPermission = "Account / Access: Apps and Policies / Edit";
    private const string TokensPermission = "Account / Access: Service Tokens / Edit";
    private const string OrganizationPermission = "Account / Access: Organizations, Identity Providers, and Groups / Read";

    public async Task<List<ObservedApp>> ListAppsAsync(string accountId, CancellationToken cancellationToken) =>
        [.. (await ListAsync(new("list the Access applications", AppsPermission), $"/accounts/{accountId}/access/apps", cancellationToken).ConfigureAwait(false)).Select(AccessAnswers.App).OfType<ObservedApp>()];

    public async Task<List<ObservedPolicy>> ListPoliciesAsync(string accountId, CancellationToken cancellationToken) =>
        [.. (await ListAsync(new("list the Access policies", AppsPermission), $"/accounts/{accountId}/access/policies", cancellationToken).ConfigureAwait(false)).Select(AccessAnswers.Policy)];

    public async Task<List<IdentityProvider>> ListIdentityProvidersAsync(string accountId, CancellationToken cancellationToken) =>
        [.. (await ListAsync(new("list the identity providers", OrganizationPermission), $"/accounts/{accountId}/access/identity_providers", cancellationToken).ConfigureAwait(false)).Select(AccessAnswers.IdentityProvider)];

    /// <summary>The organisation's name in <c>https://name.cloudflareaccess.com</c>.</summary>
    public async Task<string> GetTeamNameAsync(string accountId, CancellationToken cancellationToken)
    {
        const string Suffix = ".cloudflareaccess.com";
        var organization = await SendAsync(new("show the Zero Trust organisation", OrganizationPermission), HttpMethod.Get, $"/accounts/{accountId}/access/organizations", null, cancellationToken).ConfigureAwait(false);
        var domain = AccessAnswers.Text(organization, "auth_domain") ?? "";
        return domain.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) ? domain[..^Suffix.Length] : domain;
    }

    public async Task<ObservedPolicy> CreatePolicyAsync(string accountId, AccessPolicy policy, CallLane lane, CancellationToken cancellationToken) =>
        AccessAnswers.Policy(await SendAsync(
            new($"create the Access policy '{policy.Name}'", AppsPermission) { Lane = lane }, HttpMethod.Post, $"/accounts/{accountId}/access/policies", AccessBodies.Policy(policy), cancellationToken).ConfigureAwait(false));

    public Task ReplacePolicyAsync(string accountId, string id, AccessPolicy policy, CancellationToken cancellationToken) =>
        SendAsync(new($"change the Access policy '{policy.Name}'", AppsPermission) { Lane = CallLane.Closing }, HttpMethod.Put, $"/accounts/{accountId}/access/policies/{id}", AccessBodies.Policy(policy), cancellationToken);

    public Task DeletePolicyAsync(string accountId, string id, string name, CancellationToken cancellationToken) =>
        DeleteAsync(new($"delete the Access policy '{name}'", AppsPermission), $"/accounts/{accountId}/access/policies/{id}", cancellationToken);

    public async Task<ObservedApp> CreateAppAsync(string accountId, DesiredApp app, IReadOnlyList<string> policyIds, IReadOnlyList<string> tags, CallLane lane, CancellationToken cancellationToken)
    {
        var made = await SendAsync(
            new($"create the Access application '{app.Name}'", AppsPermission) { Lane = lane }, HttpMethod.Post, $"/accounts/{accountId}/access/apps", AccessBodies.App(app, policyIds, tags), cancellationToken).ConfigureAwait(false);
        return AccessAnswers.App(made) ?? throw new CloudflareException($"Cloudflare did not create the Access application '{app.Name}' as asked: the answer shows no self-hosted application.", CloudflareFault.Passing);
    }

    public Task ReplaceAppAsync(string accountId, string id, DesiredApp app, IReadOnlyList<string> policyIds, IReadOnlyList<string> tags, CancellationToken cancellationToken) =>
        SendAsync(new($"change the Access application '{app.Name}'", AppsPermission) { Lane = CallLane.Closing }, HttpMethod.Put, $"/accounts/{accountId}/access/apps/{id}", AccessBodies.App(app, policyIds, tags), cancellationToken);

    /// <summary>Takes a tag off an application; everything else of it stays as it is.</summary>
    public async Task UntagAppAsync(string accountId, string id, string name, string tag, CancellationToken cancellationToken)
    {
        var path = $"/accounts/{accountId}/access/apps/{id}";
        var app = await SendAsync(new($"show the Access application '{name}'", AppsPermission), HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        if (AccessAnswers.Tags(app).Contains(tag, StringComparer.Ordinal))
        {
            await SendAsync(new($"change the Access application '{name}'", AppsPermission), HttpMethod.Put, path, AccessBodies.Untagged(app, tag), cancellationToken).ConfigureAwait(false);
        }
    }

    public Task DeleteAppAsync(string accountId, string id, string name, CancellationToken cancellationToken) =>
        DeleteAsync(new($"delete the Access application '{name}'", AppsPermission), $"/accounts/{accountId}/access/apps/{id}", cancellationToken);

    public async Task<List<ServiceToken>> ListServiceTokensAsync(string accountId, CancellationToken cancellationToken) =>
        [.. (await ListAsync(new("list the service tokens", TokensPermission), $"/accounts/{accountId}/access/service_tokens", cancellationToken).ConfigureAwait(false)).Select(AccessAnswers.ServiceToken)];

    /// <summary>Makes a service token; its secret comes with this answer alone.</summary>
    public async Task<(ServiceToken Token, string Secret)> CreateServiceTokenAsync(string accountId, string name, string? duration, CancellationToken cancellationToken)
    {
        var made = await SendAsync(new($"create the service token '{name}'", TokensPermission), HttpMethod.Post, $"/accounts/{accountId}/access/service_tokens", AccessBodies.ServiceToken(name, duration), cancellationToken).ConfigureAwait(false);
        return (AccessAnswers.ServiceToken(made), AccessAnswers.Text(made, "client_secret") ?? "");
    }

    /// <summary>Gives a service token a new secret, which comes with this answer alone.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="id">The token.</param>
    /// <param name="name">Its name.</param>
    /// <param name="oldUntil">Until when the old secret works too; null for no longer.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<(ServiceToken Token, string Secret)> RotateServiceTokenAsync(string accountId, string id, string name, DateTimeOffset? oldUntil, CancellationToken cancellationToken)
    {
        var rotated = await SendAsync(
            new($"rotate the service token '{name}'", TokensPermission), HttpMethod.Post, $"/accounts/{accountId}/access/service_tokens/{id}/rotate", AccessBodies.Rotation(oldUntil), cancellationToken).ConfigureAwait(false);
        return (AccessAnswers.ServiceToken(rotated), AccessAnswers.Text(rotated, "client_secret") ?? "");
    }

    /// <summary>Gives a service token another name.</summary>
    public Task RenameServiceTokenAsync(string accountId, ServiceToken token, string name, CancellationToken cancellationToken) =>
        SendAsync(
            new($"rename the service token '{token.Name}'", TokensPermission), HttpMethod.Put, $"/accounts/{accountId}/access/service_tokens/{token.Id}", AccessBodies.ServiceToken(name, token.Duration), cancellationToken);

    public Task DeleteServiceTokenAsync(string accountId, string id, string name, CancellationToken cancellationToken) =>
        DeleteAsync(new($"delete the service token '{name}'", TokensPermission) { Lane = CallLane.Closing }, $"/accounts/{accountId}/access/service_tokens/{id}", cancellationToken);

    /// <summary>Makes a tag; one that is there already is as good.</summary>
    public async Task EnsureTagAsync(string accountId, string name, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(new($"create the Access tag '{name}'", AppsPermission), HttpMethod.Post, $"/accounts/{accountId}/access/tags", AccessBodies.Tag(name), cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (exception.Fault == CloudflareFault.Conflict)
        {
            // It was there before.
        }
    }

    private async Task DeleteAsync(CloudflareCall call, string path, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(call, HttpMethod.Delete, path, null, cancellationToken).ConfigureAwait(false);
        }
        catch (CloudflareException exception) when (exception.Fault == CloudflareFault.NotFound)
        {
            // Gone is what was wanted.
        }
    }

    // The server may give fewer on a page than were asked for, so only its own count says when all were seen.
    private async Task<List<JsonElement>> ListAsync(CloudflareCall call, string path, CancellationToken cancellationToken)
    {
        var all = new List<JsonElement>();
        for (var page = 1; ; page++)
        {
            var envelope = await client.SendEnvelopeAsync(
                call, HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"{path}?per_page={PerPage}&page={page}"), null, CloudflareJson.Default.CfEnvelopeListJsonElement, cancellationToken).ConfigureAwait(false);
            if (envelope.Result is null)
            {
                throw new CloudflareException($"Cloudflare did not {call.What}: the answer has no result.", CloudflareFault.Passing);
            }

            all.AddRange(envelope.Result);
            if (envelope.Result.Count == 0 || all.Count >= (envelope.ResultInfo?.TotalCount ?? 0))
            {
                return all;
            }
        }
    }

    private Task<JsonElement> SendAsync(CloudflareCall call, HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken) =>
        client.SendAsync(call, method, path, body, CloudflareJson.Default.CfEnvelopeJsonElement, cancellationToken);
}
