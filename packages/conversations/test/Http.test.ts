import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { ChannelAccountsApi } from "@wicara/channels/ChannelAccounts/Api"
import * as ChannelAccountsHttp from "@wicara/channels/ChannelAccounts/Http"
import { ChannelProfiles } from "@wicara/channels/ChannelProfiles"
import { ChannelRotations } from "@wicara/channels/ChannelRotations"
import { ContactsApi } from "@wicara/contacts/Contacts/Api"
import * as ContactsHttp from "@wicara/contacts/Contacts/Http"
import { ConversationsApi } from "@wicara/conversations/Conversations/Api"
import { HistoryChecks } from "@wicara/conversations/HistoryChecks"
import * as ConversationsHttp from "@wicara/conversations/Conversations/Http"
import { Realtime } from "@wicara/conversations/Realtime"
import { RealtimeApi } from "@wicara/conversations/Realtime/Api"
import * as RealtimeHttp from "@wicara/conversations/Realtime/Http"
import { Authentication } from "@wicara/core/Authentication"
import { EventLog } from "@wicara/core/EventLog"
import * as IdempotencyHttp from "@wicara/core/Idempotency/Http"
import * as Permissions from "@wicara/core/Permissions"
import { Forbidden, Unauthorized } from "@wicara/core/Problem"
import * as SqlAccessStore from "@wicara/core/sql/SqlAccessStore"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { CurrentActor, CurrentOrganization, UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { connect, deliver, happen, layer, Provider, sendAll, theConversation, wrote } from "./support.ts"

const agent = UserId.make("0197c6a2-5f0e-7c3d-9b61-000000000001")

const Api = HttpApi.make("wicara").add(ChannelAccountsApi, ContactsApi, ConversationsApi, RealtimeApi)

/** A bearer token is `<organization> <permission,...>`; permissions are checked as the server checks them. */
const authentication = Layer.succeed(
  Authentication,
  Authentication.of({
    cookie: () => Effect.fail(new Unauthorized({})),
    bearer: Effect.fnUntraced(function*(effect, { credential, endpoint }) {
      const [organization, permissions] = Redacted.value(credential).split(" ")
      if (organization === undefined || permissions === undefined) return yield* new Unauthorized({})
      const held = { actor: { _tag: "User", id: agent } as const, permissions: new Set(permissions.split(",")) }
      const access = Context.getOption(endpoint.annotations as Context.Context<Permissions.Access>, Permissions.Access)
      if (Option.isSome(access) && access.value.permission !== null && !held.permissions.has(access.value.permission)) {
        return yield* Forbidden.of(access.value.permission)
      }
      return yield* effect.pipe(
        Effect.provideService(CurrentOrganization, { id: organization as OrganizationId }),
        Effect.provideService(CurrentActor, held)
      )
    })
  })
)

const routes = HttpApiBuilder.layer(Api).pipe(
  Layer.provide([ChannelAccountsHttp.layer, ContactsHttp.layer, ConversationsHttp.layer, RealtimeHttp.layer]),
  Layer.provideMerge(authentication),
  Layer.provideMerge(IdempotencyHttp.layerSql)
)

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

const client = Effect.gen(function*() {
  const context = yield* Effect.context<any>()
  const { dispose, handler } = HttpRouter.toWebHandler(
    routes.pipe(
      Layer.provide(Layer.succeedContext(context)),
      Layer.provide(HttpServer.layerServices)
    ) as Layer.Layer<never>,
    { disableLogger: true }
  )
  yield* Effect.addFinalizer(() => Effect.promise(dispose))
  const request = (method: string, path: string, token: string, body?: unknown, headers: Record<string, string> = {}) =>
    Effect.promise(() =>
      handler(
        new Request(`http://localhost${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { "content-type": "application/json" }),
            ...headers
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
      )
    )
  const json = Effect.fnUntraced(function*(
    method: string,
    path: string,
    token: string,
    body?: unknown,
    headers?: Record<string, string>
  ) {
    const response = yield* request(method, path, token, body, headers)
    const text = yield* Effect.promise(() => response.text())
    return { status: response.status, body: (text === "" ? undefined : decodeJson(text)) as any }
  })
  return { request, json }
})

const all =
  "conversations:read,conversations:reply,conversations:assign,contacts:read,contacts:write,channels:read,channels:write"

describe.each(TestDatabase.all)("HTTP on $name", (database) => {
  const TestLayer = Realtime.layerWith({ heartbeat: "50 millis" }).pipe(
    Layer.provideMerge(Layer.mergeAll(
      SqlAccessStore.layer,
      EventLog.layerSql,
      HistoryChecks.layerSql,
      ChannelRotations.layerSql,
      ChannelProfiles.layer
    )),
    Layer.provideMerge(layer(database.layer))
  )

  it.live("lists the inbox, reads the history, answers and passes conversations on", () =>
    Effect.gen(function*() {
      const { json } = yield* client
      const account = yield* connect()
      const token = `${account.organizationId} ${all}`
      yield* happen(account, wrote("m1", "Hello"))
      const inbox = yield* json("GET", "/v1/conversations?ownership=bot&limit=10", token)
      assert.strictEqual(inbox.status, 200)
      assert.strictEqual(inbox.body.data.length, 1)
      assert.isNull(inbox.body.nextCursor)
      assert.strictEqual((yield* json("GET", "/v1/conversations?ownership=human", token)).body.data.length, 0)
      const { contactId, id } = inbox.body.data[0]
      const history = yield* json("GET", `/v1/conversations/${id}/messages`, token)
      assert.strictEqual(history.body.data[0].content.text, "Hello")
      assert.deepStrictEqual(
        (yield* json("POST", `/v1/conversations/${id}/can-send`, token, { content: { type: "text", text: "x" } })).body,
        { _tag: "Allowed" }
      )
      const sent = yield* json("POST", `/v1/conversations/${id}/messages`, token, {
        content: { type: "text", text: "Hi!" }
      })
      assert.strictEqual(sent.status, 201)
      assert.strictEqual(sent.body.data[0].author, "user")
      assert.strictEqual(sent.body.data[0].status, "queued")
      const taken = yield* json("GET", `/v1/conversations/${id}`, token)
      assert.deepStrictEqual([taken.body.ownership, taken.body.ownerId, taken.body.epoch], ["human", agent, 1])
      yield* sendAll
      const message = yield* json("GET", `/v1/messages/${sent.body.data[0].id}`, token)
      assert.strictEqual(message.body.status, "accepted")
      for (
        const [action, ownership] of [["hand-back", "bot"], ["take-over", "human"], ["release", "nobody"], [
          "resolve",
          "bot"
        ]]
      ) {
        const changed = yield* json("POST", `/v1/conversations/${id}/${action}`, token, {})
        assert.deepStrictEqual([changed.status, changed.body.ownership], [200, ownership], action)
      }
      const stale = yield* json("POST", `/v1/conversations/${id}/take-over`, token, { epoch: 1 })
      assert.deepStrictEqual([stale.status, stale.body.type, stale.body.epoch], [
        409,
        "https://wicara.dev/problems/stale-epoch",
        5
      ])
      assert.strictEqual((yield* json("POST", `/v1/conversations/${id}/assign`, token, { userId: agent })).status, 200)
      const theirs = yield* json("GET", `/v1/contacts/${contactId}/conversations`, token)
      assert.strictEqual(theirs.body.data[0].id, id)
      assert.strictEqual((yield* json("POST", `/v1/conversations/${id}/close`, token, {})).body.lifecycle, "closed")
      const closed = yield* json("POST", `/v1/conversations/${id}/messages`, token, {
        content: { type: "text", text: "x" }
      })
      assert.deepStrictEqual([closed.status, closed.body.type], [
        409,
        "https://wicara.dev/problems/conversation-closed"
      ])
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))

  it.live("sends a message once for one idempotency key", () =>
    Effect.gen(function*() {
      const { json } = yield* client
      const account = yield* connect()
      const token = `${account.organizationId} ${all}`
      yield* happen(account, wrote("m1", "Hello"))
      const { id } = yield* theConversation(account.organizationId)
      const send = (text: string) =>
        json("POST", `/v1/conversations/${id}/messages`, token, { content: { type: "text", text } }, {
          "idempotency-key": "k1"
        })
      const first = yield* send("Hi")
      const second = yield* send("Hi")
      assert.deepStrictEqual(second.body, first.body)
      assert.strictEqual((yield* send("Another")).status, 422)
      yield* sendAll
      assert.strictEqual((yield* Provider).ledger.length, 1)
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))

  it.live("pages through an inbox with equal times without losing or repeating anything", () =>
    Effect.gen(function*() {
      const { json } = yield* client
      const account = yield* connect()
      const token = `${account.organizationId} ${all}`
      const now = Date.now()
      for (let index = 0; index < 7; index++) {
        yield* deliver(account, [
          wrote(`m${index}`, `${index}`, {
            from: { kind: "phone", value: `62811${index}0` },
            at: now - (index % 2) * 1000
          })
        ])
      }
      yield* happen(account)
      const seen: Array<string> = []
      let cursor: string | null = ""
      while (cursor !== null) {
        const page: { body: any } = yield* json(
          "GET",
          `/v1/conversations?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
          token
        )
        seen.push(...page.body.data.map((one: { id: string }) => one.id))
        cursor = page.body.nextCursor
      }
      assert.strictEqual(seen.length, 7)
      assert.strictEqual(new Set(seen).size, 7)
      assert.strictEqual((yield* json("GET", "/v1/conversations?cursor=nonsense", token)).status, 422)
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))

  it.live("answers 404 to another organization's ids and 403 without the permission, on every route", () =>
    Effect.gen(function*() {
      const { json } = yield* client
      const mine = yield* connect()
      const other = yield* connect()
      yield* happen(mine, wrote("m1", "Hello"))
      const conversation = yield* theConversation(mine.organizationId)
      const message =
        (yield* json("GET", `/v1/conversations/${conversation.id}/messages`, `${mine.organizationId} ${all}`))
          .body.data[0]
      const routes: ReadonlyArray<readonly [string, string, unknown?]> = [
        ["GET", `/v1/conversations/${conversation.id}`],
        ["GET", `/v1/conversations/${conversation.id}/messages`],
        ["POST", `/v1/conversations/${conversation.id}/messages`, { content: { type: "text", text: "x" } }],
        ["POST", `/v1/conversations/${conversation.id}/can-send`, { content: { type: "text", text: "x" } }],
        ["POST", `/v1/conversations/${conversation.id}/take-over`, {}],
        ["POST", `/v1/conversations/${conversation.id}/hand-back`, {}],
        ["POST", `/v1/conversations/${conversation.id}/release`, {}],
        ["POST", `/v1/conversations/${conversation.id}/resolve`, {}],
        ["POST", `/v1/conversations/${conversation.id}/close`, {}],
        ["POST", `/v1/conversations/${conversation.id}/read`],
        ["POST", `/v1/conversations/${conversation.id}/typing`, { on: true }],
        ["POST", `/v1/conversations/${conversation.id}/assign`, { userId: agent }],
        ["POST", "/v1/conversations", {
          channelAccountId: mine.channelAccountId,
          to: { kind: "phone", value: "62811" }
        }],
        ["GET", `/v1/messages/${message.id}`],
        ["GET", `/v1/messages/${message.id}/versions`],
        ["GET", `/v1/contacts/${conversation.contactId}`],
        ["GET", `/v1/contacts/${conversation.contactId}/conversations`],
        ["GET", `/v1/contacts/${conversation.contactId}/merges`],
        ["PATCH", `/v1/contacts/${conversation.contactId}`, { displayName: "Mine" }],
        ["POST", `/v1/contacts/${conversation.contactId}/consent`, { purpose: "all", state: "denied" }],
        ["POST", `/v1/contacts/${conversation.contactId}/merge`, { contactId: conversation.contactId }],
        ["POST", `/v1/contact-merges/${conversation.contactId}/undo`],
        ["GET", `/v1/channel-accounts/${mine.channelAccountId}`],
        ["PATCH", `/v1/channel-accounts/${mine.channelAccountId}`, { name: "Mine" }],
        ["DELETE", `/v1/channel-accounts/${mine.channelAccountId}`],
        ["POST", `/v1/channel-accounts/${mine.channelAccountId}/test`]
      ]
      for (const [method, path, body] of routes) {
        assert.strictEqual(
          (yield* json(method, path, `${other.organizationId} ${all}`, body)).status,
          404,
          `${method} ${path}`
        )
        assert.strictEqual(
          (yield* json(method, path, `${mine.organizationId} nothing:at-all`, body)).status,
          403,
          `${method} ${path}`
        )
      }
      assert.strictEqual((yield* theConversation(mine.organizationId)).epoch, 0)
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))

  it.live("manages channel accounts and contacts, and never returns a credential", () =>
    Effect.gen(function*() {
      const { json } = yield* client
      const account = yield* connect()
      const token = `${account.organizationId} ${all}`
      const created = yield* json("POST", "/v1/channel-accounts", token, {
        channel: "callback",
        name: "Second line",
        settings: {},
        secrets: { key: "very secret" }
      })
      assert.strictEqual(created.status, 201)
      const listed = yield* json("GET", "/v1/channel-accounts", token)
      assert.strictEqual(listed.body.data.length, 2)
      assert.notInclude(JSON.stringify([created.body, listed.body]), "very secret")
      assert.strictEqual((yield* json("POST", `/v1/channel-accounts/${created.body.id}/test`, token)).body.status, "ok")
      assert.strictEqual((yield* json("DELETE", `/v1/channel-accounts/${created.body.id}`, token)).status, 204)
      const started = yield* json("POST", "/v1/conversations", token, {
        channelAccountId: account.channelAccountId,
        to: { kind: "phone", value: "628119" },
        displayName: "Budi"
      })
      assert.strictEqual(started.status, 201)
      const found = yield* json("GET", "/v1/contacts?search=bud", token)
      assert.strictEqual(found.body.data[0].id, started.body.contactId)
      const denied = yield* json("POST", `/v1/contacts/${started.body.contactId}/consent`, token, {
        purpose: "marketing",
        state: "denied"
      })
      assert.deepStrictEqual([denied.body.consent.marketing.state, denied.body.consent.marketing.source], [
        "denied",
        "person"
      ])
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))

  it.live("tells events as they happen, only those the caller may see, and goes on where a stream ended", () =>
    Effect.gen(function*() {
      const { request } = yield* client
      const mine = yield* connect()
      const other = yield* connect()
      yield* (yield* EventLog).flush
      const open = (organizationId: string, permissions: string, lastEventId?: string) =>
        Effect.map(
          request(
            "GET",
            "/v1/events",
            `${organizationId} ${permissions}`,
            undefined,
            lastEventId === undefined ? {} : { "last-event-id": lastEventId }
          ),
          (response) => {
            assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/)
            return response.body!.getReader()
          }
        )
      const readUntil = Effect.fnUntraced(function*(reader: ReadableStreamDefaultReader<Uint8Array>, text: string) {
        let read = ""
        while (!read.includes(text)) {
          const chunk = yield* Effect.promise(() => reader.read()).pipe(Effect.timeout("10 seconds"))
          if (chunk.done) return yield* Effect.die(`the stream ended: ${read}`)
          read += new TextDecoder().decode(chunk.value)
        }
        return read
      })
      const agentStream = yield* open(mine.organizationId, "conversations:read")
      const otherStream = yield* open(other.organizationId, all)
      yield* readUntil(agentStream, "event: ping")
      yield* happen(mine, wrote("m1", "Hello"))
      const seen = yield* readUntil(agentStream, "conversation.message.received")
      assert.include(seen, "conversation.opened")
      assert.notInclude(seen, "contact.created")
      yield* Effect.promise(() => agentStream.cancel())
      yield* happen(mine, wrote("m2", "While away"))
      const last =
        /id: (\d+)\nevent: conversation\.message\.received|event: conversation\.message\.received\n(?:.*\n)*?id: (\d+)/
          .exec(seen)
      const again = yield* open(mine.organizationId, "conversations:read", last?.[1] ?? last?.[2] ?? "0")
      const missed = yield* readUntil(again, "conversation.message.received")
      assert.notInclude(missed, "conversation.opened")
      yield* Effect.promise(() => again.cancel())
      assert.notInclude(yield* readUntil(otherStream, "event: ping"), "conversation.")
      yield* Effect.promise(() => otherStream.cancel())
    }).pipe(Effect.scoped, Effect.provide(TestLayer)))
})
