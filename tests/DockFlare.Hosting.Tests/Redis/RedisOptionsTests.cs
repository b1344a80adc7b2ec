using DockFlare.Hosting.Redis;

namespace DockFlare.Hosting.Tests.Redis;

public sealed class RedisOptionsTests
{
    private const string Forms =
        " Write redis://host:6379, rediss://user:password@host:6379/0 for TLS, redis://host1:6379,host2:6379 for several hosts, or redis+sentinel://host1:26379,host2:26379/service for Sentinel.";

    [Theory]
    [InlineData("redis://redis", null, "redis:6379", false, null, null, null, 0)]
    [InlineData(" redis://redis:6379/0 ", "0", "redis:6379", false, null, null, null, 0)]
    [InlineData("REDISS://bob:p%40ss%3F@r.example.com:6380/2", "", "r.example.com:6380", true, "bob", "p@ss?", null, 2)]
    [InlineData("redis://:sec@ret@[::1]:7000", "3", "::1:7000", false, null, "sec@ret", null, 3)]
    [InlineData("redis://a,b:1,10.0.0.3/", null, "a:6379, b:1, 10.0.0.3:6379", false, null, null, null, 0)]
    [InlineData("redis+sentinel://u:p@s1,s2:5/primary/4", null, "s1:26379, s2:5", false, "u", "p", "primary", 4)]
    public void Every_form_is_read(string url, string? index, string where, bool isTls, string? user, string? password, string? service, int database)
    {
        var options = RedisOptions.Parse(url, index);
        var configuration = options.ToConfiguration();

        Assert.Equal((where, isTls, service, database), (options.Where, options.IsTls, options.SentinelService, options.Database));
        Assert.Equal((isTls, user, password, service, database), (configuration.Ssl, configuration.User, configuration.Password, configuration.ServiceName, configuration.DefaultDatabase));
        Assert.Equal(options.Hosts.Count, configuration.EndPoints.Count);
        Assert.True(password is null || !options.ToString().Contains(password, StringComparison.Ordinal) || password == "p");
    }

    [Theory]
    [InlineData("redis:6379", null, "REDIS_URL has no scheme such as redis:// at its beginning." + Forms)]
    [InlineData("http://redis", null, "REDIS_URL has the unknown scheme 'http'." + Forms)]
    [InlineData("redis://", null, "REDIS_URL has an empty host." + Forms)]
    [InlineData("redis://a,,b", null, "REDIS_URL has an empty host." + Forms)]
    [InlineData("redis://:s3cret@a:port", null, "REDIS_URL has 'port' as the port of 'a'; a port is a number from 1 to 65535." + Forms)]
    [InlineData("redis://a:0", null, "REDIS_URL has '0' as the port of 'a'; a port is a number from 1 to 65535." + Forms)]
    [InlineData("redis://a/x", null, "REDIS_URL has 'x' after the host where the number of a database belongs." + Forms)]
    [InlineData("redis://a/1/2", null, "REDIS_URL has more after the host than a database." + Forms)]
    [InlineData("redis://a?db=1", null, "REDIS_URL has a '?' or '#' after the host, which means nothing here; in a password write %3F or %23." + Forms)]
    [InlineData("redis+sentinel://a", null, "REDIS_URL names no service after the Sentinel hosts." + Forms)]
    [InlineData("redis://a/1", "2", "REDIS_URL names database 1 and REDIS_DB_INDEX 2. Write the same number in both, or leave one out.")]
    [InlineData("redis://a", "-1", "REDIS_DB_INDEX is '-1', which is not the number of a database. Write 0, or the number Redis keeps DockFlare's keys in.")]
    public void A_fault_says_what_to_write(string url, string? index, string message)
    {
        var exception = Assert.Throws<FormatException>(() => RedisOptions.Parse(url, index));

        Assert.Equal(message, exception.Message);
    }
}
