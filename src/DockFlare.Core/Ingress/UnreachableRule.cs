namespace DockFlare.Core.Ingress;

/// <summary>A rule that no request can reach.</summary>
/// <param name="Index">Its position, from 0.</param>
/// <param name="CoveredBy">The earlier rule that takes every request it could get.</param>
public sealed record UnreachableRule(int Index, int CoveredBy);
