using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DockFlare.Testing.Wire;

/// <summary><c>result_info</c> of a list.</summary>
internal sealed record ApiPage(int Page, int PerPage, int Count, int TotalCount, bool WithTotalPages);

/// <summary>An answer in the API's envelope. The result is written outside the state's lock, so it must hold nothing that can change.</summary>
internal sealed class ApiAnswer
{
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public int Status { get; init; } = 200;

    public IReadOnlyList<ApiError> Errors { get; init; } = [];

    public ApiError? Message { get; init; }

    public ApiPage? Page { get; init; }

    public Action<Utf8JsonWriter>? Result { get; init; }

    public static ApiAnswer Of(Action<Utf8JsonWriter> result, int status = 200) => new() { Result = result, Status = status };

    public static ApiAnswer OfId(string id, int status = 200, string name = "id") => Of(
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteString(name, id);
            writer.WriteEndObject();
        },
        status);

    public static ApiAnswer OfList<T>(Paged<T> page, Action<Utf8JsonWriter, T> write, bool withTotalPages = false) => new()
    {
        Page = new(page.Page, page.PerPage, page.Items.Count, page.Total, withTotalPages),
        Result = writer =>
        {
            writer.WriteStartArray();
            foreach (var item in page.Items)
            {
                write(writer, item);
            }

            writer.WriteEndArray();
        },
    };

    public static ApiAnswer Of(Refusal refusal) => new() { Status = refusal.Status, Errors = refusal.Errors };

    public ReadOnlyMemory<byte> Render()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("result"u8);
            if (Result is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                Result(writer);
            }

            writer.WriteBoolean("success"u8, Errors.Count == 0);
            writer.WriteStartArray("errors"u8);
            foreach (var error in Errors)
            {
                WriteError(writer, error);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("messages"u8);
            if (Message is not null)
            {
                writer.WriteStartObject();
                writer.WriteNumber("code"u8, Message.Code);
                writer.WriteString("message"u8, Message.Message);
                writer.WriteNull("type"u8);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            WritePage(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private void WritePage(Utf8JsonWriter writer)
    {
        if (Page is not { } page)
        {
            return;
        }

        writer.WriteStartObject("result_info"u8);
        writer.WriteNumber("page"u8, page.Page);
        writer.WriteNumber("per_page"u8, page.PerPage);
        writer.WriteNumber("count"u8, page.Count);
        writer.WriteNumber("total_count"u8, page.TotalCount);
        if (page.WithTotalPages)
        {
            writer.WriteNumber("total_pages"u8, (int)(((long)page.TotalCount + page.PerPage - 1) / page.PerPage));
        }

        writer.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter writer, ApiError error)
    {
        writer.WriteStartObject();
        writer.WriteNumber("code"u8, error.Code);
        writer.WriteString("message"u8, error.Message);
        if (error.Chain is not null)
        {
            writer.WriteStartArray("error_chain"u8);
            WriteError(writer, error.Chain);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
