using System.Diagnostics;
using System.Globalization;
using DockFlare.Tests.Fixtures;

namespace DockFlare.EndToEnd.Tests.Stage;

/// <summary>
/// A host as it ships, in a process of its own: the NativeAOT binary from the folder that <c>DOCKFLARE_AOT</c> names, else the assembly that was
/// built with these tests. It sees the variables it is given and none of ours.
/// </summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "DOTNET_ROOT"];
    private readonly Lock gate = new();
    private readonly List<string> lines = [];
    private readonly List<(string Text, TaskCompletionSource<string> Seen)> waiting = [];
    private readonly Process process;
    private readonly Task exited;

    private HostProcess(string name, Process process)
    {
        (Name, this.process) = (name, process);
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        exited = EndAsync();
    }

    public string Name { get; }

    public int Id => process.Id;

    /// <summary>What it wrote so far, to both outputs.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
            {
                return [.. lines];
            }
        }
    }

    /// <summary>The processor time it used so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Its resident memory now.</summary>
    public double Megabytes => Status("VmRSS:");

    /// <summary>Its resident memory at its most.</summary>
    public double PeakMegabytes => Status("VmHWM:");

    public string Output => string.Join('\n', Lines);

    /// <summary>Starts <c>master</c> or <c>agent</c>.</summary>
    public static HostProcess Start(string host, string folder, IEnumerable<(string Name, string Value)> environment, params string[] arguments) =>
        Start(host, folder, environment, networkNamespace: null, arguments);

    /// <summary>Starts <c>master</c> or <c>agent</c>, in a network namespace when one is given.</summary>
    public static HostProcess Start(string host, string folder, IEnumerable<(string Name, string Value)> environment, string? networkNamespace, string[] arguments)
    {
        var (program, first) = Locate(host);
        if (networkNamespace is not null)
        {
            // It becomes what it starts, so that signals reach the host.
            (program, first) = ("nsenter", [$"--net={networkNamespace}", program, .. first]);
        }

        var start = new ProcessStartInfo(program, [.. first, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (var name in start.Environment.Keys.Where(name => !Inherited.Contains(name) && !name.StartsWith("DOTNET_GC", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new(host, Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started."));
    }

    /// <summary>The first line that contains this, already written or still to come.</summary>
    public async Task<string> UntilLineAsync(string text)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } there)
            {
                return there;
            }

            waiting.Add((text, seen));
        }

        try
        {
            var first = await Task.WhenAny(seen.Task, exited).WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
            if (first == seen.Task || seen.Task.IsCompleted)
            {
                return await seen.Task;
            }
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The {Name} did not say '{text}' within {Eventually.Limit.TotalSeconds:0} s. It said:\n{Output}");
        }

        throw new InvalidOperationException($"The {Name} ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)} before it said '{text}'. It said:\n{Output}");
    }

    /// <summary>Its exit code, once it has ended by itself.</summary>
    public async Task<int> ExitAsync()
    {
        try
        {
            await exited.WaitAsync(Eventually.Limit);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The {Name} did not end within {Eventually.Limit.TotalSeconds:0} s. It said:\n{Output}");
        }

        return process.ExitCode;
    }

    /// <summary>Asks it to end, as a service manager or <c>docker stop</c> does.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("-TERM");
        return await ExitAsync();
    }

    /// <summary>Ends it without warning.</summary>
    public async Task KillAsync()
    {
        await SignalAsync("-KILL");
        await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!exited.IsCompleted)
        {
            process.Kill();
            await exited;
        }

        process.Dispose();
    }

    private Task SignalAsync(string signal) => exited.IsCompleted
        ? Task.CompletedTask
        : Shell.TryRunAsync("kill", signal, process.Id.ToString(CultureInfo.InvariantCulture));

    // Ends when the process has ended and both of its outputs are read to their ends.
    private Task EndAsync() => process.WaitForExitAsync();

    // Lines such as "VmHWM:     28412 kB".
    private double Status(string name) => double.Parse(
        File.ReadLines($"/proc/{process.Id.ToString(CultureInfo.InvariantCulture)}/status").Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..^3].Trim(),
        CultureInfo.InvariantCulture) / 1024;

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (gate)
        {
            lines.Add(line);
            foreach (var (text, seen) in waiting)
            {
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    seen.TrySetResult(line);
                }
            }
        }
    }

    private static (string Program, string[] First) Locate(string host)
    {
        if (Environment.GetEnvironmentVariable("DOCKFLARE_AOT") is { Length: > 0 } aot)
        {
            return (Path.Combine(aot, host, $"dockflare-{host}"), []);
        }

        // artifacts/bin/<project>/<configuration>/
        var own = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var project = host == "master" ? "DockFlare.Master" : "DockFlare.Agent";
        return ("dotnet", [Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, $"dockflare-{host}.dll")]);
    }
}
