/**
 * Requests of chat completions as OpenAI accepts them, and its error bodies.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

const Text = Schema.Union([
  Schema.String,
  Schema.Array(Schema.Struct({ type: Schema.String, text: Schema.optionalKey(Schema.String) }))
])

const ToolCall = Schema.Struct({
  id: Schema.String,
  type: Schema.Literal("function"),
  function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
})

/** One message of a request. @category models @since 0.1.0 */
export const Message = Schema.Union([
  Schema.Struct({ role: Schema.Literals(["system", "developer", "user"]), content: Text }),
  Schema.Struct({
    role: Schema.Literal("assistant"),
    content: Schema.optionalKey(Schema.NullOr(Text)),
    tool_calls: Schema.optionalKey(Schema.NonEmptyArray(ToolCall))
  }),
  Schema.Struct({ role: Schema.Literal("tool"), content: Text, tool_call_id: Schema.String })
])
/** @since 0.1.0 */
export type Message = typeof Message.Type

/** A request. @category models @since 0.1.0 */
export const Request = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1)),
  messages: Schema.NonEmptyArray(Message),
  tools: Schema.optionalKey(Schema.NonEmptyArray(Schema.Struct({
    type: Schema.Literal("function"),
    function: Schema.Struct({
      name: Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9_-]{1,64}$/)),
      description: Schema.optionalKey(Schema.String),
      parameters: Schema.optionalKey(Schema.JsonObject),
      strict: Schema.optionalKey(Schema.NullOr(Schema.Boolean))
    })
  }))),
  tool_choice: Schema.optionalKey(Schema.Union([
    Schema.Literals(["none", "auto", "required"]),
    Schema.Struct({ type: Schema.Literal("function"), function: Schema.Struct({ name: Schema.String }) })
  ])),
  response_format: Schema.optionalKey(Schema.Union([
    Schema.Struct({ type: Schema.Literals(["text", "json_object"]) }),
    Schema.Struct({
      type: Schema.Literal("json_schema"),
      json_schema: Schema.Struct({
        name: Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9_-]{1,64}$/)),
        schema: Schema.JsonObject,
        strict: Schema.optionalKey(Schema.NullOr(Schema.Boolean))
      })
    })
  ])),
  stream: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
  stream_options: Schema.optionalKey(
    Schema.NullOr(Schema.Struct({ include_usage: Schema.optionalKey(Schema.Boolean) }))
  ),
  temperature: Schema.optionalKey(Schema.NullOr(Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 2 })))),
  max_tokens: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  max_completion_tokens: Schema.optionalKey(Schema.NullOr(Schema.Int))
})
/** @since 0.1.0 */
export type Request = typeof Request.Type

/**
 * An error answer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Refusal {
  readonly status: number
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** The body of an error answer. @category conversions @since 0.1.0 */
export const errorBody = ({ code, message, param, type }: Refusal) => ({ error: { message, type, param, code } })

/** @category constructors @since 0.1.0 */
export const badRequest = (message: string, param: string | null = null, code: string | null = null): Refusal => ({
  status: 400,
  message,
  type: "invalid_request_error",
  param,
  code
})

/** The text of a message. @category accessors @since 0.1.0 */
export const textOf = (message: Message): string =>
  typeof message.content === "string"
    ? message.content
    : (message.content ?? []).map((part) => part.text ?? "").join("")

/** Roughly how many tokens a text is. @category accessors @since 0.1.0 */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Strict schemas list every property as required and allow no other, at every level. */
const strictProblem = (schema: unknown, path: ReadonlyArray<string>): string | undefined => {
  if (Array.isArray(schema)) {
    for (const one of schema) {
      const problem = strictProblem(one, path)
      if (problem !== undefined) return problem
    }
    return undefined
  }
  if (!isObject(schema)) return undefined
  if (schema["type"] === "object") {
    const properties = isObject(schema["properties"]) ? Object.keys(schema["properties"]) : []
    const required = Array.isArray(schema["required"]) ? schema["required"] : []
    const where = path.length === 0 ? "()" : `('${path.join("', '")}')`
    if (schema["additionalProperties"] !== false) {
      return `Invalid schema for response_format: In context=${where}, 'additionalProperties' is required to be supplied and to be false.`
    }
    const missing = properties.find((name) => !required.includes(name))
    if (missing !== undefined) {
      return `Invalid schema for response_format: In context=${where}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`
    }
  }
  for (const [key, value] of Object.entries(schema)) {
    const problem = strictProblem(value, [...path, key])
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Models that reason take neither a temperature nor `max_tokens`. @category predicates @since 0.1.0 */
export const isReasoningModel = (model: string): boolean => /^(?:o\d|gpt-5)/.test(model)

/**
 * What OpenAI would refuse in a request whose shape is right; `undefined` when it is acceptable.
 *
 * @category validation
 * @since 0.1.0
 */
export const check = (request: Request, options: {
  readonly models: ReadonlyArray<string> | undefined
  readonly contextTokens: number
}): Refusal | undefined => {
  if (options.models !== undefined && !options.models.includes(request.model)) {
    return {
      status: 404,
      message: `The model \`${request.model}\` does not exist or you do not have access to it.`,
      type: "invalid_request_error",
      param: null,
      code: "model_not_found"
    }
  }
  if (isReasoningModel(request.model)) {
    if (request.max_tokens !== undefined && request.max_tokens !== null) {
      return badRequest(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "max_tokens",
        "unsupported_parameter"
      )
    }
    if (request.temperature !== undefined && request.temperature !== null && request.temperature !== 1) {
      return badRequest("Unsupported parameter: 'temperature' is not supported with this model.", "temperature")
    }
  }
  const open = new Set<string>()
  for (const [at, message] of request.messages.entries()) {
    if (message.role === "tool") {
      if (!open.delete(message.tool_call_id)) {
        return badRequest(
          "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
          `messages.[${at}].role`
        )
      }
      continue
    }
    if (open.size > 0) {
      return badRequest(
        `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${
          [...open].join(", ")
        }`,
        `messages.[${at}].role`
      )
    }
    if (message.role === "assistant") { for (const call of message.tool_calls ?? []) open.add(call.id) }
  }
  const format = request.response_format
  if (format?.type === "json_object" && !request.messages.some((message) => /json/i.test(textOf(message)))) {
    return badRequest(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      "messages"
    )
  }
  if (format?.type === "json_schema" && format.json_schema.strict === true) {
    const problem = strictProblem(format.json_schema.schema, [])
    if (problem !== undefined) return badRequest(problem, "response_format")
  }
  const tokens = request.messages.reduce((sum, message) => sum + tokensOf(textOf(message)), 0)
  if (tokens > options.contextTokens) {
    return badRequest(
      `This model's maximum context length is ${options.contextTokens} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
      "messages",
      "context_length_exceeded"
    )
  }
  return undefined
}
