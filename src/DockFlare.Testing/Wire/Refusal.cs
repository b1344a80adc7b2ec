namespace DockFlare.Testing.Wire;

/// <summary>One entry of <c>errors[]</c>.</summary>
internal sealed record ApiError(int Code, string Message, ApiError? Chain = null);

/// <summary>The API refuses a call: what is written into the envelope.</summary>
internal sealed class Refusal(int status, params ApiError[] errors) : Exception(errors[0].Message)
{
    public Refusal(int status, int code, string message)
        : this(status, new ApiError(code, message))
    {
    }

    public int Status { get; } = status;

    public ApiError[] Errors { get; } = errors;

    public static Refusal NoRoute(string path, int status = 404) => new(
        status,
        new ApiError(7003, $"Could not route to {path}, perhaps your object identifier is invalid?"),
        new ApiError(7000, "No route for that URI"));

    public static Refusal MethodNotAllowed(string method) => new(405, 10405, $"{method} method not allowed for the api_token authentication scheme");

    public static Refusal NoPermission() => new(403, 10000, "Authentication error");
}
