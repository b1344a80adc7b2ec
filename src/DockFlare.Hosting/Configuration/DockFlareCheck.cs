using DockFlare.Hosting.Agents;
using DockFlare.Hosting.Docker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Configuration;

/// <summary>Nothing but the occasion to check every setting at the start and to show all faults at once.</summary>
internal sealed class DockFlareCheck
{
    /// <summary>What the parts that are added demand of each other; filled by <c>AddMaster</c> and <c>AddAgent</c>.</summary>
    public bool HasMaster { get; set; }

    public bool HasAgent { get; set; }
}

/// <summary>The check itself.</summary>
internal sealed class DockFlareValidation(
    SettingValues values, SettingFaults faults, IOptions<AgentOptions> agent, IOptions<MasterOptions> master, IOptions<DockerOptions> docker) : IValidateOptions<DockFlareCheck>
{
    public ValidateOptionsResult Validate(string? name, DockFlareCheck options)
    {
        // Some faults come to light when the options are filled.
        _ = (master.Value, docker.Value);
        var all = values.Faults.Concat(faults.All).ToList();
        if (options is { HasAgent: true, HasMaster: false })
        {
            if (string.IsNullOrEmpty(agent.Value.MasterUrl))
            {
                all.Add("DOCKFLARE_MASTER_URL is not set: write the master's address, such as https://dockflare.example.com.");
            }

            if (string.IsNullOrEmpty(agent.Value.ApiKey) && string.IsNullOrEmpty(agent.Value.ApiKeyFile))
            {
                all.Add("DOCKFLARE_API_KEY is not set: generate an agent key on the master (Agents, Generate key) and set it, or name a file that holds it in DOCKFLARE_API_KEY_FILE.");
            }
        }

        return all.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(all);
    }
}

/// <summary>Faults of settings that have a form of their own, such as an image or a Docker host; found when the options are filled.</summary>
internal sealed class SettingFaults
{
    private readonly List<string> all = [];

    public IReadOnlyList<string> All => all;

    /// <summary>Answers what <paramref name="parse"/> makes of the text; a fault is kept and the fallback answered.</summary>
    public T Parse<T>(string? text, Func<string, T> parse, T fallback)
    {
        if (text is null)
        {
            return fallback;
        }

        try
        {
            return parse(text);
        }
        catch (FormatException exception)
        {
            all.Add(exception.Message);
            return fallback;
        }
    }

    public void Add(string fault) => all.Add(fault);

    /// <summary>What the environment provider could not read or does not know.</summary>
    public void AddFrom(IConfiguration section)
    {
        foreach (var unreadable in section.GetSection("Unreadable").GetChildren())
        {
            if (unreadable.Value is { } fault)
            {
                all.Add(fault);
            }
        }
    }
}
