namespace DockFlare.Testing;

/// <summary>The edge does not let a connector in: the token is malformed or does not belong to a live tunnel. Holds no secret.</summary>
public sealed class FakeConnectException(string message) : Exception(message);
