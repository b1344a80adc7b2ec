using System.Text.Json.Nodes;

namespace DockFlare.Testing.Access;

/// <summary>The Access side of one account.</summary>
internal sealed class AccessState
{
    public bool IsEnabled { get; set; } = true;

    public JsonObject Organization { get; set; } = [];

    public AccessCollection Apps { get; } = new();

    public AccessCollection Policies { get; } = new();

    public AccessCollection Groups { get; } = new();

    public AccessCollection IdentityProviders { get; } = new();

    public AccessCollection ServiceTokens { get; } = new();

    /// <summary>By name: a tag has no other id.</summary>
    public AccessCollection Tags { get; } = new();

    public int AppsOfPolicy(string policyId) => Apps.All.Count(app => app.Policies.Exists(policy => policy.Id == policyId));

    public int AppsOfTag(string name) => Apps.All.Count(app => app.Document["tags"] is JsonArray tags && tags.Any(tag => tag?.GetValue<string>() == name));
}

/// <summary>One object. Its document is replaced as a whole and never changed in place.</summary>
internal sealed class AccessEntry(string id, JsonObject document)
{
    public string Id { get; } = id;

    public JsonObject Document { get; set; } = document;

    /// <summary>An application's policies in order. Empty for everything else.</summary>
    public List<AppPolicy> Policies { get; set; } = [];

    public string Name => Text("name") ?? "";

    public string? Text(string field) => Document[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

/// <summary>A policy of an application: a reference to a reusable one, or (with a document) its own.</summary>
internal sealed record AppPolicy(string Id, int Precedence, JsonObject? Own);

/// <summary>Objects of one kind, in the order they were made.</summary>
internal sealed class AccessCollection
{
    private readonly Dictionary<string, AccessEntry> byId = new(StringComparer.Ordinal);
    private readonly List<AccessEntry> all = [];

    public IReadOnlyList<AccessEntry> All => all;

    public AccessEntry? Find(string id) => byId.GetValueOrDefault(id);

    public AccessEntry Add(AccessEntry entry)
    {
        byId.Add(entry.Id, entry);
        all.Add(entry);
        return entry;
    }

    public void Remove(AccessEntry entry)
    {
        byId.Remove(entry.Id);
        all.Remove(entry);
    }
}
