namespace DockFlare.Core.Commands;

/// <summary>How much one agent's queue keeps. What is kept for looking at makes room by forgetting its oldest; a command is never forgotten.</summary>
public sealed record QueueLimits
{
    /// <summary>The limits that hold unless others are given.</summary>
    public static QueueLimits Default { get; } = new();

    /// <summary>Commands that wait or are out on lease; one more is refused. 100 by default: a queue is read whole with each call.</summary>
    public int Pending { get; init; } = 100;

    /// <summary>Dead letters; the oldest goes first. 100 by default.</summary>
    public int DeadLetters { get; init; } = 100;

    /// <summary>Ended commands kept for the history; the oldest goes first. 100 by default.</summary>
    public int History { get; init; } = 100;

    /// <summary>Characters kept of the reason an agent gives. 1,000 by default.</summary>
    public int ReasonLength { get; init; } = 1000;

    /// <summary>The reason as it is kept: no longer than <see cref="ReasonLength"/>, and never half a surrogate pair.</summary>
    public string Shorten(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (reason.Length <= ReasonLength)
        {
            return reason;
        }

        var length = ReasonLength > 0 && char.IsHighSurrogate(reason[ReasonLength - 1]) ? ReasonLength - 1 : ReasonLength;
        return reason[..length];
    }
}
