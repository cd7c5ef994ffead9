/**
 * The WhatsApp Cloud API as a channel.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp
 * @since 0.1.0
 */
import { Clock, Duration, Effect, Predicate, Redacted, Result, Schema, Stream } from "effect"
import type { HttpClient } from "effect/http"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import { MediaUnavailable } from "@wicara/channels/ChannelAdapter"
import type { Account, AccountHealth, OutboundMessage, SendOutcome } from "@wicara/channels/ChannelAdapter"
import { isDeeperThan } from "@wicara/core/RequestGuard"
import { decodeWebhook } from "./DecodeWebhook.ts"
import type { NotEncodable } from "./EncodeMessage.ts"
import { encodeMarketing, encodeMessage, encodeReaction, isMarketing } from "./EncodeMessage.ts"
import * as ErrorTable from "./ErrorTable.ts"
import * as GraphApi from "./GraphApi.ts"
import * as Groups from "./Groups.ts"
import { optional } from "./internal/optional.ts"
import * as Lifecycle from "./Lifecycle.ts"
import * as Profile from "./Profile.ts"
import * as Signature from "./Signature.ts"
import * as Templates from "./Templates.ts"

const NumericId = Schema.String.check(Schema.isPattern(/^[0-9]{1,32}$/, { expected: "an id of digits" }))

/**
 * What an operator configures: the ids are in Meta's app dashboard under WhatsApp, API setup.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Settings = Schema.Struct({
  phoneNumberId: NumericId.annotate({ description: "The id of the business phone number (not the number itself)." }),
  businessAccountId: NumericId.annotate({ description: "The id of the WhatsApp business account (WABA)." }),
  graphBaseUrl: Schema.String.check(Schema.isPattern(/^https?:\/\/[^\s]+$/, { expected: "an http(s) address" })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("https://graph.facebook.com"))
  ).annotate({ description: "Where the Graph API is; another one for emulators and proxies." }),
  apiVersion: Schema.String.check(Schema.isPattern(/^v[0-9]+\.[0-9]+$/, { expected: "a version such as v23.0" })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("v23.0"))
  ),
  messagesPerSecond: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })).annotate({
      description: "The number's throughput when it is not 80: 20 with coexistence, up to 1000 after an upgrade."
    })
  ),
  marketingMessages: Schema.optionalKey(Schema.Boolean).annotate({
    description: "Whether templates of the category MARKETING go through Meta's Marketing Messages API."
  }),
  rejectCalls: Schema.optionalKey(Schema.Boolean).annotate({
    description: "Whether incoming calls are refused at once: for numbers at which nobody takes them."
  })
}).annotate({ identifier: "WhatsAppCloudSettings" })
/** @since 0.1.0 */
export type Settings = typeof Settings.Type

const Secret = Schema.RedactedFromValue(Schema.NonEmptyString)

/**
 * The account's credentials.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Secrets = Schema.Struct({
  /** Of a system user, with `whatsapp_business_messaging`. */
  accessToken: Secret,
  /** Signs the webhooks. */
  appSecret: Secret,
  /** Freely chosen, given to Meta with the callback address. */
  verifyToken: Secret,
  /** The number's two-step PIN, six digits: with it, a number that is not registered can be. */
  pin: Schema.optionalKey(Schema.RedactedFromValue(Schema.String.check(
    Schema.isPattern(/^[0-9]{6}$/, { expected: "six digits" })
  )))
}).annotate({ identifier: "WhatsAppCloudSecrets" })
/** @since 0.1.0 */
export type Secrets = typeof Secrets.Type

/** @category models @since 0.1.0 */
export type WhatsAppCloudAccount = Account<Settings, Secrets>

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** For a request to the Graph API, answer included; 20 s by default. */
  readonly timeout?: Duration.Input | undefined
}

const capabilities: ChannelAdapter.ChannelCapabilities = {
  content: new Set([
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "buttons",
    "list",
    "link_button",
    "flow",
    "product",
    "product_list",
    "catalog",
    "carousel",
    "address_request",
    "location_request",
    "template",
    "interactive"
  ]),
  maxTextLength: 4096,
  maxButtons: 3,
  maxListRows: 10,
  readReceipts: true,
  typing: true,
  reactions: true,
  statuses: true,
  serviceWindowHours: 24,
  reconcile: "callback",
  messagesPerSecond: 80
}

/** One message in 6 s to the same person; 45 at once, borrowed from what follows. */
const pairLimit: ChannelAdapter.SendLimit = { scope: "recipient", messages: 1, per: 6_000, burst: 45 }

const utf8 = new TextDecoder()

/**
 * As plain as can be: it stands between every delivery and its acknowledgement, and `decode` looks closely later. A schema
 * costs as much again as the parser itself.
 */
const isEnvelope = (body: Uint8Array): boolean => {
  // house-rules: json its shape is checked below, with what a schema would check and no more
  const parsed = Result.getOrUndefined(Result.try((): unknown => JSON.parse(utf8.decode(body))))
  return Predicate.hasProperty(parsed, "object") && typeof parsed.object === "string" &&
    Predicate.hasProperty(parsed, "entry") && Array.isArray(parsed.entry)
}

const invalid = (reason: string) => Effect.fail(new ChannelAdapter.InvalidSignature({ reason }))
const malformed = (reason: string) => Effect.fail(new ChannelAdapter.MalformedInbound({ reason }))

/** Meta keeps what was uploaded for 30 days; a day is left for the message to be sent. */
const uploadLifetime = 29 * 86_400_000

/** Deeper than any documented webhook by far; what nests deeper is an attack on whoever walks it. */
const maxDepth = 64

/**
 * The adapter with options of one's own.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): ChannelAdapter.ChannelAdapter<Settings, Secrets> => {
  const timeout = options.timeout ?? Duration.seconds(20)
  const caller = ({ secrets, settings }: WhatsAppCloudAccount): GraphApi.Caller => ({
    baseUrl: settings.graphBaseUrl,
    version: settings.apiVersion,
    accessToken: secrets.accessToken,
    timeout
  })
  const deliver = (
    body: Result.Result<object, NotEncodable>,
    account: WhatsAppCloudAccount,
    attempt?: number,
    endpoint?: "marketing_messages"
  ): Effect.Effect<SendOutcome, never, HttpClient.HttpClient> =>
    Result.match(body, {
      onFailure: ({ code, reason }) => Effect.succeed({ _tag: "Rejected", code, reason }),
      onSuccess: (body) =>
        GraphApi.sendMessage(caller(account), account.settings.phoneNumberId, body, endpoint).pipe(
          Effect.map(({ held, id }): SendOutcome => ({
            _tag: "Accepted",
            providerMessageId: id,
            ...optional("held", held)
          })),
          Effect.catch((failure) => Effect.succeed(outcomeOf(failure, attempt)))
        )
    })

  /** What can't go as a marketing message goes as any other template. */
  const market = (message: OutboundMessage, account: WhatsAppCloudAccount) =>
    Effect.flatMap(
      deliver(encodeMarketing(message), account, message.attempt, "marketing_messages"),
      (outcome) =>
        (outcome._tag === "Rejected" || outcome._tag === "AccountRefused") && notThatWay.has(outcome.code)
          ? deliver(encodeMessage(message), account, message.attempt)
          : Effect.succeed(outcome)
    )

  return ChannelAdapter.make({
    id: "whatsapp_cloud",
    name: "WhatsApp Cloud API",
    capabilities,
    settings: Settings,
    secrets: Secrets,
    accountKey: ({ phoneNumberId }) => phoneNumberId,

    handshake: Effect.fnUntraced(function*({ query }, { secrets }) {
      const token = query["hub.verify_token"]
      const challenge = query["hub.challenge"]
      if (query["hub.mode"] !== "subscribe" || token === undefined || challenge === undefined || challenge === "") {
        return yield* new ChannelAdapter.InvalidSignature({ reason: "not a verification request" })
      }
      if (!Signature.equals(token, Redacted.value(secrets.verifyToken))) {
        return yield* new ChannelAdapter.InvalidSignature({ reason: "the verify token is wrong" })
      }
      return challenge
    }),

    verify: ({ body, headers }, { secrets }) => {
      const header = headers["x-hub-signature-256"]
      if (header === undefined) return invalid("X-Hub-Signature-256 is missing")
      return Signature.isValid(header, body, secrets.appSecret) ? Effect.void : invalid("X-Hub-Signature-256 is wrong")
    },

    identify: ({ body }) => {
      if (isDeeperThan(body, maxDepth)) return malformed(`nested deeper than ${maxDepth} levels`)
      return isEnvelope(body)
        ? Effect.succeed({ dedupeKey: Signature.fingerprint(body) })
        : malformed("not an object with \"object\" and \"entry\"")
    },

    decode: (body, { settings }) => Effect.sync(() => decodeWebhook(body, settings)),

    send: (message, account) =>
      account.settings.marketingMessages === true && isMarketing(message)
        ? market(message, account)
        : deliver(encodeMessage(message), account, message.attempt),

    limits: ({ messagesPerSecond }, facts) => [
      {
        scope: "account",
        messages: messagesPerSecond ?? facts?.messagesPerSecond ?? capabilities.messagesPerSecond,
        per: 1_000
      },
      pairLimit
    ],

    react: (target, account) => deliver(encodeReaction(target), account),

    markRead: (target, account) =>
      GraphApi.markRead(caller(account), account.settings.phoneNumberId, {
        messageId: target.providerMessageId,
        typing: target.typing
      }).pipe(Effect.catch((failure) => Effect.logDebug("The message could not be marked as read", failure))),

    fetchMedia: ({ media: { fileName, source } }, account) => {
      if (source.type !== "provider_id") {
        return Effect.fail(new MediaUnavailable({ kind: "gone", code: "not_offered", reason: "Meta names no file" }))
      }
      return Effect.gen(function*() {
        // The address in the webhook may have expired: a fresh one is good for five minutes.
        const file = yield* GraphApi.media(caller(account), account.settings.phoneNumberId, source.id)
        const content = yield* GraphApi.download(caller(account), file.url)
        const size = Number(file.file_size ?? Number.NaN)
        return {
          content: Stream.mapError(content, mediaFailure),
          ...(Number.isSafeInteger(size) ? { sizeBytes: size } : undefined),
          ...(file.mime_type == null ? undefined : { mimeType: file.mime_type }),
          ...(fileName === undefined ? undefined : { fileName })
        }
      }).pipe(Effect.mapError(mediaFailure))
    },

    uploadMedia: Effect.fnUntraced(function*({ content, mimeType, name }, account) {
      const chunks = yield* Stream.runCollect(content)
      const id = yield* Effect.mapError(
        GraphApi.upload(caller(account), account.settings.phoneNumberId, {
          bytes: Buffer.concat([...chunks]),
          mimeType,
          fileName: name
        }),
        mediaFailure
      )
      const now = yield* Clock.currentTimeMillis
      return { source: { type: "provider_id" as const, id }, expiresAt: now + uploadLifetime }
    }),

    templates: Templates.make(caller),

    lifecycle: Lifecycle.make(caller),

    profile: Profile.make(caller),

    groups: Groups.make(caller),

    test: (account) =>
      GraphApi.phoneNumber(caller(account), account.settings.phoneNumberId).pipe(
        Effect.map(healthOf),
        Effect.catch((failure) => Effect.succeed<AccountHealth>({ status: "fail", message: describe(failure) }))
      )
  })
}

/**
 * The adapter as it is registered.
 *
 * @category constants
 * @since 0.1.0
 */
export const adapter: ChannelAdapter.ChannelAdapter<Settings, Secrets> = make()

/**
 * How a failed send ended. An error object of the API is an answer: its code decides, by the table; an unknown code by
 * the status and the API's own word. Without one, a 401 or 404 says that this is not the API or not for this account, any
 * other 4xx is a refusal by something in between, and a 5xx may hide an acceptance.
 *
 * @category conversions
 * @since 0.1.0
 */
export const outcomeOf = (failure: GraphApi.Failure, attempt = 0): SendOutcome => {
  switch (failure._tag) {
    case "NotSent":
      return { _tag: "Retryable", code: "not_sent", reason: failure.reason, retryAfter: 1_000 }
    case "NoAnswer":
      return { _tag: "Unknown", reason: failure.reason }
    case "HttpFailure": {
      const code = `http_${failure.status}`
      if (failure.status >= 500 || failure.status < 400) {
        return { _tag: "Unknown", reason: `HTTP ${failure.status} without an error of the API` }
      }
      if (failure.status === 401 || failure.status === 404) {
        return { _tag: "AccountRefused", code, reason: describe(failure) }
      }
      return busy.has(failure.status)
        ? {
          _tag: "Retryable",
          code,
          reason: describe(failure),
          retryAfter: failure.retryAfter ?? 5_000,
          ...(failure.status === 429 ? { limit: "account" } : {})
        }
        : { _tag: "Rejected", code, reason: describe(failure) }
    }
    case "GraphError": {
      const meaning = meaningOf(failure)
      if (meaning.outcome === "rejected" && meaning.scope === "account" && failure.code !== otherCountry) {
        return { _tag: "AccountRefused", code: failure.code, reason: describe(failure) }
      }
      return meaning.outcome === "rejected"
        ? {
          _tag: "Rejected",
          code: failure.code,
          reason: describe(failure),
          ...(failure.code === ErrorTable.stoppedMarketing ? { optedOut: true as const } : undefined)
        }
        : {
          _tag: "Retryable",
          code: failure.code,
          reason: describe(failure),
          retryAfter: Math.max(failure.retryAfter ?? 0, ErrorTable.waitFor(meaning, attempt)),
          ...(meaning.ofAccount === true ? { limit: "account" } : {})
        }
    }
  }
}

/**
 * Why a file can't be had. What a message's refusal says of the message, it says here of the file: it is not there.
 *
 * @category conversions
 * @since 0.1.0
 */
export const mediaFailure = (failure: GraphApi.Failure): MediaUnavailable => {
  const outcome = outcomeOf(failure)
  switch (outcome._tag) {
    case "AccountRefused":
      // A file's address that has expired answers 404 without an error of the API.
      return failure._tag === "HttpFailure" && failure.status === 404
        ? new MediaUnavailable({ kind: "later", code: outcome.code, reason: "The file's address has expired" })
        : new MediaUnavailable({
          kind: isMissing(failure) ? "gone" : "account",
          code: outcome.code,
          reason: outcome.reason
        })
    case "Rejected":
      return new MediaUnavailable({ kind: "gone", code: outcome.code, reason: outcome.reason })
    case "Retryable":
      return new MediaUnavailable({
        kind: "later",
        code: outcome.code,
        reason: outcome.reason,
        ...(outcome.retryAfter === undefined ? undefined : { retryAfter: outcome.retryAfter })
      })
    default:
      return new MediaUnavailable({ kind: "later", code: "no_answer", reason: describe(failure) })
  }
}

/** An id that is not known (any more): of a file it says nothing about the account. */
const isMissing = (failure: GraphApi.Failure) =>
  failure._tag === "GraphError" && (failure.code === "33" || failure.code === "803")

/** The business may not write to this country, but to others. */
const otherCountry = "130497"

/**
 * What only that way refuses: no template of the category (any more), and an account that did not agree to its terms. It
 * surely was not sent.
 */
const notThatWay = new Set(["10", "131055", "134100"])

const busy = new Set([408, 425, 429])

const meaningOf = (error: GraphApi.GraphError): ErrorTable.Meaning =>
  ErrorTable.lookup(error.code) ??
    (error.transient || error.status >= 500 || busy.has(error.status)
      ? { outcome: "retryable", scope: "platform", reason: "The platform failed", retryAfter: 5_000 }
      : { outcome: "rejected", scope: "message", reason: "The platform refused the request" })

const describe = (failure: GraphApi.Failure): string => {
  switch (failure._tag) {
    case "GraphError": {
      const said = failure.details ?? failure.message
      return `${meaningOf(failure).reason} (${failure.code}${said === "" ? "" : `: ${said}`})`
    }
    case "HttpFailure":
      return `HTTP ${failure.status} without an error of the API: is the base URL right?`
    default:
      return failure.reason
  }
}

const healthOf = (number: GraphApi.PhoneNumber): AccountHealth => {
  const quality = number.quality_rating ?? "UNKNOWN"
  const name = number.display_phone_number ?? number.id
  const message = `${name}${number.verified_name == null ? "" : ` (${number.verified_name})`}, quality ${quality}`
  return { status: quality === "RED" || quality === "YELLOW" ? "warn" : "ok", message }
}
