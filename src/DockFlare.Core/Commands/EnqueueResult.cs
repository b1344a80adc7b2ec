namespace DockFlare.Core.Commands;

/// <summary>What came of enqueueing a command.</summary>
public enum EnqueueResult
{
    /// <summary>It waits now.</summary>
    Added,

    /// <summary>The same command is in the queue already, or was given up: nothing was done.</summary>
    Unchanged,

    /// <summary>The queue holds all the commands it may: nothing was done.</summary>
    Full,
}
