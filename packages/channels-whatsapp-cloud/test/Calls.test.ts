import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Schema } from "effect"
import type { Scope } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { Conversations } from "@wicara/conversations/Conversations"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { Messages } from "@wicara/conversations/Messages"
import * as Jobs from "@wicara/core/Jobs"
import { WhatsAppCalls } from "@wicara/channels-whatsapp-cloud/WhatsAppCalls"
import { WhatsAppManagement } from "@wicara/channels-whatsapp-cloud/WhatsAppManagement"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { connectSender, hear, say, sendDue, sending } from "./fixtures/sending.ts"
import type { Sender, World } from "./fixtures/sending.ts"
import { virtual } from "./fixtures/virtual.ts"

const start = 1_795_000_000_000
const from = { phone: "6281234500001" }

const Called = Schema.fromJsonString(Schema.Struct({ callId: Schema.String }))

const control = (path: string, body: object) =>
  HttpClient.execute(
    HttpClientRequest.post(`https://graph.example.com/_emulator/${path}`, { body: HttpBody.jsonUnsafe(body) })
  ).pipe(Effect.flatMap((response) => response.text))

const ring = (number: string) =>
  Effect.flatMap(control("calls", { account: number, from }), Schema.decodeUnknownEffect(Called))

const services = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>, client: HttpClient.HttpClient) =>
  // What hears of webhooks is made after those who want to be told.
  Layer.fresh(InboundProcessor.layer()).pipe(
    Layer.provideMerge(WhatsAppCalls.layerHandler),
    Layer.provideMerge(WhatsAppManagement.layer),
    Layer.provideMerge(WhatsAppCalls.layer),
    Layer.provideMerge(Jobs.Jobs.layerSql),
    Layer.provideMerge(sending(database, client))
  )

/** How far the calls of each conversation came, as people see it. */
const shown = (sender: Sender) =>
  Effect.gen(function*() {
    const { data } = yield* Conversations.use((conversations) => conversations.list({ limit: 10 }))
    const messages = yield* Messages
    const all = yield* Effect.forEach(data, ({ id }) => messages.list(id, { limit: 50 }))
    return all.flatMap(({ data }) =>
      data.flatMap(({ content }) =>
        content.type === "system" && content.call !== undefined ? [content.call.status] : []
      )
    )
  }).pipe(sender.within)

/** What is asked of the emulator about calls. */
const askedOf = ({ core }: World) =>
  core.requests.flatMap(({ body, method, status, url }) =>
    method === "POST" && url.endsWith("/calls") && !url.includes("_emulator") ? [{ body, status }] : []
  )

describe.each(TestDatabase.all)("calls to a number of the Cloud API on $name", (database) => {
  const test = <A, E>(
    body: (world: World) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof services>> | Scope.Scope>
  ) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = yield* virtual()
      const client = yield* world.run(HttpClient.HttpClient)
      return yield* body(world).pipe(Effect.provide(services(database.layer, client)))
    }).pipe(Effect.scoped)

  const opened = Effect.fnUntraced(function*(world: World, number: string, rejectCalls?: boolean) {
    const sender = yield* connectSender(world, number, {})
    const management = yield* WhatsAppManagement
    yield* sender.within(management.setCalling(sender.id, true))
    if (rejectCalls !== undefined) {
      const accounts = yield* ChannelAccounts
      const { settings } = yield* sender.within(accounts.get(sender.id))
      assert(typeof settings === "object" && settings !== null)
      yield* sender.within(accounts.update(sender.id, { settings: { ...settings, rejectCalls } }))
    }
    return sender
  })

  /** What was put on its way is done. */
  const work = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const calls = yield* WhatsAppCalls
    const rows = yield* sql<{ readonly element: string }>`SELECT element FROM core_jobs
      WHERE queue_name LIKE '%whatsapp.reject-call%'`
    return { calls, queued: rows.length }
  })

  it.effect("are refused when somebody asks for it, in their own organization alone, and shown as refused", () =>
    test((world) =>
      Effect.gen(function*() {
        const calls = yield* WhatsAppCalls
        const sql = yield* SqlClient.SqlClient
        const mine = yield* opened(world, "700100")
        const theirs = yield* opened(world, "700200")
        const { callId } = yield* ring("700100")
        yield* hear(world, [mine, theirs])
        assert.deepStrictEqual(yield* shown(mine), ["ringing"])
        const stranger = theirs.within(calls.reject(mine.id, callId, from.phone))
        assert.strictEqual((yield* Effect.flip(stranger))._tag, "NotFound")
        const other = theirs.within(calls.reject(theirs.id, callId, from.phone))
        assert.strictEqual((yield* Effect.flip(other))._tag, "InvalidInput")
        yield* mine.within(calls.reject(mine.id, callId, from.phone))
        assert.deepInclude(askedOf(world).at(-1), {
          body: { messaging_product: "whatsapp", call_id: callId, to: from.phone, action: "reject" },
          status: 200
        })
        yield* hear(world, [mine, theirs])
        assert.deepStrictEqual(yield* shown(mine), ["rejected"])
        const again = mine.within(calls.reject(mine.id, callId, from.phone))
        assert.strictEqual((yield* Effect.flip(again))._tag, "InvalidInput")
        const rows = yield* sql<{ readonly action: string }>`SELECT action FROM core_audit
          WHERE action IN ('channel.whatsapp.call_rejected', 'channel.whatsapp.call_ended')`
        assert.deepStrictEqual(rows.map(({ action }) => action), ["channel.whatsapp.call_rejected"])
      })
    ))

  it.effect("are refused by themselves where the account says so, once, while they ring", () =>
    test((world) =>
      Effect.gen(function*() {
        const closed = yield* opened(world, "700100", true)
        const open = yield* opened(world, "700200", false)
        const { callId } = yield* ring("700100")
        yield* ring("700200")
        yield* hear(world, [closed, open])
        const { calls, queued } = yield* work
        assert.strictEqual(queued, 1)
        const job = { channelAccountId: closed.id, callId, from: from.phone, rangAt: start }
        yield* open.within(calls.refuse(job))
        assert.deepStrictEqual(askedOf(world), [])
        yield* closed.within(calls.refuse(job))
        yield* closed.within(calls.refuse(job))
        assert.deepStrictEqual(askedOf(world).map(({ status }) => status), [200, 400])
        yield* hear(world, [closed, open])
        assert.deepStrictEqual(yield* shown(closed), ["rejected"])
        assert.deepStrictEqual(yield* shown(open), ["ringing"])
        const { callId: late } = yield* ring("700100")
        yield* TestClock.adjust("2 minutes")
        yield* hear(world, [closed, open])
        yield* closed.within(calls.refuse({ ...job, callId: late }))
        assert.strictEqual(askedOf(world).length, 2)
      })
    ))

  it.effect("may go out once somebody allowed it who was asked, and not too often", () =>
    test((world) =>
      Effect.gen(function*() {
        const calls = yield* WhatsAppCalls
        const sender = yield* opened(world, "700100")
        const permission = sender.within(calls.permission(sender.id, from.phone))
        const silent = yield* connectSender(world, "700300", {})
        const none = yield* Effect.flip(silent.within(calls.permission(silent.id, from.phone)))
        assert.strictEqual(none._tag, "Conflict")
        assert.deepInclude(yield* permission, { status: "denied", mayCall: false, mayAsk: true })
        yield* world.core.control.customerWrites({ account: "700100", from, content: "halo" })
        yield* hear(world, [sender])
        const [conversation] = (yield* sender.within(
          Conversations.use((conversations) => conversations.list({ limit: 1 }))
        )).data
        assert(conversation !== undefined)
        const request = {
          type: "interactive",
          interactive: {
            type: "call_permission_request",
            body: { text: "Boleh kami telepon?" },
            action: { name: "call_permission_request" }
          }
        } as const
        yield* say(sender, conversation.id, request)
        yield* sendDue
        assert.deepInclude(yield* permission, { status: "pending", mayCall: false, mayAsk: false })
        yield* say(sender, conversation.id, request)
        yield* sendDue
        const { data } = yield* sender.within(Messages.use((messages) => messages.list(conversation.id, { limit: 5 })))
        assert.deepStrictEqual(data.map(({ error }) => error?.code ?? null), ["138009", null, null])
        yield* TestClock.adjust("1 minute")
        yield* control("call-permissions", { account: "700100", from, response: "accept" })
        const granted = yield* permission
        assert.deepInclude(granted, { status: "granted", mayCall: true, mayAsk: false })
        assert.strictEqual(
          DateTime.toEpochMillis(granted.expiresAt ?? DateTime.makeUnsafe(0)),
          start + 60_000 + 7 * 86_400_000
        )
        yield* hear(world, [sender])
        const [answer] = (yield* sender.within(
          Messages.use((messages) => messages.list(conversation.id, { limit: 1 }))
        )).data
        assert.deepInclude(answer?.content, { type: "flow_reply", name: "call_permission_reply" })
        yield* TestClock.adjust("8 days")
        assert.deepInclude(yield* permission, { status: "expired", mayCall: false, mayAsk: true })
      })
    ))
})
