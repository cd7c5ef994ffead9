/**
 * Any server that speaks OpenAI's chat completions as a `LanguageModel`: text, streaming, tools, structured output.
 *
 * @since 0.1.0
 */
import { Clock, Duration, Effect, Layer, Option, Schema, Stream } from "effect"
import { AiError, LanguageModel, Model, OpenAiStructuredOutput } from "effect/ai"
import type { JsonSchema, Redacted } from "effect"
import { Sse } from "effect/encoding"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { HttpClientResponse } from "effect/http"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import * as Answers from "./OpenAiCompatible/Answers.ts"
import * as Errors from "./OpenAiCompatible/Errors.ts"
import * as Messages from "./OpenAiCompatible/Messages.ts"
import * as Wire from "./OpenAiCompatible/Wire.ts"

/**
 * How a server is made to answer in JSON. `auto` starts with `json_schema` and steps down to `json_object` and to a
 * request in plain words (`prompt`) when the server refuses.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StructuredOutput = Schema.Literals(["auto", "json_schema", "json_object", "prompt"])
/** @since 0.1.0 */
export type StructuredOutput = typeof StructuredOutput.Type

/**
 * One model on one server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Up to and without `/chat/completions`: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly model: string
  /** Sent as a bearer token. */
  readonly apiKey?: Redacted.Redacted<string> | undefined
  /** Sent along with every request: an organization, an API version. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly structuredOutput?: StructuredOutput | undefined
  readonly temperature?: number | undefined
  readonly maxOutputTokens?: number | undefined
  /** Without an answer, or between two events of a stream, for this long the request fails; a minute if absent. */
  readonly timeout?: Duration.Input | undefined
  /** Further members of the request body, for what only this server knows. */
  readonly extra?: Messages.Json | undefined
}

type Mode = Exclude<StructuredOutput, "auto">

/** What the server turned out not to accept. */
interface Dialect {
  mode: Mode
  temperature: boolean
  maxTokens: "max_completion_tokens" | "max_tokens"
  streamOptions: boolean
}

const stepDown: Readonly<Record<Mode, Mode | undefined>> = {
  json_schema: "json_object",
  json_object: "prompt",
  prompt: undefined
}

/** Learns from a refusal; says whether the request is worth repeating. */
const adapt = (
  dialect: Dialect,
  options: Options,
  reason: AiError.InvalidRequestError,
  structured: boolean
): boolean => {
  const { parameter = "" } = reason
  const said = `${parameter} ${reason.description ?? ""}`
  const fixed = options.structuredOutput !== undefined && options.structuredOutput !== "auto"
  if (structured && !fixed && /response_format|json_schema|json_object|structured output/i.test(said)) {
    const next = stepDown[dialect.mode]
    if (next === undefined) return false
    dialect.mode = next
    return true
  }
  if (/max_tokens|max_completion_tokens/.test(said) && options.maxOutputTokens !== undefined) {
    const wanted = dialect.maxTokens === "max_tokens" ? "max_completion_tokens" : "max_tokens"
    if (parameter !== dialect.maxTokens && !said.includes(`'${dialect.maxTokens}'`)) return false
    dialect.maxTokens = wanted
    return true
  }
  if (/temperature/.test(said) && options.temperature !== undefined && dialect.temperature) {
    dialect.temperature = false
    return true
  }
  if (/stream_options/.test(said) && dialect.streamOptions) {
    dialect.streamOptions = false
    return true
  }
  return false
}

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))
const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const decodeCompletion = Schema.decodeUnknownEffect(Schema.fromJsonString(Wire.Completion))
const decodeChunk = Schema.decodeUnknownEffect(Schema.fromJsonString(Wire.Chunk))

const defaultTimeout = Duration.minutes(1)
const maxAdaptations = 4

const responseFormat = (
  mode: Mode,
  name: string,
  schema: JsonSchema.JsonSchema
): { readonly format: Messages.Json; readonly instruction: string | undefined } => {
  const instruction = `Answer with one JSON object and nothing else. It conforms to this JSON Schema:\n${
    encodeJson(schema)
  }`
  switch (mode) {
    case "json_schema":
      return {
        format: { response_format: { type: "json_schema", json_schema: { name, schema, strict: true } } },
        instruction: undefined
      }
    case "json_object":
      return { format: { response_format: { type: "json_object" } }, instruction }
    case "prompt":
      return { format: {}, instruction }
  }
}

/**
 * Builds the model. It remembers which optional parameters the server refused and leaves them out from then on.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(options: Options) {
  const client = yield* HttpClient.HttpClient
  const addresses = yield* OutboundAddresses.CurrentOutboundAddresses
  const timeout = Duration.fromInputUnsafe(options.timeout ?? defaultTimeout)
  const url = `${options.baseUrl.replace(/\/+$/, "")}/chat/completions`
  const dialect: Dialect = {
    mode: options.structuredOutput === undefined || options.structuredOutput === "auto"
      ? "json_schema"
      : options.structuredOutput,
    temperature: true,
    maxTokens: "max_completion_tokens",
    streamOptions: true
  }

  const base = HttpClientRequest.post(url).pipe(
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeaders(options.headers ?? {}),
    (request) => options.apiKey === undefined ? request : HttpClientRequest.bearerToken(request, options.apiKey)
  )

  const body = (
    provider: LanguageModel.ProviderOptions,
    stream: boolean,
    schema: JsonSchema.JsonSchema | undefined
  ) => {
    const structured = provider.responseFormat.type === "json" && schema !== undefined
      ? responseFormat(dialect.mode, provider.responseFormat.objectName.replace(/[^\w-]/g, "_").slice(0, 64), schema)
      : { format: {}, instruction: undefined }
    const messages = Messages.fromPrompt(provider.prompt)
    return {
      model: options.model,
      messages: structured.instruction === undefined
        ? messages
        : [...messages, { role: "system", content: structured.instruction }],
      ...Messages.fromTools(provider),
      ...structured.format,
      ...(options.temperature !== undefined && dialect.temperature ? { temperature: options.temperature } : {}),
      ...(options.maxOutputTokens === undefined ? {} : { [dialect.maxTokens]: options.maxOutputTokens }),
      ...(stream
        ? { stream: true, ...(dialect.streamOptions ? { stream_options: { include_usage: true } } : {}) }
        : {}),
      ...options.extra
    }
  }

  const checkEndpoint = (method: string) =>
    Effect.suspend(() => {
      const parsed = URL.parse(url)
      return parsed !== null && OutboundAddresses.allows(addresses, parsed) ? Effect.void : Effect.fail(Errors.make(
        method,
        new AiError.InvalidRequestError({
          parameter: "baseUrl",
          description: `This server does not call ${parsed?.host ?? url}`
        })
      ))
    })

  /** Sends a request, again where the server only refused a parameter that it need not have. */
  const send = (
    method: string,
    provider: LanguageModel.ProviderOptions,
    stream: boolean,
    schema: JsonSchema.JsonSchema | undefined
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, AiError.AiError> =>
    Effect.gen(function*() {
      yield* checkEndpoint(method)
      for (let attempt = 0;; attempt++) {
        const request = HttpClientRequest.bodyJsonUnsafe(base, body(provider, stream, schema))
        const response = yield* Effect.mapError(
          client.execute(request),
          (error) => Errors.fromHttpClient(method, error)
        )
        if (response.status >= 200 && response.status < 300) return response
        const error = yield* Errors.fromResponse(method, response)
        const { reason } = error
        if (
          attempt < maxAdaptations && reason._tag === "InvalidRequestError" &&
          adapt(dialect, options, reason, schema !== undefined)
        ) continue
        return yield* error
      }
    })

  const withTimeout = (method: string) => <A, R>(effect: Effect.Effect<A, AiError.AiError, R>) =>
    Effect.timeoutOrElse(effect, {
      duration: timeout,
      orElse: () => Effect.fail(Errors.timedOut(method, url, timeout))
    })

  const jsonSchemaOf = (method: string, provider: LanguageModel.ProviderOptions) => {
    const format = provider.responseFormat
    return format.type === "text" ? Effect.succeed(undefined) : Effect.try({
      try: () => OpenAiStructuredOutput.toCodecOpenAI(format.schema).jsonSchema,
      catch: (error) => Errors.make(method, new AiError.UnsupportedSchemaError({ description: String(error) }))
    })
  }

  const generateText = Effect.fnUntraced(function*(provider: LanguageModel.ProviderOptions) {
    const method = "generateText"
    const schema = yield* jsonSchemaOf(method, provider)
    const completion = yield* send(method, provider, false, schema).pipe(
      Effect.flatMap((response) => Effect.mapError(response.text, (error) => Errors.fromHttpClient(method, error))),
      withTimeout(method),
      Effect.flatMap((text) =>
        Effect.mapError(decodeCompletion(text), (error) => Errors.invalid(method, error.message))
      )
    )
    if (completion.error !== null && completion.error !== undefined) {
      return yield* Errors.fromDetail(method, Errors.detailOf(completion), yield* Clock.currentTimeMillis)
    }
    const parts = yield* Answers.fromCompletion(method, completion)
    if (schema === undefined) return parts
    return parts.map((part) => {
      if (part.type !== "text") return part
      const json = decodeJson(Messages.jsonText(part.text))
      return Option.isNone(json) ? part : { ...part, text: encodeJson(Messages.withNulls(schema, json.value)) }
    })
  })

  const streamText = (provider: LanguageModel.ProviderOptions) => {
    const method = "streamText"
    const reader = Answers.makeStreamReader(method)
    const parse = Effect.fnUntraced(function*(data: string) {
      if (data.trim() === "") return []
      const chunk = yield* Effect.mapError(decodeChunk(data), (error) => Errors.invalid(method, error.message))
      if (chunk.error !== null && chunk.error !== undefined) {
        return yield* Errors.fromDetail(method, Errors.detailOf(chunk), yield* Clock.currentTimeMillis)
      }
      return reader.chunk(chunk)
    })
    return Stream.unwrap(Effect.gen(function*() {
      const response = yield* withTimeout(method)(send(method, provider, true, yield* jsonSchemaOf(method, provider)))
      const pending: Array<string> = []
      const parser = Sse.makeParser((event) => {
        if (event._tag === "Event") pending.push(event.data)
      })
      const feed = (text: string) =>
        Effect.suspend(() => {
          const error = parser.feed(text)
          return error === undefined
            ? Effect.succeed(pending.splice(0))
            : Effect.fail(Errors.invalid(method, error.message))
        })
      return response.stream.pipe(
        Stream.mapError((error) => Errors.fromHttpClient(method, error)),
        Stream.timeoutOrElse({ duration: timeout, orElse: () => Stream.fail(Errors.timedOut(method, url, timeout)) }),
        Stream.decodeText,
        // A server may end without the blank line that closes the last event.
        Stream.concat(Stream.succeed("\n\n")),
        Stream.mapEffect(feed),
        Stream.flattenIterable,
        Stream.takeWhile((data) => data.trim() !== "[DONE]"),
        Stream.mapEffect(parse),
        Stream.concat(Stream.fromEffect(reader.end)),
        Stream.flattenIterable
      )
    }))
  }

  return yield* LanguageModel.make({
    generateText,
    streamText,
    codecTransformer: OpenAiStructuredOutput.toCodecOpenAI,
    supportsSystemMessagesInHistory: Effect.succeed(true)
  })
})

/**
 * The model as the `LanguageModel` of the context.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<LanguageModel.LanguageModel, never, HttpClient.HttpClient> =>
  Layer.effect(LanguageModel.LanguageModel, make(options))

/**
 * The same with its provider and model name, for telemetry.
 *
 * @category constructors
 * @since 0.1.0
 */
export const model = (options: Options) => Model.make("openai_compatible", options.model, layer(options))
