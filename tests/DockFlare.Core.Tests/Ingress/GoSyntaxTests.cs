using DockFlare.Core.Ingress;

namespace DockFlare.Core.Tests.Ingress;

public sealed class GoSyntaxTests
{
    [Theory]
    [InlineData("[unclosed", "missing closing ]: `[unclosed`")]
    [InlineData("a(b", "missing closing ): `a(b`")]
    [InlineData("a)b", "unexpected ): `a)b`")]
    [InlineData("^/(?!admin)", "invalid or unsupported Perl syntax: `(?!`")]
    [InlineData("(?<!x)", "invalid named capture: `(?<!x)`")]
    [InlineData("(a)\\1", "invalid escape sequence: `\\1`")]
    [InlineData("*", "missing argument to repetition operator: `*`")]
    [InlineData("(*)", "missing argument to repetition operator: `*`")]
    [InlineData("a|+", "missing argument to repetition operator: `+`")]
    [InlineData("a**", "invalid nested repetition operator: `**`")]
    [InlineData("a{2}{3}", "invalid nested repetition operator: `{2}{3}`")]
    [InlineData("a{1001}", "invalid repeat count: `{1001}`")]
    [InlineData("a{3,2}", "invalid repeat count: `{3,2}`")]
    [InlineData("(a{100}){11}", "invalid repeat count: `{11}`")]
    [InlineData("[z-a]", "invalid character class range: `z-a`")]
    [InlineData("[[:nope:]]", "invalid character class range: `[:nope:]`")]
    [InlineData("\\pQ", "invalid character class range: `\\pQ`")]
    [InlineData("\\p{Klingon}", "invalid character class range: `\\p{Klingon}`")]
    [InlineData("(?P<n!>a)", "invalid named capture: `(?P<n!>`")]
    [InlineData("(?P<n", "invalid named capture: `(?P<n`")]
    [InlineData("a\\", "trailing backslash at end of expression: ``")]
    [InlineData("\\C", "invalid escape sequence: `\\C`")]
    [InlineData("\\Z", "invalid escape sequence: `\\Z`")]
    [InlineData("\\x{110000}", "invalid escape sequence: `\\x{110000`")]
    [InlineData("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`")]
    public void Expressions_that_go_refuses(string pattern, string fault) =>
        Assert.Equal($"error parsing regexp: {fault}", Re2Syntax.FindFault(pattern));

    [Theory]
    [InlineData("^/api", "/api/v1", true)]
    [InlineData("/*", "", true)]
    [InlineData("^/", "", false)]
    [InlineData("^/a.c$", "/abc", true)]
    [InlineData("^/a.c$", "/a\nc", false)]
    [InlineData("(?s)^/a.c$", "/a\nc", true)]
    [InlineData("(?i)^/API", "/api", true)]
    [InlineData("a(?i)b", "aB", true)]
    [InlineData("a(?i:b)c", "aBC", false)]
    [InlineData("(?P<n>x)+y", "xxy", true)]
    [InlineData("(?<n>x)y", "xy", true)]
    [InlineData("\\Qa.b\\E+$", "a.bbb", true)]
    [InlineData("\\Qa.b\\E", "axb", false)]
    [InlineData("^[[:alpha:]]+$", "abc", true)]
    [InlineData("^[[:^alpha:]]+$", "abc", false)]
    [InlineData("^\\pL+$", "aüñ", true)]
    [InlineData("^\\p{Greek}$", "λ", true)]
    [InlineData("^[^\\p{Greek}]$", "λ", false)]
    [InlineData("^\\P{Greek}$", "a", true)]
    [InlineData("(?U)^a+$", "aaa", true)]
    [InlineData("^\\d+$", "١", false)]
    [InlineData("^\\w+$", "ü", false)]
    [InlineData("^\\s$", "\v", false)]
    [InlineData("^/.$", "/😀", true)]
    [InlineData("^/..$", "/😀", false)]
    [InlineData("^[^a]$", "😀", true)]
    [InlineData("^[😀-😂]$", "😁", true)]
    [InlineData("^[^😀-😂]$", "😁", false)]
    [InlineData("^😀{2}$", "😀😀", true)]
    [InlineData("a$", "a\n", false)]
    [InlineData("(?m)a$", "a\nb", true)]
    [InlineData("a{,2}", "a{,2}", true)]
    [InlineData("^a{2,3}?$", "aaa", true)]
    [InlineData("\\x41\\x{42}\\103", "ABC", true)]
    [InlineData("^[a-c-]+$", "a-b", true)]
    [InlineData("[]a]", "]", true)]
    [InlineData("^(|x)y", "y", true)]
    public void Expressions_mean_what_they_mean_to_re2(string pattern, string path, bool isMatch)
    {
        Assert.Null(Re2Syntax.FindFault(pattern));
        Assert.Equal(isMatch, new IngressMatcher(Documents.Of(("a.com", pattern), ("", ""))).Match("a.com", path) == 0);
    }

    [Fact]
    public void Depth_is_bounded_as_in_go()
    {
        string Nested(int depth) => new string('(', depth) + "a" + new string(')', depth);

        Assert.Null(Re2Syntax.FindFault(Nested(999)));
        Assert.StartsWith("error parsing regexp: expression nests too deeply: `", Re2Syntax.FindFault(Nested(1001)), StringComparison.Ordinal);
        Assert.StartsWith("error parsing regexp: expression nests too deeply: `", Re2Syntax.FindFault(Nested(100_000)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://[::1%25en0]:80", null)]
    [InlineData("http://a:b@c", null)]
    [InlineData("http://localhost:", null)]
    [InlineData("http://[fe80::zz]", "parse \"http://[fe80::zz]\": invalid host: ParseAddr(\"fe80::zz\"): unable to parse IP")]
    [InlineData("http://a\tb", "parse \"http://a\\tb\": net/url: invalid control character in URL")]
    [InlineData("://x", "parse \"://x\": missing protocol scheme")]
    [InlineData("http://a b@c", "parse \"http://a b@c\": net/url: invalid userinfo")]
    [InlineData("http://a%41", "parse \"http://a%41\": invalid URL escape \"%41\"")]
    [InlineData("http://a#%zz", "parse \"http://a#%zz\": invalid URL escape \"%zz\"")]
    [InlineData("http_status:99999999999999999999", "invalid HTTP status code: strconv.Atoi: parsing \"99999999999999999999\": value out of range")]
    [InlineData("*", "* is an invalid address, please make sure it has a scheme and a hostname")]
    [InlineData("http://müller", null)]
    public void Services_are_read_as_go_reads_a_url(string service, string? fault) => Assert.Equal(fault, IngressService.FindFault(service));

    [Theory]
    [InlineData("1h2m3.5s", 37235000000)]
    [InlineData("-5s", -50000000)]
    [InlineData("0", 0)]
    [InlineData("+1.5h", 54000000000)]
    [InlineData(".5s", 5000000)]
    [InlineData("1.s", 10000000)]
    [InlineData("250ms", 2500000)]
    [InlineData("100us100µs", 2000)]
    [InlineData("2562047h47m16.854775807s", long.MaxValue / 100)]
    public void Durations_are_read_as_go_reads_them(string text, long ticks)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(ticks, duration.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("30sec")]
    [InlineData("1d")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("-")]
    [InlineData("1 s")]
    [InlineData("2562048h")]
    [InlineData("99999999999999999999s")]
    [InlineData("9223372036854775807h")]
    [InlineData("-9999999999999999999m")]
    public void Durations_that_go_refuses(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(900000000, "1m30s")]
    [InlineData(36000000000, "1h")]
    [InlineData(-5000000, "-0.5s")]
    [InlineData(36000000001, "1h0.0000001s")]
    public void Durations_are_written_for_go(long ticks, string text) => Assert.Equal(text, GoDuration.Format(new(ticks)));
}
