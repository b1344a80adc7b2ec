using BenchmarkDotNet.Attributes;
using DockFlare.Core.Commands;
using DockFlare.Hosting.Commands;

namespace DockFlare.Benchmarks;

/// <summary>A command's whole way through the queue of one process: enqueue, lease, ack.</summary>
[MemoryDiagnoser]
public class QueueBenchmarks
{
    private static readonly AgentId Nas = new("nas");
    private static readonly TimeSpan Visibility = TimeSpan.FromMinutes(1);

    private readonly InMemoryCommandQueue queue = new(new QueueOptions(), TimeProvider.System, static () => 0.5);
    private readonly AgentCommand[] commands =
        [.. Enumerable.Range(0, 1024).Select(static n => new AgentCommand.EnsureTunnel(new CommandId($"ensure-6ff42ae2-{n}"), "6ff42ae2", "home", n))];

    private int next;

    [Benchmark(Baseline = true)]
    public async ValueTask<bool> EnqueueLeaseAck()
    {
        await queue.EnqueueAsync(Nas, commands[next++ & 1023], default);
        var lease = await queue.LeaseAsync(Nas, Visibility, TimeSpan.Zero, default);
        return await queue.AckAsync(lease!.Token, default);
    }
}
