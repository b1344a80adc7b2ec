using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DockFlare.Dashboard.Login;

/// <summary>Says who did what, from where. No secret is among it.</summary>
internal sealed partial class Audit(ILogger<Audit> logger)
{
    public void LoggedIn(HttpContext context, string user) => LogIn(user, Address(context));

    public void LoggedOut(HttpContext context) => LogOut(User(context), Address(context));

    /// <param name="context">The request.</param>
    /// <param name="user">The name that was tried, which may be anything.</param>
    /// <param name="why">In a few words.</param>
    public void Refused(HttpContext context, string user, string why) => LogRefused(Users.IsName(user) ? user : "(not a name)", Address(context), why);

    /// <param name="context">The request.</param>
    /// <param name="what">What was done, such as <c>revoked the agent key 3f2a9c01</c>.</param>
    public void Did(HttpContext context, string what) => LogDid(User(context), Address(context), Printable(what));

    private static string User(HttpContext context) => context.User.Identity?.Name ?? "?";

    private static string Address(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "an unknown address";

    // What people type must not draw lines of its own into the log.
    private static string Printable(string text)
    {
        var cut = text.Length > 200 ? text[..200] : text;
        return string.Concat(cut.Select(static c => char.IsControl(c) ? '?' : c));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "User '{User}' logged in from {Address}.")]
    private partial void LogIn(string user, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "User '{User}' logged out from {Address}.")]
    private partial void LogOut(string user, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A login as '{User}' from {Address} was refused: {Why}.")]
    private partial void LogRefused(string user, string address, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "User '{User}' at {Address} {What}.")]
    private partial void LogDid(string user, string address, string what);
}
