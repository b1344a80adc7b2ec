using BenchmarkDotNet.Running;
using DockFlare.Benchmarks.Lab;

// "lab NAME…" measures the hosts as they ship; everything else is BenchmarkDotNet's.
if (args is ["lab", .. var names])
{
    return await LabProgram.RunAsync(names);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
