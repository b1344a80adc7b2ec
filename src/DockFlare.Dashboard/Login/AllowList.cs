using DockFlare.Core;

namespace DockFlare.Dashboard.Login;

/// <summary>Whom a login provider lets in, and as what: <c>alice@example.com=admin, @example.com, group:ops=operator</c>.</summary>
internal sealed record AllowList(EquatableArray<AllowEntry> Entries)
{
    public const string Group = "group:";

    /// <summary>Whether it can name an admin at all.</summary>
    public bool HasAdmin => Entries.Any(static entry => entry.Role == Role.Admin);

    public bool NamesGroups => Entries.Any(static entry => entry.Kind == AllowKind.Group);

    /// <summary>Reads a list; what cannot be read becomes a fault that names the setting.</summary>
    public static AllowList Read(string variable, string text, Action<string> addFault)
    {
        var entries = new List<AllowEntry>();
        foreach (var part in text.Split([',', ';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.LastIndexOf('=');
            var (who, word) = at < 0 ? (part, "viewer") : (part[..at].TrimEnd(), part[(at + 1)..].Trim());
            if (!Enum.TryParse<Role>(word, ignoreCase: true, out var role) || !Enum.IsDefined(role) || char.IsAsciiDigit(word[0]))
            {
                addFault($"{variable} has '{part}', whose role is none: write =admin, =operator or =viewer behind it.");
            }
            else if (Read(who, role) is { } entry)
            {
                entries.Add(entry);
            }
            else
            {
                addFault($"{variable} has '{part}', which is neither an address nor a domain nor a group: write for example alice@example.com=admin, @example.com or group:ops=operator.");
            }
        }

        return new(entries.ToEquatableArray());
    }

    /// <summary>What somebody may do; null when they may not come in. The highest of what applies counts.</summary>
    public Role? RoleOf(string email, IEnumerable<string> groups)
    {
        var domain = email[(email.LastIndexOf('@') + 1)..];
        var theirs = groups.ToHashSet(StringComparer.Ordinal);
        return Entries.Where(entry => entry.Kind switch
        {
            AllowKind.Email => string.Equals(entry.Value, email, StringComparison.OrdinalIgnoreCase),
            AllowKind.Domain => string.Equals(entry.Value, domain, StringComparison.OrdinalIgnoreCase),
            _ => theirs.Contains(entry.Value),
        }).Select(static entry => (Role?)entry.Role).Max();
    }

    /// <summary>Whether a text can be an address: one <c>@</c> with something on both sides, and nothing that could draw lines.</summary>
    public static bool IsEmail(string text) =>
        text.Length <= 254 && text.Split('@') is [{ Length: > 0 }, { Length: > 0 }] && !text.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c));

    private static AllowEntry? Read(string who, Role role) => who switch
    {
        _ when who.StartsWith(Group, StringComparison.Ordinal) && who.Length > Group.Length => new(AllowKind.Group, who[Group.Length..].Trim(), role),
        ['@', .. { Length: > 0 } domain] when !domain.Contains('@', StringComparison.Ordinal) && !domain.Contains('*', StringComparison.Ordinal) => new(AllowKind.Domain, domain, role),
        _ when IsEmail(who) && !who.Contains('*', StringComparison.Ordinal) && !who.Contains(':', StringComparison.Ordinal) => new(AllowKind.Email, who, role),
        _ => null,
    };
}

/// <summary>One entry of an <see cref="AllowList"/>.</summary>
internal sealed record AllowEntry(AllowKind Kind, string Value, Role Role);

/// <summary>What an entry goes by.</summary>
internal enum AllowKind
{
    Email,
    Domain,
    Group,
}
