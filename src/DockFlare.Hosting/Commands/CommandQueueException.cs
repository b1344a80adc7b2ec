namespace DockFlare.Hosting.Commands;

/// <summary>The command queue could not do what was asked. The message is for the operator and holds no secret.</summary>
public sealed class CommandQueueException(string message, Exception? innerException = null) : Exception(message, innerException);
