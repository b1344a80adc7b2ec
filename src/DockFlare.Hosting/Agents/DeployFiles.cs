using DockFlare.Core.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace DockFlare.Hosting.Agents;

/// <summary>Renders a template with the values it may name.</summary>
/// <exception cref="FormatException">It is no template, or names what is not there.</exception>
internal delegate string RenderTemplate(string template, IReadOnlyDictionary<string, string> values);

/// <summary>
/// What an agent's host needs, rendered from Scriban templates. A file of the same name in the folder <c>templates</c> of the data directory takes the
/// place of a built-in one; all may use <c>master_url</c>, <c>key_placeholder</c>, <c>key_fingerprint</c>, <c>image</c> and, in the script,
/// <c>compose</c> and <c>environment</c>.
/// </summary>
internal sealed class DeployFiles(RenderTemplate render, IOptions<AgentPlaneOptions> options)
{
    public const string Compose = "agent-compose.yml";
    public const string Environment = "agent.env";
    public const string Script = "agent-deploy.sh";

    /// <summary>Where the agent reaches the master: as configured, else as the caller does.</summary>
    public string UrlOf(HttpRequest request) => options.Value.PublicUrl ?? $"{request.Scheme}://{request.Host}";

    /// <exception cref="ProtocolException">A template that an operator wrote cannot be rendered.</exception>
    public string Render(string file, string masterUrl, AgentKey key)
    {
        var values = new Dictionary<string, string>
        {
            ["master_url"] = masterUrl,
            ["key_placeholder"] = $"<agent key {key.Fingerprint}>",
            ["key_fingerprint"] = key.Fingerprint,
            ["image"] = options.Value.AgentImage,
        };
        if (file == Script)
        {
            values["compose"] = Render(Compose, masterUrl, key);
            values["environment"] = Render(Environment, masterUrl, key);
        }

        try
        {
            return render(Read(file), values);
        }
        catch (FormatException exception)
        {
            throw Fault(file, exception.Message);
        }
    }

    private string Read(string file)
    {
        if (options.Value.TemplatesPath is { Length: > 0 } folder && Path.Combine(folder, file) is var path && File.Exists(path))
        {
            try
            {
                return File.ReadAllText(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw Fault(file, exception.Message);
            }
        }

        using var stream = typeof(DeployFiles).Assembly.GetManifestResourceStream($"DockFlare.Deploy.{file}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static ProtocolException Fault(string file, string why) =>
        new(500, "template_invalid", $"The deploy template '{file}' cannot be rendered: {why} Correct it, or remove it to use the built-in one.");
}
