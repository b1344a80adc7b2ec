using System.Globalization;
using System.Text;

namespace DockFlare.Core.Ingress;

/// <summary>
/// Reads RE2's syntax as Go's regexp/syntax does with Perl's flags, with its messages, and writes the same expression for .NET's
/// non-backtracking engine. Groups live on a stack of its own: depth cannot exhaust the thread's.
/// </summary>
internal sealed partial class Re2Parser
{
    private const int MaxRepeat = 1000;
    private const int MaxHeight = 1000;
    private const long MaxSize = 3_355_443;

    private readonly string pattern;
    private readonly Stack<Group> groups = new();

    /// <summary>What is read so far, for .NET: one text, in which a part is known by where it starts, so that nesting copies nothing.</summary>
    private readonly StringBuilder dotNet = new();

    private Group group = new(start: 0, Flags.None);
    private Flags flags;
    private int at;

    private Re2Parser(string pattern) => this.pattern = pattern;

    [Flags]
    private enum Flags
    {
        None = 0,
        IgnoreCase = 1,
        MultiLine = 2,
        DotAll = 4,
    }

    /// <summary>Go's message, or null when the expression is well-formed and <paramref name="dotNet"/> is what .NET takes for it.</summary>
    /// <param name="pattern">The expression.</param>
    /// <param name="dotNet">The same for .NET; null when .NET lacks a script the expression names.</param>
    public static string? FindFault(string pattern, out string? dotNet)
    {
        var parser = new Re2Parser(pattern);
        try
        {
            parser.Parse();
            dotNet = parser.isUntranslatable ? null : parser.dotNet.ToString();
            return null;
        }
        catch (Re2Fault fault)
        {
            dotNet = null;
            return $"error parsing regexp: {fault.Message}";
        }
    }

    private void Parse()
    {
        var lastRepeat = -1;
        while (at < pattern.Length)
        {
            var start = at;
            var isRepeat = false;
            switch (pattern[at])
            {
                case '(':
                    OpenGroup();
                    break;
                case ')':
                    CloseGroup();
                    break;
                case '|':
                    group.NextBranch();
                    dotNet.Append('|');
                    at++;
                    break;
                case '[':
                    Push(ReadClass());
                    break;
                case '\\':
                    ReadEscape();
                    break;
                case '*' or '+' or '?':
                    at++;
                    Repeat(pattern[start] == '+' ? 1 : 0, pattern[start] == '?' ? 1 : -1, start, lastRepeat, isCounted: false);
                    isRepeat = true;
                    break;
                case '{' when TryReadCount(out var min, out var max):
                    if (min < 0 || min > MaxRepeat || max > MaxRepeat || (max >= 0 && min > max))
                    {
                        throw Fault("invalid repeat count", pattern[start..at]);
                    }

                    Repeat(min, max, start, lastRepeat, isCounted: true);
                    isRepeat = true;
                    break;
                case '^':
                    at++;
                    Push(flags.HasFlag(Flags.MultiLine) ? "(?m:^)" : @"\A");
                    break;
                case '$':
                    at++;
                    Push(flags.HasFlag(Flags.MultiLine) ? "(?m:$)" : @"\z");
                    break;
                case '.':
                    at++;
                    Push(Any(flags.HasFlag(Flags.DotAll)));
                    break;
                default:
                    PushLiteral(ReadRune());
                    break;
            }

            lastRepeat = isRepeat ? start : -1;
        }

        if (groups.Count > 0)
        {
            throw Fault("missing closing )", pattern);
        }

        Checked(group.Close());
    }

    private void OpenGroup()
    {
        if (at + 1 < pattern.Length && pattern[at + 1] == '?')
        {
            OpenSpecialGroup();
            return;
        }

        at++;
        Open(flags);
    }

    private void CloseGroup()
    {
        if (groups.Count == 0)
        {
            throw Fault("unexpected )", pattern);
        }

        at++;
        var closed = Checked(group.Close());
        flags = group.OuterFlags;
        group = groups.Pop();
        dotNet.Append(')');
        Push(closed with { Height = closed.Height + 1, Size = closed.Size + 2 });
    }

    private void Open(Flags outer)
    {
        groups.Push(group);
        group = new(dotNet.Length, outer);
        dotNet.Append("(?:");
    }

    /// <summary><c>(?P&lt;name&gt;…)</c>, <c>(?&lt;name&gt;…)</c>, <c>(?flags:…)</c> and <c>(?flags)</c>.</summary>
    private void OpenSpecialGroup()
    {
        var rest = pattern.AsSpan(at);
        var nameAt = rest.Length > 4 && rest[2..].StartsWith("P<") ? 4 : rest.Length > 3 && rest[2] == '<' ? 3 : 0;
        if (nameAt > 0)
        {
            var end = rest.IndexOf('>');
            if (end < 0)
            {
                throw Fault("invalid named capture", rest.ToString());
            }

            var name = nameAt <= end ? rest[nameAt..end] : [];
            if (name.IsEmpty || name.ContainsAnyExcept(WordChars))
            {
                throw Fault("invalid named capture", rest[..(end + 1)].ToString());
            }

            at += end + 1;
            Open(flags);
            return;
        }

        ReadFlags();
    }

    private void ReadFlags()
    {
        var start = at;
        at += 2;
        var (on, off) = (Flags.None, Flags.None);
        var isOff = false;
        var sawFlag = false;
        while (at < pattern.Length)
        {
            var c = ReadRune().Value;
            if (c is ':' or ')' && (!isOff || sawFlag))
            {
                var outer = flags;
                flags = (flags | on) & ~off;
                if (c == ':')
                {
                    Open(outer);
                }

                return;
            }

            if (c == '-' && !isOff)
            {
                isOff = true;
                sawFlag = false;
                continue;
            }

            if (c is not ('i' or 'm' or 's' or 'U'))
            {
                break;
            }

            sawFlag = true;
            var flag = c switch { 'i' => Flags.IgnoreCase, 'm' => Flags.MultiLine, 's' => Flags.DotAll, _ => Flags.None };
            (on, off) = isOff ? (on, off | flag) : (on | flag, off);
        }

        throw Fault("invalid or unsupported Perl syntax", pattern[start..at]);
    }

    private void Repeat(int min, int max, int start, int lastRepeat, bool isCounted)
    {
        if (at < pattern.Length && pattern[at] == '?')
        {
            // Lazy or greedy decides which text matches, not whether one does.
            at++;
        }

        if (lastRepeat >= 0)
        {
            throw Fault("invalid nested repetition operator", pattern[lastRepeat..at]);
        }

        if (group.TakeLast() is not { } item)
        {
            throw Fault("missing argument to repetition operator", pattern[start..at]);
        }

        // {0} and {0,0} end the count: nothing below them is ever repeated.
        var times = max < 0 ? min : max;
        var weight = !isCounted || (max < 0 && min == 0) ? item.Weight : max == 0 ? 1 : Math.Min(item.Weight * times, MaxRepeat + 1);
        if (isCounted && (min >= 2 || max >= 2) && weight > MaxRepeat)
        {
            throw Fault("invalid repeat count", pattern[start..at]);
        }

        var count = (min, max) switch
        {
            (0, -1) => "*",
            (1, -1) => "+",
            (0, 1) => "?",
            (_, -1) => string.Create(CultureInfo.InvariantCulture, $"{{{min},}}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{{{min},{max}}}"),
        };
        dotNet.Insert(item.Start, "(?:").Append(')').Append(count);
        Push(item with { Weight = weight, Height = item.Height + 1, Size = (item.Size * Math.Max(1, times)) + 1 });
    }

    /// <summary><c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c>; anything else is a brace that stands for itself. Too big a number is -1.</summary>
    private bool TryReadCount(out int min, out int max)
    {
        var position = at + 1;
        max = -1;
        if (!TryReadNumber(ref position, out min) || position >= pattern.Length)
        {
            return false;
        }

        if (pattern[position] != ',')
        {
            max = min;
        }
        else if (++position < pattern.Length && pattern[position] != '}')
        {
            if (!TryReadNumber(ref position, out max))
            {
                return false;
            }

            min = max < 0 ? -1 : min;
        }

        if (position >= pattern.Length || pattern[position] != '}')
        {
            return false;
        }

        at = position + 1;
        return true;
    }

    private bool TryReadNumber(ref int position, out int number)
    {
        var rest = pattern.AsSpan(position);
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        var digits = end < 0 ? rest : rest[..end];
        position += digits.Length;
        number = digits.Length is > 0 and < 9 ? int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) : -1;
        return digits.Length > 0 && (digits.Length == 1 || digits[0] != '0');
    }

    private Rune ReadRune()
    {
        // Half of a surrogate pair is no character; Go would have got the replacement character.
        var rune = Rune.TryGetRuneAt(pattern, at, out var read) ? read : Rune.ReplacementChar;
        at += Rune.TryGetRuneAt(pattern, at, out _) ? rune.Utf16SequenceLength : 1;
        return rune;
    }

    private void PushLiteral(Rune rune) => Push(IgnoringCase(Literal(rune)));

    private string IgnoringCase(string text) => flags.HasFlag(Flags.IgnoreCase) ? $"(?i:{text})" : text;

    private void Push(string text)
    {
        Push(new Item(dotNet.Length, 1, 1, 1));
        dotNet.Append(text);
    }

    private void Push(Item item) => group.Add(Checked(item));

    private Item Checked(Item item)
    {
        if (item.Size > MaxSize)
        {
            throw Fault("expression too large", pattern);
        }

        return item.Height <= MaxHeight ? item : throw Fault("expression nests too deeply", pattern);
    }

    private static Re2Fault Fault(string code, string text) => new($"{code}: `{text}`");

    /// <summary>A part of the expression that a repetition can follow.</summary>
    /// <param name="Start">Where it starts in the text for .NET, to the end while it is the last.</param>
    /// <param name="Weight">The greatest product of counted repetitions on a way down.</param>
    /// <param name="Height">How deep it nests.</param>
    /// <param name="Size">How large its program is.</param>
    private readonly record struct Item(int Start, int Weight, int Height, long Size);

    /// <summary>What stands in one pair of parentheses, branch by branch.</summary>
    private sealed class Group(int start, Flags outerFlags)
    {
        private readonly List<Item> items = [];
        private Item sum = new(start, 1, 0, 0);
        private bool isAlternation;

        /// <summary>The flags that hold again after it.</summary>
        public Flags OuterFlags => outerFlags;

        public void Add(Item item) => items.Add(item);

        public Item? TakeLast()
        {
            if (items.Count == 0)
            {
                return null;
            }

            var last = items[^1];
            items.RemoveAt(items.Count - 1);
            return last;
        }

        public void NextBranch()
        {
            EndBranch();
            isAlternation = true;
        }

        public Item Close()
        {
            EndBranch();
            return sum with { Height = sum.Height + (isAlternation ? 1 : 0) };
        }

        private void EndBranch()
        {
            var height = 1;
            foreach (var item in items)
            {
                height = Math.Max(height, item.Height + (items.Count > 1 ? 1 : 0));
                sum = sum with { Weight = Math.Max(sum.Weight, item.Weight), Size = sum.Size + item.Size };
            }

            sum = sum with { Height = Math.Max(sum.Height, height), Size = sum.Size + 1 };
            items.Clear();
        }
    }

    private sealed class Re2Fault(string message) : Exception(message);
}
