using DockFlare.Hosting.Reconciliation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DockFlare.Dashboard.Login;

/// <summary>Says who did what, from where: in the log, and what was done and what was refused in the history too. No secret is among it.</summary>
internal sealed partial class Audit(OperatorNotes notes, ILogger<Audit> logger)
{
    public void LoggedIn(HttpContext context, string user) => LogIn(user, OperatorNotes.AddressOf(context));

    public void LoggedOut(HttpContext context) => LogOut(User(context), OperatorNotes.AddressOf(context));

    /// <param name="context">The request.</param>
    /// <param name="user">The name that was tried, which may be anything.</param>
    /// <param name="why">In a few words.</param>
    public Task RefusedAsync(HttpContext context, string user, string why)
    {
        var name = IsShowable(user) ? user : "(not a name)";
        LogRefused(name, OperatorNotes.AddressOf(context), why);
        return notes.RefusedAsync(context, $"a login as '{name}'", why);
    }

    /// <param name="context">The request.</param>
    /// <param name="what">What was done, such as <c>revoked the agent key 3f2a9c01</c>.</param>
    public Task DidAsync(HttpContext context, string what)
    {
        var (user, address, text) = (User(context), OperatorNotes.AddressOf(context), Printable(what));
        LogDid(user, address, text);
        return notes.DidAsync(text, $"user '{user}', from {address}");
    }

    private static string User(HttpContext context) => context.User.Identity?.Name ?? "?";

    // A name of ours, or one of a provider with an address. Somebody who types their password into the wrong field is not quoted.
    private static bool IsShowable(string user) => Users.IsName(user) || user is "(Access)" || (user.Split(':') is [var way, var who] && Users.IsName(way) && (who == "?" || AllowList.IsEmail(who)));

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
