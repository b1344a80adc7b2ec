using DockFlare.Hosting.Configuration;

namespace DockFlare.Dashboard.Login;

/// <summary>A login provider as the settings name it.</summary>
/// <param name="Name">In lower case, such as <c>google</c>; part of its addresses.</param>
/// <param name="Authority">Where it is.</param>
/// <param name="ClientId">The name it knows this master by.</param>
/// <param name="ClientSecret">Secret.</param>
/// <param name="Allow">Whom it lets in.</param>
internal sealed record LoginProvider(string Name, Uri Authority, string ClientId, string ClientSecret, AllowList Allow)
{
    public const string GitHub = "github";

    /// <summary>GitHub speaks OAuth without OpenID Connect.</summary>
    public bool IsGitHub => Name == GitHub;

    public string Scheme => "DockFlare." + Name;

    /// <summary>As people call it.</summary>
    public string Title => Name switch
    {
        "google" => "Google",
        "gitlab" => "GitLab",
        GitHub => "GitHub",
        _ => char.ToUpperInvariant(Name[0]) + Name[1..],
    };

    /// <summary>Leaves the secret out.</summary>
    public override string ToString() => $"LoginProvider {{ {Name}, {Authority} }}";
}

/// <summary>The login providers, by name.</summary>
internal sealed class LoginProviders(IReadOnlyList<LoginProvider> all)
{
    // They mean something else here.
    private static readonly string[] Taken = ["access", "session"];

    public IReadOnlyList<LoginProvider> All => all;

    public LoginProvider? Find(string? name) => all.FirstOrDefault(provider => string.Equals(provider.Name, name, StringComparison.Ordinal));

    /// <summary>Reads <c>OIDC_&lt;NAME&gt;_…</c>; what is wrong or missing becomes a fault.</summary>
    public static LoginProviders Read(SettingValues values, Action<string> addFault) =>
        new([.. values.Names("Oidc").Select(name => Read(name, values, addFault)).OfType<LoginProvider>()]);

    private static LoginProvider? Read(string named, SettingValues values, Action<string> addFault)
    {
        var (name, prefix) = (named.ToLowerInvariant(), $"OIDC_{named.ToUpperInvariant()}_");
        if (Taken.Contains(name, StringComparer.Ordinal))
        {
            addFault($"{prefix}CLIENT_ID: '{name}' means something else here; give the provider another name.");
            return null;
        }

        var authority = values.Address($"Oidc:{named}:Authority") ?? name switch
        {
            "google" => new("https://accounts.google.com"),
            "gitlab" => new("https://gitlab.com"),
            LoginProvider.GitHub => new("https://github.com"),
            _ => (Uri?)null,
        };
        if (authority is null)
        {
            addFault($"{prefix}AUTHORITY is not set: write the provider's address, below which it has /.well-known/openid-configuration.");
        }
        else if (authority is not { Scheme: "https" } and not { IsLoopback: true })
        {
            addFault($"{prefix}AUTHORITY is '{authority.OriginalString}': write an address that begins with https://, or anybody on the way could log in as anybody.");
        }

        var (id, secret, allowed) = (Need("CLIENT_ID", "ClientId", "the client id that the provider gave this master"),
            Need("CLIENT_SECRET", "ClientSecret", "the client secret that came with it"),
            Need("ALLOW", "Allow", "whom it lets in, such as alice@example.com=admin, @example.com"));
        if (allowed is null || authority is null || id is null || secret is null)
        {
            return null;
        }

        var list = AllowList.Read(prefix + "ALLOW", allowed, addFault);
        return new(name, authority, id, secret, list);

        string? Need(string variable, string key, string what)
        {
            var value = values.Text($"Oidc:{named}:{key}");
            if (value is null)
            {
                addFault($"{prefix}{variable} is not set: write {what}.");
            }

            return value;
        }
    }
}
