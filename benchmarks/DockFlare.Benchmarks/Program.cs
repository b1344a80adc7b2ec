using BenchmarkDotNet.Running;
using DockFlare.Benchmarks;
using DockFlare.Benchmarks.Lab;

// "lab NAME…" measures the hosts as they ship, "growth [FILE]" how a pass grows with the rules; everything else is BenchmarkDotNet's.
if (args is ["lab", .. var names])
{
    return await LabProgram.RunAsync(names);
}

if (args is ["growth", .. var file])
{
    Growth.Run(file.FirstOrDefault());
    return 0;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
