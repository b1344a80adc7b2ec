using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Embed;

/// <summary>Something this app publishes.</summary>
/// <param name="Name">What the app calls it.</param>
/// <param name="Host">The public host.</param>
/// <param name="Origin">Where it answers, such as <c>http://10.0.0.7:2368</c>.</param>
internal sealed record Service(string Name, string Host, string Origin);

/// <summary>The services of this app. Stands for whatever an app of yours has: a table, a configuration, a cluster.</summary>
internal sealed class ServiceCatalog
{
    private readonly Lock gate = new();
    private ImmutableSortedDictionary<string, Service> services = ImmutableSortedDictionary.Create<string, Service>(StringComparer.Ordinal)
        .Add("shop", new("shop", "shop.example.com", "http://127.0.0.1:8080"));
    private TaskCompletionSource changed = NewSignal();

    public void Put(string name, string host, string origin) => Change(all => all.SetItem(name, new(name, host, origin)));

    public void Remove(string name) => Change(all => all.Remove(name));

    public async IAsyncEnumerable<IReadOnlyList<Service>> SnapshotsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            IReadOnlyList<Service> current;
            Task next;
            lock (gate)
            {
                (current, next) = ([.. services.Values], changed.Task);
            }

            yield return current;
            await next.WaitAsync(cancellationToken);
        }
    }

    private void Change(Func<ImmutableSortedDictionary<string, Service>, ImmutableSortedDictionary<string, Service>> change)
    {
        lock (gate)
        {
            services = change(services);
            changed.SetResult();
            changed = NewSignal();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
