using System.Text;
using DockFlare.Hosting.Import;

namespace DockFlare.Tests.Import;

/// <summary>The examples of the Fernet specification (its <c>verify.json</c> and <c>invalid.json</c>).</summary>
public sealed class FernetTests
{
    private static readonly byte[] Key = Fernet.ParseKey("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=")!;

    [Fact]
    public void The_example_is_read() => Assert.Equal(
        "hello",
        Encoding.UTF8.GetString(Fernet.Decrypt(Key, "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="u8)));

    [Theory]
    [InlineData("gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==", "incorrect mac")]
    [InlineData("gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==", "too short")]
    [InlineData("%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==", "invalid base64")]
    [InlineData("", "empty")]
    public void What_is_no_token_of_this_key_is_refused(string token, string why) =>
        Assert.False(string.IsNullOrEmpty(Assert.Throws<FormatException>(() => Fernet.Decrypt(Key, Encoding.ASCII.GetBytes(token))).Message), why);

    [Fact]
    public void One_changed_bit_anywhere_is_noticed()
    {
        using var home = new PythonHome();
        var token = Encoding.ASCII.GetBytes(home.Encrypt("""{"a":"secret"}"""));
        Assert.Equal("""{"a":"secret"}""", Encoding.UTF8.GetString(Fernet.Decrypt(home.Key, token)));
        for (var i = 0; i < token.Length - 3; i++)
        {
            var changed = (byte[])token.Clone();
            changed[i] = (byte)(changed[i] == 'A' ? 'B' : 'A');
            Assert.Throws<FormatException>(() => Fernet.Decrypt(home.Key, changed));
        }
    }
}
