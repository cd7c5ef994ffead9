/** Who has an open conversation is followed, against the emulator. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { Identity } from "@wicara/channels/Address"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WahaLimits } from "@wicara/channels-waha/WahaLimits"
import { WahaPacing } from "@wicara/channels-waha/WahaPacing"
import { WahaPresences } from "@wicara/channels-waha/WahaPresences"
import { connect, services } from "./support.ts"

const day = 86_400_000

describe.each(TestDatabase.all)("presences of a WAHA account on $name", (database) => {
  const layer = Layer.mergeAll(WahaPresences.layerHandler, WahaPresences.layerWorker).pipe(
    Layer.provideMerge(WahaPresences.layerSql),
    Layer.provideMerge(WahaLimits.layerSql),
    Layer.provideMerge(WahaPacing.layerSql),
    Layer.provideMerge(Layer.mergeAll(NodeHttpClient.layerUndici, Jobs.Jobs.layerSql)),
    Layer.provideMerge(services(database.layer)),
    Layer.provideMerge(WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1 }))
  )

  const opened = Effect.fnUntraced(function*(session: string, settings: { readonly followPresences?: boolean } = {}) {
    const emulator = yield* WahaEmulator
    const { id, organizationId, within } = yield* connect({ baseUrl: emulator.url, session, ...settings })
    yield* emulator.setAccount(session, { webhookUrl: null })
    const hear = Effect.fnUntraced(function*(event: InboundEvent) {
      const arrival = { organizationId, channelAccountId: id, receivedAt: Date.now() }
      for (const { handle } of yield* InboundHandlers.InboundHandlers) yield* within(handle(event, arrival))
    })
    const wrote = (chat: Identity, more: { readonly timestamp?: number; readonly historical?: boolean } = {}) =>
      hear({
        _tag: "MessageReceived",
        providerMessageId: "M",
        chat,
        sender: { identities: [chat] },
        content: { type: "text", text: "Halo" },
        raw: {},
        ...more
      })
    const followed = () => Array.from(emulator.account(session)?.subscriptions ?? []).toSorted()
    return {
      id,
      key: { organizationId, channelAccountId: id },
      emulator,
      hear,
      wrote,
      followed,
      until: (count: number) =>
        Effect.sync(followed).pipe(
          Effect.repeat({ until: (chats) => chats.length === count }),
          Effect.timeout("10 seconds")
        ),
      within
    }
  })

  const dewi: Identity = { kind: "lid", value: "880000000000042" }
  const budi: Identity = { kind: "phone", value: "6281300000043" }

  it.live("of people who write are followed once a day, and again when the session returns", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { emulator, hear, id, key, until, within, wrote } = yield* opened("open")
      yield* wrote(dewi)
      yield* wrote(dewi)
      yield* wrote(budi)
      // Groups, the past, and what comes late have nobody who looks.
      yield* hear({
        _tag: "MessageReceived",
        providerMessageId: "G",
        chat: { kind: "group", value: "120363000000000042" },
        sender: { identities: [dewi] },
        content: { type: "text", text: "Halo" },
        raw: {}
      })
      yield* wrote({ kind: "phone", value: "6281300000044" }, { historical: true })
      yield* wrote({ kind: "phone", value: "6281300000045" }, { timestamp: Date.now() - 2 * 3_600_000 })
      assert.deepStrictEqual(yield* until(2), ["6281300000043@c.us", "880000000000042@lid"])
      const used = Effect.gen(function*() {
        const all = yield* within((yield* WahaLimits).list(id))
        return all.find(({ kind }) => kind === "followed_chats")?.used
      })
      assert.strictEqual(yield* used, 2)
      const presences = yield* WahaPresences
      yield* within(presences.follow({ channelAccountId: id, chatId: "880000000000042@lid" }))
      assert.strictEqual(yield* used, 2)

      emulator.account("open")?.subscriptions.clear()
      yield* sql`UPDATE waha_followed_chats SET wrote_at = ${Date.now() - 2 * day}
        WHERE channel_account_id = ${Id.toBytes(key.channelAccountId)} AND chat_id = '6281300000043@c.us'`
      const back: InboundEvent = {
        _tag: "AccountChanged",
        kind: "session.status",
        state: "connected",
        detail: "WORKING",
        raw: {},
        timestamp: Date.now() + 1000
      }
      yield* hear(back)
      yield* hear(back)
      assert.deepStrictEqual(yield* until(1), ["880000000000042@lid"])
      assert.strictEqual(yield* used, 3)
    }).pipe(Effect.provide(layer)))

  it.live("are forgotten a week after somebody wrote, of every organization", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const presences = yield* WahaPresences
      const one = yield* opened("one")
      const other = yield* opened("other")
      for (const  of of[one, other]) {
        yield* of.wrote(dewi)
        yield* of.wrote(budi)
        yield* of.until(2)
      }
      assert.strictEqual(yield* presences.cleanup, 0)
      yield* sql`UPDATE waha_followed_chats SET wrote_at = ${Date.now() - 7 * day - 1000}
        WHERE chat_id = '6281300000043@c.us'`
      assert.strictEqual(yield* presences.cleanup, 2)
      assert.strictEqual(yield* presences.cleanup, 0)
      const left = yield* sql<{ readonly chat_id: string }>`SELECT chat_id FROM waha_followed_chats`
      assert.deepStrictEqual(left.map(({ chat_id }) => chat_id), ["880000000000042@lid", "880000000000042@lid"])
      // A job that was queued for one of them asks for nothing.
      one.emulator.account("one")?.subscriptions.clear()
      yield* one.within(presences.follow({ channelAccountId: one.id, chatId: "6281300000043@c.us" }))
      assert.deepStrictEqual(one.followed(), [])
    }).pipe(Effect.provide(layer)))

  it.live("are followed no more than is safe, nor where the account says so, nor where the engine can't", () =>
    Effect.gen(function*() {
      const limits = yield* WahaLimits
      const sql = yield* SqlClient.SqlClient
      const busy = yield* opened("busy")
      yield* limits.take(busy.key, "followed_chats")
      yield* sql`UPDATE waha_rate_limits SET used = 199 WHERE kind = 'followed_chats'`
      yield* busy.wrote(dewi)
      yield* busy.until(1)
      yield* busy.wrote(budi)
      const silent = yield* opened("silent", { followPresences: false })
      yield* silent.wrote(dewi)
      const browser = yield* opened("browser")
      yield* browser.emulator.setAccount("browser", { engine: "WEBJS" })
      yield* browser.wrote(dewi)
      const presences = yield* WahaPresences
      const follow = (of: typeof busy, chatId: string) =>
        of.within(presences.follow({ channelAccountId: of.id, chatId }))
      yield* follow(busy, "6281300000043@c.us")
      yield* follow(silent, "880000000000042@lid")
      yield* follow(browser, "880000000000042@lid")
      assert.lengthOf(busy.followed(), 1)
      assert.deepStrictEqual([silent.followed(), browser.followed()], [[], []])
      const asked = sql<{ readonly followed_at: unknown }>`SELECT followed_at FROM waha_followed_chats
        WHERE channel_account_id = ${Id.toBytes(browser.id)}`
      assert.deepStrictEqual((yield* asked).map(({ followed_at }) => followed_at !== null), [true])
    }).pipe(Effect.provide(layer)))
})
