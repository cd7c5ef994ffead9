import { assert, describe, it, layer } from "@effect/vitest"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { Client } from "@wicara/client/Client"
import { ConversationId } from "@wicara/conversations/Conversation"
import { MessageUnresolved } from "@wicara/conversations/events"
import { MessageId } from "@wicara/conversations/Message"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Fiber, Layer, Option, Queue, Redacted, Schema, Stream } from "effect"
import { Sse } from "effect/encoding"
import { FetchHttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import * as Contract from "./contract.ts"
import * as Harness from "./harness.ts"

interface Told {
  readonly id: string | undefined
  readonly event: string
  readonly data: any
}

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

/** What a person's stream tells but for pings, until the scope closes. */
const follow = Effect.fnUntraced(function*(token: string, lastEventId?: string) {
  const { url } = yield* Harness.TestServer
  const queue = yield* Queue.unbounded<Told>()
  const headers = {
    authorization: `Bearer ${token}`,
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId })
  }
  const response = yield* Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    (controller) => Effect.sync(() => controller.abort())
  ).pipe(
    Effect.flatMap(({ signal }) => Effect.promise(() => fetch(`${url}/v1/notifications/stream`, { headers, signal })))
  )
  assert.strictEqual(response.status, 200)
  const fiber = yield* Stream.fromReadableStream({
    evaluate: () => response.body!,
    onError: (cause) => cause
  }).pipe(
    Stream.decodeText(),
    Stream.pipeThroughChannel(Sse.decode()),
    Stream.runForEach(({ data, event, id }) =>
      event === "ping" ? Effect.void : Queue.offer(queue, { id, event, data: decodeJson(data) })
    ),
    Effect.forkScoped
  )
  const next = Effect.raceFirst(Queue.take(queue), Effect.andThen(Fiber.await(fiber), Effect.die("the stream ended")))
    .pipe(Effect.timeout("10 seconds"), Effect.orDie)
  return { next, ended: Fiber.await(fiber) }
})

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "60 seconds" })(
    `notifications on ${database}`,
    (it) => {
      const asked = Effect.fnUntraced(function*(path: string, options: Harness.RequestOptions, status = 200) {
        const answer = yield* Harness.request(path, options)
        yield* Harness.expectStatus(answer, status, `${options.method ?? ""} ${path}`)
        return answer.body
      })

      it.effect("a conversation that is handed over to people is told to those who may answer, live and in their list", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Notified")
          const [owner, agent, manager, viewer] = [
            yield* Harness.tokenOf(tenant, "owner"),
            yield* Harness.tokenOf(tenant, "agent"),
            yield* Harness.tokenOf(tenant, "manager"),
            yield* Harness.tokenOf(tenant, "viewer")
          ]
          const conversation = yield* Contract.make("ConversationId", {
            tenant,
            user: tenant.users.owner,
            token: owner
          })
          const stream = yield* follow(agent)
          const assign = { token: owner, json: { userId: tenant.users.agent.id } }
          yield* asked(`/v1/conversations/${conversation}/assign`, assign)
          const assigned = yield* stream.next
          assert.deepStrictEqual([assigned.event, assigned.data.unread], ["notification", 1])
          assert.deepInclude(assigned.data.notification, {
            kind: "conversation_assigned",
            title: "The conversation with Sari is yours",
            link: `https://console.example.com/conversations/${conversation}`,
            readAt: null
          })
          yield* asked(`/v1/conversations/${conversation}/release`, { token: owner, json: {} })
          const waiting = yield* stream.next
          assert.strictEqual(waiting.data.notification.kind, "conversation_waiting")
          assert.strictEqual(waiting.data.unread, 2)
          const listed = yield* asked("/v1/notifications", { token: agent })
          assert.deepStrictEqual(listed.data, [waiting.data.notification, assigned.data.notification])
          // Others who may answer hear of it, who only reads does not, and who did it knows.
          const others = yield* asked("/v1/notifications", { token: manager })
          assert.deepStrictEqual(others.data.map(({ kind }: any) => kind), ["conversation_waiting"])
          assert.deepStrictEqual((yield* asked("/v1/notifications", { token: viewer })).data, [])
          assert.deepStrictEqual((yield* asked("/v1/notifications", { token: owner })).data, [])
          // What was missed is told to who comes back.
          const again = yield* follow(agent, assigned.id)
          assert.deepStrictEqual(yield* again.next, waiting)
          const { id } = waiting.data.notification
          const read = yield* asked(`/v1/notifications/${id}/read`, { token: agent, method: "POST" })
          assert.isNotNull(read.readAt)
          const changed = yield* again.next
          assert.deepStrictEqual([changed.event, changed.data], ["changed", { notification: null, unread: 1 }])
          assert.deepStrictEqual(yield* asked("/v1/notifications/unread", { token: agent }), { unread: 1 })
          yield* Harness.expectProblem(
            yield* Harness.request(`/v1/notifications/${id}`, { token: manager }),
            404
          )
          const { key } = yield* Harness.newApiKey(tenant)
          const asKey = yield* Harness.request("/v1/notifications", { token: key as string })
          yield* Harness.expectProblem(asKey, 403)
        }).pipe(Effect.scoped))

      it.effect("what its consumer handles again is told once, and what changed hands meanwhile is not told", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Again")
          const consumers = yield* EventConsumers
          const owner = yield* Harness.tokenOf(tenant, "owner")
          const agent = yield* Harness.tokenOf(tenant, "agent")
          const conversation = yield* Contract.make("ConversationId", {
            tenant,
            user: tenant.users.owner,
            token: owner
          })
          yield* asked(`/v1/conversations/${conversation}/release`, { token: owner, json: {} })
          yield* consumers.settled
          const told = yield* asked("/v1/notifications", { token: agent })
          assert.deepStrictEqual(told.data.map(({ kind }: any) => kind), ["conversation_waiting"])
          // As after a process was killed before it could say how far it was.
          yield* consumers.replay("conversations.notifications", 0)
          yield* consumers.settled
          assert.deepStrictEqual((yield* asked("/v1/notifications", { token: agent })).data, told.data)
          const later = yield* Contract.make("ConversationId", { tenant, user: tenant.users.owner, token: owner })
          const sql = yield* SqlClient.SqlClient
          yield* asked(`/v1/conversations/${later}/release`, { token: owner, json: {} })
          yield* asked(`/v1/conversations/${later}/take-over`, { token: owner, json: {} })
          yield* consumers.settled
          // It may have been quicker than the second request: what it told is forgotten, and told anew.
          yield* sql`DELETE FROM notifications_items`
          yield* sql`DELETE FROM notifications_told`
          yield* consumers.replay("conversations.notifications", 0)
          yield* consumers.settled
          const now = yield* asked("/v1/notifications", { token: agent })
          assert.deepStrictEqual(now.data.map(({ link }: any) => link), [
            `https://console.example.com/conversations/${conversation}`
          ])
        }).pipe(Effect.orDie))

      it.effect("a team's conversation is its members' to take, and an unknown delivery is who answers'", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Team")
          const consumers = yield* EventConsumers
          const owner = yield* Harness.tokenOf(tenant, "owner")
          const conversation = yield* Contract.make("ConversationId", {
            tenant,
            user: tenant.users.owner,
            token: owner
          })
          const conversationId = ConversationId.make(conversation)
          const team = yield* asked("/v1/teams", { token: owner, json: { name: "Support" } }, 201)
          const agent = tenant.users.agent.id
          yield* asked(`/v1/teams/${team.id}/members/${agent}`, { token: owner, method: "PUT" }, 204)
          const inTeam = { token: owner, method: "PUT", json: { teamId: team.id } }
          yield* asked(`/v1/conversations/${conversation}/team`, inTeam)
          yield* asked(`/v1/conversations/${conversation}/release`, { token: owner, json: {} })
          yield* consumers.settled
          const kinds = Effect.fnUntraced(function*(role: Harness.Role) {
            const { data } = yield* asked("/v1/notifications", { token: yield* Harness.tokenOf(tenant, role) })
            return data.map(({ kind }: any) => kind)
          })
          assert.deepStrictEqual(yield* kinds("agent"), ["conversation_waiting"])
          assert.deepStrictEqual(yield* kinds("manager"), [])
          yield* asked(`/v1/conversations/${conversation}/take-over`, {
            token: yield* Harness.tokenOf(tenant, "agent"),
            json: {}
          })
          const { contactId, channelAccountId } = yield* asked(`/v1/conversations/${conversation}`, { token: owner })
          const messageId = yield* Id.next(MessageId)
          const unresolved = {
            aggregateId: conversation,
            payload: { conversationId, contactId, channelAccountId, messageId }
          }
          yield* Events.use((events) => events.append(MessageUnresolved, unresolved)).pipe(Harness.within(tenant.id))
          yield* consumers.settled
          assert.deepStrictEqual(yield* kinds("agent"), ["delivery_unknown", "conversation_waiting"])
          assert.deepStrictEqual(yield* kinds("manager"), [])
        }).pipe(Effect.orDie))

      it.effect("an account that lost its connection is told to who looks after it, once an hour", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Lost")
          const consumers = yield* EventConsumers
          const accounts = yield* ChannelAccounts
          const [admin, agent] = [yield* Harness.tokenOf(tenant, "admin"), yield* Harness.tokenOf(tenant, "agent")]
          const id = ChannelAccountId.make((yield* Harness.newWahaAccount(tenant)).id)
          for (const connection of ["connected", "failed", "connected", "needs_action"] as const) {
            const news = { connection, kind: "session.status", detail: undefined }
            yield* accounts.recordConnection(id, news).pipe(Harness.within(tenant.id))
          }
          yield* consumers.settled
          const told = yield* asked("/v1/notifications", { token: admin })
          assert.deepStrictEqual(told.data.map(({ kind }: any) => kind), ["account_unhealthy"])
          assert.deepStrictEqual((yield* asked("/v1/notifications", { token: agent })).data, [])
        }).pipe(Effect.orDie))

      it.effect("messages that WhatsApp keeps back are shown so, and told to who looks after the account, once an hour", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Held")
          const consumers = yield* EventConsumers
          const emulator = yield* WhatsAppCloudEmulator
          const { id: channelAccountId, phoneNumberId } = yield* Harness.newCloudAccount(tenant)
          yield* emulator.setAccount(phoneNumberId, { templateHold: "paused" })
          const [admin, agent] = [yield* Harness.tokenOf(tenant, "admin"), yield* Harness.tokenOf(tenant, "agent")]
          const content = { type: "template", name: "hello_world", language: "en_US", components: [] }
          const held = Effect.fnUntraced(function*(value: string) {
            const to = { kind: "phone", value }
            const { id } = yield* asked("/v1/conversations", { token: admin, json: { channelAccountId, to } }, 201)
            const path = `/v1/conversations/${id}/messages`
            yield* asked(path, { token: admin, json: { content } }, 201)
            return yield* asked(path, { token: agent }).pipe(
              Effect.map(({ data }) => data[0]),
              Effect.tap(Effect.sleep("20 millis")),
              Effect.repeat({ until: ({ status }) => status === "accepted" }),
              Effect.timeout("20 seconds")
            )
          })
          for (const person of ["6281234500001", "6281234500002"]) {
            assert.strictEqual((yield* held(person)).held, "paused")
          }
          yield* consumers.settled
          const { data } = yield* asked("/v1/notifications", { token: admin })
          const told = data.filter(({ kind }: any) => kind.startsWith("messages_"))
          assert.deepStrictEqual(told.map(({ kind }: any) => kind), ["messages_held"])
          assert.match(told[0].title, /^The provider keeps back messages of Cloud/)
          assert.deepStrictEqual((yield* asked("/v1/notifications", { token: agent })).data, [])
        }).pipe(Effect.orDie))

      it.effect("a suspended member's stream ends, and so does what they see", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Ended")
          const owner = yield* Harness.tokenOf(tenant, "owner")
          const agent = yield* Harness.tokenOf(tenant, "agent")
          const { ended } = yield* follow(agent)
          const suspend = { token: owner, method: "PATCH", json: { status: "suspended" } }
          yield* asked(`/v1/members/${tenant.users.agent.id}`, suspend)
          yield* ended.pipe(Effect.timeout("5 seconds"))
          yield* Harness.expectProblem(yield* Harness.request("/v1/notifications", { token: agent }), 401)
        }).pipe(Effect.scoped, Effect.orDie))

      it.effect("a client chooses, subscribes a browser and follows what comes", () =>
        Effect.gen(function*() {
          const { url } = yield* Harness.TestServer
          const tenant = yield* Harness.newTenant("Client")
          const token = yield* Harness.tokenOf(tenant, "agent")
          const client = yield* Client.make({ baseUrl: url, token: Redacted.make(token) })
          const { notifications } = client
          const preferences = yield* notifications.preferences()
          assert.includeMembers(preferences.kinds.map(({ kind }) => kind), [
            "conversation_waiting",
            "conversation_assigned",
            "delivery_unknown",
            "invitation_accepted",
            "account_unhealthy",
            "access_changed",
            "mail_failed",
            "job_given_up"
          ])
          const chosen = { inApp: true, email: "daily", push: false } as const
          const choice = yield* notifications.choose({ params: { kind: "conversation_waiting" }, payload: chosen })
          assert.deepStrictEqual({ ...choice.channels }, chosen)
          const off = { params: { kind: "access_changed" }, payload: { ...chosen, email: "off" } as const }
          assert.strictEqual((yield* Effect.flip(notifications.choose(off)))._tag, "InvalidInput")
          const { publicKey } = yield* notifications.pushKey()
          assert.match(publicKey, /^[A-Za-z0-9_-]{87}$/)
          const browser = {
            endpoint: Redacted.make("https://10.1.2.3/push"),
            keys: { p256dh: publicKey, auth: Redacted.make("BTBZMqHH6r4Tts7J_aSIgg") }
          }
          const refused = yield* Effect.flip(notifications.subscribe({ headers: {}, payload: browser }))
          assert.strictEqual(refused._tag, "InvalidInput")
          const endpoint = Redacted.make("https://push.example.com/x")
          const subscription = yield* notifications.subscribe({ headers: {}, payload: { ...browser, endpoint } })
          assert.strictEqual(subscription.service, "push.example.com")
          assert.strictEqual((yield* notifications.pushSubscriptions()).data.length, 1)
          yield* notifications.unsubscribe({ params: { id: subscription.id } })
          const events = yield* notifications.stream({ query: { after: "0" }, headers: {} })
          yield* Contract.make("NotificationId", { tenant, user: tenant.users.agent, token })
          const first = yield* events.pipe(Stream.filter(({ event }) => event === "notification"), Stream.runHead)
          const [told] = (yield* notifications.list({ query: {} })).data
          assert.strictEqual(Option.getOrThrow(first).data?.notification?.id, told?.id)
        }).pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie))
    }
  )
}

describe.each(Harness.databases)("notifications of two processes on %s", (database) => {
  it.live("reach a person who is connected to the other one", () =>
    Effect.gen(function*() {
      const place = yield* Harness.makePlace(database)
      const [here, there] = [
        yield* Layer.build(Layer.fresh(Harness.layerAt(place))),
        yield* Layer.build(Layer.fresh(Harness.layerAt(place)))
      ]
      const { token, tenant } = yield* Effect.gen(function*() {
        const tenant = yield* Harness.newTenant("Two")
        return { tenant, token: yield* Harness.tokenOf(tenant, "agent") }
      }).pipe(Effect.provideContext(here))
      const stream = yield* follow(token).pipe(Effect.provideContext(there))
      yield* Contract.make("NotificationId", { tenant, user: tenant.users.agent, token }).pipe(
        Effect.provideContext(here)
      )
      const told = yield* stream.next
      assert.deepStrictEqual([told.event, told.data.notification.kind], ["notification", "access_changed"])
    }).pipe(Effect.scoped, Effect.provide(Harness.layerEmulators)), 60_000)
})
