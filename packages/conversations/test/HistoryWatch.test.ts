import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Schema, Stream } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import type { AccountConnection } from "@wicara/channels/ChannelAccount"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { AccountConnectionChanged } from "@wicara/channels/events"
import type { InboundEvent, MessageEchoed, MessageReceived } from "@wicara/channels/InboundEvent"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import * as ConversationNotifications from "@wicara/conversations/ConversationNotifications"
import { HistoryChecks } from "@wicara/conversations/HistoryChecks"
import * as HistoryWatch from "@wicara/conversations/HistoryWatch"
import { module } from "@wicara/conversations/module"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { EventLog } from "@wicara/core/EventLog"
import { Events } from "@wicara/core/Events"
import { Jobs } from "@wicara/core/Jobs"
import { ModuleRegistry } from "@wicara/core/Module"
import { Notifier } from "@wicara/core/Notification"
import { Schedules } from "@wicara/core/Schedules"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { as, connect, count, layer, textOnly, wrote } from "./support.ts"
import type { Connected } from "./support.ts"

/** A minute after an hour, and so some before the clock strikes for the first time. */
const start = 1_790_001_660_000
const minute = 60_000

/** What providers know, who asked them, and who was told. */
class World {
  private readonly messages = new Map<string, ReadonlyArray<MessageReceived | MessageEchoed>>()
  readonly asked: Array<string> = []
  readonly told: Array<string> = []
  failures = 0

  knows({ channelAccountId }: Connected, ...events: ReadonlyArray<InboundEvent>) {
    this.messages.set(
      channelAccountId,
      events.filter((event) => event._tag === "MessageReceived" || event._tag === "MessageEchoed")
    )
  }

  of(id: string) {
    return this.messages.get(id) ?? []
  }

  timesOf({ channelAccountId }: Connected) {
    return this.asked.filter((id) => id === channelAccountId).length
  }
}

const adapterOf = (world: World) =>
  ChannelAdapter.make({
    id: "watched",
    name: "Watched",
    capabilities: textOnly,
    settings: Schema.Struct({}),
    secrets: Schema.Struct({}),
    verify: () => Effect.void,
    identify: () => Effect.fail(new ChannelAdapter.MalformedInbound({ reason: "not used" })),
    decode: () => Effect.succeed([]),
    send: () => Effect.succeed({ _tag: "Accepted", providerMessageId: null }),
    history: {
      chats: (_, { id }) =>
        Stream.suspend(() => {
          world.asked.push(id)
          if (world.failures > 0) {
            world.failures--
            return Stream.fail(new ProviderFailure({ kind: "later", code: "busy", reason: "Not now" }))
          }
          const chats = new Map(world.of(id).map(({ chat }) => [chat.value, chat]))
          return Stream.fromIterable([...chats.values()].map((chat) => ({ chat, lastMessageAt: null })))
        }),
      messages: ({ chat, since, until }, { id }) =>
        Stream.fromIterable(
          world.of(id).filter((event) =>
            event.chat.value === chat.value && (event.timestamp ?? 0) >= since && (event.timestamp ?? 0) <= until
          )
        ),
      alive: () => Effect.succeed(true)
    },
    test: () => Effect.succeed({ status: "ok", message: "" })
  })

/** What a server does by itself, and in a process of its own. */
const server = (world: World) =>
  Layer.fresh(
    Layer.mergeAll(HistoryWatch.layer, ConversationNotifications.layer, Schedules.layerWorker).pipe(
      Layer.provideMerge(Schedules.layerSql),
      Layer.provide(
        Layer.succeed(Notifier, {
          notify: ({ kind }, { dedupeKey, to }) =>
            Effect.sync(() => {
              world.told.push(`${kind} ${to._tag} ${dedupeKey}`)
            })
        })
      ),
      Layer.provideMerge(Layer.mergeAll(EventConsumers.layerSql, Jobs.layerSql)),
      Layer.provideMerge(EventLog.layerSql),
      Layer.provide(ModuleRegistry.layer([{ ...module, requires: [] }]))
    )
  )

/** Lets time pass, a little at a time, until something is so. */
const until = (what: string, isSo: () => boolean) =>
  Effect.gen(function*() {
    for (let turn = 0; turn < 3000; turn++) {
      if (isSo()) return
      yield* TestClock.adjust("100 millis")
      yield* TestClock.withLive(Effect.sleep("5 millis"))
    }
    return yield* Effect.die(`not within five minutes: ${what}`)
  })

const connection = (account: Connected, to: AccountConnection) =>
  Events.use((events) =>
    events.append(AccountConnectionChanged, {
      aggregateId: account.channelAccountId,
      payload: { channelAccountId: account.channelAccountId, connection: to, kind: "session", detail: null }
    })
  ).pipe(as(account.organizationId))

const missed = Effect.map(
  PrometheusMetrics.format(),
  (text) => Number(/wicara_inbound_missed\{channel="watched"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0)
)

describe.each(TestDatabase.all)("watching providers' histories on $name", (database) => {
  const watched = <A, E>(
    servers: number,
    test: (
      world: World
    ) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof layer>> | HistoryChecks>
  ) => {
    const world = new World()
    const all = Array.from({ length: servers - 1 }, () => server(world))
    return TestClock.setTime(start).pipe(
      Effect.andThen(
        test(world).pipe(
          Effect.provide(
            all.reduce<ReturnType<typeof server>>((below, one) => Layer.provideMerge(below, one), server(world)).pipe(
              Layer.provideMerge(HistoryChecks.layerSql),
              Layer.provideMerge(layer(database.layer, {}, ChannelRegistry.layer([adapterOf(world)])))
            )
          )
        )
      )
    )
  }

  /** To the next time that the clock strikes, and on until every account was asked so many times. */
  const afterAQuarter = (world: World, accounts: ReadonlyArray<Connected>) =>
    Effect.gen(function*() {
      const before = accounts.map((account) => world.timesOf(account))
      yield* TestClock.adjust("15 minutes")
      yield* until("the look", () => accounts.every((account, at) => world.timesOf(account) > before[at]!))
      return before
    })

  it.effect(
    "asks for each account's by the clock, once each time, though two servers look at it",
    () =>
      watched(2, (world) =>
        Effect.gen(function*() {
          const accounts = [yield* connect("watched"), yield* connect("watched")]
          yield* afterAQuarter(world, accounts)
          const before = yield* afterAQuarter(world, accounts)
          // Nobody else comes after it: what is to come until it is time again would have come by now.
          yield* TestClock.adjust("1 minute")
          let turns = 0
          yield* until("a while", () => ++turns > 40)
          assert.deepStrictEqual(accounts.map((account) => world.timesOf(account)), before.map((one) => one + 1))
        })),
    120_000
  )

  it.effect(
    "asks for an account's as soon as it is connected again, and tells once of what was missed",
    () =>
      watched(2, (world) =>
        Effect.gen(function*() {
          const account = yield* connect("watched")
          const before = yield* missed
          yield* afterAQuarter(world, [account])
          const times = world.timesOf(account)
          const lately = (yield* Clock.currentTimeMillis) - 3 * minute
          world.knows(
            account,
            wrote("m1", "is anybody there?", { at: lately }),
            wrote("m2", "hello?", { at: lately + 1 })
          )
          yield* connection(account, "disconnected")
          yield* connection(account, "connected")
          yield* until("the look", () => world.told.length > 0)
          assert.strictEqual(world.timesOf(account), times + 1)
          assert.strictEqual(yield* count("conversations_messages"), 2)
          assert.strictEqual((yield* missed) - before, 2)
          const { data: [gap] } = yield* HistoryChecks.use((checks) => checks.gaps(account.channelAccountId, {})).pipe(
            as(account.organizationId)
          )
          assert.deepStrictEqual(world.told, [`messages_missed Holders ${gap?.id}`])
          assert.strictEqual(gap?.messages, 2)
          // It comes and goes: nothing of it is missing any more.
          yield* connection(account, "connected")
          yield* until("another look", () => world.timesOf(account) > times + 1)
          assert.lengthOf(world.told, 1)
          assert.strictEqual((yield* missed) - before, 2)
        })),
    120_000
  )

  it.effect("asks again when a provider does not answer", () =>
    watched(1, (world) =>
      Effect.gen(function*() {
        const account = yield* connect("watched")
        yield* afterAQuarter(world, [account])
        const lately = (yield* Clock.currentTimeMillis) - 3 * minute
        world.knows(account, wrote("m1", "hello?", { at: lately }))
        world.failures = 2
        yield* connection(account, "connected")
        yield* until("the third attempt", () => world.told.length > 0)
        assert.strictEqual(yield* count("conversations_messages"), 1)
      })), 120_000)
})
