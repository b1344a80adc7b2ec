using DockFlare.Core.Labels;

namespace DockFlare.Tests.Labels;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("30s", 30_000_000_000)]
    [InlineData("-5s", -5_000_000_000)]
    [InlineData("+5s", 5_000_000_000)]
    [InlineData("1h2m3.5s", 3_723_500_000_000)]
    [InlineData("1.5h", 5_400_000_000_000)]
    [InlineData(".5s", 500_000_000)]
    [InlineData("1.s", 1_000_000_000)]
    [InlineData("100ms", 100_000_000)]
    [InlineData("7us", 7_000)]
    [InlineData("7\u00b5s", 7_000)]
    [InlineData("3ns", 3)]
    [InlineData("2562047h", 9_223_369_200_000_000_000)]
    public void Durations_are_read_as_Go_reads_them(string text, long expected)
    {
        Assert.True(GoDuration.TryParse(text, out var nanoseconds));
        Assert.Equal(expected, nanoseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("-")]
    [InlineData("1d")]
    [InlineData("30sec")]
    [InlineData("1.2.3s")]
    [InlineData(".s")]
    [InlineData("1 s")]
    [InlineData("s")]
    [InlineData("1S")]
    [InlineData("2562048h")]
    [InlineData("99999999999999999999s")]
    public void What_Go_does_not_take_is_refused(string text) => Assert.False(GoDuration.TryParse(text, out _));
}
