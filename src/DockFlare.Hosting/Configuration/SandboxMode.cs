namespace DockFlare.Hosting.Configuration;

/// <summary>That this master is a sandbox, where nothing is worth a secret. Its absence means that it is a real one.</summary>
/// <param name="AdminPassword">The password of the dashboard's user <c>admin</c>, unless one is set.</param>
internal sealed record SandboxMode(string AdminPassword);
