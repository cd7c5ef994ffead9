import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { AccountGroups } from "@wicara/channels/AccountGroups"
import type { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { connectNumber, managed } from "./fixtures/managed.ts"
import { virtual } from "./fixtures/virtual.ts"

const start = 1_795_000_000_000

describe.each(TestDatabase.all)("AccountGroups through the Cloud API on $name", (database) => {
  const test = <A, E>(
    body: Effect.Effect<A, E, AccountGroups | ChannelAccounts | SqlClient.SqlClient | HttpClient.HttpClient>
  ) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = yield* virtual({ account: { webhookUrl: "https://chat.example.com/hook" } })
      const client = yield* world.run(HttpClient.HttpClient)
      return yield* body.pipe(
        Effect.provide(AccountGroups.layer.pipe(Layer.provideMerge(managed(database.layer, client))))
      )
    }).pipe(Effect.scoped)

  it.effect("makes, shows, changes and leaves groups, and tells who did", () =>
    test(Effect.gen(function*() {
      const groups = yield* AccountGroups
      const sql = yield* SqlClient.SqlClient
      const { id, within } = yield* connectNumber()
      // The provider makes it later, and tells of it by a webhook.
      assert.isNull(yield* within(groups.create(id, { subject: "RT 5", participants: [] })))
      const [group] = (yield* within(groups.list(id, {}))).data
      assert(group !== undefined)
      const { value } = group.address
      assert.strictEqual((yield* within(groups.get(id, value))).subject, "RT 5")
      yield* within(groups.update(id, value, { subject: "RT 6", description: "Rumah" }))
      const people = [{ kind: "phone", value: "6281234500001" }] as const
      yield* within(groups.changeParticipants(id, value, { action: "add", participants: people }))
      const changed = yield* within(groups.get(id, value))
      assert.deepInclude(changed, { subject: "RT 6", description: "Rumah" })
      assert.deepStrictEqual(changed.participants?.map(({ identities }) => identities[0].value), ["6281234500001"])
      yield* within(groups.changeParticipants(id, value, { action: "remove", participants: people }))
      assert.deepStrictEqual((yield* within(groups.get(id, value))).participants, [])
      const link = yield* within(groups.inviteLink(id, value))
      assert.strictEqual(yield* within(groups.inviteLink(id, value)), link)
      assert.notStrictEqual(yield* within(groups.resetInviteLink(id, value)), link)
      yield* within(groups.leave(id, value))
      assert.strictEqual((yield* Effect.flip(within(groups.get(id, value))))._tag, "NotFound")
      const rows = yield* sql<{ readonly action: string }>`SELECT action FROM core_audit
        WHERE action LIKE 'channel.group.%' ORDER BY sequence`
      assert.deepStrictEqual(rows.map(({ action }) => action), [
        "channel.group.created",
        "channel.group.changed",
        "channel.group.participants_changed",
        "channel.group.participants_changed",
        "channel.group.invite_link_reset",
        "channel.group.left"
      ])
    })))

  it.effect("lets people in who ask to join, or not, and says which requests were none", () =>
    test(Effect.gen(function*() {
      const groups = yield* AccountGroups
      const sql = yield* SqlClient.SqlClient
      const { id, within } = yield* connectNumber()
      const other = yield* connectNumber("700100200300499")
      yield* within(groups.create(id, { subject: "RT 5", participants: [], joinApproval: true }))
      const [group] = (yield* within(groups.list(id, {}))).data
      assert(group !== undefined)
      const { value } = group.address
      assert.isTrue((yield* within(groups.get(id, value))).joinApproval)
      const follow = (phone: string, withdraw = false, group = value) =>
        HttpClient.execute(HttpClientRequest.post("https://graph.example.com/_emulator/group-joins", {
          body: HttpBody.jsonUnsafe({ group, from: { phone }, withdraw })
        }))
      for (const phone of ["62811", "62812", "62813", "62814"]) yield* follow(phone)
      yield* follow("62811")
      yield* follow("62814", true)
      const first = yield* within(groups.joinRequests(id, value, { limit: 2 }))
      const second = yield* within(groups.joinRequests(id, value, { limit: 2, cursor: first.nextCursor ?? "" }))
      assert.isNull(second.nextCursor)
      const asked = [...first.data, ...second.data]
      assert.deepStrictEqual(asked.map(({ identities }) => identities[0]), [
        { kind: "phone", value: "62811" },
        { kind: "phone", value: "62812" },
        { kind: "phone", value: "62813" }
      ])
      assert.strictEqual(DateTime.toEpochMillis(asked[0]?.requestedAt ?? DateTime.makeUnsafe(0)), start)
      const [one, two, three] = asked.map((request) => request.id)
      assert(one !== undefined && two !== undefined && three !== undefined)
      const mayNot = other.within(groups.decideJoinRequests(id, value, { approve: true, requests: [one] }))
      assert.strictEqual((yield* Effect.flip(mayNot))._tag, "NotFound")
      const decided = yield* within(groups.decideJoinRequests(id, value, { approve: true, requests: [one, "nobody"] }))
      assert.deepStrictEqual(decided.decided, [one])
      assert.deepStrictEqual(decided.failed.map(({ code, id }) => [id, code]), [["nobody", "100"]])
      yield* within(groups.decideJoinRequests(id, value, { approve: false, requests: [two] }))
      const members = (yield* within(groups.get(id, value))).participants?.map(({ identities }) => identities[0].value)
      assert.deepStrictEqual(members, ["62811"])
      const left = yield* within(groups.joinRequests(id, value, {}))
      assert.deepStrictEqual(left.data.map((request) => request.id), [three])
      const again = yield* within(groups.decideJoinRequests(id, value, { approve: true, requests: [one] }))
      assert.deepStrictEqual(again.decided, [])
      const rows = yield* sql<{ readonly action: string }>`SELECT action FROM core_audit
        WHERE action LIKE 'channel.group.joins_%' ORDER BY sequence`
      assert.deepStrictEqual(rows.map(({ action }) => action.replace("channel.group.", "")), [
        "joins_approved",
        "joins_rejected",
        "joins_approved"
      ])
      // Whoever follows the link of a group that approves nobody is in it.
      yield* within(groups.create(id, { subject: "RT 6", participants: [], joinApproval: false }))
      const open = (yield* within(groups.list(id, {}))).data.find(({ subject }) => subject === "RT 6")
      assert(open !== undefined)
      yield* follow("62815", false, open.address.value)
      const entered = yield* within(groups.get(id, open.address.value))
      assert.isFalse(entered.joinApproval)
      assert.strictEqual(entered.participants?.length, 1)
    })))

  it.effect("lists many groups page by page", () =>
    test(Effect.gen(function*() {
      const groups = yield* AccountGroups
      const { id, within } = yield* connectNumber()
      for (let index = 0; index < 5; index++) {
        yield* within(groups.create(id, { subject: `RT ${index}`, participants: [] }))
      }
      const subjects: Array<string> = []
      let cursor: string | undefined
      do {
        const page = yield* within(groups.list(id, { limit: 2, ...(cursor === undefined ? {} : { cursor }) }))
        assert.isAtMost(page.data.length, 2)
        subjects.push(...page.data.map(({ subject }) => subject))
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      assert.deepStrictEqual(subjects, ["RT 0", "RT 1", "RT 2", "RT 3", "RT 4"])
      assert.strictEqual((yield* Effect.flip(within(groups.list(id, { cursor: "x" }))))._tag, "InvalidInput")
    })))

  it.effect("says what the provider refuses, audits nothing then, and lets nobody at another's groups", () =>
    test(Effect.gen(function*() {
      const groups = yield* AccountGroups
      const sql = yield* SqlClient.SqlClient
      const { id, within } = yield* connectNumber()
      const other = yield* connectNumber("700100200300499")
      const people = [{ kind: "phone", value: "6281234500001" }] as const
      const refused = yield* Effect.flip(within(groups.create(id, { subject: "RT 5", participants: people })))
      assert.strictEqual(refused._tag, "Conflict")
      assert.strictEqual((yield* sql`SELECT action FROM core_audit WHERE action LIKE 'channel.group.%'`).length, 0)
      yield* within(groups.create(id, { subject: "RT 5", participants: [] }))
      const [group] = (yield* within(groups.list(id, {}))).data
      assert(group !== undefined)
      const { value } = group.address
      const promoted = groups.changeParticipants(id, value, { action: "promote", participants: people })
      assert.strictEqual((yield* Effect.flip(within(promoted)))._tag, "Conflict")
      assert.strictEqual((yield* Effect.flip(other.within(groups.get(id, value))))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(other.within(groups.leave(id, value))))._tag, "NotFound")
      assert.strictEqual((yield* within(groups.get(id, value))).subject, "RT 5")
    })))
})
