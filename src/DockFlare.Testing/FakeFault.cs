namespace DockFlare.Testing;

/// <summary>What goes wrong with a call.</summary>
public abstract record FakeFault
{
    private FakeFault()
    {
    }

    /// <summary>The call is refused in the envelope and not carried out. A status of 200 gives <c>success:false</c> with 200.</summary>
    /// <param name="Status">The HTTP status.</param>
    /// <param name="Code">The code in <c>errors[]</c>.</param>
    /// <param name="Message">The message in <c>errors[]</c>.</param>
    public sealed record Refuse(int Status, int Code, string Message) : FakeFault
    {
        /// <summary>The <c>retry-after</c> header in seconds; null leaves it out.</summary>
        public int? RetryAfterSeconds { get; init; }
    }

    /// <summary>Any body, such as a gateway's HTML page. The call is not carried out.</summary>
    /// <param name="Status">The HTTP status.</param>
    /// <param name="Body">The body.</param>
    /// <param name="ContentType">Its type.</param>
    public sealed record Raw(int Status, string Body, string ContentType = "text/html") : FakeFault;

    /// <summary>The call is carried out after a wait.</summary>
    /// <param name="Wait">How long, by the system's clock.</param>
    public sealed record Delay(TimeSpan Wait) : FakeFault;

    /// <summary>The connection is cut.</summary>
    /// <param name="AfterApplying">Whether the call is carried out first, so that only its answer is lost.</param>
    public sealed record Drop(bool AfterApplying) : FakeFault;

    /// <summary>No answer comes until the caller gives up.</summary>
    /// <param name="AfterApplying">Whether the call is carried out first.</param>
    public sealed record Hang(bool AfterApplying) : FakeFault;

    /// <summary>The call is carried out and answered with a server's failure.</summary>
    /// <param name="Status">The HTTP status, such as 500.</param>
    public sealed record FailAfterApplying(int Status = 500) : FakeFault;

    /// <summary>Somebody else acts just before the call is carried out: a foreign write between a GET and a PUT.</summary>
    /// <param name="Action">What they do.</param>
    public sealed record Before(Action Action) : FakeFault;

    /// <summary>429 with Cloudflare's text.</summary>
    /// <param name="retryAfterSeconds">The header; null leaves it out.</param>
    public static FakeFault TooManyRequests(int? retryAfterSeconds = null) =>
        new Refuse(429, 971, "Please wait and consider throttling your request speed") { RetryAfterSeconds = retryAfterSeconds };
}
