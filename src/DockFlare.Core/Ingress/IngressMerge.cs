namespace DockFlare.Core.Ingress;

/// <summary>Brings our rules into a document that others write too.</summary>
public static class IngressMerge
{
    /// <summary>Answers the document with exactly <paramref name="wanted"/> of ours in it; what is not ours stays.</summary>
    /// <param name="there">The document as it is.</param>
    /// <param name="owned">The rules in it that are ours, and may be changed or removed.</param>
    /// <param name="wanted">The rules of ours that it should carry.</param>
    public static IngressMergeResult Merge(IngressDocument there, IReadOnlyCollection<RuleIdentity> owned, IReadOnlyCollection<IngressRule> wanted) => new(there, []);
}

/// <summary>What came of a merge.</summary>
/// <param name="Document">The document to write.</param>
/// <param name="Taken">Wanted rules that were left out, because a rule of the same host and path is there that is not ours.</param>
public sealed record IngressMergeResult(IngressDocument Document, EquatableArray<RuleKey> Taken);
