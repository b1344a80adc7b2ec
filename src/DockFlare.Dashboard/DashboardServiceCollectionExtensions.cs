using DockFlare.Dashboard.Login;
using DockFlare.Dashboard.Pages;
using DockFlare.Hosting;
using DockFlare.Hosting.Configuration;
using DockFlare.Hosting.Diagnostics;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DockFlare.Dashboard;

/// <summary>Adds the dashboard to a master.</summary>
public static class DashboardServiceCollectionExtensions
{
    /// <summary>
    /// Adds what <see cref="DashboardEndpoints.MapDockFlareDashboard"/> needs: users and sessions in the master's state store, cookies under the scheme <c>DockFlare</c>,
    /// antiforgery, and a key ring in <c>DOCKFLARE_KEYS</c> unless the app has one. The app's default scheme stays what it is.
    /// </summary>
    /// <param name="builder">The builder of a master.</param>
    public static IDockFlareBuilder AddDockFlareDashboard(this IDockFlareBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var own = builder as DockFlareBuilder ?? throw new ArgumentException("Take the builder that AddDockFlare answers.", nameof(builder));
        if (own.Values.Text("AdminPassword") is { Length: < PasswordHash.LeastLength })
        {
            own.Faults.Add($"DOCKFLARE_ADMIN_PASSWORD is too short: write {PasswordHash.LeastLength} characters or more.");
        }

        if (own.Values.Text("KeyPassphrase") is { Length: < KeyRing.LeastPassphrase })
        {
            own.Faults.Add($"DOCKFLARE_KEY_PASSPHRASE is too short: write {KeyRing.LeastPassphrase} characters or more.");
        }

        var services = builder.Services;
        AddLogins(own);
        services.AddAuthorization();
        services.AddAntiforgery();
        services.AddDataProtection();

        // That the ring's keys are protected by where they are kept and nothing else is what docs/security.md says, not news at each first start.
        services.AddLogging(static logging => logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error));
        services.TryAddSingleton(static provider => new KeyRing(
            provider.GetRequiredService<SettingValues>(), provider.GetRequiredService<ILoggerFactory>(), provider.GetService<StateFolder>()));
        services.AddSingleton<IPostConfigureOptions<KeyManagementOptions>>(static provider => provider.GetRequiredService<KeyRing>());
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<KeyRing>());

        services.TryAddSingleton<Mount>();
        services.TryAddSingleton<Assets>();
        services.TryAddSingleton<Users>();
        services.TryAddSingleton<Sessions>();
        services.TryAddSingleton<LoginLimiter>();
        services.TryAddSingleton<PasswordLogin>();
        services.TryAddSingleton<Audit>();
        services.TryAddSingleton<Confirmation>();
        services.TryAddSingleton<SessionRoles>();
        services.TryAddSingleton<PasswordGate>();
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<PasswordGate>());
        services.TryAddSingleton(static provider => FirstPassword.Of(
            provider.GetRequiredService<SettingValues>(), provider.GetService<SandboxMode>(), provider.GetService<StateFolder>()));
        services.AddSingleton(static provider => new RouteConsoleHint(
            provider.GetService<SandboxMode>() is { } sandbox && provider.GetRequiredService<SettingValues>().Text("AdminPassword") is null
                ? $"Look at it: {{address}}, as {Users.Admin} with the password {sandbox.AdminPassword}."
                : "Look at it: {address}"));
        services.TryAddSingleton<AdminKeeper>();
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<AdminKeeper>());
        services.TryAddSingleton<SessionCookie>();
        services.AddSingleton<IConfigureOptions<CookieAuthenticationOptions>>(static provider => provider.GetRequiredService<SessionCookie>());
        services.AddOptions<Microsoft.AspNetCore.Antiforgery.AntiforgeryOptions>().Configure(static options =>
        {
            options.Cookie.Name = "dockflare-form";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.FormFieldName = Visit.FormField;
            options.HeaderName = null;
            options.SuppressXFrameOptionsHeader = true;
        });

        services.TryAddSingleton<LoginPages>();
        services.TryAddSingleton<AgentConditions>();
        services.TryAddSingleton<RouteList>();
        services.TryAddSingleton<OverviewPage>();
        services.TryAddSingleton<RoutesPage>();
        services.TryAddSingleton<ContainersPage>();
        services.TryAddSingleton<PlanPage>();
        services.TryAddSingleton<AgentsPage>();
        services.TryAddSingleton<KeysPage>();
        services.TryAddSingleton<AccessPage>();
        services.TryAddSingleton(new DashboardSettings(builder.Configuration));
        services.TryAddSingleton<SettingsPage>();
        services.TryAddSingleton<HistoryPage>();
        services.TryAddSingleton<AccountPage>();
        services.TryAddSingleton<UsersPage>();
        services.TryAddSingleton<LiveFeed>();
        return builder;
    }

    // Cookies under the scheme DockFlare, and beside it one scheme for each other way in.
    private static void AddLogins(DockFlareBuilder builder)
    {
        var providers = LoginProviders.Read(builder.Values, builder.Faults.Add);
        var access = AccessSettings.Read(builder.Values, builder.Faults.Add);
        if (PasswordGate.FindFault(builder.Values, providers, access) is { } fault)
        {
            builder.Faults.Add(fault);
        }

        var services = builder.Services;
        services.TryAddSingleton(providers);
        services.TryAddSingleton(access);
        services.TryAddSingleton<ProviderLogin>();
        var authentication = services.AddAuthentication().AddCookie(SessionCookie.Scheme);
        if (access.IsOn)
        {
            services.TryAddSingleton(static provider => new AccessKeys(provider.GetRequiredService<AccessSettings>(), new HttpClient { MaxResponseContentBufferSize = AccessKeys.Longest }, provider.GetRequiredService<TimeProvider>()));
            services.TryAddSingleton<AccessVerifier>();
            authentication.AddScheme<AuthenticationSchemeOptions, AccessLogin>(AccessLogin.SchemeName, null);
        }

        foreach (var one in providers.All)
        {
            if (one.IsGitHub)
            {
                authentication.AddOAuth(one.Scheme, one.Title, static _ => { });
                services.AddSingleton<IConfigureOptions<OAuthOptions>>(provider => new GitHubScheme(one, provider.GetRequiredService<ProviderLogin>()));
            }
            else
            {
                authentication.AddOpenIdConnect(one.Scheme, one.Title, static _ => { });
                services.AddSingleton<IConfigureOptions<OpenIdConnectOptions>>(provider => new OidcScheme(one, provider.GetRequiredService<ProviderLogin>()));
            }
        }
    }
}
