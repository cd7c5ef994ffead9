import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { Conversations } from "@wicara/conversations/Conversations"
import type { Conversation, ConversationId } from "@wicara/conversations/Conversation"
import { Messages } from "@wicara/conversations/Messages"
import { permissions } from "@wicara/conversations/permissions"
import { Realtime } from "@wicara/conversations/Realtime"
import { AccessStore } from "@wicara/core/AccessStore"
import { EventLog } from "@wicara/core/EventLog"
import * as Id from "@wicara/core/Id"
import type { Reach } from "@wicara/core/Scope"
import { TeamId } from "@wicara/core/Scope"
import * as SqlAccessStore from "@wicara/core/sql/SqlAccessStore"
import { CurrentActor, CurrentOrganization, UserId } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { as, connect, happen, layer, phone, stranger, wrote } from "./support.ts"

const me = UserId.make("0197c6a2-5f0e-7c3d-9b61-000000000001")
const other = UserId.make("0197c6a2-5f0e-7c3d-9b61-000000000002")

interface Held {
  readonly allow: ReadonlyArray<Reach>
  readonly deny?: ReadonlyArray<Reach>
}

/** Acts as somebody who holds these permissions there only; a string holds everywhere. */
const holding = (
  organizationId: OrganizationId,
  held: Readonly<Record<string, Held | "everywhere">>
) =>
<A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id: organizationId }),
    Effect.provideService(CurrentActor, {
      actor: { _tag: "User", id: me },
      permissions: new Set(Object.entries(held).filter(([, one]) => one === "everywhere").map(([name]) => name)),
      scoped: new Map(
        Object.entries(held).flatMap(([name, one]) =>
          one === "everywhere" ? [] : [[name, { allow: one.allow, deny: one.deny ?? [] }] as const]
        )
      )
    })
  )

/** All that can be done with conversations, held there. */
const there = (held: Held) =>
  Object.fromEntries(Object.values(permissions).map(({ name }) => [name, held])) as Record<string, Held>

/** Eight conversations of two accounts, two teams and two owners; `at` tells them apart. */
const setUp = Effect.gen(function*() {
  const conversations = yield* Conversations
  const one = yield* connect()
  const two = yield* connect("by-id", one.organizationId)
  const organizationId = one.organizationId
  const bySystem = as(organizationId)
  const [teamA, teamB] = [yield* Id.next(TeamId), yield* Id.next(TeamId)]
  const begun = yield* Clock.currentTimeMillis
  const made: Array<Conversation> = []
  for (let n = 0; n < 8; n++) {
    const account = n % 2 === 0 ? one : two
    const from = phone(`62811${n}${organizationId.slice(-6).replaceAll(/\D/g, "1")}`)
    yield* happen(account, wrote(`m${n}-${organizationId}`, `Hello ${n}`, { from, at: begun + n * 1000 }))
    const { data: [newest] } = yield* conversations.list({ limit: 1 }).pipe(bySystem)
    const { id } = newest!
    if (n < 3) yield* conversations.assignTeam(id, n < 2 ? teamA : teamB).pipe(bySystem)
    if (n === 1 || n === 4) yield* conversations.assign(id, me).pipe(bySystem)
    if (n === 5) yield* conversations.assign(id, other).pipe(bySystem)
    made.push(yield* conversations.get(id).pipe(bySystem))
  }
  return { conversations, organizationId, one, two, teamA, teamB, made, bySystem }
})

describe.each(TestDatabase.all)("Limited permissions on $name", (database) => {
  const TestLayer = Realtime.layerWith({ heartbeat: "50 millis" }).pipe(
    Layer.provideMerge(EventLog.layerSql),
    Layer.provideMerge(SqlAccessStore.layer),
    Layer.provideMerge(layer(database.layer))
  )

  it.live("the inbox lists what the permission reaches, in order and page by page, and nothing else", () =>
    Effect.gen(function*() {
      const { conversations, made, one, organizationId, teamA, teamB, two } = yield* setUp
      const index = new Map(made.map(({ id }, n) => [id, n]))
      const inbox = Effect.fnUntraced(function*(held: Held, query = {}) {
        const seen: Array<number> = []
        let cursor: string | null | undefined
        do {
          const page: { readonly data: ReadonlyArray<Conversation>; readonly nextCursor: string | null } =
            yield* conversations.list({ limit: 2, ...query, ...(cursor === undefined ? {} : { cursor }) }).pipe(
              holding(organizationId, there(held))
            )
          seen.push(...page.data.map(({ id }) => index.get(id)!))
          cursor = page.nextCursor
        } while (cursor !== null)
        return seen
      })
      const [ofA, ofB] = [{ teamIds: [teamA] }, { teamIds: [teamB] }]
      const own = { ownerId: me }
      assert.deepStrictEqual(yield* inbox({ allow: [ofA] }), [1, 0])
      assert.deepStrictEqual(yield* inbox({ allow: [{ teamIds: [teamA, teamB] }] }), [2, 1, 0])
      assert.deepStrictEqual(yield* inbox({ allow: [{ channelAccountId: two.channelAccountId }] }), [7, 5, 3, 1])
      assert.deepStrictEqual(yield* inbox({ allow: [own] }), [4, 1])
      assert.deepStrictEqual(yield* inbox({ allow: [own, ofA, ofB] }), [4, 2, 1, 0])
      assert.deepStrictEqual(yield* inbox({ allow: [own, ofA, ofB] }, { sort: "lastMessageAt" }), [0, 1, 2, 4])
      assert.deepStrictEqual(yield* inbox({ allow: [{}] }, { sort: "lastMessageAt" }), [0, 1, 2, 3, 4, 5, 6, 7])
      assert.deepStrictEqual(yield* inbox({ allow: [{ ...ofA, channelAccountId: one.channelAccountId }] }), [0])
      assert.deepStrictEqual(yield* inbox({ allow: [own, ofA] }, { ownership: "bot" }), [0])
      assert.deepStrictEqual(yield* inbox({ allow: [{}], deny: [ofA] }), [7, 6, 5, 4, 3, 2])
      assert.deepStrictEqual(yield* inbox({ allow: [{}], deny: [own] }), [7, 6, 5, 3, 2, 0])
      assert.deepStrictEqual(
        yield* inbox({ allow: [{}], deny: [{ ...ofA, ownerId: me }, { channelAccountId: one.channelAccountId }] }),
        [7, 5, 3]
      )
      assert.deepStrictEqual(yield* inbox({ allow: [] }), [])
      const many = Array.from({ length: 12 }, () => Id.next(TeamId))
      assert.deepStrictEqual(yield* inbox({ allow: [{ teamIds: [...(yield* Effect.all(many)), teamB] }] }), [2])
      assert.deepStrictEqual(yield* inbox({ allow: [{}] }, { teamId: teamB }), [2])
    }).pipe(Effect.provide(TestLayer)))

  it.live("what the permission does not reach is not there: not read, not written to, not passed on", () =>
    Effect.gen(function*() {
      const { conversations, made, organizationId, teamA, teamB } = yield* setUp
      const messages = yield* Messages
      const acting = holding(organizationId, there({ allow: [{ teamIds: [teamA] }] }))
      const ending = <A, E extends { readonly _tag: string }>(
        attempt: Effect.Effect<A, E, CurrentOrganization | CurrentActor>
      ) => Effect.match(attempt.pipe(acting), { onFailure: ({ _tag }) => _tag, onSuccess: () => "Success" })
      const text = { type: "text", text: "Hi" } as const
      const messageOf = Effect.fnUntraced(function*(id: ConversationId) {
        return (yield* messages.list(id, {}).pipe(as(organizationId))).data[0]!.id
      })
      const attempts = Effect.fnUntraced(function*(id: ConversationId) {
        const messageId = yield* messageOf(id)
        return {
          get: yield* ending(conversations.get(id)),
          list: yield* ending(messages.list(id, {})),
          message: yield* ending(messages.get(messageId)),
          versions: yield* ending(messages.versions(messageId)),
          canSend: yield* ending(messages.canSend({ conversationId: id, content: text })),
          markRead: yield* ending(conversations.markRead(id)),
          takeOver: yield* ending(conversations.takeOver(id)),
          send: yield* ending(messages.send({ conversationId: id, content: text })),
          assign: yield* ending(conversations.assign(id, other)),
          handBack: yield* ending(conversations.handBack(id)),
          release: yield* ending(conversations.release(id)),
          resolve: yield* ending(conversations.resolve(id)),
          close: yield* ending(conversations.close(id)),
          assignTeam: yield* ending(conversations.assignTeam(id, teamB))
        }
      })
      assert.deepStrictEqual(new Set(Object.values(yield* attempts(made[2]!.id))), new Set(["NotFound"]))
      assert.deepStrictEqual(new Set(Object.values(yield* attempts(made[0]!.id))), new Set(["Success"]))
      // It is another team's by now.
      assert.strictEqual(yield* ending(conversations.get(made[0]!.id)), "NotFound")
      const untouched = yield* conversations.get(made[2]!.id).pipe(as(organizationId))
      assert.deepStrictEqual([untouched.epoch, untouched.unread], [made[2]!.epoch, made[2]!.unread])
    }).pipe(Effect.provide(TestLayer)))

  it.live("who may only read is told which permission they lack", () =>
    Effect.gen(function*() {
      const { conversations, made, organizationId, teamA } = yield* setUp
      const messages = yield* Messages
      const acting = holding(organizationId, {
        [permissions.read.name]: "everywhere",
        [permissions.reply.name]: { allow: [{ teamIds: [teamA] }], deny: [{ ownerId: me }] }
      })
      const text = { type: "text", text: "Hi" } as const
      for (const n of [1, 2]) {
        const refused = yield* messages.send({ conversationId: made[n]!.id, content: text }).pipe(acting, Effect.flip)
        assert.isTrue(refused._tag === "Forbidden" && refused.permission === permissions.reply.name, String(n))
      }
      yield* messages.send({ conversationId: made[0]!.id, content: text }).pipe(acting)
      const assigned = yield* conversations.assign(made[0]!.id, other).pipe(acting, Effect.flip)
      assert.isTrue(assigned._tag === "Forbidden" && assigned.permission === permissions.assign.name)
      const ofContact = yield* conversations.ofContact(made[2]!.contactId, {}).pipe(
        holding(organizationId, there({ allow: [{ teamIds: [teamA] }] }))
      )
      assert.isEmpty(ofContact.data)
    }).pipe(Effect.provide(TestLayer)))

  it.live("a conversation is started only where its answers may be written", () =>
    Effect.gen(function*() {
      const { conversations, one, organizationId, two } = yield* setUp
      const acting = holding(organizationId, there({ allow: [{ channelAccountId: one.channelAccountId }] }))
      const start = (channelAccountId: typeof one.channelAccountId, value: string) =>
        conversations.start({ channelAccountId, to: phone(value) }).pipe(acting)
      yield* start(one.channelAccountId, "628999001")
      yield* Effect.flip(start(two.channelAccountId, "628999002"))
      const sql = yield* SqlClient.SqlClient
      assert.isEmpty(yield* sql`SELECT id FROM conversations_conversations WHERE chat_value = ${"628999002"}`)
    }).pipe(Effect.provide(TestLayer)))

  it.live("a team of another organization is no team, and the change is told", () =>
    Effect.gen(function*() {
      const { bySystem, conversations, made, organizationId, teamA } = yield* setUp
      const { id } = made[7]!
      const unknown = yield* conversations.assignTeam(id, TeamId.make(stranger)).pipe(bySystem, Effect.flip)
      assert.isTrue(unknown._tag === "InvalidInput" && unknown.field === "/teamId")
      yield* conversations.assignTeam(id, teamA).pipe(bySystem)
      yield* conversations.assignTeam(id, teamA).pipe(bySystem)
      assert.strictEqual((yield* conversations.assignTeam(id, null).pipe(bySystem)).teamId, null)
      const log = yield* EventLog
      yield* log.flush
      const told = (yield* log.read({ organizationId, after: 0, limit: 200 })).filter((event) =>
        event.type === "conversation.team_changed" && event.aggregateId === id
      )
      assert.deepStrictEqual(told.map(({ payload }) => (payload as { readonly teamId: string | null }).teamId), [
        teamA,
        null
      ])
    }).pipe(Effect.provide(TestLayer)))

  it.live("the stream tells of what the permission reaches, and ends when access changes", () =>
    Effect.gen(function*() {
      const { conversations, made, organizationId, teamA } = yield* setUp
      const realtime = yield* Realtime
      const log = yield* EventLog
      yield* log.flush
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO core_organizations ${
        sql.insert({
          id: Id.toBytes(organizationId),
          name: "O",
          slug: organizationId,
          timezone: "UTC",
          locale: "en",
          status: "active",
          membership_version: 0,
          created_at: 0
        })
      }`
      const stream = yield* realtime.stream(undefined).pipe(
        holding(organizationId, { [permissions.read.name]: { allow: [{ teamIds: [teamA] }] } })
      )
      const heard = yield* Stream.runCollect(stream.pipe(Stream.filter(({ event }) => event !== "ping"))).pipe(
        Effect.forkChild
      )
      yield* Effect.sleep("100 millis")
      yield* conversations.markRead(made[2]!.id).pipe(as(organizationId))
      yield* conversations.markRead(made[0]!.id).pipe(as(organizationId))
      yield* Effect.sleep("400 millis")
      assert.isUndefined(heard.pollUnsafe())
      yield* AccessStore.use((store) => store.changing(organizationId, Effect.void))
      const events = yield* Fiber.join(heard).pipe(Effect.timeout("10 seconds"))
      assert.deepStrictEqual(Array.from(events, ({ data }) => data?.aggregateId), [made[0]!.id])
    }).pipe(Effect.provide(TestLayer)))
})
