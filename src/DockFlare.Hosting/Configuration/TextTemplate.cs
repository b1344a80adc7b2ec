using Scriban;
using Scriban.Runtime;
using Scriban.Syntax;

namespace DockFlare.Hosting.Configuration;

/// <summary>Scriban templates over plain texts.</summary>
internal static class TextTemplate
{
    /// <exception cref="FormatException">It is no template, or names what is not there.</exception>
    public static string Render(string text, IReadOnlyDictionary<string, string> values)
    {
        var template = Template.Parse(text);
        if (template.HasErrors)
        {
            throw new FormatException(string.Join(" ", template.Messages.Select(static message => message.ToString())));
        }

        var globals = new ScriptObject();
        foreach (var (name, value) in values)
        {
            globals[name] = value;
        }

        var context = new TemplateContext { LoopLimit = 5000, RecursiveLimit = 50, LimitToString = 1 << 20, StrictVariables = true };
        context.PushGlobal(globals);
        try
        {
            return template.Render(context);
        }
        catch (ScriptRuntimeException exception)
        {
            throw new FormatException(exception.OriginalMessage, exception);
        }
    }
}
