namespace DockFlare.Dashboard.Login;

/// <summary>What whoever holds a session may do now: as their user, or as the allow list of their provider says it.</summary>
internal sealed class SessionRoles(Users users, LoginProviders providers, PasswordGate gate)
{
    /// <summary>The role; null when the session lets in no more.</summary>
    public Role? Find(SessionRecord session) => session.Provider is null
        ? gate.IsOpen ? users.Find(session.User)?.Role : null
        : providers.Find(session.Provider)?.Allow.RoleOf(session.Email ?? "", session.Groups);
}
