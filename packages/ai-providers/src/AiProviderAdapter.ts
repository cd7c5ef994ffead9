/**
 * What a kind of provider implements: a value with its settings and a layer. An organization's row picks one, so that
 * two organizations use different models in one process.
 *
 * @since 0.1.0
 */
import { Context, Duration, Effect, Layer, Option, Schema } from "effect"
import type { Redacted } from "effect"
import type { AiError, LanguageModel } from "effect/ai"
import type { HttpClient } from "effect/http"
import * as Extractive from "./Extractive.ts"
import * as OpenAiCompatible from "./OpenAiCompatible.ts"
import * as Transcription from "./OpenAiCompatible/Transcription.ts"

/**
 * One configured model, decoded.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelConfiguration<Settings> {
  readonly model: string
  readonly settings: Settings
  readonly secret: Redacted.Redacted<string> | undefined
}

/**
 * What an adapter is made of.
 *
 * @category models
 * @since 0.1.0
 */
export interface AiProviderDefinition<Settings, Encoded> {
  /** `extractive`, `openai_compatible`, or your own. */
  readonly id: string
  readonly name: string
  /** What an administrator configures and may read back. */
  readonly settings: Schema.Codec<Settings, Encoded>
  /** Whether it can't work without a secret; it may have one all the same. */
  readonly secretRequired: boolean
  readonly layer: (
    configuration: ModelConfiguration<Settings>
  ) => Layer.Layer<LanguageModel.LanguageModel, never, HttpClient.HttpClient>
  /** Writes down what was said, with the model that the configuration names. Absent: it can't. */
  readonly transcribe?: (
    configuration: ModelConfiguration<Settings>,
    recording: Transcription.Recording
  ) => Effect.Effect<Transcription.Transcript, AiError.AiError, HttpClient.HttpClient>
}

/**
 * An adapter whose settings are known to itself only: outside they are JSON.
 *
 * @category models
 * @since 0.1.0
 */
export interface AiProviderAdapter {
  readonly id: string
  readonly name: string
  readonly secretRequired: boolean
  /** Fails when the settings are not what the adapter describes; members it does not know are refused. */
  readonly check: (settings: Schema.JsonObject) => Effect.Effect<void, Schema.SchemaError>
  /** Fails when the settings can't be read. */
  readonly layer: (
    configuration: ModelConfiguration<Schema.JsonObject>
  ) => Effect.Effect<Layer.Layer<LanguageModel.LanguageModel, never, HttpClient.HttpClient>, Schema.SchemaError>
  /** As of its definition; fails, too, when the settings can't be read. */
  readonly transcribe:
    | ((
      configuration: ModelConfiguration<Schema.JsonObject>,
      recording: Transcription.Recording
    ) => Effect.Effect<Transcription.Transcript, AiError.AiError | Schema.SchemaError, HttpClient.HttpClient>)
    | undefined
}

/**
 * An adapter as a value; the type of its settings is inferred from its schema.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <Settings, Encoded>(definition: AiProviderDefinition<Settings, Encoded>): AiProviderAdapter => {
  const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(definition.settings))
  const { transcribe } = definition
  return {
    id: definition.id,
    name: definition.name,
    secretRequired: definition.secretRequired,
    check: (settings) => Effect.asVoid(decode(settings, { onExcessProperty: "error" })),
    layer: ({ model, secret, settings }) =>
      Effect.map(decode(settings), (decoded) => definition.layer({ model, secret, settings: decoded })),
    transcribe: transcribe === undefined ?
      undefined :
      ({ model, secret, settings }, recording) =>
        Effect.flatMap(decode(settings), (decoded) => transcribe({ model, secret, settings: decoded }, recording))
  }
}

/**
 * The built-in model. Its settings are empty.
 *
 * @category adapters
 * @since 0.1.0
 */
export const extractive = make({
  id: "extractive",
  name: "Built-in extractive model",
  settings: Schema.Struct({}),
  secretRequired: false,
  layer: () => Extractive.layer
})

const HttpUrl = Schema.String.check(
  Schema.isMaxLength(2000),
  Schema.makeFilter((text: string) => {
    const url = URL.parse(text)
    return url !== null && (url.protocol === "https:" || url.protocol === "http:") && url.username === "" &&
      url.password === ""
  }, { expected: "an http or https address without credentials" })
)

/** Of a header the HTTP client sets itself, or that carries the secret. */
const reservedHeader =
  /^(?:authorization|host|content-length|content-type|transfer-encoding|connection|cookie|proxy-.*)$/i

const HeaderRecord = Schema.Record(Schema.String, Schema.String.check(Schema.isMaxLength(1000))).check(
  Schema.makeFilter(
    (headers: Readonly<Record<string, string>>) =>
      Object.entries(headers).every(([name, value]) =>
        /^[\w-]{1,64}$/.test(name) && !reservedHeader.test(name) && !/[\r\n\0]/.test(value)
      ),
    { expected: "header names without authorization, and values without line breaks" }
  )
)

/**
 * The settings of `openAiCompatible`. Times are milliseconds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OpenAiCompatibleSettings = Schema.Struct({
  baseUrl: HttpUrl.annotate({ examples: ["https://api.openai.com/v1"] }),
  headers: Schema.optionalKey(HeaderRecord),
  structuredOutput: Schema.optionalKey(OpenAiCompatible.StructuredOutput),
  temperature: Schema.optionalKey(Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 2 }))),
  maxOutputTokens: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
  timeout: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 600_000 }))),
  /** Further members of the request body. */
  extra: Schema.optionalKey(Schema.JsonObject)
}).annotate({ identifier: "OpenAiCompatibleSettings" })
/** @since 0.1.0 */
export type OpenAiCompatibleSettings = typeof OpenAiCompatibleSettings.Type

/**
 * Any server that speaks chat completions; the secret is its API key.
 *
 * @category adapters
 * @since 0.1.0
 */
export const openAiCompatible = make({
  id: "openai_compatible",
  name: "OpenAI-compatible server",
  settings: OpenAiCompatibleSettings,
  secretRequired: false,
  layer: ({ model, secret, settings }) => {
    const { timeout, ...rest } = settings
    return OpenAiCompatible.layer({
      ...rest,
      model,
      ...(secret === undefined ? {} : { apiKey: secret }),
      ...(timeout === undefined ? {} : { timeout: Duration.millis(timeout) })
    })
  },
  transcribe: ({ model, secret, settings: { baseUrl, headers } }, recording) =>
    Transcription.transcribe({ baseUrl, model, apiKey: secret, headers }, recording)
})

/**
 * The adapters of this process.
 *
 * @category services
 * @since 0.1.0
 */
export class AiProviderRegistry extends Context.Service<AiProviderRegistry, {
  readonly all: ReadonlyArray<AiProviderAdapter>
  readonly get: (id: string) => Option.Option<AiProviderAdapter>
}>()("@wicara/ai-providers/AiProviderRegistry") {
  /** The two built-in adapters and those given; an id given again replaces the former. */
  static readonly layer = (adapters: ReadonlyArray<AiProviderAdapter> = []): Layer.Layer<AiProviderRegistry> =>
    Layer.sync(AiProviderRegistry, () => {
      const byId = new Map<string, AiProviderAdapter>()
      for (const adapter of [extractive, openAiCompatible, ...adapters]) byId.set(adapter.id, adapter)
      return AiProviderRegistry.of({ all: [...byId.values()], get: (id) => Option.fromUndefinedOr(byId.get(id)) })
    })
}
