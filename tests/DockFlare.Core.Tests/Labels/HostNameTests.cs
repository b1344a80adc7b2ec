using System.Text;
using CsCheck;
using DockFlare.Core.Labels;

namespace DockFlare.Tests.Labels;

public sealed class HostNameTests
{
    /// <summary>Each line of the file is a name and what non-transitional UTS 46 makes of it (or "refused"), from the Unicode data.</summary>
    [Fact]
    public void A_name_that_is_converted_is_converted_as_UTS_46_does_and_any_other_is_refused()
    {
        var refused = new StringBuilder();
        foreach (var line in File.ReadLines(Snapshot.PathBeside(["idna-vectors.txt"])))
        {
            var parts = line.Split(' ');
            if (HostName.TryParse(parts[0], out var host, out var fault))
            {
                Assert.Equal(parts[1], host);
            }
            else
            {
                refused.Append(parts[0]).Append(": ").Append(fault).Append('\n');
            }
        }

        Snapshot.Match("idna-refused", "txt", refused.ToString());
    }

    [Theory]
    [InlineData("app.example.com")]
    [InlineData("*.example.com")]
    [InlineData("_dmarc.a_b.example.com")]
    [InlineData("xn--mller-kva.example.com")]
    [InlineData("1.2.example.com")]
    [InlineData("a--b.example.com")]
    [InlineData("r3---sn.example.com")]
    public void A_canonical_name_is_answered_as_it_is_without_a_copy(string text)
    {
        Assert.True(HostName.TryParse(text, out var host, out _));
        Assert.Same(text, host);
    }

    [Theory]
    [InlineData("app.example.com/api", "'app.example.com/api' has a path: write app.example.com here and put /api in dockflare.path.")]
    [InlineData("https://app.example.com", "'https://app.example.com' starts with a scheme: leave out 'https://' and write the host alone.")]
    [InlineData("app.example.com,", "'app.example.com,' ends with ',': leave it out.")]
    [InlineData("app.example.com\n", null)]
    [InlineData("[::1]", "'[::1]' is an address: write a name in one of your zones, such as app.example.com.")]
    [InlineData("user@example.com", "'user@example.com' has a '@': use letters, digits, '-' and '_'.")]
    [InlineData("a..example.com", "'a..example.com' has nothing between two dots or before the first: write names of 1 to 63 characters, such as app.example.com.")]
    [InlineData("", "The hostname is empty: write a name such as app.example.com.")]
    [InlineData(null, "The hostname is empty: write a name such as app.example.com.")]
    public void A_fault_says_what_to_write_instead(string? text, string? expected)
    {
        Assert.Equal(expected is null, HostName.TryParse(text, out _, out var fault, "dockflare.path"));
        Assert.Equal(expected, fault);
    }

    [Fact]
    public void Lengths_are_those_of_the_DNS()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{new string('a', 57)}.com";

        Assert.Equal(253, longest.Length);
        Assert.True(HostName.TryParse(longest, out _, out _));
        Assert.False(HostName.TryParse("a" + longest[..^4] + "a.com", out _, out _));
        Assert.False(HostName.TryParse($"a{label}.example.com", out _, out _));
        Assert.False(HostName.TryParse($"{new string('ü', 60)}.example.com", out _, out var fault));
        Assert.Contains("63", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_written_is_read_or_refused_and_reading_again_changes_nothing() => Gen.OneOf(
        Gen.String,
        Gen.String[Gen.Char["abcü\u0308é*.-_AZ09/: "], 0, 30],
        Gen.String[Gen.Char["äßσςΣйЙ한日ーが.x"], 0, 80].Select(text => text + ".example.com")).Sample(
        text =>
        {
            if (!HostName.TryParse(text, out var host, out var fault))
            {
                Assert.EndsWith(".", fault, StringComparison.Ordinal);
                return;
            }

            Assert.Null(fault);
            Assert.InRange(host.Length, 3, 253);
            Assert.DoesNotContain(host, c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_' or '.' or '*'));
            Assert.All(host.Split('.'), part => Assert.InRange(part.Length, 1, 63));
            Assert.True(HostName.TryParse(host, out var again, out _));
            Assert.Equal(host, again);
        },
        iter: Samples.Of(20_000, 400_000));
}
