using System.Text;

namespace DockFlare.Core.Labels;

/// <summary>RFC 3492, as IDNA uses it: a label in ASCII. The runtime's own answers differ with the globalisation data it finds.</summary>
internal static class Punycode
{
    /// <summary>Whether all in the label that is ASCII may stand beside other letters: IDNA has no '_'.</summary>
    public static bool IsEncodable(ReadOnlySpan<char> label)
    {
        foreach (var c in label)
        {
            if (char.IsAscii(c) && !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return label is not (['-', ..] or [.., '-']);
    }

    /// <summary>Appends <c>xn--</c> and the label's encoding.</summary>
    public static void Append(StringBuilder target, ReadOnlySpan<char> label)
    {
        target.Append("xn--");
        var basic = 0;
        foreach (var c in label)
        {
            if (char.IsAscii(c))
            {
                target.Append(c);
                basic++;
            }
        }

        if (basic > 0)
        {
            target.Append('-');
        }

        var next = 0x80;
        var delta = 0;
        var bias = 72;
        for (var handled = basic; handled < label.Length;)
        {
            var smallest = int.MaxValue;
            foreach (var c in label)
            {
                if (c >= next && c < smallest)
                {
                    smallest = c;
                }
            }

            delta += (smallest - next) * (handled + 1);
            next = smallest;
            foreach (var c in label)
            {
                if (c < next)
                {
                    delta++;
                }
                else if (c == next)
                {
                    AppendNumber(target, delta, bias);
                    bias = Adapt(delta, handled + 1, handled == basic);
                    delta = 0;
                    handled++;
                }
            }

            delta++;
            next++;
        }
    }

    private static void AppendNumber(StringBuilder target, int number, int bias)
    {
        for (var k = 36; ; k += 36)
        {
            var threshold = Math.Clamp(k - bias, 1, 26);
            if (number < threshold)
            {
                target.Append(Digit(number));
                return;
            }

            target.Append(Digit(threshold + ((number - threshold) % (36 - threshold))));
            number = (number - threshold) / (36 - threshold);
        }
    }

    private static char Digit(int value) => (char)(value < 26 ? 'a' + value : '0' + value - 26);

    private static int Adapt(int delta, int points, bool isFirst)
    {
        delta = isFirst ? delta / 700 : delta / 2;
        delta += delta / points;
        var k = 0;
        for (; delta > 455; k += 36)
        {
            delta /= 35;
        }

        return k + (36 * delta / (delta + 38));
    }
}
