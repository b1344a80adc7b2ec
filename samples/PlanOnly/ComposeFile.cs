using DockFlare.Core;
using DockFlare.Core.Protocol;
using YamlDotNet.RepresentationModel;

namespace PlanOnly;

/// <summary>The services of a compose file as if one container of each ran.</summary>
internal static class ComposeFile
{
    public static EquatableArray<ContainerSnapshot> Read(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var services = (YamlMappingNode)stream.Documents[0].RootNode["services"];
        return services.Children
            .Select(static service => new ContainerSnapshot(service.Key.ToString(), service.Key.ToString(), Labels((YamlMappingNode)service.Value)))
            .ToEquatableArray();
    }

    // Compose takes a map, or a list of key=value.
    private static LabelMap Labels(YamlMappingNode service) => service.Children.TryGetValue("labels", out var labels)
        ? labels switch
        {
            YamlMappingNode map => new(map.Children.Select(static pair => KeyValuePair.Create(pair.Key.ToString(), pair.Value.ToString()))),
            YamlSequenceNode list => new(list.Children.Select(static line => line.ToString().Split('=', 2)).Select(static pair => KeyValuePair.Create(pair[0], pair.ElementAtOrDefault(1) ?? ""))),
            _ => throw new InvalidDataException("'labels' is neither a map nor a list."),
        }
        : LabelMap.Empty;
}
