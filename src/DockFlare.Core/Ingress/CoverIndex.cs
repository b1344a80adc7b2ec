namespace DockFlare.Core.Ingress;

/// <summary>Finds the first rule that takes every request another rule could get: by its host or a broader one, and its path or a prefix of it.</summary>
internal sealed class CoverIndex
{
    private readonly Dictionary<(string Host, RulePath Path), int> first = [];

    public void Add(string host, RulePath path, int index) => first.TryAdd((host, path), index);

    public int? Find(string host, RulePath path)
    {
        int? cover = null;
        foreach (var pattern in HostPattern.Covering(host).Prepend(host).Append("").Append("*"))
        {
            foreach (var broad in HostPattern.AtOrAbove(path))
            {
                if (first.TryGetValue((pattern, broad), out var at) && at < (cover ?? int.MaxValue))
                {
                    cover = at;
                }
            }
        }

        return cover;
    }
}
