using System.Text;

namespace DockFlare.Core.Existing;

/// <summary>The view as text for people.</summary>
internal static class ExistingText
{
    private const int Margin = 13;

    public static string Write(ExistingView view)
    {
        var text = new StringBuilder();
        foreach (var thing in view.Things)
        {
            text.Append(thing.Kind.ToString().PadRight(Margin)).Append(thing.Subject);
            if (thing.Target.Length > 0)
            {
                text.Append(" -> ").Append(thing.Target);
            }

            if (thing.Tunnel is { } tunnel)
            {
                text.Append(thing.Kind == ExistingKind.Rule ? " on " : " of ").Append(tunnel);
            }

            text.Append(": ").Append(Word(thing.Owner)).Append(thing.CanBeAdopted ? ", can be adopted" : "").Append('\n');
            if (thing.ReleaseId is { } release)
            {
                text.Append(' ', Margin).Append("release ").Append(release).Append('\n');
            }

            if (thing.Note is { } note)
            {
                text.Append(' ', Margin).Append(note).Append('\n');
            }

            foreach (var label in thing.Labels)
            {
                text.Append(' ', Margin).Append(label).Append('\n');
            }
        }

        foreach (var unread in view.Unread)
        {
            text.Append("Not read".PadRight(Margin)).Append(unread).Append('\n');
        }

        return text.Length == 0 ? "There is nothing.\n" : text.ToString();
    }

    private static string Word(ExistingOwner owner) => owner switch
    {
        ExistingOwner.Ours => "ours",
        ExistingOwner.OtherInstallation => "another installation's",
        ExistingOwner.Orphaned => "orphaned",
        _ => "not ours",
    };
}
