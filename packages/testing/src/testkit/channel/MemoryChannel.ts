/**
 * A channel whose provider is in memory: the smallest adapter that keeps every law. Its requests and answers are JSON, its
 * webhooks are signed with HMAC-SHA256. The broken adapters that prove the laws are made of it.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Option, Predicate, Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { createHmac, timingSafeEqual } from "node:crypto"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import type { Account, OutboundMessage, ReconcileResult, SendOutcome } from "@wicara/channels/ChannelAdapter"
import { InboundEvent, MessageReceived, ProviderStatus } from "@wicara/channels/InboundEvent"
import { OutboundContent, TextContent } from "@wicara/channels/MessageContent"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import type { ChannelHarness, ConnectedAccount, Refusal, Taken } from "./ChannelHarness.ts"
import type { Subject } from "./ChannelKit.ts"
import * as MemoryFacets from "./MemoryFacets.ts"
import * as MemoryLifecycle from "./MemoryLifecycle.ts"

/** @category schemas @since 0.1.0 */
export const Settings = Schema.Struct({ number: Schema.NonEmptyString })
/** @since 0.1.0 */
export type Settings = typeof Settings.Type

/** @category schemas @since 0.1.0 */
export const Secrets = Schema.Struct({
  key: Schema.RedactedFromValue(Schema.NonEmptyString),
  hookKey: Schema.RedactedFromValue(Schema.NonEmptyString)
})
/** @since 0.1.0 */
export type Secrets = typeof Secrets.Type

/** @category models @since 0.1.0 */
export type MemoryAccount = Account<Settings, Secrets>

/** @category models @since 0.1.0 */
export type MemoryAdapter = ChannelAdapter.ChannelAdapter<Settings, Secrets>

const origin = "https://memory.example"

const Happened = Schema.Union([
  MemoryFacets.Kept,
  Schema.Struct({
    type: Schema.Literal("status"),
    id: Schema.NonEmptyString,
    ref: Schema.optionalKey(Schema.String),
    status: ProviderStatus,
    code: Schema.optionalKey(Schema.String)
  }),
  // Whatever else can happen, in the common vocabulary.
  Schema.Struct({ type: Schema.Literal("event"), event: InboundEvent })
])

const Delivery = Schema.Struct({ delivery: Schema.NonEmptyString, events: Schema.Array(Schema.Unknown) })

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const decodeDelivery = Schema.decodeUnknownOption(Schema.fromJsonString(Delivery))
const decodeHappened = Schema.decodeUnknownOption(Happened)
const encodeJson = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))
const utf8 = new TextEncoder()
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const signatureOf = (body: Uint8Array, key: Redacted.Redacted<string>) =>
  createHmac("sha256", Redacted.value(key)).update(body).digest()

/** The header that a body is delivered with. @category signing @since 0.1.0 */
export const sign = (body: Uint8Array, account: MemoryAccount): string =>
  signatureOf(body, account.secrets.hookKey).toString("hex")

const toEvent = (raw: unknown): InboundEvent =>
  Option.match(decodeHappened(raw), {
    onNone: () => ({ _tag: "Unknown", kind: "memory", raw }),
    onSome: (happened): InboundEvent =>
      happened.type === "event"
        ? happened.event
        : happened.type === "message"
        ? {
          _tag: "MessageReceived",
          providerMessageId: happened.id,
          chat: { kind: "phone", value: happened.from },
          sender: { identities: [{ kind: "phone", value: happened.from }] },
          content: { type: "text", text: happened.text },
          timestamp: happened.at,
          raw
        }
        : {
          _tag: "StatusChanged",
          providerMessageId: happened.id,
          status: happened.status,
          ...(happened.ref === undefined ? {} : { callbackData: happened.ref }),
          ...(happened.code === undefined ? {} : { error: { code: happened.code, title: "Not delivered" } }),
          raw
        }
  })

/**
 * What became of a request: an answer, surely nothing, or nobody knows.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply =
  | { readonly _tag: "Answered"; readonly status: number; readonly body: unknown; readonly retryAfter: number }
  | { readonly _tag: "NotSent" }
  | { readonly _tag: "NoAnswer" }

const codeOf = (cause: unknown): unknown => Predicate.hasProperty(cause, "code") ? cause.code : undefined

/** Calls the provider for an account. @category requests @since 0.1.0 */
export const call = (
  account: MemoryAccount,
  method: "GET" | "POST",
  path: string,
  body?: object
): Effect.Effect<Reply, never, HttpClient.HttpClient> => {
  const request = HttpClientRequest.make(method)(`${origin}/${encodeURIComponent(account.settings.number)}${path}`, {
    headers: { authorization: `Bearer ${Redacted.value(account.secrets.key)}` }
  })
  return HttpClient.execute(body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)).pipe(
    Effect.flatMap((response) =>
      Effect.map(response.text, (said): Reply => ({
        _tag: "Answered",
        status: response.status,
        body: Option.getOrUndefined(decodeJson(said)),
        retryAfter: Number(response.headers["retry-after"] ?? 0) * 1000
      }))
    ),
    Effect.timeoutOrElse({ duration: "20 seconds", orElse: () => Effect.succeed<Reply>({ _tag: "NoAnswer" }) }),
    Effect.catch(({ reason }) =>
      Effect.succeed<Reply>(
        reason._tag === "TransportError" && codeOf(reason.cause) === "ECONNREFUSED"
          ? { _tag: "NotSent" }
          : { _tag: "NoAnswer" }
      )
    )
  )
}

const idIn = (body: unknown): string | undefined =>
  Predicate.hasProperty(body, "id") && typeof body.id === "string" ? body.id : undefined

/** What an answer means for a send. @category conversions @since 0.1.0 */
export const outcomeOf = (reply: Reply): SendOutcome => {
  if (reply._tag === "NotSent") {
    return { _tag: "Retryable", code: "not_sent", reason: "No connection.", retryAfter: 1_000 }
  }
  if (reply._tag === "NoAnswer") return { _tag: "Unknown", reason: "No answer." }
  const id = idIn(reply.body)
  const { retryAfter, status } = reply
  if (status === 200) {
    return id === undefined
      ? { _tag: "Unknown", reason: "An answer without an id." }
      : { _tag: "Accepted", providerMessageId: id }
  }
  if (status === 401) return { _tag: "AccountRefused", code: "unauthorized", reason: "The key is not taken." }
  if (status === 429) return { _tag: "Retryable", code: "busy", reason: "Too many messages.", retryAfter }
  if (status >= 500) return { _tag: "Unknown", reason: `The provider failed with ${status}.` }
  return { _tag: "Rejected", code: `http_${status}`, reason: "The provider refused the message." }
}

const kinds: ReadonlySet<OutboundContent["type"]> = new Set(["text", "image", "location", "buttons", "list"])

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How an unknown send is settled; by our id unless told otherwise. */
  readonly reconcile?: "message_id" | "callback" | "none" | undefined
  /** None unless given. */
  readonly serviceWindowHours?: number | undefined
  /** 50 unless given. */
  readonly messagesPerSecond?: number | undefined
}

const writable: ReadonlySet<string> = new Set(["phone", "lid", "bsuid"])

/**
 * The adapter.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = ({
  messagesPerSecond = 50,
  reconcile = "message_id",
  serviceWindowHours
}: Options = {}): MemoryAdapter => {
  const send = (message: OutboundMessage, account: MemoryAccount) => {
    if (!kinds.has(message.content.type) || !writable.has(message.to.kind)) {
      return Effect.succeed<SendOutcome>({
        _tag: "Rejected",
        code: "unsupported",
        reason: `No ${message.content.type} to an address of kind ${message.to.kind}.`
      })
    }
    return Effect.map(
      call(account, "POST", "/messages", {
        to: message.to,
        ref: message.id,
        content: message.content,
        ...(message.forwardOf === undefined ? {} : { forwardOf: message.forwardOf.providerMessageId }),
        ...(message.providerMessageId === undefined ? {} : { id: message.providerMessageId })
      }),
      outcomeOf
    )
  }
  const ask = (message: OutboundMessage, account: MemoryAccount) =>
    Effect.map(call(account, "GET", `/messages/${message.providerMessageId ?? ""}`), (reply): ReconcileResult => {
      if (reply._tag !== "Answered" || message.providerMessageId === undefined) return { _tag: "Undecided" }
      if (reply.status === 200 && idIn(reply.body) === message.providerMessageId) {
        return { _tag: "Found", providerMessageId: message.providerMessageId }
      }
      return { _tag: reply.status === 404 ? "Absent" : "Undecided" }
    })
  return ChannelAdapter.make<Settings, Secrets>({
    id: "memory",
    name: "A provider in memory",
    capabilities: {
      content: kinds,
      maxTextLength: 500,
      maxButtons: 3,
      maxListRows: 5,
      readReceipts: true,
      typing: true,
      reactions: true,
      statuses: true,
      actions: new Set(["edit", "editCaption", "delete", "pin", "star", "vote", "forward"]),
      editWithin: MemoryFacets.editWithin,
      serviceWindowHours: serviceWindowHours ?? null,
      reconcile,
      messagesPerSecond
    },
    settings: Settings,
    secrets: Secrets,
    accountKey: ({ number }) => number,
    handshake: ({ query }, { secrets }) =>
      query["token"] === Redacted.value(secrets.hookKey)
        ? Effect.succeed(query["challenge"] ?? "")
        : Effect.fail(new ChannelAdapter.InvalidSignature({ reason: "the token is wrong" })),
    verify: ({ body, headers }, { secrets }) => {
      const given = Buffer.from(headers["x-memory-signature"] ?? "", "hex")
      const wanted = signatureOf(body, secrets.hookKey)
      return given.length === wanted.length && timingSafeEqual(given, wanted)
        ? Effect.void
        : Effect.fail(new ChannelAdapter.InvalidSignature({ reason: "x-memory-signature is wrong" }))
    },
    identify: ({ body }) =>
      Option.match(decodeDelivery(text(body)), {
        onNone: () => Effect.fail(new ChannelAdapter.MalformedInbound({ reason: "not a delivery" })),
        onSome: ({ delivery }) => Effect.succeed({ dedupeKey: delivery.slice(0, 190) })
      }),
    decode: (body) =>
      Effect.sync(() =>
        Option.match(decodeDelivery(text(body)), {
          onNone: (): ReadonlyArray<InboundEvent> => [{ _tag: "Unknown", kind: "memory", raw: text(body) }],
          onSome: ({ events }) => events.map(toEvent)
        })
      ),
    send,
    ...(reconcile === "message_id"
      ? {
        reserveMessageId: () => Effect.sync(() => Option.some(SecureRandom.uuidV7Unsafe())),
        reconcile: ask
      }
      : {}),
    react: ({ chat, emoji, providerMessageId }, account) =>
      Effect.map(
        call(account, "POST", "/reactions", { to: chat.value, message: providerMessageId, emoji: emoji ?? "" }),
        outcomeOf
      ),
    act: ({ chat, providerMessageId }, action, account) =>
      Effect.map(
        call(account, "POST", "/actions", { to: chat.value, message: providerMessageId, action }),
        outcomeOf
      ),
    markRead: ({ providerMessageId, typing }, account) =>
      Effect.asVoid(call(account, "POST", "/reads", { message: providerMessageId, typing })),
    typing: ({ chat, on }, account) => Effect.asVoid(call(account, "POST", "/typing", { to: chat.value, on })),
    lifecycle: MemoryLifecycle.lifecycle(call),
    profile: MemoryLifecycle.profile(call),
    templates: MemoryFacets.templates(call),
    groups: MemoryFacets.groups(call),
    history: MemoryFacets.history(
      call,
      (message) => Option.liftPredicate(toEvent(message), Schema.is(MessageReceived))
    ),
    test: (account) =>
      Effect.map(call(account, "GET", ""), (reply) =>
        reply._tag === "Answered" && reply.status === 200
          ? { status: "ok", message: "The number is connected." } as const
          : { status: "fail", message: "The provider does not take the account, or can't be reached." } as const)
  })
}

const accountAt = (
  number: string,
  organizationId: OrganizationId,
  id: ChannelAdapter.ChannelAccountId
): MemoryAccount => ({
  id,
  organizationId,
  settings: { number },
  secrets: { key: Redacted.make(`key-of-${number}-3f9d`), hookKey: Redacted.make(`hook-of-${number}-77ab`) }
})

const isOutbound = Schema.is(OutboundContent)
const isText = Schema.is(Schema.Struct({ content: TextContent }))
const decodeEdit = Schema.decodeUnknownOption(Schema.Struct({
  message: Schema.String,
  action: Schema.Struct({ type: Schema.Literal("edit"), text: Schema.String })
}))

/**
 * The provider, which can do more than a harness must.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemoryProvider extends ChannelHarness {
  /** The first account. */
  readonly own: MemoryAccount
  /** A webhook's body of the first account, in which this happened. */
  readonly delivery: (...events: ReadonlyArray<InboundEvent>) => Uint8Array
  /** The first account's credentials are taken no longer, or again. */
  readonly withdraw: (withdrawn: boolean) => void
  /** The number of the first account: what changes in it is so at once. */
  readonly session: MemoryLifecycle.MemorySession
}

/** Never the same twice, also at another provider: who remembers messages must not meet one again. */
let heard = 0

/**
 * The provider with two accounts: what it takes, it keeps; an id that it knows is the message that it has.
 *
 * @category constructors
 * @since 0.1.0
 */
export const open: Effect.Effect<MemoryProvider> = Effect.gen(function*() {
  const taken = new Map<string, Map<string, Taken>>()
  const refusals = new Map<string, Refusal>()
  let made = 0
  let withdrawn = false
  const accounts: Array<MemoryAccount> = []
  const sessions = new Map<string, MemoryLifecycle.MemorySession>()
  const shelves = new Map<string, MemoryFacets.Shelf>()
  for (const number of ["1001", "2002", "3003"]) {
    accounts.push(accountAt(number, yield* Id.next(OrganizationId), yield* Id.next(ChannelAdapter.ChannelAccountId)))
    sessions.set(number, MemoryLifecycle.session(number))
    shelves.set(number, MemoryFacets.shelf())
  }

  const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    new Response(encodeJson(body), { status, headers: { "content-type": "application/json", ...headers } })

  const take = (number: string, body: unknown, at: number): Response => {
    const refusal = refusals.get(number)
    refusals.delete(number)
    if (refusal === "busy") return answer(429, { error: "busy" }, { "retry-after": "3" })
    if (refusal === "message") return answer(422, { error: "refused" })
    if (!Predicate.hasProperty(body, "content") || !isOutbound(body.content)) return answer(400, { error: "malformed" })
    const { content } = body
    if (content.type === "text" && content.text.length > 500) return answer(413, { error: "too long" })
    const of = taken.get(number) ?? new Map<string, Taken>()
    taken.set(number, of)
    const id = idIn(body) ?? `m${++made}`
    if (!of.has(id)) of.set(id, { id, kind: content.type, raw: body, at })
    return answer(200, { id })
  }

  /** Edits a text that is not too old; anything else is taken as done. */
  const act = (number: string, body: unknown, at: number): Response => {
    const edit = decodeEdit(body)
    if (Option.isNone(edit)) return answer(200, { id: "0" })
    const { action, message } = edit.value
    const edited = taken.get(number)?.get(message)
    if (edited?.at !== undefined && at - edited.at > MemoryFacets.editWithin) return answer(422, { error: "too old" })
    shelves.get(number)?.edited.set(message, action.text)
    return answer(200, { id: "0" })
  }

  const respond = (method: string, url: URL, authorization: string | undefined, body: string, at: number): Response => {
    const [, number = "", resource, id, further = ""] = url.pathname.split("/").map(decodeURIComponent)
    const session = sessions.get(number)
    const shelf = shelves.get(number)
    const account = accounts.find(({ settings }) => settings.number === number)
    if (withdrawn && account === accounts[0]) return answer(401, { error: "withdrawn" })
    if (account === undefined || authorization !== `Bearer ${Redacted.value(account.secrets.key)}`) {
      return answer(401, { error: "unauthorized" })
    }
    if (resource === undefined) return answer(200, { number })
    if (session !== undefined && shelf !== undefined) {
      const about = { method, resource, what: id ?? "", body: Option.getOrUndefined(decodeJson(body)) }
      const said = MemoryLifecycle.respond(number, session, about, at) ??
        MemoryFacets.respond(number, shelf, { ...about, further, query: url.searchParams })
      if (said !== undefined) return answer(said.status, said.body)
    }
    if (method === "POST" && resource === "messages") return take(number, Option.getOrUndefined(decodeJson(body)), at)
    if (resource === "actions") return act(number, Option.getOrUndefined(decodeJson(body)), at)
    if (method === "POST") return answer(200, { id: "0" })
    const found = taken.get(number)?.get(id ?? "")
    return found === undefined ? answer(404, { error: "no such message" }) : answer(200, { id: found.id })
  }

  const client = HttpClient.make((request, url) =>
    Effect.map(Clock.currentTimeMillis, (at) =>
      HttpClientResponse.fromWeb(
        request,
        respond(
          request.method,
          url,
          request.headers["authorization"],
          request.body._tag === "Uint8Array" ? text(request.body.body) : "",
          at
        )
      ))
  )

  const connected = (account: MemoryAccount): ConnectedAccount => {
    const { number } = account.settings
    const delivery = (...events: ReadonlyArray<unknown>) =>
      utf8.encode(encodeJson({ delivery: `d-${number}-${++made}`, events }))
    return {
      account,
      customer: { kind: "phone", value: "6281300000042" },
      taken: Effect.sync(() => [...taken.get(number)?.values() ?? []]),
      refuseNext: (refusal) =>
        Effect.sync(() => {
          refusals.set(number, refusal)
        }),
      wrote: ({ at, id, text }) => delivery({ type: "message", id, from: "6281300000042", text, at }),
      shown: ({ id, raw }) =>
        Effect.sync(() => shelves.get(number)?.edited.get(id) ?? (isText(raw) ? raw.content.text : "")),
      unheard: (words) =>
        Effect.map(Clock.currentTimeMillis, (at) => {
          const message: MemoryFacets.Kept = {
            type: "message",
            id: `u${++heard}`,
            from: "6281300000042",
            text: words,
            at
          }
          shelves.get(number)?.past.push(message)
          return delivery(message)
        }),
      asksToJoin: ({ value }, people) =>
        Effect.sync(() => {
          const known = shelves.get(number)?.groups.get(value)
          if (known === undefined) return
          known.joins = [...known.joins, { id: `j${++heard}`, identities: [people], requestedAt: null }]
        }),
      unheardOf: (marker) => delivery({ type: "poll", marker }),
      statusOf: (status, { id, raw }) =>
        delivery({
          type: "status",
          id,
          status,
          ...(Predicate.hasProperty(raw, "ref") ? { ref: raw.ref } : {}),
          ...(status === "failed" ? { code: "gone" } : {})
        }),
      signed: (body) => ({ headers: { "x-memory-signature": sign(body, account) }, query: {}, body }),
      handshake: (challenge) => ({
        headers: {},
        query: { token: Redacted.value(account.secrets.hookKey), challenge },
        body: new Uint8Array()
      })
    }
  }

  const [one, two, three] = accounts
  const [session, , unpaired] = sessions.values()
  if (
    one === undefined || two === undefined || three === undefined || session === undefined || unpaired === undefined
  ) {
    return yield* Effect.die("three accounts")
  }
  Object.assign(unpaired, { paired: false, status: "ended" } satisfies Partial<MemoryLifecycle.MemorySession>)
  return {
    own: one,
    session,
    pairing: { account: three, accept: Effect.sync(() => MemoryLifecycle.pair(unpaired)) },
    client,
    accounts: [connected(one), connected(two)],
    expired: { ...one, secrets: { ...one.secrets, key: Redacted.make("key-that-was-withdrawn-9c1e") } },
    stranger: { kind: "email", value: "sari@example.com" },
    delivery: (...happened) =>
      utf8.encode(encodeJson({
        delivery: `d-${one.settings.number}-${++made}`,
        events: happened.map((event) => ({ type: "event", event }))
      })),
    withdraw: (next) => {
      withdrawn = next
    }
  }
})

/**
 * The channel as a subject of the kit, as it is or changed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const subject = (adapter: MemoryAdapter = make()): Subject => ({ adapter, open })
