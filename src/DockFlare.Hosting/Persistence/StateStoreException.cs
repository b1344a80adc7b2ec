namespace DockFlare.Hosting.Persistence;

/// <summary>The state store could not do what was asked. The message is for the operator.</summary>
public sealed class StateStoreException(string message, Exception? innerException = null) : Exception(message, innerException);
