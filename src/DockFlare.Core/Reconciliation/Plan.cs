namespace DockFlare.Core.Reconciliation;

/// <summary>The ordered steps from what is to what should be.</summary>
public sealed record Plan
{
    /// <summary>Nothing to do.</summary>
    public static Plan Empty { get; } = new();

    /// <summary>The steps, by phase and then by subject.</summary>
    public EquatableArray<Change> Changes { get; init; }

    /// <summary>
    /// Deletions that wait for an operator's confirmation, or that the policy forbids, and what is not ours and could be adopted.
    /// </summary>
    public EquatableArray<HeldChange> Held { get; init; }

    /// <summary>Stands for the deletions and changes that are held, for a confirmation of these and no others; null when there are none.</summary>
    public string? ConfirmationDigest => Adoptions.Digest(Held.Where(static held => held.AdoptionId is null));

    /// <summary>Stands for everything that could be adopted, for an agreement to all of it; null when there is nothing.</summary>
    public string? AdoptionDigest => Adoptions.Digest(Held.Where(static held => held.AdoptionId is not null));

    /// <summary>Routes that cannot be served, with the reason, by route.</summary>
    public EquatableArray<BlockedRoute> Blocked { get; init; }

    /// <summary>Whether there is nothing to apply.</summary>
    public bool IsEmpty => Changes.IsEmpty;

    /// <summary>One line for each step, made for a terminal and for a review.</summary>
    public override string ToString() => PlanText.Write(this);

    /// <summary>The plan as indented JSON, in the shape of <see cref="WriteTo"/>.</summary>
    public string ToJson() => PlanJson.Write(this);

    /// <summary>
    /// Writes the plan as JSON, in a shape that only ever grows. <c>{"changes": […], "held": [{"reason", "adopt", "change"}], "confirm", "adopt", "blocked": [{"route", "reason", "served"}]}</c>,
    /// where <c>confirm</c> and <c>adopt</c> stand for what is held: for its deletions and for its adoptions;
    /// a change has <c>phase</c>, <c>kind</c>, <c>subject</c> and <c>text</c>, and by kind:
    /// <c>create_tunnel</c> <c>tunnel_name</c>, <c>agent</c> ·
    /// <c>put_ingress</c> <c>tunnel_id</c>, <c>tunnel_name</c>, <c>added</c> and <c>changed</c> (<c>hostname</c>, <c>path</c>, <c>service</c>), <c>removed</c> (<c>hostname</c>, <c>path</c>) ·
    /// <c>adopt_tunnel</c> <c>tunnel_id</c>, <c>tunnel_name</c>, <c>agent</c> ·
    /// <c>adopt_rule</c> <c>tunnel_id</c>, <c>tunnel_name</c>, <c>hostname</c>, <c>path</c>, <c>observed</c> and <c>desired</c> (the services) ·
    /// <c>create_dns</c>, <c>update_dns</c>, <c>adopt_dns</c>, <c>delete_dns</c> <c>zone_id</c>, <c>desired</c> and <c>observed</c> (<c>name</c>, <c>type</c>, <c>content</c>, <c>proxied</c>, <c>comment</c>) ·
    /// <c>create_policy</c>, <c>update_policy</c>, <c>adopt_policy</c>, <c>release_policy</c>, <c>delete_policy</c> <c>policy</c> ·
    /// <c>release_dns</c> <c>zone_id</c>, <c>observed</c> · <c>release_rule</c> <c>tunnel_id</c>, <c>tunnel_name</c>, <c>hostname</c>, <c>path</c>, <c>observed</c> (the service) · <c>release_access</c> <c>application</c> ·
    /// <c>create_access</c>, <c>update_access</c>, <c>adopt_access</c> <c>application</c>, <c>destinations</c>, <c>policies</c> · <c>delete_access</c> <c>application</c> ·
    /// <c>dispatch_command</c> <c>agent</c>, <c>command</c>, <c>command_id</c>, <c>tunnel_id</c>, <c>generation</c>.
    /// Names are in snake case; what is not known is left out. No secret is in it.
    /// </summary>
    public void WriteTo(System.Text.Json.Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);

        PlanJson.Write(writer, this);
    }
}

/// <summary>A step that is not applied.</summary>
/// <param name="Change">The step.</param>
/// <param name="Reason">Why it waits and what lets it go on.</param>
public sealed record HeldChange(Change Change, string Reason)
{
    /// <summary>For an adoption: what an operator agrees to it with. It stands for both sides as they are. Null for everything else.</summary>
    public string? AdoptionId => Change.AdoptionId;
}

/// <summary>A route that cannot be served as things are at Cloudflare, or of which that cannot be said just now.</summary>
/// <param name="Key">Which route.</param>
/// <param name="Reason">Both sides of it, and what to do.</param>
public sealed record BlockedRoute(Ingress.RuleKey Key, string Reason)
{
    /// <summary>It was served before and stays as it is; what could not be read is all that is in the way.</summary>
    public bool IsServed { get; init; }
}
