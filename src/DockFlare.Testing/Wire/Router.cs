using System.Buffers;
using System.Text.Json;
using DockFlare.Testing.Access;
using DockFlare.Testing.Dns;
using DockFlare.Testing.Tunnels;

namespace DockFlare.Testing.Wire;

/// <summary>Finds who answers a call. Called under the state's lock.</summary>
internal sealed class Router(State state)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly DnsRoutes dns = new(state);
    private readonly AccessRoutes access = new(state);
    private readonly ZoneRoutes zones = new(state);

    public TunnelRoutes Tunnels { get; } = new(state);

    public static bool IsHex32(string text) => text.Length == 32 && !text.AsSpan().ContainsAnyExcept(HexDigits);

    public ApiAnswer Handle(ApiRequest request) => request.Segments switch
    {
        ["user", "tokens", "verify"] => VerifyUserToken(request),
        ["accounts"] => ListAccounts(request),
        ["accounts", var id, .. var rest] => OfAccount(request, id, rest),
        ["zones"] => zones.List(request),
        ["zones", var id] => zones.Get(request, id),
        ["zones", var id, "dns_records", .. var rest] => dns.Handle(request, zones.Find(request, id), rest),
        _ => throw Refusal.NoRoute(request.Path),
    };

    private ApiAnswer OfAccount(ApiRequest request, string id, string[] rest)
    {
        if (!IsHex32(id))
        {
            throw Refusal.NoRoute(request.Path, 400);
        }

        if (!state.Accounts.TryGetValue(id, out var account) || !request.Token.SeesAccount(id))
        {
            throw Refusal.NoPermission();
        }

        switch (rest)
        {
            case ["tokens", "verify"]:
                RequireGet(request);
                return request.Token.AccountId is null ? throw new Refusal(401, 1000, "Invalid API Token") : Verified(request.Token);
            case []:
                RequireGet(request);
                request.Require(FakePermissions.AccountRead);
                return ApiAnswer.Of(writer => WriteAccount(writer, account));
            case ["cfd_tunnel", .. var tunnel]:
                return Tunnels.Handle(request, account, tunnel);
            case ["access", .. var path]:
                return access.Handle(request, account, path);
            default:
                throw Refusal.NoRoute(request.Path);
        }
    }

    private static ApiAnswer VerifyUserToken(ApiRequest request)
    {
        RequireGet(request);
        return request.Token.AccountId is null ? Verified(request.Token) : throw new Refusal(401, 1000, "Invalid API Token");
    }

    private ApiAnswer ListAccounts(ApiRequest request)
    {
        RequireGet(request);
        if (request.Token.AccountId is not null)
        {
            throw new Refusal(400, 1001, "List accounts endpoint does not support account owned tokens.");
        }

        var name = request.Find("name");
        // A token without the permission sees no account; the list itself is open to it.
        var seen = state.Accounts.Values
            .Where(account => request.Token.Permissions.HasFlag(FakePermissions.AccountRead) && request.Token.SeesAccount(account.Id) && (name is null || account.Name == name))
            .OrderBy(static account => account.Name, StringComparer.Ordinal).ToList();
        if (request.Find("direction") is "desc")
        {
            seen.Reverse();
        }

        return ApiAnswer.OfList(request.PageOf(seen, 5, 50, 20), WriteAccount);
    }

    private static ApiAnswer Verified(TokenState token) => new()
    {
        Message = new(10000, "This API Token is valid and active"),
        Result = writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, token.Id);
            writer.WriteString("status"u8, token.Status);
            writer.WriteEndObject();
        },
    };

    private static void WriteAccount(Utf8JsonWriter writer, AccountState account)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, account.Id);
        writer.WriteString("name"u8, account.Name);
        writer.WriteString("type"u8, "standard");
        writer.WriteStartObject("settings"u8);
        writer.WriteBoolean("enforce_twofactor"u8, false);
        writer.WriteEndObject();
        RecordJson.WriteTime(writer, "created_on", account.CreatedOn);
        writer.WriteEndObject();
    }

    private static void RequireGet(ApiRequest request)
    {
        if (!request.IsRead)
        {
            throw Refusal.MethodNotAllowed(request.Method);
        }
    }
}
