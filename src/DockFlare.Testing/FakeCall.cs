namespace DockFlare.Testing;

/// <summary>One call the emulator got. Holds no token and no body.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path after <c>/client/v4</c>, with its query.</param>
/// <param name="Endpoint">Method and path with the ids taken out, such as <c>PUT /accounts/{id}/cfd_tunnel/{id}/configurations</c>.</param>
/// <param name="Status">The HTTP status; 0 when no answer was sent.</param>
/// <param name="At">When it was answered, by the emulator's clock.</param>
/// <param name="Caller">Whose token it was: <c>user</c>, <c>account</c> or <c>none</c> for one that was not let in.</param>
public sealed record FakeCall(string Method, string Path, string Endpoint, int Status, DateTimeOffset At, string Caller)
{
    /// <summary>Whether it only reads.</summary>
    public bool IsRead => Method is "GET" or "HEAD";
}
