namespace DockFlare.Core.Protocol;

/// <summary>What a message may hold. Sizes are in bytes of UTF-8.</summary>
internal static class ProtocolLimits
{
    public const int Body = 4 * 1024 * 1024;
    public const int Containers = 5_000;
    public const int Labels = 256;
    public const int LabelKey = 256;
    public const int LabelValue = 16_384;
    public const int ContainerId = 128;
    public const int Name = 255;
    public const int Capabilities = 32;
    public const int Capability = 64;
    public const int Networks = 64;
    public const int Ports = 1_024;
}
