/**
 * Webhooks: believed only when signed, named so that a repetition is recognized, and decoded without loss.
 *
 * @since 0.1.0
 */
import { Effect, Exit, Option, Result, Schema } from "effect"
import type { InboundRequest } from "@wicara/channels/ChannelAdapter"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import type { ProviderStatus, StatusChanged } from "@wicara/channels/InboundEvent"
import * as EmulatorFaults from "../../EmulatorFaults.ts"
import type { ConnectedAccount } from "./ChannelHarness.ts"
import type { Bench, Law } from "./ChannelLaw.ts"
import { holds, law, mentions, messageId, reserved, send, takenWith, textOf } from "./ChannelLaw.ts"
import { arbitraryJson, mutations } from "../../internal/json.ts"

const utf8 = new TextEncoder()
const at = 1_790_000_000_000

const said = (bench: Bench) => {
  const number = bench.next()
  return { id: messageId(number), text: `Question ${number}?`, at }
}

const verifies = (bench: Bench, request: InboundRequest, account: ConnectedAccount) =>
  Effect.map(Effect.exit(bench.adapter.verify(request, account.account)), Exit.isSuccess)

const altered = (body: Uint8Array, index: number): Uint8Array => {
  const copy = Uint8Array.from(body)
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}

const signatureBytes = law(
  "signature.bytes",
  "a signature is checked on the raw bytes, and a changed byte is refused",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const body = account.wrote(said(bench))
    const request = account.signed(body)
    yield* holds(yield* verifies(bench, request, account), "what the provider signed is taken")
    const places = [0, 1, body.length >> 2, body.length >> 1, body.length - 2, body.length - 1]
    for (const place of places) {
      const accepted = yield* verifies(bench, { ...request, body: altered(body, place) }, account)
      yield* holds(!accepted, `a body with another byte at ${place} is refused`)
    }
    const spaced = yield* verifies(bench, { ...request, body: Uint8Array.from([...body, 0x20]) }, account)
    yield* holds(!spaced, "the same JSON in other bytes is refused")
  })
)

const signatureMissing = law(
  "signature.missing",
  "a delivery without a signature is refused",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const body = account.wrote(said(bench))
    const { headers } = account.signed(body)
    const bare = yield* verifies(bench, { headers: {}, query: {}, body }, account)
    yield* holds(!bare, "a request without headers is refused")
    const emptied = Object.fromEntries(Object.keys(headers).map((name) => [name, ""]))
    yield* holds(!(yield* verifies(bench, { headers: emptied, query: {}, body }, account)), "empty headers are refused")
  })
)

const signatureAccount = law(
  "signature.account",
  "a delivery signed for one account is refused for another",
  Effect.fnUntraced(function*(bench) {
    const [one, other] = bench.harness.accounts
    const request = other.signed(one.wrote(said(bench)))
    yield* holds(!(yield* verifies(bench, request, one)), "the key of another account opens nothing")
  })
)

const keyOf = (bench: Bench, request: InboundRequest) =>
  Effect.map(Effect.result(bench.adapter.identify(request)), Result.getOrUndefined)

const deliveryKey = law(
  "delivery.key",
  "the same delivery has the same key, and two have two",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const requests = Array.from({ length: 3 }, () => account.signed(account.wrote(said(bench))))
    const keys = new Set<string>()
    for (const request of requests) {
      const key = (yield* keyOf(bench, request))?.dedupeKey
      yield* holds(key !== undefined && key.length > 0 && key.length <= 190, "a delivery has a key of 1 to 190", key)
      const repeated = yield* keyOf(bench, { ...request, body: Uint8Array.from(request.body) })
      yield* holds(repeated?.dedupeKey === key, "a repetition has the key of the first", [key, repeated])
      keys.add(key ?? "")
    }
    yield* holds(keys.size === requests.length, "different deliveries have different keys", [...keys])
  })
)

const deliveryMalformed = law(
  "delivery.malformed",
  "a body that is no delivery is refused, and never a defect",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    for (const text of ["", "x", "<xml/>", "\"text\"", "7", "null", "[]", "{\"a\":"]) {
      const exit = yield* Effect.exit(Effect.result(bench.adapter.identify(account.signed(utf8.encode(text)))))
      yield* holds(Exit.isSuccess(exit), "identify fails with MalformedInbound only", text)
      yield* holds(Exit.isSuccess(exit) && Result.isFailure(exit.value), "what is no delivery is refused", text)
    }
  })
)

const isEvents = Schema.is(Schema.Array(InboundEvent))
const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const encodeJson = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

const decodeTotal = law(
  "decode.total",
  "decoding never fails, whatever the body says",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const random = EmulatorFaults.random("decode.total")
    const genuine = [account.wrote(said(bench)), account.unheardOf("kit-marker")].flatMap((body) =>
      Option.toArray(decodeJson(new TextDecoder().decode(body)))
    )
    const bodies = [
      "",
      "not json",
      "{",
      "\u0000",
      ...genuine.flatMap(mutations).map((value) => encodeJson(value)),
      ...Array.from({ length: 100 }, (_, index) => encodeJson(arbitraryJson(random, `${index}`)))
    ]
    for (const body of bodies) {
      const exit = yield* Effect.exit(bench.adapter.decode(utf8.encode(body), account.account))
      yield* holds(Exit.isSuccess(exit), "every body is decoded to something", body)
      yield* holds(Exit.isSuccess(exit) && isEvents(exit.value), "every event is of the vocabulary", body)
    }
  })
)

const decoded = (bench: Bench, account: ConnectedAccount, body: Uint8Array) =>
  bench.adapter.decode(body, account.account)

const decodeUnknown = law(
  "decode.unknown",
  "what it has no word for is kept whole",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const marker = `kit-marker-${bench.next()}`
    const key = yield* keyOf(bench, account.signed(account.unheardOf(marker)))
    yield* holds(key !== undefined, "it is taken in")
    const events = yield* decoded(bench, account, account.unheardOf(marker))
    yield* holds(
      events.some((event) => event._tag === "Unknown" && mentions(event.raw, marker)),
      "it becomes an Unknown event with its payload",
      events
    )
  })
)

const decodeRepeated = law(
  "decode.repeated",
  "a body gives the same events every time",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const body = account.wrote(said(bench))
    const first = yield* decoded(bench, account, body)
    for (let time = 0; time < 3; time++) {
      const again = yield* decoded(bench, account, body)
      yield* holds(encodeJson(again) === encodeJson(first), "the events are the same", again)
    }
  })
)

const decodeMessage = law(
  "decode.message",
  "what a customer writes comes with its id, words, time and writer",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const words = said(bench)
    const events = yield* decoded(bench, account, account.wrote(words))
    const received = events.filter((event) => event._tag === "MessageReceived")
    const [message] = received
    yield* holds(received.length === 1, "it is one message", events)
    if (message === undefined) return
    yield* holds(message.content.type === "text" && message.content.text === words.text, "with its words", message)
    yield* holds(message.providerMessageId.includes(words.id), "with the provider's id", message.providerMessageId)
    yield* holds(message.timestamp === words.at, "with the time that the provider says, not the clock's", message)
    yield* holds(message.sender.identities.length > 0, "with somebody who wrote it", message.sender)
    yield* holds(
      message.raw !== undefined && mentions(message.raw, words.text),
      "with the part of the payload that it was decoded from",
      message.raw
    )
  })
)

const decodeAddress = law(
  "decode.address",
  "an answer goes to the address that the message came from",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const events = yield* decoded(bench, account, account.wrote(said(bench)))
    for (const event of events.filter((event) => event._tag === "MessageReceived")) {
      const answer = { ...textOf(bench, account), to: event.chat }
      const outcome = yield* send(bench, yield* reserved(bench, answer, account), account)
      yield* holds(outcome._tag === "Accepted", "the address can be written to as it is", [event.chat, outcome])
    }
  })
)

const withoutStatuses = (adapter: Bench["adapter"]) =>
  adapter.capabilities.statuses ? undefined : "the channel has no statuses"

const order: ReadonlyArray<ProviderStatus> = ["accepted", "sent", "failed", "delivered", "read", "played"]

/** A message that was sent, as both sides know it. */
const sent = Effect.fnUntraced(function*(bench: Bench, account: ConnectedAccount) {
  const message = yield* reserved(bench, textOf(bench, account), account)
  const outcome = yield* send(bench, message, account)
  const taken = message.content.type === "text" ? yield* takenWith(account, message.content.text) : []
  const [first] = taken
  yield* holds(outcome._tag === "Accepted" && first !== undefined, "a text is accepted", outcome)
  return { message, outcome, taken: first }
})

const statusesOf = (events: ReadonlyArray<InboundEvent>): ReadonlyArray<StatusChanged> =>
  events.filter((event) => event._tag === "StatusChanged")

const statusOrder = law(
  "status.order",
  "statuses in any order and multiplicity end in the same state",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const { taken } = yield* sent(bench, account)
    if (taken === undefined) return
    const statuses = bench.harness.statuses ?? ["sent", "delivered", "read"]
    const told = statuses.filter((status) => status !== "failed")
    const bodies = new Map(told.map((status) => [status, account.statusOf(status, taken)]))
    const random = EmulatorFaults.random("status.order")
    const expected = Math.max(...told.map((status) => order.indexOf(status)))
    for (let round = 0; round < 24; round++) {
      const shuffled = [...told, ...told.filter((status) => random(`${round}:${status}:again`) < 0.5)]
        .map((status, index) => ({ status, place: random(`${round}:${index}`) }))
        .sort((one, other) => one.place - other.place)
      let state = -1
      for (const { status } of shuffled) {
        const changes = statusesOf(yield* decoded(bench, account, bodies.get(status) ?? new Uint8Array()))
        const says = changes.map((change) => change.status)
        yield* holds(says.length === 1 && says[0] === status, `"${status}" says so, whatever came before it`, says)
        state = Math.max(state, ...changes.map((change) => order.indexOf(change.status)))
      }
      yield* holds(state === expected, "the furthest status is the last word", shuffled.map(({ status }) => status))
    }
  }),
  { exempt: withoutStatuses }
)

const statusNames = law(
  "status.names",
  "a status names the message as the send did",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const { message, outcome, taken } = yield* sent(bench, account)
    if (taken === undefined || outcome._tag !== "Accepted") return
    for (const status of bench.harness.statuses ?? (["sent", "delivered", "read"] as const)) {
      const [change] = statusesOf(yield* decoded(bench, account, account.statusOf(status, taken)))
      const named = change?.providerMessageId === (outcome.providerMessageId ?? message.providerMessageId ?? taken.id)
      yield* holds(named, "it has the id that the send gave", [change, outcome])
    }
  }),
  { exempt: withoutStatuses }
)

const statusCallback = law(
  "status.callback",
  "a status brings our own id back, so that an unknown send is settled by it",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const { message, taken } = yield* sent(bench, account)
    if (taken === undefined) return
    const [change] = statusesOf(yield* decoded(bench, account, account.statusOf("sent", taken)))
    yield* holds(change?.callbackData === message.id, "it carries the id of our message", change)
  }),
  {
    exempt: (adapter) =>
      adapter.capabilities.reconcile === "callback" ? undefined : "its statuses need not carry our id"
  }
)

const statusFailed = law(
  "status.failed",
  "a failure says why",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const told = bench.harness.statuses?.includes("failed") !== false
    yield* holds(told, "the harness tells of failures; where there are none, leave this law out with a reason")
    const { taken } = yield* sent(bench, account)
    if (taken === undefined) return
    const [change] = statusesOf(yield* decoded(bench, account, account.statusOf("failed", taken)))
    yield* holds(change?.status === "failed", "it is a failure", change)
    yield* holds((change?.error?.code ?? "") !== "", "with the provider's code", change)
  }),
  { exempt: withoutStatuses }
)

const handshake = law(
  "handshake",
  "the verification request is answered with its challenge, and only with the right token",
  Effect.fnUntraced(function*(bench) {
    const [one, other] = bench.harness.accounts
    const answer = (request: InboundRequest | undefined) =>
      request === undefined || bench.adapter.handshake === undefined
        ? Effect.succeed(undefined)
        : Effect.map(Effect.result(bench.adapter.handshake(request, one.account)), Result.getOrUndefined)
    yield* holds(one.handshake !== undefined, "the harness makes verification requests")
    const challenge = `challenge-${bench.next()}`
    const echoed = yield* answer(one.handshake?.(challenge))
    yield* holds(echoed === challenge, "it echoes the challenge and nothing else", echoed)
    const wrong = yield* answer(other.handshake?.(challenge))
    yield* holds(wrong === undefined, "another account's token is refused", wrong)
    const nothing = yield* answer({ headers: {}, query: {}, body: new Uint8Array() })
    yield* holds(nothing === undefined, "a request without a token is refused", nothing)
  }),
  { exempt: (adapter) => adapter.handshake === undefined ? "the provider asks for no verification" : undefined }
)

/** @category laws @since 0.1.0 */
export const laws: ReadonlyArray<Law> = [
  signatureBytes,
  signatureMissing,
  signatureAccount,
  deliveryKey,
  deliveryMalformed,
  decodeTotal,
  decodeUnknown,
  decodeRepeated,
  decodeMessage,
  decodeAddress,
  statusOrder,
  statusNames,
  statusCallback,
  statusFailed,
  handshake
]
