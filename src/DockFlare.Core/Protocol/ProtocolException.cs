namespace DockFlare.Core.Protocol;

/// <summary>A message of the agent protocol that cannot be accepted.</summary>
/// <param name="status">The HTTP status to answer with.</param>
/// <param name="code">The protocol's code, such as <c>invalid_payload</c>.</param>
/// <param name="message">What is wrong and what to send instead. Holds no secret.</param>
internal sealed class ProtocolException(int status, string code, string message) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public static ProtocolException Invalid(string message) => new(400, "invalid_payload", message);

    public static ProtocolException TooLarge(string message) => new(413, "payload_too_large", message);
}
