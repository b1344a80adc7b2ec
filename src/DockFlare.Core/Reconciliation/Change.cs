using DockFlare.Core.Access;
using DockFlare.Core.Commands;
using DockFlare.Core.Ingress;

namespace DockFlare.Core.Reconciliation;

/// <summary>
/// The order changes are applied in. A host is guarded before it is routed and routed before it is published,
/// and leaves in the opposite order, so no step along the way exposes a host that should be protected.
/// </summary>
public enum ChangePhase
{
    /// <summary>Makes tunnels, and lets go of what operators release.</summary>
    Provision,

    /// <summary>Makes Access applications and policies.</summary>
    Guard,

    /// <summary>Removes DNS of what leaves.</summary>
    Withdraw,

    /// <summary>Adds and changes rules.</summary>
    Route,

    /// <summary>Writes DNS.</summary>
    Publish,

    /// <summary>Removes rules and records of what moved elsewhere.</summary>
    Unroute,

    /// <summary>Removes Access.</summary>
    Unguard,

    /// <summary>Sends commands to agents.</summary>
    Dispatch,
}

/// <summary>One step. Applying it twice is applying it once.</summary>
public abstract record Change
{
    private Change()
    {
    }

    /// <summary>When it is applied.</summary>
    public abstract ChangePhase Phase { get; }

    /// <summary>What it is about: a host, a tunnel or an agent.</summary>
    public abstract string Subject { get; }

    /// <summary>What an operator agrees to it with, when it is an adoption; null for everything else.</summary>
    public string? AdoptionId => Adoptions.FindId(this);

    /// <summary>What an operator asks for it with, when it is a release; null for everything else.</summary>
    public string? ReleaseId => Releases.FindId(this);

    /// <summary>One line for a terminal, a log and a review, such as <c>+ record   app.example.com -> ….cfargotunnel.com</c>.</summary>
    public string Describe() => PlanText.Describe(this);

    /// <summary>A tunnel is made.</summary>
    /// <param name="Tunnel">The tunnel; its id is symbolic.</param>
    public sealed record CreateTunnel(TunnelAssignment Tunnel) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Provision;

        /// <inheritdoc />
        public override string Subject => Tunnel.Name;
    }

    /// <summary>A tunnel that has the name of ours is taken over, with everything in it: an operator agreed.</summary>
    /// <param name="Tunnel">The tunnel that was to be made; its id is symbolic.</param>
    /// <param name="TunnelId">The id of the one that is there.</param>
    public sealed record AdoptTunnel(TunnelAssignment Tunnel, string TunnelId) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Provision;

        /// <inheritdoc />
        public override string Subject => Tunnel.Name;
    }

    /// <summary>A rule that is not ours is entered into the store as ours: an operator agreed. What it says is a matter of the document's write.</summary>
    /// <param name="Tunnel">The tunnel.</param>
    /// <param name="Rule">The rule of ours that has its place.</param>
    /// <param name="Observed">As it is.</param>
    public sealed record AdoptRule(TunnelAssignment Tunnel, IngressRule Rule, IngressEntry Observed) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Route;

        /// <inheritdoc />
        public override string Subject => Rule.Key.Host;
    }

    /// <summary>A tunnel's document is brought to carry our rules; what is not ours in it stays.</summary>
    /// <param name="Tunnel">The tunnel.</param>
    /// <param name="Rules">Every rule of ours that it should carry.</param>
    /// <param name="Added">Those that are new.</param>
    /// <param name="Changed">Those that say something else than before.</param>
    /// <param name="Removed">Those of ours that go; any other rule that is not in <paramref name="Rules"/> stays as it is.</param>
    public sealed record PutIngress(
        TunnelAssignment Tunnel,
        EquatableArray<IngressRule> Rules,
        EquatableArray<RuleIdentity> Added,
        EquatableArray<RuleIdentity> Changed,
        EquatableArray<RuleIdentity> Removed) : Change
    {
        /// <summary>Whether this is the removal after a move.</summary>
        public bool AfterMove { get; init; }

        /// <inheritdoc />
        public override ChangePhase Phase => AfterMove ? ChangePhase.Unroute : ChangePhase.Route;

        /// <inheritdoc />
        public override string Subject => Tunnel.Name;
    }

    /// <summary>A record is made.</summary>
    /// <param name="Desired">The record.</param>
    public sealed record CreateDns(DesiredRecord Desired) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Publish;

        /// <inheritdoc />
        public override string Subject => Desired.Name;
    }

    /// <summary>A record of ours is changed.</summary>
    /// <param name="Observed">As it is.</param>
    /// <param name="Desired">As it should be.</param>
    public sealed record UpdateDns(ObservedRecord Observed, DesiredRecord Desired) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Publish;

        /// <inheritdoc />
        public override string Subject => Desired.Name;
    }

    /// <summary>A record that is not ours is repointed and marked in one write, when its host is guarded and routed: an operator agreed.</summary>
    /// <param name="Observed">As it is.</param>
    /// <param name="Desired">As it should be.</param>
    public sealed record AdoptDns(ObservedRecord Observed, DesiredRecord Desired) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Publish;

        /// <inheritdoc />
        public override string Subject => Desired.Name;
    }

    /// <summary>A record of ours is deleted.</summary>
    /// <param name="Observed">The record.</param>
    public sealed record DeleteDns(ObservedRecord Observed) : Change
    {
        /// <summary>Whether its host has its record in another zone now, so that this one goes only when that one is there.</summary>
        public bool AfterMove { get; init; }

        /// <inheritdoc />
        public override ChangePhase Phase => AfterMove ? ChangePhase.Unroute : ChangePhase.Withdraw;

        /// <inheritdoc />
        public override string Subject => Observed.Name;
    }

    /// <summary>A reusable Access policy is made.</summary>
    /// <param name="Desired">The policy.</param>
    public sealed record CreatePolicy(DesiredPolicy Desired) : Change
    {
        /// <summary>Whether a host that is served already waits for it.</summary>
        public bool IsClosing { get; init; }

        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Guard;

        /// <inheritdoc />
        public override string Subject => Desired.Policy.Name;
    }

    /// <summary>A reusable Access policy of ours is replaced whole, so that no moment is without one.</summary>
    /// <param name="Observed">As it is.</param>
    /// <param name="Desired">As it should be.</param>
    public sealed record UpdatePolicy(ObservedPolicy Observed, DesiredPolicy Desired) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Guard;

        /// <inheritdoc />
        public override string Subject => Desired.Policy.Name;
    }

    /// <summary>A reusable Access policy of ours that no application uses any more is deleted.</summary>
    /// <param name="Observed">The policy.</param>
    public sealed record DeletePolicy(ObservedPolicy Observed) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Unguard;

        /// <inheritdoc />
        public override string Subject => Observed.Policy.Name;
    }

    /// <summary>An Access application is made.</summary>
    /// <param name="Desired">The application.</param>
    public sealed record CreateAccess(DesiredApp Desired) : Change
    {
        /// <summary>Whether its host is served already, without it.</summary>
        public bool IsClosing { get; init; }

        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Guard;

        /// <inheritdoc />
        public override string Subject => Desired.Key;
    }

    /// <summary>An Access application of ours is replaced whole, with all its policies, so that no moment is unprotected.</summary>
    /// <param name="Observed">As it is.</param>
    /// <param name="Desired">As it should be.</param>
    public sealed record UpdateAccess(ObservedApp Observed, DesiredApp Desired) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Guard;

        /// <inheritdoc />
        public override string Subject => Desired.Key;
    }

    /// <summary>An Access application that is not ours is entered into the store as ours and replaced whole: an operator agreed.</summary>
    /// <param name="Observed">As it is.</param>
    /// <param name="Desired">As it should be.</param>
    public sealed record AdoptAccess(ObservedApp Observed, DesiredApp Desired) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Guard;

        /// <inheritdoc />
        public override string Subject => Desired.Key;
    }

    /// <summary>An Access application of ours that guards nothing any more is deleted, after the record and the rule are gone.</summary>
    /// <param name="Observed">The application.</param>
    public sealed record DeleteAccess(ObservedApp Observed) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Unguard;

        /// <inheritdoc />
        public override string Subject => Observed.OwnedAs ?? Observed.Name;
    }

    /// <summary>A reusable Access policy that is not ours is entered into the store as ours and replaced whole: an operator agreed.</summary>
    /// <param name="Observed">As it is.</param>
    /// <param name="Desired">As it should be.</param>
    public sealed record AdoptPolicy(ObservedPolicy Observed, DesiredPolicy Desired) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Guard;

        /// <inheritdoc />
        public override string Subject => Desired.Policy.Name;
    }

    /// <summary>Our mark is taken off a record, which stays as it is: an operator asked for it.</summary>
    /// <param name="Observed">As it is, and stays.</param>
    public sealed record ReleaseDns(ObservedRecord Observed) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Provision;

        /// <inheritdoc />
        public override string Subject => Observed.Name;
    }

    /// <summary>A rule of ours is forgotten, and stays as it is: an operator asked for it.</summary>
    /// <param name="Tunnel">The tunnel.</param>
    /// <param name="Observed">As it is, and stays.</param>
    public sealed record ReleaseRule(TunnelAssignment Tunnel, IngressEntry Observed) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Provision;

        /// <inheritdoc />
        public override string Subject => Observed.Identity.Hostname;
    }

    /// <summary>Our tag is taken off an Access application, which stays as it is and is forgotten: an operator asked for it.</summary>
    /// <param name="Observed">As it is, and stays.</param>
    public sealed record ReleaseAccess(ObservedApp Observed) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Provision;

        /// <inheritdoc />
        public override string Subject => Observed.OwnedAs ?? Observed.Name;
    }

    /// <summary>A reusable Access policy of ours is forgotten, and stays as it is: an operator asked for it.</summary>
    /// <param name="Observed">As it is, and stays.</param>
    public sealed record ReleasePolicy(ObservedPolicy Observed) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Provision;

        /// <inheritdoc />
        public override string Subject => Observed.Policy.Name;
    }

    /// <summary>A command is put in an agent's queue.</summary>
    /// <param name="Agent">Whose queue.</param>
    /// <param name="Command">The command.</param>
    public sealed record DispatchCommand(AgentId Agent, AgentCommand Command) : Change
    {
        /// <inheritdoc />
        public override ChangePhase Phase => ChangePhase.Dispatch;

        /// <inheritdoc />
        public override string Subject => Agent.Value;
    }
}
