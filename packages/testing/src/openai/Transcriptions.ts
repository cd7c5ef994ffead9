/**
 * Requests to `POST /v1/audio/transcriptions`, and what OpenAI refuses of them.
 *
 * @since 0.1.0
 */
import { Effect, Stream } from "effect"
import type { HttpServerRequest } from "effect/http"
import { badRequest } from "./ChatCompletions.ts"
import type { Refusal } from "./ChatCompletions.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Request {
  readonly model: string
  readonly language: string | null
  readonly responseFormat: string
  readonly file: { readonly name: string; readonly mimeType: string; readonly size: number } | undefined
}

/** Formats that it takes, told by the name's ending. */
const known = /\.(flac|mp3|mp4|mpeg|mpga|m4a|ogg|oga|wav|webm)$/i

/** Bytes of the largest file. */
const maxSize = 25 * 1024 * 1024

/**
 * The form of a request; members that it lacks are empty.
 *
 * @category constructors
 * @since 0.1.0
 */
export const read = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
  const fields = new Map<string, string>()
  let file: Request["file"]
  yield* Stream.runForEach(request.multipartStream, (part) => {
    if (part._tag === "File") {
      return Effect.map(part.contentEffect, (bytes) => {
        file = { name: part.name, mimeType: part.contentType, size: bytes.length }
      })
    }
    fields.set(part.key, part.value)
    return Effect.void
  }).pipe(Effect.ignore)
  return {
    model: fields.get("model") ?? "",
    language: fields.get("language") ?? null,
    responseFormat: fields.get("response_format") ?? "json",
    file
  } satisfies Request
})

/**
 * What is wrong with it.
 *
 * @category decisions
 * @since 0.1.0
 */
export const check = (
  { file, language, model }: Request,
  models: ReadonlyArray<string> | undefined
): Refusal | undefined => {
  if (model === "") return badRequest("you must provide a model parameter")
  if (models !== undefined && !models.includes(model)) {
    return { ...badRequest(`The model \`${model}\` does not exist.`, "model", "model_not_found"), status: 404 }
  }
  if (file === undefined) return badRequest("you must provide a file", "file")
  if (file.size > maxSize) {
    return { ...badRequest(`Maximum content size limit (${maxSize}) exceeded.`), status: 413 }
  }
  if (!known.test(file.name)) {
    return badRequest(
      "Invalid file format. Supported formats: ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm']",
      "file"
    )
  }
  if (file.size < 40) return badRequest("Audio file is too short. Minimum audio length is 0.1 seconds.", "file")
  if (language !== null && !/^[a-z]{2}$/.test(language)) {
    return badRequest("Invalid language. Language must be in ISO-639-1 format.", "language", "invalid_language_format")
  }
  return undefined
}
