/**
 * What proves the laws: for each of them the channel in memory with one mistake, which breaks that law and no other. The
 * mistakes are those that adapters are written with.
 *
 * @since 0.1.0
 */
import { Effect, Option, Redacted, Schema, Semaphore } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import type { HttpClientRequest } from "effect/http"
import type { OutboundMessage, SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { ConnectionState } from "@wicara/channels/ChannelLifecycle"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import type { MessageAction } from "@wicara/channels/MessageAction"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import * as BrokenFacets from "./BrokenFacets.ts"
import * as MemoryChannel from "./MemoryChannel.ts"
import type { MemoryAccount, MemoryAdapter } from "./MemoryChannel.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface BrokenChannel {
  /** The id of the law that it breaks. */
  readonly law: string
  readonly mistake: string
  readonly adapter: MemoryAdapter
}

const correct = MemoryChannel.make()

const broken = (law: string, mistake: string, change: Partial<MemoryAdapter>): BrokenChannel => ({
  law,
  mistake,
  adapter: { ...correct, ...change }
})

type Send = MemoryAdapter["send"]
type Decode = MemoryAdapter["decode"]

const sending =
  (change: (message: OutboundMessage, account: MemoryAccount, send: Send) => ReturnType<Send>): Send =>
  (message, account) => change(message, account, correct.send)

const content = (change: (content: OutboundContent) => OutboundContent): Send =>
  sending((message, account, send) => send({ ...message, content: change(message.content) }, account))

const outcome = (change: (outcome: SendOutcome) => SendOutcome): Send =>
  sending((message, account, send) => Effect.map(send(message, account), change))

const events = (change: (event: InboundEvent) => ReadonlyArray<InboundEvent>): Decode => (body, account) =>
  Effect.map(correct.decode(body, account), (events) => events.flatMap(change))

type Client = HttpClient.HttpClient
type Executed = ReturnType<Client["execute"]>

/** Sends through another client. */
const through = (
  change: (execute: Executed, request: HttpClientRequest.HttpClientRequest) => Executed
): Send =>
  sending((message, account, send) =>
    Effect.flatMap(HttpClient.HttpClient, (client) =>
      Effect.provideService(
        send(message, account),
        HttpClient.HttpClient,
        HttpClient.make((request) => change(client.execute(request), request))
      ))
  )

const unconnected = (request: HttpClientRequest.HttpClientRequest) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, cause: { code: "ECONNREFUSED" } })
  })

const withStatus =
  (status: number, headers: Record<string, string> = {}) => (request: HttpClientRequest.HttpClientRequest) =>
    HttpClientResponse.fromWeb(request, new Response("{}", { status, headers }))

const sameSignature = (given: string | undefined, body: Uint8Array, account: MemoryAccount) =>
  given === MemoryChannel.sign(body, account)

const trimmed = (body: Uint8Array) => {
  let end = body.length
  while (end > 0 && body[end - 1] === 0x20) end--
  return body.slice(0, end)
}

const decodeSync = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ delivery: Schema.String })))

const declarations: ReadonlyArray<BrokenChannel> = [
  broken("declaration.flags", "declares a rate of nothing", {
    capabilities: { ...correct.capabilities, messagesPerSecond: 0 }
  }),
  broken("declaration.account", "gives every account one key, so that only one can be connected", {
    accountKey: () => "memory"
  })
]

let deliveries = 0
const readMessages = new Set<string>()
const furthest = new Map<string, number>()
const order = ["accepted", "sent", "failed", "delivered", "read", "played"]

const inbound: ReadonlyArray<BrokenChannel> = [
  broken("signature.bytes", "tidies the body before it checks the signature", {
    verify: (request, account) => correct.verify({ ...request, body: trimmed(request.body) }, account)
  }),
  broken("signature.missing", "checks a signature only where there is one", {
    verify: (request, account) =>
      request.headers["x-memory-signature"] === undefined ? Effect.void : correct.verify(request, account)
  }),
  broken("signature.account", "takes the key of any account", {
    verify: (request, account) => {
      const all = ["1001", "2002"].map((number): MemoryAccount => ({
        ...account,
        secrets: { ...account.secrets, hookKey: Redacted.make(`hook-of-${number}-77ab`) }
      }))
      return all.some((one) => sameSignature(request.headers["x-memory-signature"], request.body, one))
        ? Effect.void
        : correct.verify(request, account)
    }
  }),
  broken("delivery.key", "names a delivery by the time of its arrival", {
    identify: (request) => Effect.map(correct.identify(request), () => ({ dedupeKey: `arrival-${++deliveries}` }))
  }),
  broken("delivery.malformed", "fails on what is no JSON", {
    identify: ({ body }) => Effect.sync(() => ({ dedupeKey: decodeSync(new TextDecoder().decode(body)).delivery }))
  }),
  broken("decode.total", "fails on a body that it did not expect", {
    decode: (body, account) =>
      Effect.flatMap(
        correct.decode(body, account),
        (events) =>
          events.some(({ raw }) => typeof raw === "string") ? Effect.die("unexpected") : Effect.succeed(events)
      )
  }),
  broken("decode.unknown", "drops what it has no word for", {
    decode: events((event) => event._tag === "Unknown" && typeof event.raw !== "string" ? [] : [event])
  }),
  broken("decode.repeated", "drops a message that it has seen, and loses the one that failed to be stored", {
    decode: events((event) => {
      if (event._tag !== "MessageReceived") return [event]
      const seen = readMessages.has(event.providerMessageId)
      readMessages.add(event.providerMessageId)
      return seen ? [] : [event]
    })
  }),
  broken("decode.message", "takes the provider's time for the local one", {
    decode: events((event) => [
      event._tag === "MessageReceived" && event.timestamp !== undefined
        ? { ...event, timestamp: event.timestamp + 7 * 3_600_000 }
        : event
    ])
  }),
  broken("decode.address", "answers to another name of the customer than the one that wrote", {
    decode: events((event) => [
      event._tag === "MessageReceived" ? { ...event, chat: { kind: "external", value: event.chat.value } } : event
    ])
  }),
  broken("status.order", "drops a status that is behind another one", {
    decode: events((event) => {
      if (event._tag !== "StatusChanged") return [event]
      const rank = order.indexOf(event.status)
      if (rank < (furthest.get(event.providerMessageId) ?? -1)) return []
      furthest.set(event.providerMessageId, rank)
      return [event]
    })
  }),
  broken("status.names", "names a message in a status otherwise than in a send", {
    decode: events((event) => [
      event._tag === "StatusChanged" ? { ...event, providerMessageId: `memory:${event.providerMessageId}` } : event
    ])
  }),
  {
    law: "status.callback",
    mistake: "leaves our own id out of statuses",
    adapter: {
      ...MemoryChannel.make({ reconcile: "callback" }),
      decode: events((event) => {
        if (event._tag !== "StatusChanged") return [event]
        const { callbackData: _, ...others } = event
        return [others]
      })
    }
  },
  broken("status.failed", "says that a message failed, and not why", {
    decode: events((event) => {
      if (event._tag !== "StatusChanged") return [event]
      const { error: _, ...others } = event
      return [others]
    })
  }),
  broken("handshake", "answers anybody's verification request", {
    handshake: ({ query }) => Effect.succeed(query["challenge"] ?? "")
  })
]

const asked = new Set<string>()
const attempts = new Map<string, number>()

const outbound: ReadonlyArray<BrokenChannel> = [
  broken("content.declared", "loses the caption of an image", {
    send: content((content) => content.type === "image" ? { type: "image", media: content.media } : content)
  }),
  broken("content.undeclared", "sends a stand-in for what it has no form for", {
    send: content((content) => content.type === "document" ? { type: "text", text: "[document]" } : content)
  }),
  broken("content.fallback", "takes links out of texts", {
    send: content((content) =>
      content.type === "text" ? { type: "text", text: content.text.replace(/https?:\/\/\S+/g, "") } : content
    )
  }),
  broken("limits.text", "cuts texts that it declares to be short enough", {
    send: content((content) => content.type === "text" ? { type: "text", text: content.text.slice(0, 400) } : content)
  }),
  broken("limits.choices", "shows fewer buttons than it declares", {
    send: content((content) => {
      if (content.type !== "buttons") return content
      const [first, second] = content.buttons
      return { ...content, buttons: second === undefined ? [first] : [first, second] }
    })
  }),
  broken("address.refused", "writes to any address as if it were a number", {
    send: sending((message, account, send) =>
      send({ ...message, to: { kind: "phone", value: message.to.value } }, account)
    )
  }),
  broken("extras.reactions", "takes no reaction back", {
    react: (target, account) =>
      target.emoji === null || correct.react === undefined
        ? Effect.succeed({ _tag: "Accepted", providerMessageId: null })
        : correct.react(target, account)
  }),
  broken("extras.reading", "marks as read without saying which message", {
    markRead: (target, account) => correct.markRead?.({ ...target, providerMessageId: "" }, account) ?? Effect.void
  }),
  broken("extras.typing", "never hides that it types", {
    typing: (target, account) => target.on ? correct.typing?.(target, account) ?? Effect.void : Effect.void
  })
]

const act = correct.act!

const acting = (law: string, mistake: string, change: (action: MessageAction) => MessageAction) =>
  broken(law, mistake, { act: (target, action, account) => act(target, change(action), account) })

const actions: ReadonlyArray<BrokenChannel> = [
  acting(
    "actions.edit",
    "edits a message to what it said",
    (action) => action.type === "edit" && action.caption !== true ? { ...action, text: "Hello" } : action
  ),
  acting(
    "actions.edit_caption",
    "edits what is said under a file to what it said",
    (action) => action.type === "edit" && action.caption === true ? { ...action, text: "Hello" } : action
  ),
  broken("actions.delete", "deletes the first message that there is", {
    act: (target, action, account) =>
      act(action.type === "delete" ? { ...target, providerMessageId: "0" } : target, action, account)
  }),
  acting(
    "actions.pin",
    "pins what is to be taken off",
    (action) => action.type === "pin" && action.seconds === null ? { ...action, seconds: 86_400 } : action
  ),
  acting(
    "actions.star",
    "never takes a star off",
    (action) => action.type === "star" ? { ...action, on: true } : action
  ),
  acting(
    "actions.vote",
    "votes for nothing",
    (action) => action.type === "vote" ? { ...action, options: [] } : action
  ),
  broken("actions.outcomes", "takes silence for a refusal", {
    act: (target, action, account) =>
      Effect.map(
        act(target, action, account),
        (outcome) => outcome._tag === "Unknown" ? { _tag: "Rejected", code: "silent", reason: outcome.reason } : outcome
      )
  }),
  broken("actions.forward", "forwards a message as if it were its own", {
    send: sending((message, account, send) => send({ ...message, forwardOf: undefined }, account))
  })
]

const line = Semaphore.makeUnsafe(1)
let current: MemoryAccount | undefined

const outcomes: ReadonlyArray<BrokenChannel> = [
  broken("outcome.accepted", "does not read the provider's id", {
    send: outcome((outcome) => outcome._tag === "Accepted" ? { ...outcome, providerMessageId: null } : outcome)
  }),
  broken("outcome.rejected", "tries again what is refused for good", {
    send: outcome((outcome) =>
      outcome._tag === "Rejected" && outcome.code.startsWith("http_")
        ? { ...outcome, _tag: "Retryable", retryAfter: 1_000 }
        : outcome
    )
  }),
  broken("outcome.retryable", "does not wait as long as it is asked to", {
    send: outcome((outcome) =>
      outcome._tag === "Retryable" && outcome.code === "busy"
        ? { _tag: "Retryable", code: outcome.code, reason: outcome.reason }
        : outcome
    )
  }),
  broken("outcome.account", "blames the message for the account's credentials", {
    send: outcome((outcome) => outcome._tag === "AccountRefused" ? { ...outcome, _tag: "Rejected" } : outcome)
  }),
  broken("outcome.unsent", "does not know that nothing was sent without a connection", {
    send: outcome((outcome) =>
      outcome._tag === "Retryable" && outcome.code === "not_sent"
        ? { _tag: "Unknown", reason: outcome.reason }
        : outcome
    )
  }),
  broken("outcome.unknown", "takes a broken connection for no connection", {
    send: through((execute, request) =>
      Effect.mapError(execute, (error) => error.reason._tag === "TransportError" ? unconnected(request) : error)
    )
  }),
  broken("outcome.timeout", "takes a time-out for a message that was not sent", {
    send: through((execute, request) =>
      Effect.timeoutOrElse(execute, { duration: "10 seconds", orElse: () => Effect.fail(unconnected(request)) })
    )
  }),
  broken("outcome.broken_answer", "takes a failure after acceptance for a refusal", {
    send: through((execute, request) =>
      Effect.map(
        execute,
        (response) => response.status >= 500 ? withStatus(429, { "retry-after": "3" })(request) : response
      )
    )
  }),
  broken("outcome.isolation", "sends one message at a time, of all accounts", {
    send: sending((message, account, send) => line.withPermits(1)(send(message, account)))
  }),
  broken("reconcile.reserves", "reserves ids that can't be stored", {
    reserveMessageId: (message, account) =>
      Effect.map(
        correct.reserveMessageId?.(message, account) ?? Effect.succeedNone,
        Option.map((id) => id.padStart(200, "0"))
      )
  }),
  broken("reconcile.repeat", "takes another id for a second try", {
    send: sending((message, account, send) => {
      const id = message.providerMessageId ?? ""
      const attempt = (attempts.get(id) ?? 0) + 1
      attempts.set(id, attempt)
      const { providerMessageId: _, ...others } = message
      return send(attempt === 1 ? message : others, account)
    })
  }),
  broken("reconcile.found", "does not find what is there", {
    reconcile: (message, account) =>
      Effect.map(
        correct.reconcile?.(message, account) ?? Effect.succeed({ _tag: "Undecided" as const }),
        (result) => result._tag === "Found" ? { _tag: "Undecided" } : result
      )
  }),
  broken("reconcile.absent", "never says that a message is not there", {
    reconcile: (message, account) =>
      Effect.map(
        correct.reconcile?.(message, account) ?? Effect.succeed({ _tag: "Undecided" as const }),
        (result) => result._tag === "Absent" ? { _tag: "Undecided" } : result
      )
  }),
  broken("reconcile.undecided", "takes no answer for the answer no", {
    reconcile: (message, account) =>
      Effect.map(
        correct.reconcile?.(message, account) ?? Effect.succeed({ _tag: "Undecided" as const }),
        (result) => result._tag === "Undecided" ? { _tag: "Absent" } : result
      )
  }),
  broken("sending.once", "forgets the id of a message that it has asked about", {
    send: sending((message, account, send) => {
      const { providerMessageId = "", ...others } = message
      return send(asked.has(providerMessageId) ? others : message, account)
    }),
    reconcile: (message, account) => {
      asked.add(message.providerMessageId ?? "")
      return correct.reconcile?.(message, account) ?? Effect.succeed({ _tag: "Undecided" })
    }
  })
]

const safety: ReadonlyArray<BrokenChannel> = [
  broken("secrets.hidden", "explains a refusal with the key that was refused", {
    send: sending((message, account, send) =>
      Effect.map(send(message, account), (outcome) =>
        outcome._tag === "AccountRefused"
          ? { ...outcome, reason: `The key ${Redacted.value(account.secrets.key)} is not taken.` }
          : outcome)
    )
  }),
  broken("accounts.apart", "keeps the account that it acts for in itself", {
    send: sending((message, account, send) => {
      current = account
      return Effect.andThen(Effect.yieldNow, Effect.suspend(() => send(message, current ?? account)))
    })
  }),
  broken("health.round_trip", "is well when the provider answers, whatever it says", {
    test: (account) =>
      Effect.map(MemoryChannel.call(account, "GET", ""), (reply) =>
        reply._tag === "Answered" && reply.status < 500
          ? { status: "ok", message: "The provider answers." } as const
          : { status: "fail", message: "The provider does not answer." } as const)
  }),
  broken("health.faults", "is not unwell when nobody answers", {
    test: (account) =>
      Effect.flatMap(MemoryChannel.call(account, "GET", ""), (reply) =>
        reply._tag === "NoAnswer"
          ? Effect.succeed({ status: "warn", message: "The provider is slow today." } as const)
          : correct.test(account))
  })
]

const life = correct.lifecycle!
const look = correct.profile!
const firstCodes = new Map<string, ConnectionState>()

const living = (law: string, mistake: string, change: Partial<typeof life>): BrokenChannel =>
  broken(law, mistake, { lifecycle: { ...life, ...change } })

const lifecycle: ReadonlyArray<BrokenChannel> = [
  living("lifecycle.state", "is connected when the provider answers, whatever it says", {
    state: (account) =>
      Effect.map(life.state(account), (state) => state._tag === "Reauthorize" ? { _tag: "Connected", as: null } : state)
  }),
  living("lifecycle.faults", "takes silence for an account that was disconnected", {
    state: (account) =>
      Effect.catchIf(
        life.state(account),
        ({ kind }) => kind === "later",
        ({ reason }) => Effect.succeed<ConnectionState>({ _tag: "Disconnected", reason })
      )
  }),
  living("lifecycle.repeated", "begins anew whenever it is asked to connect", {
    connect: (request, account) =>
      Effect.andThen(
        life.disconnect({ forget: account.settings.number === "1001" }, account),
        life.connect(request, account)
      )
  }),
  living("lifecycle.repair", "keeps the webhook that is registered", {
    repair: (webhookUrl, account) =>
      Effect.flatMap(
        life.inspect("", account),
        ([finding]) => finding?.message === "No webhook is registered." ? life.repair(webhookUrl, account) : Effect.void
      )
  }),
  living("lifecycle.disconnect", "fails on what has ended already", {
    disconnect: (options, account) =>
      Effect.flatMap(life.state(account), (state) =>
        state._tag === "Disconnected"
          ? Effect.fail(new ProviderFailure({ kind: "refused", code: "ended", reason: "It has ended." }))
          : life.disconnect(options, account))
  }),
  living("lifecycle.pairing", "goes on showing the first QR code", {
    state: (account) =>
      Effect.map(life.state(account), (state) => {
        if (state._tag !== "ScanQr") return state
        const first = firstCodes.get(account.id) ?? state
        firstCodes.set(account.id, first)
        return first
      })
  }),
  living("lifecycle.secrets", "explains why it wants to be authorized with the key", {
    state: (account) =>
      Effect.map(life.state(account), (state) =>
        state._tag === "Reauthorize"
          ? { ...state, reason: `The key ${Redacted.value(account.secrets.key)} is not taken.` }
          : state)
  }),
  broken("profile.change", "clears what it was not asked to change", {
    profile: { ...look, update: (change, account) => look.update({ name: "", about: "", ...change }, account) }
  })
]

/**
 * One for every law.
 *
 * @category constants
 * @since 0.1.0
 */
export const all: ReadonlyArray<BrokenChannel> = [
  ...declarations,
  ...inbound,
  ...outbound,
  ...outcomes,
  ...actions,
  ...safety,
  ...lifecycle,
  ...BrokenFacets.all
]
