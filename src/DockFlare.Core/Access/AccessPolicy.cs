namespace DockFlare.Core.Access;

/// <summary>Who gets in: any of <see cref="Include"/>, all of <see cref="Require"/>, none of <see cref="Exclude"/>.</summary>
/// <param name="Decision">What is done with them.</param>
public sealed record AccessPolicy(AccessDecision Decision)
{
    /// <summary>Its name at Cloudflare; empty to let DockFlare name it.</summary>
    public string Name { get; init; } = "";

    /// <summary>Any of these; at least one.</summary>
    public EquatableArray<AccessSelector> Include { get; init; }

    /// <summary>None of these.</summary>
    public EquatableArray<AccessSelector> Exclude { get; init; }

    /// <summary>All of these.</summary>
    public EquatableArray<AccessSelector> Require { get; init; }

    /// <summary>Other members of the policy, as the API's JSON, by name: <c>approval_required</c>, <c>session_duration</c>, …</summary>
    public EquatableArray<AccessPolicyField> Other { get; init; }

    /// <summary>Whether everybody gets in without a login.</summary>
    public bool IsPublic => Decision == AccessDecision.Bypass && Require.IsEmpty && Exclude.IsEmpty && Include.Any(static selector => selector.IsEveryone);

    /// <summary>Whether both let in the same people in the same way; names and the order of selectors do not count, nor do members that this one does not set.</summary>
    public bool SaysTheSameAs(AccessPolicy observed)
    {
        ArgumentNullException.ThrowIfNull(observed);
        return Decision == observed.Decision
            && SameSet(Include, observed.Include) && SameSet(Exclude, observed.Exclude) && SameSet(Require, observed.Require)
            && Other.All(field => observed.Other.Contains(field));
    }

    /// <summary>Why it cannot be used and what to write instead, as a sentence; null when it can.</summary>
    public string? FindFault()
    {
        if (Include.IsEmpty)
        {
            return "A policy includes nobody: add at least one selector to include.";
        }

        if (Decision is AccessDecision.Allow && Include.Concat(Require).Any(static selector => selector.Kind is AccessSelectorKind.ServiceToken or AccessSelectorKind.AnyServiceToken))
        {
            return "A policy with the decision allow names a service token, which works only under non_identity: change the decision.";
        }

        return Include.Concat(Exclude).Concat(Require).Select(static selector => selector.FindFault()).FirstOrDefault(static fault => fault is not null);
    }

    private static bool SameSet(EquatableArray<AccessSelector> left, EquatableArray<AccessSelector> right) =>
        left.Select(static selector => selector.ToJson()).ToHashSet(StringComparer.Ordinal).SetEquals(right.Select(static selector => selector.ToJson()));
}

/// <summary>A member of a policy that DockFlare passes on as it is.</summary>
/// <param name="Name">Such as <c>approval_required</c>.</param>
/// <param name="Json">Its value.</param>
public sealed record AccessPolicyField(string Name, string Json);
