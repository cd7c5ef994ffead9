import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Option, Schema, Stream } from "effect"
import type { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import type { MessageEchoed, MessageReceived } from "@wicara/channels/InboundEvent"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { HistoryChecks } from "@wicara/conversations/HistoryChecks"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import {
  as,
  connect,
  count,
  deliver,
  echoed,
  eventsOf,
  happen,
  layer,
  phone,
  process,
  textOf,
  textOnly,
  transcriptOf,
  wrote
} from "./support.ts"
import type { Connected } from "./support.ts"

const start = 1_790_000_000_000
const minute = 60_000
const hour = 60 * minute

/** What the provider knows, whatever it delivered; and how often it breaks off. */
class Archive {
  messages: ReadonlyArray<InboundEvent> = []
  failures = 0
  asked: Array<number> = []
}

const isMessage = (event: InboundEvent): event is MessageReceived | MessageEchoed =>
  event._tag === "MessageReceived" || event._tag === "MessageEchoed"

const Body = Schema.fromJsonString(Schema.Array(InboundEvent))

const adapterOf = (archive: Archive) =>
  ChannelAdapter.make({
    id: "archive",
    name: "Archive",
    capabilities: textOnly,
    settings: Schema.Struct({}),
    secrets: Schema.Struct({}),
    verify: () => Effect.void,
    identify: () => Effect.fail(new ChannelAdapter.MalformedInbound({ reason: "not used" })),
    decode: (body) => Effect.orDie(Schema.decodeUnknownEffect(Body)(new TextDecoder().decode(body))),
    send: () => Effect.succeed({ _tag: "Accepted", providerMessageId: null }),
    history: {
      chats: (since) =>
        Stream.suspend(() => {
          archive.asked.push(since)
          const chats = new Map(archive.messages.filter(isMessage).map(({ chat }) => [chat.value, chat]))
          return Stream.fromIterable([...chats.values()].map((chat) => ({ chat, lastMessageAt: null })))
        }),
      messages: ({ chat, since, until }) =>
        Stream.suspend(() => {
          const found = archive.messages.filter(isMessage).filter((event) =>
            event.chat.value === chat.value && (event.timestamp ?? 0) >= since && (event.timestamp ?? 0) <= until
          )
          if (archive.failures > 0 && chat.value === "628222") {
            archive.failures--
            return Stream.fail(new ProviderFailure({ kind: "later", code: "busy", reason: "Not now" }))
          }
          return Stream.fromIterable(found)
        }),
      alive: () => Effect.succeed(true)
    },
    test: () => Effect.succeed({ status: "ok", message: "" })
  })

describe.each(TestDatabase.all)("comparing with the provider's history on $name", (database) => {
  const archived = <A, E>(
    test: (
      archive: Archive
    ) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof layer>> | HistoryChecks | SqlClient.SqlClient>
  ) => {
    const archive = new Archive()
    return test(archive).pipe(
      Effect.provide(
        HistoryChecks.layerSql.pipe(
          Layer.provideMerge(layer(database.layer, {}, ChannelRegistry.layer([adapterOf(archive)])))
        )
      )
    )
  }

  const check = ({ channelAccountId, organizationId }: Connected) =>
    Effect.flatMap(HistoryChecks, (checks) => checks.check(channelAccountId)).pipe(as(organizationId))

  const gapsOf = ({ channelAccountId, organizationId }: Connected, query = {}) =>
    Effect.flatMap(HistoryChecks, (checks) => checks.gaps(channelAccountId, query)).pipe(as(organizationId))

  it.effect("finds what was not delivered, keeps it in its place, and lets only those be answered who still wait", () =>
    archived((archive) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(start)
        const account = yield* connect("archive")
        const other = yield* connect("archive")
        const known = wrote("m1", "delivered", { at: start - 5 * hour })
        yield* happen(account, known)
        archive.messages = [
          known,
          wrote("m0", "long ago", { at: start - 20 * hour }),
          wrote("m2", "was answered on the phone", { at: start - 4 * hour }),
          echoed("m3", "Here you are", "phone", { at: start - 3 * hour }),
          wrote("m4", "and this?", { at: start - 2 * hour }),
          wrote("m5", "on its way", { at: start - minute })
        ]
        const found = Option.getOrThrow(yield* check(account))
        assert.deepStrictEqual([found.messages, found.unanswered], [4, 1])
        const transcript = yield* transcriptOf(account.organizationId)
        assert.deepStrictEqual(transcript.map((message) => [textOf(message), message.historical]), [
          ["long ago", true],
          ["delivered", false],
          ["was answered on the phone", true],
          ["Here you are", true],
          ["and this?", false]
        ])
        assert.strictEqual((yield* eventsOf("conversation.message.received")).length, 2)
        assert.strictEqual((yield* eventsOf("conversation.ownership_changed")).length, 0)
        assert.deepStrictEqual((yield* eventsOf("channel.account.messages_missed")).map(({ messages }) => messages), [
          4
        ])
        assert.deepStrictEqual((yield* gapsOf(account)).data.map(({ id, messages }) => [id, messages]), [[found.id, 4]])
        assert.deepStrictEqual((yield* gapsOf(other)).data, [])
        assert.strictEqual(
          (yield* Effect.flip(gapsOf({ ...account, organizationId: other.organizationId })))._tag,
          "NotFound"
        )
        // Nothing is found twice; the next look begins where this one ended, and a little before.
        yield* happen(account, wrote("m5", "on its way", { at: start - minute }))
        yield* TestClock.adjust("15 minutes")
        assert.isTrue(Option.isNone(yield* check(account)))
        assert.deepStrictEqual(archive.asked, [start - 24 * hour, start - 12 * minute])
        assert.strictEqual(yield* count("conversations_history_gaps"), 1)
      })
    ))

  it.effect("goes on where it broke off, and counts nothing twice", () =>
    archived((archive) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(start)
        const account = yield* connect("archive")
        archive.messages = [
          wrote("a1", "one", { at: start - hour }),
          wrote("b1", "two", { at: start - hour, from: phone("628222") })
        ]
        archive.failures = 1
        assert.strictEqual((yield* Effect.flip(check(account)))._tag, "ProviderFailure")
        assert.strictEqual(yield* count("conversations_messages"), 1)
        assert.deepStrictEqual((yield* gapsOf(account)).data.map(({ messages }) => messages), [1])
        const found = Option.getOrThrow(yield* check(account))
        assert.strictEqual(found.messages, 1)
        assert.strictEqual(DateTime.toEpochMillis(found.since), start - 24 * hour)
        assert.strictEqual(yield* count("conversations_messages"), 2)
      })
    ))

  it.effect("takes nothing for missing that was delivered and waits for its work, however long", () =>
    archived((archive) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(start)
        const account = yield* connect("archive")
        const other = yield* connect("archive")
        const waiting = Array.from({ length: 70 }, (_, index) =>
          wrote(`w${index}`, `text ${index}`, { at: start - hour }))
        for (const event of waiting) {
          yield* deliver(account, [event])
        }
        const lost = wrote("lost", "never delivered", { at: start - hour + 1, from: phone("628222") })
        // What waits for another account's work says nothing of this one.
        yield* deliver(other, [lost])
        archive.messages = [...waiting, lost]
        assert.strictEqual(Option.getOrThrow(yield* check(account)).messages, 1)
        assert.deepStrictEqual((yield* transcriptOf(account.organizationId)).map(textOf), ["never delivered"])
        // Nor is it found missing while it is worked off, or after.
        yield* process
        yield* TestClock.adjust("15 minutes")
        assert.isTrue(Option.isNone(yield* check(account)))
        assert.strictEqual(yield* count("conversations_messages"), waiting.length + 2)
        assert.strictEqual(yield* count("conversations_history_gaps"), 1)
      })
    ))

  it.live("stores a message once when its webhook comes at the same moment, whoever is first", () =>
    archived((archive) =>
      Effect.gen(function*() {
        const account = yield* connect("archive")
        const at = Date.now() - hour
        const all = Array.from({ length: 12 }, (_, index) =>
          wrote(`m${index}`, `text ${index}`, { at: at + index, from: phone(`6281${index % 3}`) }))
        archive.messages = all
        for (const event of all) {
          yield* deliver(account, [event])
        }
        const again = yield* Effect.provide(
          InboundProcessor,
          Layer.fresh(InboundProcessor.layer({ transactionSize: 1 }))
        )
        yield* Effect.all([check(account), again.drain, check(account)], { concurrency: 3 })
        yield* again.drain
        assert.strictEqual(yield* count("conversations_messages"), 12)
        assert.strictEqual(yield* count("conversations_conversations"), 3)
        assert.strictEqual((yield* eventsOf("conversation.message.received")).length, 12)
        assert.strictEqual(yield* count("contacts_contacts"), 3)
        const counted = (yield* gapsOf(account)).data.reduce((sum, gap) =>
          sum + gap.messages, 0)
        assert.isAtMost(counted, 12)
      })
    ))
})
