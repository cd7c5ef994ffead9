/** A channel of one's own: Postbox takes JSON over HTTP and calls back with signed JSON. */
import { Effect, Option, Predicate, Redacted, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { createHmac, timingSafeEqual } from "node:crypto"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import type { OutboundMessage, SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { InboundEvent } from "@wicara/channels/InboundEvent"

/** What an operator configures and may read back. */
export const Settings = Schema.Struct({
  baseUrl: Schema.String.check(Schema.isPattern(/^https?:\/\/[^\s?#]+[^\s?#/]$/)),
  mailbox: Schema.NonEmptyString
})
/** Credentials: `Redacted`, so that no log and no error shows them. */
export const Secrets = Schema.Struct({
  token: Schema.RedactedFromValue(Schema.NonEmptyString),
  signingKey: Schema.RedactedFromValue(Schema.NonEmptyString)
})
export type PostboxAccount = ChannelAdapter.Account<typeof Settings.Type, typeof Secrets.Type>

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const utf8 = new TextDecoder()

// ---- Calling the provider: what surely did not leave is kept apart from what nobody knows.

type Reply = { readonly status: number; readonly body: unknown; readonly retryAfter: number } | "not sent" | "no answer"

const neverLeft = new Set<unknown>([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])
const codeOf = (cause: unknown): unknown =>
  Predicate.hasProperty(cause, "code") ? cause.code : Predicate.hasProperty(cause, "cause") ? codeOf(cause.cause) : ""

const call = (account: PostboxAccount, path: string, body?: object) => {
  const url = `${account.settings.baseUrl}/${encodeURIComponent(account.settings.mailbox)}${path}`
  const request = HttpClientRequest.make(body === undefined ? "GET" : "POST")(url).pipe(
    HttpClientRequest.bearerToken(Redacted.value(account.secrets.token))
  )
  return HttpClient.execute(body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)).pipe(
    Effect.flatMap((response) =>
      Effect.map(response.text, (text): Reply => ({
        status: response.status,
        body: Option.getOrUndefined(decodeJson(text)),
        retryAfter: Number(response.headers["retry-after"] ?? 5) * 1000
      }))
    ),
    Effect.catch(({ reason }) =>
      Effect.succeed<Reply>(
        reason._tag === "TransportError" && neverLeft.has(codeOf(reason.cause)) ? "not sent" : "no answer"
      )
    ),
    Effect.timeoutOrElse({ duration: "20 seconds", orElse: () => Effect.succeed<Reply>("no answer") })
  )
}

const outcomeOf = (reply: Reply, id: string): SendOutcome => {
  if (reply === "not sent") return { _tag: "Retryable", code: "no_connection", reason: "Postbox can't be reached." }
  if (reply === "no answer") return { _tag: "Unknown", reason: "Postbox did not answer." }
  const { retryAfter, status } = reply
  if (status >= 200 && status < 300) return { _tag: "Accepted", providerMessageId: id }
  if (status === 401) return { _tag: "AccountRefused", code: "unauthorized", reason: "Postbox refuses the token." }
  if (status === 429) return { _tag: "Retryable", code: "busy", reason: "Too many messages.", retryAfter }
  // A 5xx may come after the message was taken, or from something in between: nobody knows.
  return status >= 500
    ? { _tag: "Unknown", reason: `Postbox failed with ${status}.` }
    : { _tag: "Rejected", code: `http_${status}`, reason: "Postbox refuses this message." }
}

/** Our content in Postbox's words; `undefined` for what it has none for. */
const letterOf = ({ content }: OutboundMessage): object | undefined =>
  content.type === "text"
    ? { kind: "text", text: content.text }
    : content.type === "image" && content.media.source.type === "url"
    ? { kind: "picture", url: content.media.source.url, caption: content.caption ?? "" }
    : undefined

// ---- What Postbox tells us.

const Envelope = Schema.Struct({ id: Schema.NonEmptyString, events: Schema.Array(Schema.Unknown) })
const Letter = Schema.Struct({
  letter: Schema.Struct({ id: Schema.String, from: Schema.String, text: Schema.String, time: Schema.Int })
})
const State = Schema.Struct({
  state: Schema.Struct({ id: Schema.String, is: Schema.Literals(["sent", "delivered", "read", "failed"]) }),
  problem: Schema.optionalKey(Schema.String)
})
const decodeEnvelope = Schema.decodeUnknownOption(Schema.fromJsonString(Envelope))
const decodeHappened = Schema.decodeUnknownOption(Schema.Union([Letter, State]))

const eventOf = (raw: unknown): InboundEvent => {
  const happened = Option.getOrUndefined(decodeHappened(raw))
  if (happened === undefined) return { _tag: "Unknown", kind: "postbox", raw }
  if ("state" in happened) {
    const { problem, state } = happened
    const error = state.is === "failed" ? { error: { code: problem ?? "unknown", title: "Not delivered" } } : {}
    return { _tag: "StatusChanged", providerMessageId: state.id, status: state.is, raw, ...error }
  }
  const { from, id, text, time } = happened.letter
  const writer = { kind: "external", value: from } as const
  return {
    _tag: "MessageReceived",
    providerMessageId: id,
    chat: writer,
    sender: { identities: [writer] },
    content: { type: "text", text },
    timestamp: time * 1000,
    raw
  }
}

export const adapter = ChannelAdapter.make<typeof Settings.Type, typeof Secrets.Type>({
  id: "postbox",
  name: "Postbox",
  // From these follow the fallbacks (buttons become a numbered text) and the laws that the kit tries.
  capabilities: {
    content: new Set(["text", "image"]),
    maxTextLength: 1_000,
    maxButtons: 0,
    maxListRows: 0,
    readReceipts: false,
    typing: false,
    reactions: false,
    statuses: true,
    serviceWindowHours: null,
    reconcile: "message_id",
    messagesPerSecond: 10
  },
  settings: Settings,
  secrets: Secrets,
  accountKey: ({ baseUrl, mailbox }) => `${baseUrl} ${mailbox}`.slice(0, 190),
  verify: ({ body, headers }, { secrets }) => {
    const given = Buffer.from(headers["x-postbox-signature"] ?? "", "hex")
    const made = createHmac("sha256", Redacted.value(secrets.signingKey)).update(body).digest()
    return given.length === made.length && timingSafeEqual(given, made)
      ? Effect.void
      : Effect.fail(new ChannelAdapter.InvalidSignature({ reason: "X-Postbox-Signature is wrong" }))
  },
  identify: ({ body }) =>
    Option.match(decodeEnvelope(utf8.decode(body)), {
      onNone: () => Effect.fail(new ChannelAdapter.MalformedInbound({ reason: "not an envelope" })),
      onSome: ({ id }) => Effect.succeed({ dedupeKey: id.slice(0, 190) })
    }),
  decode: (body) =>
    Effect.sync(() => {
      const text = utf8.decode(body)
      const envelope = Option.getOrUndefined(decodeEnvelope(text))
      return envelope?.events.map(eventOf) ?? [{ _tag: "Unknown", kind: "malformed", raw: text }]
    }),
  // Postbox lets us choose the id and takes one id once, so ours will do and a repetition is harmless.
  reserveMessageId: ({ id }) => Effect.succeed(Option.some(id)),
  send: (message, account) => {
    const letter = letterOf(message)
    if (letter === undefined || message.to.kind !== "external") {
      return Effect.succeed({ _tag: "Rejected", code: "unsupported", reason: "Postbox has no form for this." })
    }
    const letterWithId = { id: message.id, to: message.to.value, ...letter }
    return Effect.map(call(account, "/letters", letterWithId), (reply) => outcomeOf(reply, message.id))
  },
  reconcile: ({ id }, account) =>
    Effect.map(call(account, `/letters/${encodeURIComponent(id)}`), (reply) => {
      if (typeof reply === "string") return { _tag: "Undecided" }
      if (reply.status === 200) return { _tag: "Found", providerMessageId: id }
      // Only the provider's own word is a no: a 404 of anything else has no such body.
      const sayso = Predicate.hasProperty(reply.body, "error") && reply.body.error === "no such letter"
      return { _tag: reply.status === 404 && sayso ? "Absent" : "Undecided" }
    }),
  test: (account) =>
    Effect.map(call(account, ""), (reply) =>
      typeof reply === "object" && reply.status === 200
        ? { status: "ok", message: `Mailbox ${account.settings.mailbox} is open.` }
        : { status: "fail", message: "Postbox does not take the account, or can't be reached." })
})
