namespace DockFlare.Dashboard.Login;

/// <summary>What a user may do; each includes those before it.</summary>
internal enum Role
{
    /// <summary>Looks, and changes nothing.</summary>
    Viewer,

    /// <summary>Runs what is there: plans, agents, keys.</summary>
    Operator,

    /// <summary>Decides who comes in.</summary>
    Admin,
}
