using System.Text.Json.Nodes;
using DockFlare.Testing.Wire;

namespace DockFlare.Testing.Access;

/// <summary>What an account has that was never asked for: an organisation, the one-time-PIN login and the app launcher.</summary>
internal static class AccessSeed
{
    public static void Fill(State state, AccountState account)
    {
        var now = AccessTime.Of(state.Now);
        account.Access.Organization = new()
        {
            ["name"] = account.Name,
            ["auth_domain"] = $"team-{account.Id[..8]}.cloudflareaccess.com",
            ["session_duration"] = "24h",
            ["created_at"] = now,
            ["updated_at"] = now,
        };
        var pin = state.Ids.Uuid();
        account.Access.IdentityProviders.Add(new(pin, new() { ["id"] = pin, ["name"] = "One-time PIN", ["type"] = "onetimepin", ["config"] = new JsonObject() }));
        var launcher = state.Ids.Uuid();
        account.Access.Apps.Add(new(launcher, new()
        {
            ["id"] = launcher,
            ["uid"] = launcher,
            ["name"] = "App Launcher",
            ["type"] = "app_launcher",
            ["domain"] = $"team-{account.Id[..8]}.cloudflareaccess.com",
            ["aud"] = state.Ids.Hex64(),
            ["session_duration"] = "24h",
            ["created_at"] = now,
            ["updated_at"] = now,
        }));
    }
}
