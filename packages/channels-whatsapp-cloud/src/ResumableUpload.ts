/**
 * Files that are no messages: samples of templates and profile pictures. They are handed over in parts, and an upload that
 * broke off goes on where it stopped.
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/upload
 * @since 0.1.0
 */
import { Effect, Redacted, Schedule, Schema, Stream } from "effect"
import type { HttpClient } from "effect/http"
import type { MediaUpload } from "@wicara/channels/ChannelAdapter"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import * as GraphApi from "./GraphApi.ts"
import { failureOf } from "./internal/failureOf.ts"
import * as PhoneNumber from "./PhoneNumber.ts"

/** @category models @since 0.1.0 */
export interface UploadFile {
  readonly bytes: Uint8Array
  readonly mimeType: string
  readonly fileName: string
}

const Begun = Schema.Struct({ id: Schema.NonEmptyString })
const Part = Schema.Struct({
  h: Schema.optional(Schema.NullOr(Schema.String)),
  file_offset: Schema.optional(Schema.NullOr(Schema.Number))
})

/** As much as goes in one request, bytes. */
const partSize = 4 * 1024 * 1024

/** How often a part that broke off is tried again. */
const retries = 3
const backoff = Schedule.exponential("200 millis")

/**
 * Uploads a file; gives the handle to name it by (`example.header_handle`, `profile_picture_handle`).
 *
 * @category requests
 * @since 0.1.0
 */
export const upload = Effect.fn("WhatsAppCloud.upload")(function*(
  caller: GraphApi.Caller,
  file: UploadFile
): Effect.fn.Return<string, GraphApi.Failure, HttpClient.HttpClient> {
  const { appId } = yield* PhoneNumber.token(caller)
  if (appId === undefined) return yield* new GraphApi.NotSent({ reason: "the access token names no app" })
  const { id } = yield* GraphApi.call(caller, Begun, {
    method: "POST",
    path: `${appId}/uploads`,
    query: { file_length: String(file.bytes.length), file_type: file.mimeType, file_name: file.fileName }
  })
  const state = GraphApi.call(caller, Part, { method: "GET", path: id }).pipe(
    Effect.retry({
      while: ({ _tag }) => _tag === "NotSent" || _tag === "NoAnswer",
      times: retries,
      schedule: backoff
    }),
    Effect.map(({ file_offset: offset }) => ({ h: undefined, file_offset: offset ?? 0 }))
  )
  let offset = 0
  let stalls = 0
  while (offset < file.bytes.length && stalls <= retries) {
    const answer = yield* send(caller, id, offset, file.bytes.subarray(offset, offset + partSize)).pipe(
      Effect.retry({ while: ({ _tag }) => _tag === "NotSent", times: retries, schedule: backoff }),
      // Nobody knows how much of it arrived: the API is asked, and the rest is sent.
      Effect.catchTag("NoAnswer", () => state)
    )
    if (answer.h != null) return answer.h
    const next = answer.file_offset ?? offset
    stalls = next > offset ? 0 : stalls + 1
    offset = next
  }
  return yield* new GraphApi.NoAnswer({ reason: "the upload ended without a handle" })
})

const send = (caller: GraphApi.Caller, id: string, offset: number, bytes: Uint8Array) =>
  GraphApi.call(caller, Part, {
    method: "POST",
    path: id,
    bytes,
    headers: { authorization: `OAuth ${Redacted.value(caller.accessToken)}`, file_offset: String(offset) }
  })

/**
 * The same for a file that is read as it comes. What keeps it from being read is told as the provider's refusal.
 *
 * @category requests
 * @since 0.1.0
 */
export const uploadMedia = Effect.fnUntraced(function*(
  caller: GraphApi.Caller,
  { content, mimeType, name }: MediaUpload
): Effect.fn.Return<string, ProviderFailure, HttpClient.HttpClient> {
  const chunks = yield* Effect.mapError(
    Stream.runCollect(content),
    ({ code, kind, reason }) => new ProviderFailure({ kind: kind === "gone" ? "refused" : kind, code, reason })
  )
  return yield* Effect.mapError(
    upload(caller, { bytes: Buffer.concat([...chunks]), mimeType, fileName: name }),
    failureOf
  )
})
