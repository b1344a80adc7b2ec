using DockFlare.Core.Access;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Labels;

/// <summary>
/// Reads what protection the <c>access.*</c> labels ask for. Whatever is wrong with them is an error, and a rule with an error is not exposed:
/// a host is never public because its protection was misspelt.
/// </summary>
internal static class AccessLabels
{
    private static readonly LabelId[] AskingLabels =
    [
        LabelId.OriginAccess, LabelId.AccessName, LabelId.AccessSessionDuration, LabelId.AccessAppLauncherVisible, LabelId.AccessAllowedIdps,
        LabelId.AccessAutoRedirectToIdentity,
    ];

    /// <summary>Whether any label of the rule asks for protection.</summary>
    public static bool Ask(ref readonly LabelScope scope)
    {
        for (var id = LabelId.AccessGroup; id <= LabelId.AccessCustomRules; id++)
        {
            if (scope.Says(id))
            {
                return true;
            }
        }

        return scope.Says(LabelId.OriginAccess);
    }

    /// <summary>The protection asked for; null for none, or when it cannot be followed, which is an error by then.</summary>
    public static AccessWish? Read(ref readonly LabelScope scope, RulePath path)
    {
        var (groups, from) = ReadGroups(in scope);
        if (!groups.IsEmpty)
        {
            NoteIgnored(in scope, LabelId.AccessPolicy, LabelId.AccessCustomRules, $"because {scope.Key(from)} is set: the group says who gets in and how");
            var isPublic = groups.AsSpan().Contains("bypass") || groups.AsSpan().Contains("public-default-bypass");
            return new() { Groups = groups, RequireJwt = RequiresJwt(in scope, path, isPublic) };
        }

        var errors = scope.Log.ErrorCount;
        var rules = ReadCustomRules(in scope, out var hasBypass);
        var policy = ReadPolicy(in scope, rules);
        if (errors != scope.Log.ErrorCount || from >= 0)
        {
            return null;
        }

        if (policy == AccessPolicyWord.None && rules is null)
        {
            FailWithoutPolicy(in scope);
            return null;
        }

        var requireJwt = RequiresJwt(in scope, path, policy == AccessPolicyWord.Bypass || hasBypass);
        if (policy == AccessPolicyWord.DefaultTld)
        {
            NoteIgnored(in scope, LabelId.AccessName, LabelId.AccessAutoRedirectToIdentity, "because access.policy is default_tld: the zone's own application protects the host");
            return new() { Policy = policy, RequireJwt = requireJwt };
        }

        var wish = new AccessWish
        {
            Policy = policy,
            CustomRules = rules,
            Name = scope.Text(scope.Find(LabelId.AccessName)),
            AppLauncherVisible = scope.Flag(scope.Find(LabelId.AccessAppLauncherVisible)) ?? false,
            AllowedIdps = ReadIdps(in scope),
            AutoRedirectToIdentity = scope.Flag(scope.Find(LabelId.AccessAutoRedirectToIdentity)) ?? false,
            RequireJwt = requireJwt,
        };
        return ReadSession(in scope) is { } session ? wish with { SessionDuration = session } : wish;
    }

    // The nearest level that has one of the two labels decides, even if it is there set to nothing.
    // Answers where the groups are from; with no groups, the position of a label that should have named some.
    private static (EquatableArray<string> Groups, int From) ReadGroups(ref readonly LabelScope scope)
    {
        var (many, one) = (scope.FindOwn(LabelId.AccessGroups), scope.FindOwn(LabelId.AccessGroup));
        if (many < 0 && one < 0)
        {
            (many, one) = (scope.FindBase(LabelId.AccessGroups), scope.FindBase(LabelId.AccessGroup));
        }

        var hasMany = many >= 0 && scope.Value(many).Length > 0;
        var hasOne = one >= 0 && scope.Value(one).Length > 0;
        if (!hasMany && !hasOne)
        {
            return ([], -1);
        }

        var position = hasMany ? many : one;
        if (scope.Text(position) is not { } text)
        {
            return ([], position);
        }

        if (hasMany && hasOne)
        {
            scope.Note(one, $"{scope.Key(one)} is ignored, because {scope.Key(many)} is set: remove one of the two.");
        }

        if (!hasMany && text.Contains(',', StringComparison.Ordinal))
        {
            scope.Fail(position, $"{scope.Key(position)} is '{text}', and it takes one group: write several in access.groups.");
            return ([], position);
        }

        var groups = LabelScope.List(text);
        if (groups.IsEmpty)
        {
            scope.Fail(position, $"{scope.Key(position)} is '{text}' and names no group: write ids of access groups, such as family,staff.");
        }

        return (groups, position);
    }

    private static string? ReadCustomRules(ref readonly LabelScope scope, out bool hasBypass)
    {
        hasBypass = false;
        var position = scope.Find(LabelId.AccessCustomRules);
        if (position < 0 || scope.Value(position) is not { Length: > 0 } json)
        {
            return null;
        }

        if (PolicyRules.TryRead(json, out var compact, out hasBypass, out var fault))
        {
            return compact;
        }

        scope.Fail(position, $"{scope.Key(position)} {fault}. Write a JSON array of Access policies, such as {LabelNames.Get(LabelId.AccessCustomRules).Example}.");
        return null;
    }

    private static AccessPolicyWord ReadPolicy(ref readonly LabelScope scope, string? rules)
    {
        var position = scope.Find(LabelId.AccessPolicy);
        if (position < 0 || scope.Value(position) is not { Length: > 0 } value)
        {
            return AccessPolicyWord.None;
        }

        if (rules is not null)
        {
            scope.Note(position, $"{scope.Key(position)} is ignored, because access.custom_rules says who gets in: remove it.");
            return AccessPolicyWord.None;
        }

        switch (WordLabel.Find(LabelId.AccessPolicy, value))
        {
            case "bypass":
                return AccessPolicyWord.Bypass;
            case "authenticate":
                return AccessPolicyWord.Authenticate;
            case "default_tld":
                return AccessPolicyWord.DefaultTld;
            default:
                scope.Fail(position, $"{scope.Key(position)} is '{value}', which is no policy, so the host is not exposed: {WordLabel.Advice(LabelId.AccessPolicy, value)}.");
                return AccessPolicyWord.None;
        }
    }

    private static void FailWithoutPolicy(ref readonly LabelScope scope)
    {
        // An index that sets what decides to nothing takes the base's protection off, and with it the base's settings.
        var isTakenOff = !scope.IsBase
            && (scope.FindOwn(LabelId.AccessGroup) >= 0 || scope.FindOwn(LabelId.AccessGroups) >= 0
                || scope.FindOwn(LabelId.AccessPolicy) >= 0 || scope.FindOwn(LabelId.AccessCustomRules) >= 0);
        foreach (var id in AskingLabels)
        {
            var position = isTakenOff ? scope.FindOwn(id) : scope.Find(id);
            if (position < 0 || scope.Value(position).Length == 0 || (id == LabelId.OriginAccess && scope.Flag(position) == false))
            {
                continue;
            }

            scope.Fail(position, $"{scope.Key(position)} asks for Access protection, but no label says who gets in, so the host is not exposed: add access.group, access.policy or access.custom_rules; access.policy=bypass makes it public.");
            return;
        }
    }

    // Under a path cloudflared and Access match differently, so there cloudflared has to look at the token itself.
    private static bool RequiresJwt(ref readonly LabelScope scope, RulePath path, bool isPublic)
    {
        var position = scope.Find(LabelId.OriginAccess);
        var asked = scope.Flag(position);
        if (asked == true && isPublic)
        {
            scope.Fail(position, $"{scope.Key(position)} is true, but visitors whom a bypass lets in have no token, so cloudflared would refuse them: remove it, or the bypass.");
        }

        var isNeeded = !isPublic && !path.IsAny && !path.IsExpression;
        if (asked == false && isNeeded)
        {
            scope.Note(position, $"{scope.Key(position)}=false is ignored: under a guarded path cloudflared has to check the token, as it and Access match paths differently.");
        }

        return asked == true || isNeeded;
    }

    private static string? ReadSession(ref readonly LabelScope scope)
    {
        var position = scope.Find(LabelId.AccessSessionDuration);
        if (position < 0 || scope.Value(position) is not { Length: > 0 } value)
        {
            return null;
        }

        if (GoDuration.TryParse(value, out var duration) && duration >= TimeSpan.Zero)
        {
            return value;
        }

        scope.Fail(position, $"{scope.Key(position)} is '{value}', which is not a duration: write hours or minutes, such as 24h or 30m (a day is 24h).");
        return null;
    }

    private static EquatableArray<string> ReadIdps(ref readonly LabelScope scope)
    {
        var position = scope.Find(LabelId.AccessAllowedIdps);
        if (scope.Text(position) is not { } text)
        {
            return [];
        }

        var providers = LabelScope.List(text);
        if (providers.IsEmpty)
        {
            scope.Fail(position, $"{scope.Key(position)} is '{text}' and names no identity provider: write ids or names, or remove the label to offer all.");
        }

        return providers;
    }

    private static void NoteIgnored(ref readonly LabelScope scope, LabelId first, LabelId last, string because)
    {
        for (var id = first; id <= last; id++)
        {
            if (scope.Says(id))
            {
                var position = scope.Find(id);
                scope.Note(position, $"{scope.Key(position)} is ignored, {because}.");
            }
        }
    }
}
