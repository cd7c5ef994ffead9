/**
 * What turns files into text: each reader says which kinds of files it takes, and whether an organization wants it.
 *
 * @since 0.1.0
 */
import { AiProviderId } from "@wicara/ai-providers/AiProvider"
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import type { NotFound, Unavailable } from "@wicara/core/Problem"
import * as SettingDefinitions from "@wicara/core/Settings"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import { Context, Effect, Layer, Option, Schema } from "effect"
import type { AiError } from "effect/ai"
import * as DocumentReader from "./DocumentReader.ts"
import { ReadingFailed } from "./MediaReader.ts"
import type { MediaReader } from "./MediaReader.ts"

/**
 * The recordings of customers are written down by this model at that provider; `null`: they are not, since it costs.
 *
 * @category settings
 * @since 0.1.0
 */
export const transcription = SettingDefinitions.define({
  key: "media.transcription",
  schema: Schema.NullOr(Schema.Struct({
    aiProviderId: AiProviderId,
    /** As the provider calls it: `whisper-1`, `gpt-4o-mini-transcribe`. */
    model: Schema.String.check(Schema.isTrimmed(), Schema.isMinLength(1), Schema.isMaxLength(190)),
    /** ISO 639-1, if customers speak one language only. */
    language: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[a-z]{2}$/)))
  })),
  default: null,
  description: "The model that writes down what customers say in voice notes; its provider charges for it."
})

/**
 * @category services
 * @since 0.1.0
 */
export class MediaReaders extends Context.Service<MediaReaders, {
  /** The reader of a media type that the current organization wants. */
  readonly of: (contentType: string) => Effect.Effect<Option.Option<MediaReader>, never, CurrentOrganization>
  /** The kinds of readers that the current organization wants at all. */
  readonly kinds: Effect.Effect<ReadonlySet<MediaReader["kind"]>, never, CurrentOrganization>
  /** A reader by its id. */
  readonly get: (id: string) => Option.Option<MediaReader>
}>()("@wicara/media/MediaReaders") {
  /**
   * The readers of plain text, of documents and of recordings, and those given; the first that takes a type has it.
   *
   * @since 0.1.0
   */
  static readonly layer = (
    readers: ReadonlyArray<MediaReader> = []
  ): Layer.Layer<MediaReaders, never, AiProviders | SettingDefinitions.Settings> =>
    Layer.effect(
      MediaReaders,
      Effect.gen(function*() {
        const all = [...readers, plainText, yield* DocumentReader.make(), yield* makeTranscription]
        const wanted = Effect.filter(all, ({ isOn }) => isOn)
        return MediaReaders.of({
          of: (contentType) =>
            Effect.map(wanted, (some) => Option.fromUndefinedOr(some.find(({ takes }) => takes(contentType)))),
          kinds: Effect.map(wanted, (some) => new Set(some.map(({ kind }) => kind))),
          get: (id) => Option.fromUndefinedOr(all.find((reader) => reader.id === id))
        })
      })
    )
}

/**
 * Text is there to be read as it is.
 *
 * @category readers
 * @since 0.1.0
 */
export const plainText: MediaReader = {
  id: "text",
  kind: "document",
  takes: (contentType) => /^text\/(plain|markdown|csv|calendar|vcard)$|^application\/json$/.test(contentType),
  maxBytes: 1024 * 1024,
  isOn: Effect.succeed(true),
  read: ({ content }) => Effect.succeed({ text: new TextDecoder().decode(content), language: null })
}

/** What servers tell a recording's format by. */
const endings: Readonly<Record<string, string>> = {
  "audio/ogg": "ogg",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "audio/wav": "wav",
  "audio/webm": "webm",
  "audio/flac": "flac"
}

const failureOf = (error: AiError.AiError | NotFound | Unavailable): ReadingFailed => {
  if (error._tag !== "AiError") return new ReadingFailed({ again: false, code: "no_provider" })
  switch (error.reason._tag) {
    case "QuotaExhaustedError":
      return new ReadingFailed({ again: false, code: "quota_exceeded" })
    case "InvalidRequestError":
    case "ContentPolicyError":
      return new ReadingFailed({ again: false, code: "refused" })
    default:
      return new ReadingFailed({ again: error.isRetryable, code: error.reason._tag })
  }
}

const makeTranscription = Effect.gen(function*() {
  const providers = yield* AiProviders
  const settings = yield* SettingDefinitions.Settings
  const reader: MediaReader = {
    id: "transcription",
    kind: "speech",
    takes: (contentType) => Object.hasOwn(endings, contentType),
    // OpenAI takes 25 MB.
    maxBytes: 24 * 1024 * 1024,
    isOn: Effect.map(settings.get(transcription), (chosen) => chosen !== null),
    read: Effect.fn("MediaReaders.transcription")(function*({ content, contentType }) {
      const chosen = yield* settings.get(transcription)
      if (chosen === null) return yield* new ReadingFailed({ again: false, code: "no_provider" })
      return yield* providers.transcribe(chosen.aiProviderId, chosen.model, {
        content,
        name: `recording.${endings[contentType] ?? "ogg"}`,
        mimeType: contentType,
        language: chosen.language
      }).pipe(Effect.mapError(failureOf))
    })
  }
  return reader
})
