using Microsoft.Extensions.Logging;

namespace DockFlare.Tests.Fixtures;

/// <summary>Keeps what is logged, as <c>Level: text</c>.</summary>
public sealed class LogLines
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];

    /// <summary>What was logged so far.</summary>
    public List<string> Lines
    {
        get
        {
            lock (gate)
            {
                return [.. lines];
            }
        }
    }

    /// <summary>A logger that writes here.</summary>
    public ILogger<T> For<T>() => new Logger<T>(this);

    private sealed class Logger<T>(LogLines log) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (log.gate)
            {
                log.lines.Add($"{logLevel}: {formatter(state, exception)}");
            }
        }
    }
}
