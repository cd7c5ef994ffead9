/**
 * What users of such products complain about most, as far as channels and delivery go: each a scenario that a pipeline
 * either stands or not. They are played with the channel in memory, whose provider does what real ones were seen to do.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Stream } from "effect"
import type { Duration, Scope } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import type { Address, Identity } from "@wicara/channels/Address"
import type { InboundEvent, MessageReceived } from "@wicara/channels/InboundEvent"
import type { ConnectedAccount } from "./ChannelHarness.ts"
import { holds, mentions, takenWith } from "./ChannelLaw.ts"
import type { LawBroken } from "./ChannelLaw.ts"
import * as ChannelNetwork from "./ChannelNetwork.ts"
import type { Line, MakePipeline, Pipeline } from "./ChannelPipeline.ts"
import * as MemoryChannel from "./MemoryChannel.ts"

/**
 * Where a scenario takes place.
 *
 * @category models
 * @since 0.1.0
 */
export interface World {
  readonly provider: MemoryChannel.MemoryProvider
  readonly account: ConnectedAccount
  readonly network: ChannelNetwork.ChannelNetwork
  readonly pipeline: Pipeline
  /** Delivers what happened, again until it is acknowledged, as providers do; and lets the pipeline work. */
  readonly happens: (...events: ReadonlyArray<InboundEvent>) => Effect.Effect<void>
  /** Lets time pass, with the pipeline at work. */
  readonly pass: (seconds: number) => Effect.Effect<void>
  /** The next decoding fails. */
  readonly stumble: () => void
  /** Happens at the provider, which tells nobody; its history knows of it. */
  readonly unheard: (...messages: ReadonlyArray<MessageReceived>) => void
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Scenario {
  /** The number of the complaint in the list of those to beat. */
  readonly complaint: number
  /** What users say. */
  readonly title: string
  readonly channel?: MemoryChannel.Options | undefined
  readonly play: (world: World) => Effect.Effect<void, LawBroken>
}

const start = 1_790_000_000_000

const person = (value = "6281300000042"): Identity => ({ kind: "phone", value })

let messages = 0
const wrote = (
  words: string,
  options: {
    readonly id?: string
    readonly from?: readonly [Identity, ...Array<Identity>]
    readonly chat?: Address
    readonly at?: number
  } = {}
): MessageReceived => {
  const identities = options.from ?? [person()]
  return {
    _tag: "MessageReceived",
    providerMessageId: options.id ?? `in-${++messages}`,
    chat: options.chat ?? identities[0],
    sender: { identities },
    content: { type: "text", text: words },
    timestamp: options.at ?? start,
    raw: { words }
  }
}

const echoed = (words: string, providerMessageId: string): InboundEvent => ({
  _tag: "MessageEchoed",
  providerMessageId,
  chat: person(),
  recipient: { identities: [person()] },
  source: "phone",
  content: { type: "text", text: words },
  timestamp: start + 1_000,
  raw: { words }
})

const status = (
  providerMessageId: string,
  status: "sent" | "delivered" | "read" | "failed"
): InboundEvent => ({
  _tag: "StatusChanged",
  providerMessageId,
  status,
  timestamp: start + 2_000,
  ...(status === "failed" ? { error: { code: "131026", title: "Undeliverable" } } : {}),
  raw: { status }
})

const lines = (world: World): Effect.Effect<ReadonlyArray<Line>> =>
  Effect.map(world.pipeline.conversations, (conversations) => conversations.flat())

const answerOf = (world: World) => Effect.map(lines(world), (lines) => lines.find(({ from }) => from === "business"))

const words = (lines: ReadonlyArray<Line>) => lines.map((line) => line.words)

const answered = Effect.fnUntraced(function*(world: World, text: string) {
  yield* world.happens(wrote("Hello"))
  yield* world.pipeline.answer(text)
  yield* world.pass(2)
  const [taken] = yield* takenWith(world.account, text)
  yield* holds(taken !== undefined, "the provider has the answer")
  return taken?.id ?? ""
})

const scenario = (
  complaint: number,
  title: string,
  play: Scenario["play"],
  channel?: MemoryChannel.Options
): Scenario => ({ complaint, title, play, channel })

const lid: Identity = { kind: "lid", value: "880000000000042" }
const bsuid: Identity = { kind: "bsuid", value: "ID.1349" }

/**
 * Every scenario, by its complaint. Those complaints that concern no channel (bots, templates, campaigns, outgoing
 * webhooks) have none here: see `testkit/complaints`.
 *
 * @category scenarios
 * @since 0.1.0
 */
export const all: ReadonlyArray<Scenario> = [
  scenario(1, "a hidden id instead of a number: replies go nowhere", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Hello", { from: [lid, person()], chat: lid }))
      yield* world.pipeline.answer("Good morning")
      yield* world.pass(2)
      const [taken] = yield* takenWith(world.account, "Good morning")
      yield* holds(
        mentions(taken?.raw, lid.value),
        "the answer goes to the address that the message came from",
        taken?.raw
      )
    })),
  scenario(2, "customers without a phone number are invisible or dropped", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("I have no number", { from: [bsuid] }))
      yield* holds(words(yield* lines(world)).includes("I have no number"), "the message is in the inbox")
      yield* world.pipeline.answer("Nobody needs one")
      yield* world.pass(2)
      const [taken] = yield* takenWith(world.account, "Nobody needs one")
      yield* holds(mentions(taken?.raw, bsuid.value), "and can be answered", taken?.raw)
    })),
  scenario(3, "two ways to write one national number split the customer in two", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Oi", { from: [person("5511987654321")] }))
      yield* world.happens(wrote("Tudo bem?", { from: [person("551187654321")] }))
      const conversations = yield* world.pipeline.conversations
      yield* holds(conversations.length === 1, "it is one conversation", conversations)
      yield* holds(conversations[0]?.length === 2, "with both messages", conversations)
    })),
  scenario(4, "a message comes twice, and is there twice", (world) =>
    Effect.gen(function*() {
      const message = wrote("Once", { id: "in-twice" })
      const body = world.provider.delivery(message)
      const other = world.provider.delivery(message)
      for (const delivery of [body, body, other, body]) yield* world.pipeline.receive(world.account.signed(delivery))
      yield* world.pass(2)
      yield* holds(words(yield* lines(world)).join() === "Once", "it is there once", yield* lines(world))
    })),
  scenario(5, "an answer is sent again after a time-out, and arrives twice", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Hello"))
      world.network.plan((request) => request === 1 ? "lost_answer" : undefined)
      yield* world.pipeline.answer("Only once, please")
      yield* world.pass(60)
      const taken = yield* takenWith(world.account, "Only once, please")
      yield* holds(taken.length === 1, "the provider has it once", taken)
      yield* holds((yield* answerOf(world))?.status !== "failed", "and it is known to be sent", yield* answerOf(world))
    })),
  scenario(
    6,
    "a message is taken for a repetition because handling it failed once, and is lost",
    (world) =>
      Effect.gen(function*() {
        world.stumble()
        yield* world.happens(wrote("Do not lose me"))
        yield* world.pass(3_600)
        yield* holds(words(yield* lines(world)).join() === "Do not lose me", "it is there, once", yield* lines(world))
      })
  ),
  scenario(7, "what customers write is silently missed", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Hello", { at: start - 60_000 }))
      world.unheard(wrote("Nobody heard this", { at: start }))
      yield* TestClock.adjust("5 minutes")
      yield* world.pipeline.reconnected
      yield* world.pass(2)
      const shown = yield* lines(world)
      yield* holds(words(shown).join() === "Hello,Nobody heard this", "it is found in the provider's history", shown)
      yield* world.pipeline.reconnected
      yield* world.pass(2)
      yield* holds(words(yield* lines(world)).length === 2, "and is there once", yield* lines(world))
    })),
  scenario(8, "the provider takes a message, and nothing is ever heard of it", (world) =>
    Effect.gen(function*() {
      const id = yield* answered(world, "Is this stuck?")
      yield* TestClock.adjust("11 minutes")
      yield* world.pass(10)
      yield* holds((yield* answerOf(world))?.stalled === true, "it is shown as stalled", yield* answerOf(world))
      yield* world.happens(status(id, "delivered"))
      const answer = yield* answerOf(world)
      yield* holds(answer?.stalled === false && answer.status === "delivered", "and no more when it arrived", answer)
    })),
  scenario(8, "the API says sent, and the message never arrives", (world) =>
    Effect.gen(function*() {
      const id = yield* answered(world, "Did you get this?")
      yield* world.happens(status(id, "failed"))
      const answer = yield* answerOf(world)
      yield* holds(answer?.status === "failed", "what failed afterwards is shown as failed", answer)
      yield* holds(answer?.code === "131026", "with the provider's code", answer)
    })),
  scenario(9, "an account is shown as connected though nothing gets through", (world) =>
    Effect.gen(function*() {
      yield* world.happens({ _tag: "AccountChanged", kind: "session", state: "connected", raw: {} })
      world.network.plan(() => "lost_request")
      yield* holds((yield* world.pipeline.health) === "fail", "its health is what a round trip shows")
    })),
  scenario(
    11,
    "messages are shown in the order of their arrival, with the time of their arrival",
    (world) =>
      Effect.gen(function*() {
        yield* world.happens(wrote("second", { at: start - 1_000 }))
        yield* world.happens(wrote("first", { at: start - 60_000 }))
        const shown = yield* lines(world)
        yield* holds(words(shown).join() === "first,second", "they are in the order in which they were written", shown)
        yield* holds(shown[0]?.at === start - 60_000, "with the time when they were written", shown)
      })
  ),
  scenario(11, "an answer that is put off is overtaken by the next one", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Hello"))
      yield* world.account.refuseNext("busy")
      yield* world.pipeline.answer("part one")
      yield* world.pipeline.answer("part two")
      yield* world.pass(120)
      const taken = yield* world.account.taken
      yield* holds(taken.length === 2, "both arrive", taken)
      yield* holds(mentions(taken[0]?.raw, "part one"), "in the order in which they were said", taken)
    })),
  scenario(11, "a late status takes a message back from read to sent", (world) =>
    Effect.gen(function*() {
      const id = yield* answered(world, "Seen?")
      yield* world.happens(status(id, "read"), status(id, "sent"))
      yield* world.happens(status(id, "delivered"))
      yield* world.happens(status(id, "sent"))
      yield* holds((yield* answerOf(world))?.status === "read", "it stays read", yield* answerOf(world))
    })),
  scenario(12, "the bot answers over a person who answers on the phone", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Is anybody there?"))
      yield* world.pipeline.answer("I am a bot", { by: "bot" })
      const body = world.provider.delivery(echoed("I take this one", "typed-on-the-phone"))
      yield* world.pipeline.receive(world.account.signed(body))
      yield* world.pass(10)
      const taken = yield* takenWith(world.account, "I am a bot")
      yield* holds(taken.length === 0, "what the bot still had to say is not sent", taken)
    })),
  scenario(14, "of two quick messages one is dropped", (world) =>
    Effect.gen(function*() {
      const quick = [wrote("one", { at: start - 2_000 }), wrote("two", { at: start - 1_000 })]
      yield* Effect.forEach(
        quick,
        (message) => world.pipeline.receive(world.account.signed(world.provider.delivery(message))),
        { concurrency: "unbounded" }
      )
      yield* world.pass(2)
      const shown = yield* lines(world)
      yield* holds(words(shown).join() === "one,two", "both are there", shown)
    })),
  scenario(15, "the business's own message comes back as an echo, and is answered", (world) =>
    Effect.gen(function*() {
      const id = yield* answered(world, "We are open")
      yield* world.happens(echoed("We are open", id))
      const shown = yield* lines(world)
      const same = shown.filter((line) => line.words === "We are open")
      yield* holds(same.length === 1 && same[0]?.from === "business", "it is the message that was sent", shown)
    })),
  scenario(16, "an agent writes outside the 24-hour window, and nobody receives it", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Hello", { at: start }))
      yield* TestClock.adjust("25 hours")
      const asked = world.network.seen().length
      const allowed = yield* world.pipeline.answer("Still there?")
      yield* world.pass(2)
      yield* holds(!allowed, "it is refused when it is written")
      yield* holds(world.network.seen().length === asked, "and nothing leaves", world.network.seen().slice(asked))
    }), { serviceWindowHours: 24 }),
  scenario(20, "a message fails, and nobody says why", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Hello"))
      yield* world.account.refuseNext("message")
      yield* world.pipeline.answer("This one is refused")
      yield* world.pass(2)
      const answer = yield* answerOf(world)
      yield* holds(answer?.status === "failed" && answer.code === "http_422", "it failed, with the code", answer)
    })),
  scenario(21, "a customer who refused marketing gets it all the same", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Hello"))
      yield* world.happens({
        _tag: "MarketingPreferenceChanged",
        identity: person(),
        value: "stop",
        timestamp: start,
        raw: {}
      })
      const allowed = yield* world.pipeline.answer("Buy now!", { purpose: "marketing" })
      yield* world.pass(2)
      yield* holds(!allowed, "it is refused when it is written")
      yield* holds((yield* takenWith(world.account, "Buy now!")).length === 0, "and nothing arrives")
    })),
  scenario(
    21,
    "a customer writes STOP, in a language of theirs, and gets marketing all the same",
    (world) =>
      Effect.gen(function*() {
        const said = (stop: string) => `News for those who wrote ${stop}`
        for (const [index, stop] of ["STOP", "Berhenti", "¡Baja!", "sair"].entries()) {
          const from = [person(`62813000010${index}`)] as const
          const write = Effect.fnUntraced(function*(words: string) {
            yield* world.happens(wrote(words, { from, at: yield* Clock.currentTimeMillis }))
            yield* world.pass(2)
          })
          yield* write("Hello")
          yield* write(stop)
          const allowed = yield* world.pipeline.answer(said(stop), { purpose: "marketing" })
          yield* world.pass(2)
          yield* holds(!allowed, "what they refused is refused when it is written", stop)
          yield* holds((yield* takenWith(world.account, said(stop))).length === 0, "and nothing arrives", stop)
          yield* write("START")
          yield* write("please don't stop")
          const again = yield* world.pipeline.answer(said(stop), { purpose: "marketing" })
          yield* holds(again, "until they want it again; a sentence with the word in it is none", stop)
        }
      })
  ),
  scenario(22, "a number is banned because it writes faster than anybody can", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Hello"))
      for (let part = 1; part <= 8; part++) yield* world.pipeline.answer(`part ${part}`)
      yield* world.pass(30)
      const taken = yield* world.account.taken
      yield* holds(taken.length === 8, "all are sent", taken.length)
      const times = taken.map(({ at }) => at ?? 0)
      const [first = 0] = times
      yield* holds(
        times.filter((at) => at < first + 1_000).length <= 4 && Math.max(...times) >= first + 2_000,
        "at the account's rate of two a second, with a second's worth at once",
        times.map((at) => at - first)
      )
    }), { messagesPerSecond: 2 }),
  scenario(23, "credentials expire, and everything that is sent meanwhile fails", (world) =>
    Effect.gen(function*() {
      yield* world.happens(wrote("Hello"))
      world.provider.withdraw(true)
      const asked = world.network.seen().length
      yield* world.pipeline.answer("This can wait")
      yield* world.pass(600)
      yield* holds((yield* answerOf(world))?.status !== "failed", "it waits", yield* answerOf(world))
      yield* holds(world.network.seen().length - asked <= 40, "without a storm of tries", world.network.seen().length)
      world.provider.withdraw(false)
      yield* world.pass(600)
      yield* holds((yield* takenWith(world.account, "This can wait")).length === 1, "and is sent when they are renewed")
    }))
]

/**
 * Plays a scenario with a pipeline of its own. The test's clock is the scenario's: run it under `TestClock`.
 *
 * @category running
 * @since 0.1.0
 */
export const play = (
  scenario: Scenario,
  make: MakePipeline
): Effect.Effect<void, LawBroken, Scope.Scope> =>
  Effect.gen(function*() {
    yield* TestClock.setTime(start)
    const provider = yield* MemoryChannel.open
    const network = ChannelNetwork.make(provider.client)
    const correct = MemoryChannel.make(scenario.channel)
    let stumbles = 0
    const archive: Array<MessageReceived> = []
    const adapter: MemoryChannel.MemoryAdapter = {
      ...correct,
      decode: (body, account) =>
        Effect.suspend(() => {
          if (stumbles === 0) return correct.decode(body, account)
          stumbles--
          return Effect.die("stumbled")
        }),
      history: {
        chats: () =>
          Stream.suspend(() =>
            Stream.fromIterable(
              Array.from(
                new Map(archive.map(({ chat }) => [`${chat.kind} ${chat.value}`, chat])).values(),
                (chat) => ({ chat, lastMessageAt: null })
              )
            )
          ),
        messages: ({ chat, since, until }) =>
          Stream.suspend(() =>
            Stream.fromIterable(archive.filter((message) =>
              message.chat.value === chat.value && (message.timestamp ?? 0) >= since &&
              (message.timestamp ?? 0) <= until
            ))
          ),
        alive: () =>
          Effect.succeed(true)
      }
    }
    const [account] = provider.accounts
    const pipeline = yield* Effect.provideService(make(adapter, account.account), HttpClient.HttpClient, network.client)
    const pass = Effect.fnUntraced(function*(seconds: number) {
      const step = Math.max(0.5, seconds / 120)
      for (let passed = 0; passed < seconds; passed += step) {
        yield* pipeline.work
        yield* TestClock.adjust(step * 1_000 satisfies Duration.Input)
      }
      yield* pipeline.work
    })
    yield* scenario.play({
      provider,
      account,
      network,
      pipeline,
      pass,
      happens: Effect.fnUntraced(function*(...events) {
        const request = account.signed(provider.delivery(...events))
        for (let attempt = 0; attempt < 5; attempt++) {
          if (yield* pipeline.receive(request)) break
        }
        yield* pipeline.work
      }),
      stumble: () => {
        stumbles++
      },
      unheard: (...messages) => {
        archive.push(...messages)
      }
    })
  })
