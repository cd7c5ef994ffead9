import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Logger, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { Bots } from "@wicara/bots/Bots"
import { BotTurns } from "@wicara/bots/BotTurns"
import { BotTurnId } from "@wicara/bots/BotTurn"
import { BotWorker } from "@wicara/bots/BotWorker"
import { TurnLog } from "@wicara/bots/TurnLog"
import * as TurnMemory from "@wicara/bots/TurnMemory"
import { Contacts } from "@wicara/contacts/Contacts"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { EventConsumers } from "@wicara/core/EventConsumers"
import * as Id from "@wicara/core/Id"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import { transaction } from "@wicara/core/Sql"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  agent,
  answer,
  as,
  conversationsOf,
  happen,
  lastTurn,
  layer,
  Library,
  received,
  repliesOf,
  say,
  setUp,
  statuses,
  theConversation,
  turnsOf,
  withoutBots
} from "./support.ts"

describe.each(TestDatabase.all)("BotWorker on $name", (database) => {
  const TestLayer = layer(database.layer)

  it.live("answers from the knowledge and logs what the answer rests on", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const setup = yield* setUp()
      yield* say(setup, "is the router included?", { id: "wamid.1" })
      const [reply] = yield* repliesOf(setup)
      assert.include(reply, "Wi-Fi 6 router")
      const turn = yield* lastTurn(setup)
      assert.strictEqual(turn.outcome, "replied")
      assert.strictEqual(turn.reason, "answered")
      assert.strictEqual(turn.verdict, "answer")
      assert.strictEqual(turn.model, "wicara-extractive-1")
      assert.deepStrictEqual(
        turn.sources.filter((source) => source.cited).map(({ chunkId, hash, version }) => ({ chunkId, hash, version })),
        [{ chunkId: "router-en-0", hash: "abc", version: 2 }]
      )
      assert.strictEqual(turn.messageIds.length, 1)
      assert.isNotNull(turn.replyMessageId)
      assert.deepStrictEqual(library.shown, ["wamid.1 typing"])
      assert.strictEqual((yield* theConversation(setup)).ownership, "bot")
      assert.strictEqual((yield* theConversation(setup)).lifecycle, "bot_active")
    }).pipe(Effect.provide(TestLayer)))

  const eventually = (condition: () => boolean) =>
    Effect.repeat(Effect.sync(condition), { until: (done) => done, schedule: Schedule.spaced("5 millis") }).pipe(
      Effect.timeout("5 seconds")
    )

  it.live("answers a voice note as though it were written, as soon as it was transcribed", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const turns = yield* BotTurns
      const setup = yield* setUp()
      library.readings.set("wamid.voice", { _tag: "Waiting" })
      const media = { source: { type: "provider_id" as const, id: "1" }, mimeType: "audio/ogg" }
      yield* say(setup, { type: "audio", voice: true, media }, { id: "wamid.voice" })
      yield* answer
      assert.deepStrictEqual(yield* turnsOf(setup), [])
      const { channelAccountId, id } = yield* theConversation(setup)
      library.readings.set("wamid.voice", { _tag: "Read", kind: "speech", text: "is the router included?" })
      yield* turns.wake(setup.organizationId, id, channelAccountId)
      yield* answer
      const [reply] = yield* repliesOf(setup)
      assert.include(reply, "Wi-Fi 6 router")
      const turn = yield* lastTurn(setup)
      assert.deepStrictEqual(
        [turn.question, turn.reason, turn.attempts],
        ["is the router included?", "answered", 1]
      )
      const { prompt } = yield* TurnLog.use((log) => log.get(turn.id)).pipe(as(setup.organizationId))
      assert.include(prompt, "was transcribed")
    }).pipe(Effect.provide(TestLayer)))

  it.live("hands over a voice note that nothing can transcribe, and answers what was written with a document", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const setup = yield* setUp()
      library.readings.set("wamid.form", { _tag: "Read", kind: "document", text: "Name: Sari" })
      const media = { source: { type: "provider_id" as const, id: "1" }, mimeType: "text/plain" }
      const caption = "is the router included?"
      yield* say(setup, { type: "document", caption, media }, { id: "wamid.form" })
      const turn = yield* lastTurn(setup)
      assert.deepStrictEqual([turn.question, turn.reason], [caption, "answered"])
      const { prompt } = yield* TurnLog.use((log) => log.get(turn.id)).pipe(as(setup.organizationId))
      assert.include(prompt, "Name: Sari")
      yield* say(setup, { type: "audio", voice: true, media })
      assert.strictEqual((yield* lastTurn(setup)).reason, "unreadable")
    }).pipe(Effect.provide(TestLayer)))

  it.live("shows at once that it has read the message and writes, before its turn, without anyone waiting for it", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const setup = yield* setUp({ settings: { burstWindow: 60_000, burstMaximum: 60_000 } })
      library.showing = Effect.never
      yield* happen(setup, received("is the router included?", { id: "wamid.1" }))
      yield* eventually(() => library.shown.length > 0)
      // The second message does not wait for what the channel does with the first one.
      yield* happen(setup, received("and a phone?", { id: "wamid.2" }))
      yield* eventually(() => library.shown.length > 1)
      assert.deepStrictEqual(library.shown, ["wamid.1 typing", "wamid.2 typing"])
      assert.deepStrictEqual(library.asked, [])
    }).pipe(Effect.provide(TestLayer)))

  it.live("shows nothing where a person owns the conversation, or the bot is paused", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const conversations = yield* Conversations
      const bots = yield* Bots
      const setup = yield* setUp()
      yield* say(setup, "is the router included?", { id: "wamid.1" })
      const { id } = yield* theConversation(setup)
      yield* conversations.takeOver(id).pipe(as(setup.organizationId, agent))
      yield* say(setup, "hello?", { id: "wamid.2" })
      yield* conversations.handBack(id).pipe(as(setup.organizationId, agent))
      yield* bots.update(setup.botId, { status: "paused" }).pipe(as(setup.organizationId))
      yield* happen(setup, received("hello??", { id: "wamid.3" }))
      yield* Effect.sleep("100 millis")
      assert.deepStrictEqual(library.shown, ["wamid.1 typing"])
    }).pipe(Effect.provide(TestLayer)))

  it.live("answers nobody while the organization is suspended or uses no bots, and leaves them to people", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const setups = [yield* setUp(), yield* setUp(), yield* setUp()] as const
      statuses.set(setups[0].organizationId, "suspended")
      withoutBots.add(setups[1].organizationId)
      for (const setup of setups) yield* say(setup, "is the router included?")
      assert.deepStrictEqual([yield* repliesOf(setups[0]), yield* repliesOf(setups[1])], [[], []])
      assert.lengthOf(yield* repliesOf(setups[2]), 1)
      // The model was not asked in vain.
      assert.lengthOf(library.asked, 1)
      yield* happen(setups[0], received("hello?", { id: "wamid.suspended" }))
      yield* Effect.sleep("100 millis")
      assert.notInclude(library.shown, "wamid.suspended typing")
      assert.deepStrictEqual(
        [(yield* theConversation(setups[0])).ownership, (yield* theConversation(setups[1])).ownership],
        ["nobody", "nobody"]
      )
    }).pipe(Effect.provide(TestLayer)))

  it.live("says nothing in a conversation that was resolved before its turn, and leaves it resolved", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const conversations = yield* Conversations
      const setup = yield* setUp()
      yield* happen(setup, received("is the router included?"))
      const { id } = yield* theConversation(setup)
      // A person whose conversation it was gives it back to the bot by resolving it, which is no reason to answer either.
      yield* conversations.takeOver(id).pipe(as(setup.organizationId, agent))
      yield* conversations.resolve(id).pipe(as(setup.organizationId, agent))
      yield* answer
      const { lifecycle, ownership } = yield* theConversation(setup)
      assert.deepStrictEqual([lifecycle, ownership], ["resolved", "bot"])
      assert.deepStrictEqual([yield* repliesOf(setup), library.asked], [[], []])
      // The customer's next words open it again, and are answered.
      yield* say(setup, "hello? is the router included?")
      assert.lengthOf(yield* repliesOf(setup), 1)
      assert.strictEqual((yield* theConversation(setup)).lifecycle, "bot_active")
    }).pipe(Effect.provide(TestLayer)))

  it.live("keeps typing up while the answer is made, and no longer once a person took over", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const conversations = yield* Conversations
      const setup = yield* setUp()
      const goOn = yield* Deferred.make<void>()
      library.during = () => Deferred.await(goOn)
      yield* happen(setup, received("is the router included?", { id: "wamid.1" }))
      const working = yield* Effect.forkChild(answer)
      yield* eventually(() => library.shown.length >= 4)
      const { id } = yield* theConversation(setup)
      yield* conversations.takeOver(id).pipe(as(setup.organizationId, agent))
      yield* Effect.sleep("100 millis")
      const shown = library.shown.length
      yield* Effect.sleep("200 millis")
      assert.strictEqual(library.shown.length, shown)
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.join(working)
      // Nothing is said after all, and the customer does not go on waiting for it.
      yield* eventually(() => library.shown.at(-1) === "not typing")
      assert.deepStrictEqual([...new Set(library.shown)], ["wamid.1 typing", "not typing"])
    }).pipe(Effect.provide(layer(database.layer, { presence: { renewEvery: "50 millis" } }))))

  it.live("answers a burst once, with all its messages", () =>
    Effect.gen(function*() {
      const setup = yield* setUp({ settings: { burstWindow: 400, burstMaximum: 5000 } })
      yield* happen(setup, received("hi"))
      yield* happen(setup, received("is the router included?"))
      yield* answer
      assert.deepStrictEqual(yield* repliesOf(setup), [])
      yield* happen(setup, received("and how can I pay my bill?"))
      yield* Effect.sleep("500 millis")
      yield* answer
      const replies = yield* repliesOf(setup)
      assert.strictEqual(replies.length, 1)
      assert.include(replies[0], "Wi-Fi 6 router")
      assert.include(replies[0], "virtual account")
      assert.strictEqual((yield* lastTurn(setup)).messageIds.length, 3)
    }).pipe(Effect.provide(TestLayer)))

  it.live("does not put a burst off beyond its maximum", () =>
    Effect.gen(function*() {
      const setup = yield* setUp({ settings: { burstWindow: 300, burstMaximum: 450 } })
      for (let index = 0; index < 5; index++) {
        yield* happen(setup, received("is the router included?"))
        yield* Effect.sleep("120 millis")
      }
      yield* answer
      assert.isAtLeast((yield* repliesOf(setup)).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("answers a message that arrives late, with an older time than one that is answered", () =>
    Effect.gen(function*() {
      const setup = yield* setUp()
      const now = Date.now()
      yield* say(setup, "is the router included?", { at: now })
      yield* say(setup, "how can I pay my bill?", { at: now - 60_000 })
      const replies = yield* repliesOf(setup)
      assert.strictEqual(replies.length, 2)
      assert.include(replies[1], "virtual account")
    }).pipe(Effect.provide(TestLayer)))

  it.live("changes nothing when the events are delivered again", () =>
    Effect.gen(function*() {
      const setup = yield* setUp()
      const consumers = yield* EventConsumers
      yield* say(setup, "is the router included?")
      yield* consumers.replay("bots.messages", 0)
      yield* Effect.sleep("100 millis")
      yield* consumers.settled
      yield* answer
      assert.strictEqual((yield* repliesOf(setup)).length, 1)
      assert.strictEqual((yield* turnsOf(setup)).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("hands over when a person is asked for, in the customer's language, and is silent from then on", () =>
    Effect.gen(function*() {
      const cases = [
        ["can I talk to a human please", "Of course."],
        ["mau bicara dengan admin", "Baik."],
        ["quiero hablar con una persona", "Claro."]
      ] as const
      for (const [text, beginning] of cases) {
        const setup = yield* setUp()
        yield* say(setup, text)
        const replies = yield* repliesOf(setup)
        assert.strictEqual(replies.length, 1)
        assert.isTrue(replies[0]?.startsWith(beginning), replies[0])
        const conversation = yield* theConversation(setup)
        assert.strictEqual(conversation.ownership, "nobody")
        assert.strictEqual(conversation.lifecycle, "escalated")
        assert.include(conversation.ownershipReason, "requested")
        yield* say(setup, "is the router included?")
        assert.strictEqual((yield* repliesOf(setup)).length, 1)
      }
    }).pipe(Effect.provide(TestLayer)))

  it.live("says it in the organization's own words, in the language known of the customer where the message tells none", () =>
    Effect.gen(function*() {
      const texts = yield* MessageTexts
      const contacts = yield* Contacts
      const setup = yield* setUp({ persona: { name: "Lina", languages: ["en", "es"] } })
      const other = yield* setUp({ persona: { name: "Lina", languages: ["en", "es"] } })
      yield* texts.set({ catalogue: "bots", key: "unreadable", language: "es" }, "{name} no puede oír mensajes de voz.")
        .pipe(
          as(setup.organizationId)
        )
      const voice = { type: "audio", voice: true, media: { source: { type: "none", reason: "" } } } as const
      for (const one of [setup, other]) {
        yield* happen(one, received(voice))
        const { contactId } = yield* theConversation(one)
        yield* contacts.update(contactId, { language: "es-MX" }).pipe(as(one.organizationId))
        yield* answer
      }
      assert.deepStrictEqual((yield* repliesOf(setup)).at(-1), "Lina no puede oír mensajes de voz.")
      assert.include((yield* repliesOf(other)).at(-1), "Solo puedo leer texto")
    }).pipe(Effect.provide(TestLayer)))

  it.live("hands over what the knowledge does not cover, and by a phrase of its settings", () =>
    Effect.gen(function*() {
      const setup = yield* setUp()
      yield* say(setup, "do you sell iphones?")
      assert.strictEqual((yield* theConversation(setup)).ownership, "nobody")
      assert.include((yield* repliesOf(setup))[0], "I don't have a reliable answer")
      assert.strictEqual((yield* lastTurn(setup)).outcome, "handed_over")
      const strict = yield* setUp({ settings: { handoverPhrases: ["Legal action"] } })
      yield* say(strict, "I will take LEGAL action about the router")
      assert.strictEqual((yield* lastTurn(strict)).reason, "phrase")
      const polite = yield* setUp({ settings: { offTopic: "decline" } })
      yield* say(polite, "who won the world cup in 1998?")
      assert.strictEqual((yield* theConversation(polite)).ownership, "bot")
      assert.include((yield* repliesOf(polite))[0], "our own products and services")
    }).pipe(Effect.provide(TestLayer)))

  it.live("asks back once when it may, then hands over", () =>
    Effect.gen(function*() {
      const setup = yield* setUp({ settings: { clarifyFirst: true } })
      yield* say(setup, "what?")
      assert.strictEqual((yield* lastTurn(setup)).reason, "clarified")
      assert.strictEqual((yield* theConversation(setup)).ownership, "bot")
      yield* say(setup, "what??")
      assert.strictEqual((yield* theConversation(setup)).ownership, "nobody")
    }).pipe(Effect.provide(TestLayer)))

  it.live("does not answer while a person owns the conversation, and answers what is open when it is handed back", () =>
    Effect.gen(function*() {
      const conversations = yield* Conversations
      const messages = yield* Messages
      const setup = yield* setUp()
      yield* say(setup, "is the router included?")
      const conversation = yield* theConversation(setup)
      yield* conversations.takeOver(conversation.id).pipe(as(setup.organizationId, agent))
      yield* say(setup, "how can I pay my bill?")
      yield* messages.send({ conversationId: conversation.id, content: { type: "text", text: "By bank transfer." } })
        .pipe(as(setup.organizationId, agent))
      yield* say(setup, "what are your opening hours?")
      assert.strictEqual((yield* repliesOf(setup)).length, 2)
      yield* conversations.handBack(conversation.id).pipe(as(setup.organizationId, agent))
      yield* Effect.flatMap(EventConsumers, (consumers) => consumers.settled)
      yield* answer
      const replies = yield* repliesOf(setup)
      assert.strictEqual(replies.length, 3)
      assert.include(replies[2], "8:00 to 17:00")
    }).pipe(Effect.provide(TestLayer)))

  it.live("discards an answer that is ready after a person took over", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const conversations = yield* Conversations
      const setup = yield* setUp()
      const reading = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      library.during = () => Effect.andThen(Deferred.succeed(reading, undefined), Deferred.await(goOn))
      yield* happen(setup, received("is the router included?"))
      const working = yield* Effect.forkChild(answer)
      yield* Deferred.await(reading)
      const conversation = yield* theConversation(setup)
      yield* conversations.takeOver(conversation.id).pipe(as(setup.organizationId, agent))
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.join(working)
      assert.deepStrictEqual(yield* repliesOf(setup), [])
      const turn = yield* lastTurn(setup)
      assert.strictEqual(turn.outcome, "discarded")
      assert.strictEqual(turn.reason, "changed_hands")
      // Still open: when the bot gets the conversation back, it answers.
      library.during = () => Effect.void
      yield* conversations.handBack(conversation.id).pipe(as(setup.organizationId, agent))
      yield* Effect.flatMap(EventConsumers, (consumers) => consumers.settled)
      yield* answer
      assert.strictEqual((yield* repliesOf(setup)).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("answers each conversation once with two workers at the same time, one turn at a time", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const setup = yield* setUp()
      const other = yield* Effect.provide(BotWorker, Layer.fresh(BotWorker.layer({ concurrency: 5 })))
      const one = yield* BotWorker
      let atOnce = 0
      let most = 0
      library.during = () =>
        Effect.gen(function*() {
          most = Math.max(most, ++atOnce)
          yield* Effect.sleep("5 millis")
          atOnce--
        })
      const customers = Array.from({ length: 30 }, (_, index) => `62811${100 + index}`)
      yield* happen(setup, ...customers.map((from) => received("is the router included?", { from })))
      yield* Effect.all([one.drain, other.drain], { concurrency: 2 })
      assert.isAbove(most, 1)
      const messages = yield* Messages
      for (const conversation of yield* conversationsOf(setup)) {
        const page = yield* messages.list(conversation.id, {}).pipe(as(setup.organizationId))
        assert.strictEqual(page.data.filter((message) => message.direction === "outbound").length, 1)
      }
      assert.strictEqual((yield* turnsOf(setup)).length, 30)
    }).pipe(Effect.provide(TestLayer)))

  it.live("repeats the turn of a worker that died, and refuses what the dead one still wants to write", () =>
    Effect.gen(function*() {
      const turns = yield* BotTurns
      const sql = yield* SqlClient.SqlClient
      const setup = yield* setUp()
      yield* happen(setup, received("is the router included?"))
      // A worker takes the turn and is never heard of again.
      const [dead] = yield* turns.claim({ limit: 1, lease: 150 })
      assert.isDefined(dead)
      yield* answer
      assert.deepStrictEqual(yield* repliesOf(setup), [])
      yield* Effect.sleep("200 millis")
      yield* answer
      assert.strictEqual((yield* repliesOf(setup)).length, 1)
      if (dead === undefined) return
      assert.isFalse(yield* turns.renew(dead, 1000))
      const late = yield* Effect.flip(transaction(
        sql,
        turns.complete(dead, {
          turnId: yield* Id.next(BotTurnId),
          messageIds: [],
          memory: TurnMemory.empty,
          burstWindow: 0
        })
      ))
      assert.strictEqual(late._tag, "LeaseLost")
    }).pipe(Effect.provide(TestLayer)))

  it.live("answers at once what a worker held whose process is gone", () =>
    Effect.gen(function*() {
      const turns = yield* BotTurns
      const setup = yield* setUp()
      yield* happen(setup, received("is the router included?"))
      const [dead] = yield* turns.claim({ limit: 1, lease: 3_600_000 })
      yield* turns.releaseLeases(yield* Id.next(RunnerId))
      yield* answer
      assert.deepStrictEqual(yield* repliesOf(setup), [])
      yield* turns.releaseLeases(yield* CurrentRunner)
      yield* answer
      assert.strictEqual((yield* repliesOf(setup)).length, 1)
      assert.isFalse(yield* turns.renew(dead!, 1000))
    }).pipe(Effect.provide(TestLayer)))

  it.live("gives its turn back when it is stopped between the answer and the commit", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const setup = yield* setUp()
      const reading = yield* Deferred.make<void>()
      library.during = () => Effect.andThen(Deferred.succeed(reading, undefined), Effect.never)
      yield* happen(setup, received("is the router included?"))
      const working = yield* Effect.forkChild(answer)
      yield* Deferred.await(reading)
      yield* Fiber.interrupt(working)
      library.during = () => Effect.void
      yield* answer
      assert.strictEqual((yield* repliesOf(setup)).length, 1)
      assert.strictEqual((yield* lastTurn(setup)).attempts, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("tries a turn that breaks again, and hands it over when it keeps breaking", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const setup = yield* setUp()
      let failures = 2
      library.during = () => failures-- > 0 ? Effect.die("The search broke") : Effect.void
      yield* happen(setup, received("is the router included?"))
      const worker = yield* Effect.provide(BotWorker, Layer.fresh(BotWorker.layer({ retryDelay: 1 })))
      for (let round = 0; round < 3; round++) {
        yield* worker.drain
        yield* Effect.sleep("20 millis")
      }
      assert.strictEqual((yield* repliesOf(setup)).length, 1)
      assert.strictEqual((yield* lastTurn(setup)).attempts, 3)

      const broken = yield* setUp()
      library.during = () => Effect.die("The search is broken")
      yield* happen(broken, received("is the router included?"))
      for (let round = 0; round < 7; round++) {
        yield* worker.drain
        yield* Effect.sleep("50 millis")
      }
      assert.strictEqual((yield* lastTurn(broken)).reason, "ai_unavailable")
      assert.strictEqual((yield* theConversation(broken)).ownership, "nobody")
    }).pipe(Effect.provide([TestLayer, Logger.layer([])])))

  it.live("stops talking to a machine", () =>
    Effect.gen(function*() {
      const setup = yield* setUp()
      for (let index = 0; index < 5; index++) yield* say(setup, `thanks${"!".repeat(index)}`)
      assert.strictEqual((yield* repliesOf(setup)).length, 2)
      assert.strictEqual((yield* lastTurn(setup)).reason, "loop")
      assert.strictEqual((yield* theConversation(setup)).ownership, "nobody")
    }).pipe(Effect.provide(TestLayer)))

  it.live("says nothing to an opt-out and to a sticker, and hands a voice note over", () =>
    Effect.gen(function*() {
      const stopped = yield* setUp()
      yield* say(stopped, "STOP")
      assert.deepStrictEqual(yield* repliesOf(stopped), [])
      assert.strictEqual((yield* lastTurn(stopped)).outcome, "ignored")
      const sticker = yield* setUp()
      yield* say(sticker, { type: "sticker", media: { source: { type: "none", reason: "" } } })
      assert.deepStrictEqual(yield* repliesOf(sticker), [])
      assert.strictEqual((yield* theConversation(sticker)).ownership, "bot")
      const voice = yield* setUp()
      yield* say(voice, { type: "audio", voice: true, media: { source: { type: "none", reason: "" } } })
      assert.include((yield* repliesOf(voice))[0], "I can only read text")
      assert.strictEqual((yield* theConversation(voice)).ownership, "nobody")
    }).pipe(Effect.provide(TestLayer)))

  it.live("leaves conversations to people where the bot is paused or there is none", () =>
    Effect.gen(function*() {
      const bots = yield* Bots
      const setup = yield* setUp()
      yield* bots.update(setup.botId, { status: "paused" }).pipe(as(setup.organizationId))
      yield* say(setup, "is the router included?")
      assert.deepStrictEqual(yield* repliesOf(setup), [])
      assert.strictEqual((yield* theConversation(setup)).ownership, "nobody")
      const none = yield* setUp()
      yield* bots.delete(none.botId).pipe(as(none.organizationId))
      yield* say(none, "is the router included?")
      assert.deepStrictEqual(yield* repliesOf(none), [])
      assert.include((yield* theConversation(none)).ownershipReason, "no_bot")
    }).pipe(Effect.provide(TestLayer)))

  it.live("keeps two organizations apart that have the same customer and message ids", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const one = yield* setUp()
      const two = yield* setUp({ persona: { name: "Budi", languages: ["en"] } })
      library.own.set(two.organizationId, [{
        id: "router-en",
        language: "en",
        title: "Router",
        questions: ["Is a router included?"],
        text: "No, please buy a router in a shop."
      }])
      yield* happen(one, received("is the router included?", { id: "same" }))
      yield* happen(two, received("is the router included?", { id: "same" }))
      yield* answer
      assert.include((yield* repliesOf(one))[0], "on loan")
      assert.include((yield* repliesOf(two))[0], "in a shop")
      assert.strictEqual((yield* turnsOf(one)).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("does not let a crowd at one organization keep another waiting", () =>
    Effect.gen(function*() {
      const turns = yield* BotTurns
      const crowded = yield* setUp()
      const quiet = yield* setUp()
      yield* happen(crowded, ...Array.from({ length: 25 }, (_, index) => received("hi", { from: `62811${index}` })))
      yield* happen(quiet, received("hi"))
      const claimed = yield* turns.claim({ limit: 8, lease: 1000 })
      assert.strictEqual(claimed.length, 8)
      assert.isTrue(claimed.some((turn) => turn.organizationId === quiet.organizationId))
      const rest = yield* turns.claim({
        limit: 8,
        lease: 1000,
        perOrganization: 2,
        running: new Map([[crowded.organizationId, 2]])
      })
      assert.deepStrictEqual(rest, [])
    }).pipe(Effect.provide(TestLayer)))

  it.live("works in the background, at most so many turns of one organization at a time", () =>
    Effect.gen(function*() {
      const library = yield* Library
      const setup = yield* setUp()
      let atOnce = 0
      let most = 0
      library.during = () =>
        Effect.gen(function*() {
          most = Math.max(most, ++atOnce)
          yield* Effect.sleep("20 millis")
          atOnce--
        })
      const worker = yield* Effect.provide(
        BotWorker,
        Layer.fresh(BotWorker.layer({ concurrency: 6, concurrencyPerOrganization: 2 }))
      )
      const running = yield* Effect.forkChild(worker.run)
      yield* happen(
        setup,
        ...Array.from({ length: 10 }, (_, index) => received("is the router included?", { from: `62811${index}` }))
      )
      for (let waited = 0; waited < 100 && (yield* turnsOf(setup)).length < 10; waited++) {
        yield* Effect.sleep("50 millis")
      }
      yield* Fiber.interrupt(running)
      assert.strictEqual((yield* turnsOf(setup)).length, 10)
      assert.isAtMost(most, 2)
    }).pipe(Effect.provide(TestLayer)))
})
