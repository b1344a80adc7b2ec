using DockFlare.Core.Protocol;

namespace DockFlare.Core.Tests.Protocol;

public sealed class ReportedContainersTests
{
    private static ContainerSnapshot Container(string id, params string[] keys) => new(id, id, new LabelMap(keys.Select(static key => KeyValuePair.Create(key, "v"))));

    [Fact]
    public void Only_labelled_containers_go_in_with_the_labels_that_were_asked_for()
    {
        var picked = ReportedContainers.Select(
            [Container("b", "dockflare.enable", "com.docker.compose.service", "secret.of.others"), Container("a", "com.docker.compose.service")],
            ["dockflare."],
            ["com.docker.compose.service"]);

        Assert.Equal([Container("b", "dockflare.enable", "com.docker.compose.service")], picked);
    }

    [Fact]
    public void A_master_that_asks_for_nothing_gets_everything_in_the_order_of_short_ids()
    {
        var picked = ReportedContainers.Select([Container("f123456789abcdef", "x"), Container("a", "y")], [], []);

        Assert.Equal([Container("a", "y"), Container("f123456789abcdef", "x") with { Id = "f123456789ab" }], picked);
    }
}
