/**
 * Speech as text: `POST /audio/transcriptions`, as OpenAI, Groq, and local Whisper servers offer it.
 *
 * @since 0.1.0
 */
import { Duration, Effect, Schema } from "effect"
import type { Redacted } from "effect"
import { AiError } from "effect/ai"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import * as Errors from "./Errors.ts"

/**
 * Something that was said.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recording {
  readonly content: Uint8Array
  /** With an ending: some servers tell the format by it. */
  readonly name: string
  readonly mimeType: string
  /** ISO 639-1, if it is known: the server then need not guess. */
  readonly language?: string | undefined
}

/**
 * What was said.
 *
 * @category models
 * @since 0.1.0
 */
export interface Transcript {
  readonly text: string
  /** As the server names it: `id` or `indonesian`; `null` where it does not say. */
  readonly language: string | null
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Up to and without `/audio/transcriptions`. */
  readonly baseUrl: string
  readonly model: string
  readonly apiKey?: Redacted.Redacted<string> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Two minutes if absent. */
  readonly timeout?: Duration.Input | undefined
}

const method = "transcribe"

const Answer = Schema.Struct({
  text: Schema.String,
  language: Schema.optional(Schema.NullOr(Schema.String)),
  languages: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({ code: Schema.String }))))
})
const decodeAnswer = Schema.decodeUnknownEffect(Schema.fromJsonString(Answer))

/**
 * Has a recording written down.
 *
 * @category running
 * @since 0.1.0
 */
export const transcribe = Effect.fn("OpenAiCompatible.transcribe")(function*(options: Options, recording: Recording) {
  const client = yield* HttpClient.HttpClient
  const addresses = yield* OutboundAddresses.CurrentOutboundAddresses
  const url = `${options.baseUrl.replace(/\/+$/, "")}/audio/transcriptions`
  const parsed = URL.parse(url)
  if (parsed === null || !OutboundAddresses.allows(addresses, parsed)) {
    const description = `This server does not call ${parsed?.host ?? url}`
    return yield* Errors.make(method, new AiError.InvalidRequestError({ parameter: "baseUrl", description }))
  }
  const form = new FormData()
  form.append("file", new Blob([new Uint8Array(recording.content)], { type: recording.mimeType }), recording.name)
  form.append("model", options.model)
  form.append("response_format", "json")
  if (recording.language !== undefined) form.append("language", recording.language)
  const request = HttpClientRequest.post(url).pipe(
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeaders(options.headers ?? {}),
    (base) => options.apiKey === undefined ? base : HttpClientRequest.bearerToken(base, options.apiKey),
    HttpClientRequest.bodyFormData(form)
  )
  const timeout = Duration.fromInputUnsafe(options.timeout ?? "2 minutes")
  const answer = Effect.gen(function*() {
    const response = yield* client.execute(request)
    if (response.status < 200 || response.status >= 300) return yield* yield* Errors.fromResponse(method, response)
    return yield* response.text
  }).pipe(
    Effect.catchTag("HttpClientError", (error) => Errors.fromHttpClient(method, error)),
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Errors.timedOut(method, url, timeout) })
  )
  const { language, languages, text } = yield* Effect.mapError(
    Effect.flatMap(answer, decodeAnswer),
    (error) => AiError.isAiError(error) ? error : Errors.invalid(method, error.message)
  )
  return { text: text.trim(), language: language ?? languages?.[0]?.code ?? null } satisfies Transcript
})
