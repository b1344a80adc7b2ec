using System.Globalization;

namespace DockFlare.Core.Ingress;

/// <summary>The type go-yaml gives a scalar.</summary>
internal static class YamlScalar
{
    public static string TagOf(IngressNode.Scalar scalar)
    {
        if (!scalar.IsPlain)
        {
            return "!!str";
        }

        return scalar.Text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => "!!null",
            "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => "!!bool",
            "<<" => "!!merge",
            ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN" => "!!float",
            _ when TryInteger(scalar.Text, out _) => "!!int",
            _ when TryFloat(scalar.Text, out _) => "!!float",
            _ => "!!str",
        };
    }

    /// <summary>A flag; go-yaml also takes the words of YAML 1.1 where it expects one.</summary>
    public static bool? Flag(IngressNode.Scalar scalar) => (TagOf(scalar), scalar.Text) switch
    {
        ("!!bool", var text) => text[0] is 't' or 'T',
        ("!!str", "y" or "Y" or "yes" or "on") => true,
        ("!!str", "n" or "N" or "no" or "off") => false,
        _ => null,
    };

    /// <summary>A whole number; go-yaml cuts the fraction off a float.</summary>
    public static decimal? Number(IngressNode.Scalar scalar) => TagOf(scalar) switch
    {
        "!!int" when TryInteger(scalar.Text, out var number) => number,
        "!!float" when TryFloat(scalar.Text, out var number) && Math.Abs(number) < 1e19 => decimal.Truncate((decimal)number),
        _ => null,
    };

    private static bool TryInteger(string text, out decimal number)
    {
        number = 0;
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        var isNegative = digits is ['-', ..];
        var rest = digits is ['-' or '+', ..] ? digits.AsSpan(1) : digits;
        if (rest.IsEmpty || !char.IsAsciiDigit(rest[0]))
        {
            return false;
        }

        var radix = rest is ['0', 'x' or 'X', ..] ? 16 : rest is ['0', 'b' or 'B', ..] ? 2 : rest is ['0', 'o' or 'O', ..] ? 8 : rest.Length > 1 && rest[0] == '0' ? 0 : 10;
        rest = radix is 10 ? rest : radix is 0 ? rest[1..] : rest[2..];
        if (rest.IsEmpty)
        {
            return false;
        }

        foreach (var c in rest)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            var size = radix is 0 ? 8 : radix;
            if (digit >= size || number > ulong.MaxValue)
            {
                return false;
            }

            number = (number * size) + digit;
        }

        number = isNegative ? -number : number;
        return number >= long.MinValue && number <= ulong.MaxValue;
    }

    private static bool TryFloat(string text, out double number)
    {
        number = 0;
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        return digits.Length > 0
            && (char.IsAsciiDigit(digits[^1]) || digits[^1] == '.')
            && digits.Any(char.IsAsciiDigit)
            && double.TryParse(digits, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number)
            && !double.IsInfinity(number);
    }
}
