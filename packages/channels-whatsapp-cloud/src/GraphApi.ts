/**
 * The Graph API as the vendor has it: requests, answers and failures, without our meaning of them.
 *
 * The three ways in which a request can end without an answer of the API are kept apart, because a send may only be
 * repeated after two of them: it surely never left (`NotSent`), something in between refused it (`HttpFailure`), or
 * nobody knows (`NoAnswer`).
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 * @since 0.1.0
 */
import { Duration, Effect, Option, Predicate, Redacted, Result, Schema, Scope, Stream } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import type { HttpClientError, HttpClientResponse } from "effect/http"

/**
 * Where and as whom to call.
 *
 * @category models
 * @since 0.1.0
 */
export interface Caller {
  /** `https://graph.facebook.com`, without a version. */
  readonly baseUrl: string
  /** `v23.0`. */
  readonly version: string
  readonly accessToken: Redacted.Redacted<string>
  /** For the whole request, answer included. */
  readonly timeout: Duration.Input
}

/**
 * The API answered with an error object.
 *
 * @category errors
 * @since 0.1.0
 */
export class GraphError extends Schema.TaggedError<GraphError>()("GraphError", {
  status: Schema.Int,
  code: Schema.String,
  subcode: Schema.optionalKey(Schema.String),
  message: Schema.String,
  /** What exactly was wrong: more useful than the message. */
  details: Schema.optionalKey(Schema.String),
  /** The API's own word that the failure is temporary. */
  transient: Schema.Boolean,
  /** From the `Retry-After` header, milliseconds. */
  retryAfter: Schema.optionalKey(Schema.Number),
  traceId: Schema.optionalKey(Schema.String)
}) {}

/**
 * An HTTP error without an error object of the API: from a proxy, a wrong address, or a crash.
 *
 * @category errors
 * @since 0.1.0
 */
export class HttpFailure extends Schema.TaggedError<HttpFailure>()("HttpFailure", {
  status: Schema.Int,
  retryAfter: Schema.optionalKey(Schema.Number)
}) {}

/** The request surely never left this machine. @category errors @since 0.1.0 */
export class NotSent extends Schema.TaggedError<NotSent>()("NotSent", { reason: Schema.String }) {}

/** The request may have arrived: a time-out, a broken connection, an answer that makes no sense. @category errors @since 0.1.0 */
export class NoAnswer extends Schema.TaggedError<NoAnswer>()("NoAnswer", { reason: Schema.String }) {}

/** @category errors @since 0.1.0 */
export type Failure = GraphError | HttpFailure | NotSent | NoAnswer

const Text = Schema.Union([Schema.String, Schema.Number])

const ErrorBody = Schema.Struct({
  error: Schema.Struct({
    code: Text,
    error_subcode: Schema.optional(Schema.NullOr(Text)),
    message: Schema.optional(Schema.NullOr(Schema.String)),
    is_transient: Schema.optional(Schema.NullOr(Schema.Boolean)),
    error_data: Schema.optional(Schema.Unknown),
    error_user_msg: Schema.optional(Schema.NullOr(Schema.String)),
    fbtrace_id: Schema.optional(Schema.NullOr(Schema.String))
  })
})

const decodeErrorBody = Schema.decodeUnknownOption(ErrorBody)
const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))

const SentMessage = Schema.Struct({
  messages: Schema.NonEmptyArray(Schema.Struct({
    id: Schema.NonEmptyString,
    message_status: Schema.optional(Schema.NullOr(Schema.String))
  }))
})

/** A message that the API took. @category models @since 0.1.0 */
export interface TakenMessage {
  readonly id: string
  /** Why it is kept back: a template's quality is looked at first, or it was paused. */
  readonly held: "quality_assessment" | "paused" | undefined
}

const heldBy: Readonly<Record<string, TakenMessage["held"]>> = {
  held_for_quality_assessment: "quality_assessment",
  paused: "paused"
}

const PhoneNumber = Schema.Struct({
  id: Schema.String,
  display_phone_number: Schema.optional(Schema.NullOr(Schema.String)),
  verified_name: Schema.optional(Schema.NullOr(Schema.String)),
  quality_rating: Schema.optional(Schema.NullOr(Schema.String))
})
/** A business phone number, as the API describes it. @category models @since 0.1.0 */
export type PhoneNumber = typeof PhoneNumber.Type

const MediaFile = Schema.Struct({
  url: Schema.String,
  mime_type: Schema.optional(Schema.NullOr(Schema.String)),
  sha256: Schema.optional(Schema.NullOr(Schema.String)),
  file_size: Schema.optional(Schema.NullOr(Text))
})
/** Where a media file is for the next five minutes. @category models @since 0.1.0 */
export type MediaFile = typeof MediaFile.Type

const Uploaded = Schema.Struct({ id: Schema.NonEmptyString })

/**
 * Sends a message object; `marketing_messages` takes templates of that category only, and can choose when.
 *
 * @category requests
 * @since 0.1.0
 */
export const sendMessage = (
  caller: Caller,
  phoneNumberId: string,
  body: object,
  endpoint: "messages" | "marketing_messages" = "messages"
): Effect.Effect<TakenMessage, Failure, HttpClient.HttpClient> =>
  post(caller, `${phoneNumberId}/${endpoint}`, body).pipe(
    Effect.flatMap(decodeAnswer(SentMessage)),
    Effect.map(({ messages: [{ id, message_status: status }] }) => ({ id, held: heldBy[status ?? ""] }))
  )

/**
 * Marks a customer's message as read, and shows that an answer is being typed (until it comes, at most 25 s).
 *
 * @category requests
 * @since 0.1.0
 */
export const markRead = (
  caller: Caller,
  phoneNumberId: string,
  target: { readonly messageId: string; readonly typing: boolean }
): Effect.Effect<void, Failure, HttpClient.HttpClient> =>
  Effect.asVoid(post(caller, `${phoneNumberId}/messages`, {
    messaging_product: "whatsapp",
    status: "read",
    message_id: target.messageId,
    ...(target.typing ? { typing_indicator: { type: "text" } } : undefined)
  }))

/** @category requests @since 0.1.0 */
export const phoneNumber = (
  caller: Caller,
  phoneNumberId: string
): Effect.Effect<PhoneNumber, Failure, HttpClient.HttpClient> =>
  execute(
    caller,
    HttpClientRequest.get(address(caller, phoneNumberId), {
      urlParams: { fields: "id,display_phone_number,verified_name,quality_rating" }
    })
  ).pipe(Effect.flatMap(decodeAnswer(PhoneNumber)))

/**
 * Asks where a media file can be downloaded: the address lives five minutes.
 *
 * @category requests
 * @since 0.1.0
 */
export const media = (
  caller: Caller,
  phoneNumberId: string,
  mediaId: string
): Effect.Effect<MediaFile, Failure, HttpClient.HttpClient> =>
  execute(
    caller,
    HttpClientRequest.get(address(caller, encodeURIComponent(mediaId)), {
      urlParams: { phone_number_id: phoneNumberId }
    })
  ).pipe(Effect.flatMap(decodeAnswer(MediaFile)))

/**
 * Opens a media file at the address that `media` gave. The access token goes along, so only addresses of Meta (or of the
 * configured base URL) are called; any other is `NotSent`. The caller's time is that for the answer to begin; the scope
 * ends the download.
 *
 * @category requests
 * @since 0.1.0
 */
export const download = Effect.fnUntraced(function*(
  caller: Caller,
  url: string
): Effect.fn.Return<Stream.Stream<Uint8Array, Failure>, Failure, HttpClient.HttpClient | Scope.Scope> {
  if (!mayCarryToken(caller, url)) return yield* new NotSent({ reason: "the address is not one of the provider's" })
  const scope = yield* Scope.Scope
  const client = HttpClient.transformResponse(
    HttpClient.withScope(yield* HttpClient.HttpClient),
    Effect.provideService(Scope.Scope, scope)
  )
  return yield* Effect.provideService(
    request(caller, HttpClientRequest.get(url), {}, (response) =>
      response.status === 200
        ? Effect.succeed(Stream.mapError(response.stream, () => new NoAnswer({ reason: "the answer broke off" })))
        : Effect.flatMap(response.text, (text) => Effect.fail(failureOf(response, text)))),
    HttpClient.HttpClient,
    client
  )
})

/**
 * Uploads a media file; the id can be sent for 30 days.
 *
 * @category requests
 * @since 0.1.0
 */
export const upload = (
  caller: Caller,
  phoneNumberId: string,
  file: { readonly bytes: Uint8Array; readonly mimeType: string; readonly fileName: string }
): Effect.Effect<string, Failure, HttpClient.HttpClient> =>
  Effect.suspend(() => {
    const form = new FormData()
    form.append("messaging_product", "whatsapp")
    form.append("type", file.mimeType)
    form.append("file", new Blob([Uint8Array.from(file.bytes)], { type: file.mimeType }), file.fileName)
    return execute(
      caller,
      HttpClientRequest.post(address(caller, `${phoneNumberId}/media`), { body: HttpBody.formData(form) })
    )
  }).pipe(
    Effect.flatMap(decodeAnswer(Uploaded)),
    Effect.map(({ id }) => id)
  )

/** @category requests @since 0.1.0 */
export const deleteMedia = (
  caller: Caller,
  mediaId: string
): Effect.Effect<void, Failure, HttpClient.HttpClient> =>
  Effect.asVoid(execute(caller, HttpClientRequest.delete(address(caller, encodeURIComponent(mediaId)))))

/**
 * Calls anything else of the API, and reads the answer with a schema. The path has no version.
 *
 * @category requests
 * @since 0.1.0
 */
export const call = <A, I>(
  caller: Caller,
  schema: Schema.Codec<A, I>,
  outgoing: {
    readonly method: "GET" | "POST" | "DELETE"
    readonly path: string
    readonly query?: Readonly<Record<string, string>> | undefined
    readonly body?: object | undefined
    /** Instead of a body of JSON. */
    readonly bytes?: Uint8Array | undefined
    /** Besides, and instead of, those that every request has. */
    readonly headers?: Readonly<Record<string, string>> | undefined
  }
): Effect.Effect<A, Failure, HttpClient.HttpClient> =>
  execute(
    caller,
    HttpClientRequest.make(outgoing.method)(address(caller, outgoing.path), {
      ...(outgoing.query === undefined ? undefined : { urlParams: outgoing.query }),
      ...(outgoing.body === undefined ? undefined : { body: HttpBody.jsonUnsafe(outgoing.body) }),
      ...(outgoing.bytes === undefined ? undefined : { body: HttpBody.uint8Array(outgoing.bytes) })
    }),
    outgoing.headers
  ).pipe(Effect.flatMap(decodeAnswer(schema)))

const address = (caller: Caller, path: string) => `${caller.baseUrl.replace(/\/+$/, "")}/${caller.version}/${path}`

const post = (caller: Caller, path: string, body: object) =>
  execute(caller, HttpClientRequest.post(address(caller, path), { body: HttpBody.jsonUnsafe(body) }))

const decodeAnswer = <A, I>(schema: Schema.Codec<A, I>) => {
  const decode = Schema.decodeUnknownOption(schema)
  return (body: unknown): Effect.Effect<A, NoAnswer> =>
    Option.match(decode(body), {
      onNone: () => Effect.fail(new NoAnswer({ reason: "the answer has not the documented form" })),
      onSome: Effect.succeed
    })
}

const execute = (
  caller: Caller,
  outgoing: HttpClientRequest.HttpClientRequest,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<unknown, Failure, HttpClient.HttpClient> =>
  request(
    caller,
    outgoing,
    headers,
    (response) =>
      Effect.flatMap(response.text, (text): Effect.Effect<unknown, Failure> => {
        if (response.status < 200 || response.status >= 300) return Effect.fail(failureOf(response, text))
        const body = decodeJson(text)
        return Result.isSuccess(body)
          ? Effect.succeed(body.success)
          : Effect.fail(new NoAnswer({ reason: "the answer is not JSON" }))
      })
  )

const request = <A>(
  caller: Caller,
  outgoing: HttpClientRequest.HttpClientRequest,
  headers: Readonly<Record<string, string>>,
  read: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, Failure | HttpClientError.HttpClientError>
): Effect.Effect<A, Failure, HttpClient.HttpClient> =>
  HttpClient.execute(outgoing.pipe(
    HttpClientRequest.bearerToken(Redacted.value(caller.accessToken)),
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeaders(headers)
  )).pipe(
    Effect.mapError(unsent),
    Effect.flatMap((response) =>
      Effect.mapError(read(response), (error) =>
        error._tag === "HttpClientError" ? new NoAnswer({ reason: "the answer broke off" }) : error)
    ),
    Effect.timeoutOrElse({
      duration: caller.timeout,
      orElse: () =>
        Effect.fail(
          new NoAnswer({ reason: `no answer in ${Duration.format(Duration.fromInputUnsafe(caller.timeout))}` })
        )
    })
  )

const failureOf = (response: HttpClientResponse.HttpClientResponse, text: string): GraphError | HttpFailure => {
  const seconds = Number(response.headers["retry-after"])
  const wait = Number.isFinite(seconds) && seconds > 0 ? { retryAfter: seconds * 1000 } : undefined
  const body = Result.match(decodeJson(text), { onFailure: () => Option.none(), onSuccess: decodeErrorBody })
  if (Option.isNone(body)) return new HttpFailure({ status: response.status, ...wait })
  const { error } = body.value
  const details = Predicate.hasProperty(error.error_data, "details") && Predicate.isString(error.error_data.details)
    ? { details: error.error_data.details }
    : error.error_user_msg == null
    ? undefined
    : { details: error.error_user_msg }
  return new GraphError({
    status: response.status,
    code: String(error.code),
    message: error.message ?? "",
    transient: error.is_transient === true,
    ...(error.error_subcode == null ? undefined : { subcode: String(error.error_subcode) }),
    ...(error.fbtrace_id == null ? undefined : { traceId: error.fbtrace_id }),
    ...details,
    ...wait
  })
}

const unsent = (error: HttpClientError.HttpClientError): NotSent | NoAnswer => {
  switch (error.reason._tag) {
    case "EncodeError":
    case "InvalidUrlError":
      return new NotSent({ reason: "the request could not be built" })
    case "TransportError": {
      const code = neverLeft(error.reason.cause)
      return code === undefined
        ? new NoAnswer({ reason: "the connection broke" })
        : new NotSent({ reason: `no connection (${code})` })
    }
    default:
      return new NoAnswer({ reason: "the answer broke off" })
  }
}

/** Codes that Node and undici give only while a connection is being made. */
const beforeConnection = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED"
])

const neverLeft = (cause: unknown, depth = 0): string | undefined => {
  if (!Predicate.isObjectOrArray(cause) || depth > 5) return undefined
  const code = Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined
  if (code !== undefined && beforeConnection.has(code)) return code
  const syscall = Predicate.hasProperty(cause, "syscall") ? cause.syscall : undefined
  if (code !== undefined && (syscall === "connect" || syscall === "getaddrinfo")) return code
  return Predicate.hasProperty(cause, "cause") ? neverLeft(cause.cause, depth + 1) : undefined
}

const ownHosts = /(^|\.)(facebook\.com|fbcdn\.net|fbsbx\.com|whatsapp\.net)$/

const mayCarryToken = (caller: Caller, url: string): boolean => {
  if (!URL.canParse(url) || !URL.canParse(caller.baseUrl)) return false
  const target = new URL(url)
  return target.origin === new URL(caller.baseUrl).origin ||
    (target.protocol === "https:" && ownHosts.test(target.hostname))
}

const word = Schema.optional(Schema.NullOr(Schema.String))

/**
 * Where a list goes on.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Paging = Schema.optional(Schema.NullOr(Schema.Struct({
  cursors: Schema.optional(Schema.NullOr(Schema.Struct({ after: word }))),
  next: word
})))

/**
 * The cursor of the next page; `null` on the last one.
 *
 * @category getters
 * @since 0.1.0
 */
export const nextOf = (paging: typeof Paging.Type): string | null =>
  paging?.next == null ? null : paging.cursors?.after ?? null
