using DockFlare.Core.Labels;
using DockFlare.Core.Protocol;
using Scriban;
using Scriban.Runtime;
using Scriban.Syntax;

namespace DockFlare.Hosting.Configuration;

/// <summary>
/// <c>DOCKFLARE_DEFAULT_HOST</c>: a Scriban template that names the host of containers with <c>enable=true</c> and no hostname. It may use
/// <c>container.name</c>, <c>container.id</c>, <c>compose.service</c>, <c>compose.project</c> and <c>labels["…"]</c>.
/// </summary>
internal sealed class DefaultHostTemplate
{
    private readonly Template template;

    private DefaultHostTemplate(Template template) => this.template = template;

    /// <exception cref="FormatException">It is no template; the message says where.</exception>
    public static DefaultHostTemplate Parse(string text)
    {
        var template = Template.Parse(text);
        return template.HasErrors
            ? throw new FormatException($"DOCKFLARE_DEFAULT_HOST is '{text}', which is no Scriban template: {string.Join(" ", template.Messages.Select(static message => message.ToString()))} Write one such as {{{{ container.name }}}}.apps.example.com.")
            : new(template);
    }

    public DefaultHost Render(ContainerSnapshot container)
    {
        var labels = new ScriptObject();
        foreach (var (label, value) in container.Labels)
        {
            labels[label] = value;
        }

        var compose = new ScriptObject();
        Set(compose, "service", container.ComposeService);
        Set(compose, "project", container.ComposeProject);
        var globals = new ScriptObject
        {
            ["container"] = new ScriptObject { ["name"] = container.Name, ["id"] = container.Id },
            ["compose"] = compose,
            ["labels"] = labels,
        };
        var context = new TemplateContext { LoopLimit = 5000, RecursiveLimit = 50, LimitToString = 1 << 20, StrictVariables = true };
        context.PushGlobal(globals);
        try
        {
            return new(template.Render(context).Trim());
        }
        catch (ScriptRuntimeException exception)
        {
            return new(null, $"DOCKFLARE_DEFAULT_HOST has no answer for container '{container.Name}': {exception.OriginalMessage}");
        }
    }

    // With strict variables, what is not there is a fault that names it rather than an empty label in a host.
    private static void Set(ScriptObject target, string name, string? value)
    {
        if (value is not null)
        {
            target[name] = value;
        }
    }
}
