/**
 * Prompts and tools of `effect/ai` as the request body of chat completions.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { JsonSchema } from "effect"
import { Base64 } from "effect/encoding"
import { Tool } from "effect/ai"
import type { LanguageModel, Prompt } from "effect/ai"

/** A JSON object of the request. @category models @since 0.1.0 */
export type Json = Readonly<Record<string, unknown>>

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

const resultText = (part: Prompt.ToolResultPart): string =>
  part.modelOutput !== undefined
    ? part.modelOutput.map((one) => one.type === "text" ? one.text : `[${one.mediaType} omitted]`).join("\n")
    : typeof part.result === "string"
    ? part.result
    : encodeJson(part.result ?? null)

const filePart = (part: Prompt.FilePart): Json => {
  const data = part.data instanceof URL
    ? part.data.toString()
    : `data:${part.mediaType};base64,${typeof part.data === "string" ? part.data : Base64.encode(part.data)}`
  return part.mediaType.startsWith("image/")
    ? { type: "image_url", image_url: { url: data } }
    : { type: "file", file: { filename: part.fileName ?? "file", file_data: data } }
}

const userContent = (parts: ReadonlyArray<Prompt.UserMessagePart>): string | ReadonlyArray<Json> =>
  parts.every((part) => part.type === "text")
    ? parts.map((part) => part.text).join("\n")
    : parts.map((part) => part.type === "text" ? { type: "text", text: part.text } : filePart(part))

/**
 * The messages of a prompt. Reasoning of earlier answers is left out; each tool result is a message of its own.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromPrompt = (prompt: Prompt.Prompt): ReadonlyArray<Json> =>
  prompt.content.flatMap((message): ReadonlyArray<Json> => {
    switch (message.role) {
      case "system":
        return [{ role: "system", content: message.content }]
      case "user":
        return [{ role: "user", content: userContent(message.content) }]
      case "assistant": {
        const text = message.content.flatMap((part) => part.type === "text" ? [part.text] : []).join("")
        const calls = message.content.flatMap((part) =>
          part.type === "tool-call" && !part.providerExecuted
            ? [{
              id: part.id,
              type: "function",
              function: { name: part.name, arguments: encodeJson(part.params ?? {}) }
            }]
            : []
        )
        if (text === "" && calls.length === 0) return []
        return [{
          role: "assistant",
          content: text === "" ? null : text,
          ...(calls.length === 0 ? {} : { tool_calls: calls })
        }]
      }
      case "tool":
        return message.content.flatMap((part) =>
          part.type === "tool-result" ? [{ role: "tool", tool_call_id: part.id, content: resultText(part) }] : []
        )
    }
  })

/**
 * Tools and the choice among them; empty when there are none. Tools that a provider executes itself have no form here
 * and are left out.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromTools = (options: Pick<LanguageModel.ProviderOptions, "tools" | "toolChoice">): Json => {
  const tools = options.tools.filter((tool) => !Tool.isProviderDefined(tool)).map((tool) => {
    const description = Tool.getDescription(tool)
    const strict = Tool.getStrictMode(tool)
    return {
      type: "function",
      function: {
        name: tool.name,
        ...(description === undefined ? {} : { description }),
        parameters: Tool.getJsonSchema(tool),
        ...(strict === undefined ? {} : { strict })
      }
    }
  })
  if (tools.length === 0) return {}
  const { toolChoice } = options
  const choice = typeof toolChoice === "string"
    ? toolChoice
    : "tool" in toolChoice
    ? { type: "function", function: { name: toolChoice.tool } }
    : toolChoice.mode ?? "auto"
  return { tools, tool_choice: choice }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const admitsNull = (schema: unknown): boolean =>
  isObject(schema) && (
    schema["type"] === "null" ||
    (Array.isArray(schema["type"]) && schema["type"].includes("null")) ||
    (Array.isArray(schema["anyOf"]) && schema["anyOf"].some(admitsNull))
  )

/**
 * Fills in the optional members that a model left out: in strict JSON schemas they are required and `null`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const withNulls = (schema: JsonSchema.JsonSchema, value: unknown): unknown => {
  if (Array.isArray(value)) {
    const { items } = schema
    return isObject(items) ? value.map((one) => withNulls(items, one)) : value
  }
  const properties = schema["properties"]
  if (!isObject(value) || !isObject(properties)) return value
  const filled: Record<string, unknown> = { ...value }
  for (const [key, property] of Object.entries(properties)) {
    if (key in filled) {
      if (isObject(property)) filled[key] = withNulls(property, filled[key])
    } else if (admitsNull(property)) filled[key] = null
  }
  return filled
}

/**
 * The JSON object in a model's answer: the text itself, or what stands in a code fence or between the outermost braces.
 *
 * @category conversions
 * @since 0.1.0
 */
export const jsonText = (text: string): string => {
  const from = text.indexOf("{")
  const to = text.lastIndexOf("}")
  return from >= 0 && to > from ? text.slice(from, to + 1) : text
}
