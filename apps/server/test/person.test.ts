/** What the server gives out of one person, and that nothing of them is forgotten in it. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Audit } from "@wicara/core/Audit"
import { Notifier } from "@wicara/core/Notification"
import * as CoreNotifications from "@wicara/core/CoreNotifications"
import { Memberships } from "@wicara/core/Memberships"
import { RequestLog } from "@wicara/core/RequestLog"
import { NotificationPreferences } from "@wicara/notifications/NotificationPreferences"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { builtIn } from "../src/BuiltIn.ts"
import * as Harness from "./harness.ts"

const Line = Schema.fromJsonString(Schema.Any)

interface Exported {
  readonly table: string
  readonly row: Readonly<Record<string, string | number | null>>
}

const linesOf = (text: string) => {
  const lines = text.trimEnd().split("\n").map((line) => Schema.decodeUnknownSync(Line)(line))
  assert.deepStrictEqual(lines.at(-1), { complete: true })
  return lines.slice(0, -1) as ReadonlyArray<Exported>
}

/** Columns that say whose or by whom a row is. */
const personal = /^(?:user_id|to_user|author_id|owner_id|actor|actor_id|reactor|[a-z_]+_by|[a-z_]+_by_user)$/

/** Tables whose rows are not a person's own, although they name one. */
const others: Readonly<Record<string, string>> = {
  bots_turn_log: "What a bot did.",
  bots_turns: "Work of the server.",
  contacts_consents: "What a customer agreed to.",
  contacts_merges: "The organization's customers.",
  conversations_conversations: "The organization's correspondence.",
  conversations_messages: "The organization's correspondence.",
  conversations_edits: "The organization's correspondence.",
  conversations_joins: "The organization's correspondence.",
  conversations_reactions: "The organization's correspondence.",
  conversations_votes: "The organization's correspondence.",
  conversations_outbox: "Work of the server.",
  core_account_tokens: "Digests of links, gone within a day.",
  core_blocks: "The organization's own.",
  core_deletions: "The receipt of an organization's deletion.",
  core_events: "The organization's own; who did what is in the audit log.",
  core_jobs: "Work of the server.",
  core_sign_in_challenges: "Digests, gone within minutes.",
  core_user_places: "Digests, of which nobody can tell the place.",
  knowledge_items: "The organization's own.",
  knowledge_versions: "The organization's own.",
  notifications_due: "Work of the server.",
  notifications_mail_templates: "The organization's own.",
  templates_templates: "The organization's own; it names the account that listed it."
}

const accounted = new Set(builtIn.flatMap(({ people }) => people.map(({ table }) => table)))

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "60 seconds" })(
    `one person's data on ${database}`,
    (it) => {
      it.effect("every table that names a person is in the export, or says why not", () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const rows = yield* sql.onDialectOrElse({
            mysql: () =>
              sql<{ readonly t: string; readonly c: string }>`SELECT table_name AS t, column_name AS c
                FROM information_schema.columns WHERE table_schema = DATABASE()`,
            orElse: () =>
              sql<{ readonly t: string; readonly c: string }>`SELECT m.name AS t, c.name AS c
                FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`
          })
          const naming = new Set(
            rows.filter(({ c }) => personal.test(c) && c !== "acquired_by").map(({ t }) => t)
          )
          const forgotten = [...naming].filter((table) => !accounted.has(table) && others[table] === undefined)
          assert.deepStrictEqual(forgotten.toSorted(), [])
          const tables = new Map<string, Set<string>>()
          for (const { c, t } of rows) tables.set(t, (tables.get(t) ?? new Set()).add(c))
          for (const { column, except, table } of builtIn.flatMap(({ people }) => people)) {
            for (const name of [column, ...except]) assert.isTrue(tables.get(table)?.has(name), `${table}.${name}`)
          }
        }))

      it.effect("somebody gets all of theirs, of every organization, and nothing of anybody else", () =>
        Effect.gen(function*() {
          const [acme, other] = [yield* Harness.newTenant("Acme"), yield* Harness.newTenant("Other")]
          const { email, id } = acme.users.agent
          yield* Memberships.use((all) => all.add({ email, role: "viewer" })).pipe(Harness.within(other.id))
          const notifier = yield* Notifier
          for (const tenant of [acme, other]) {
            yield* notifier.notify(CoreNotifications.accessChanged, {
              to: { _tag: "Users", userIds: [id, tenant.users.owner.id] },
              values: { role: "agent", change: "given" },
              dedupeKey: "test"
            }).pipe(Harness.within(tenant.id))
          }
          const channels = { inApp: true, email: "daily", push: false } as const
          yield* NotificationPreferences.use((all) => all.choose(id, "conversation_waiting", channels)).pipe(
            Harness.within(acme.id),
            Effect.orDie
          )
          const token = yield* Harness.tokenOf(acme, "agent")
          yield* Harness.request("/v1/me", { method: "PATCH", token, json: { timezone: "Asia/Jakarta" } })
          const uploaded = yield* Harness.request("/v1/files?name=mine.txt", {
            token: yield* Harness.tokenOf(acme, "owner"),
            body: "Mine",
            headers: { "content-type": "application/octet-stream" }
          })
          yield* Harness.expectStatus(uploaded, 201)
          yield* RequestLog.use((log) => log.flush)

          const reason = { "wicara-reason": "A request by law" }
          const mine = yield* Harness.request("/v1/me/export", { token, headers: reason })
          yield* Harness.expectStatus(mine, 200)
          assert.strictEqual(mine.headers.get("cache-control"), "no-store")
          const lines = linesOf(mine.text)
          const of = (table: string) => lines.filter((line) => line.table === table).map(({ row }) => row)
          assert.deepStrictEqual(of("core_users").map((row) => [row["id"], row["email"], row["timezone"]]), [
            [id, email, "Asia/Jakarta"]
          ])
          assert.sameMembers(of("core_memberships").map((row) => row["organization_id"]), [acme.id, other.id])
          assert.sameMembers(of("notifications_items").map((row) => row["organization_id"]), [acme.id, other.id])
          assert.isTrue(of("notifications_items").every((row) => row["user_id"] === id))
          assert.deepStrictEqual(of("notifications_preferences").map((row) => row["email"]), ["daily"])
          assert.isNotEmpty(of("core_sessions"))
          assert.include(of("core_audit").map((row) => row["action"]), "user.profile_changed")
          assert.isTrue(of("core_audit").every((row) => row["actor_id"] === id))
          assert.include(of("core_requests").map((row) => row["path"]), "/v1/me")
          assert.deepStrictEqual(of("files_files"), [])
          for (
            const secret of [
              "password_hash",
              "token_hash",
              "sealed",
              "argon2",
              acme.users.owner.id,
              email === "" ? "" : acme.users.admin.email
            ]
          ) {
            assert.notInclude(mine.text, secret)
          }

          const owner = yield* Harness.tokenOf(acme, "owner")
          const theirs = yield* Harness.request("/v1/me/export", { token: owner })
          assert.deepStrictEqual(
            linesOf(theirs.text).filter(({ table }) => table === "files_files").map(({ row }) => row["id"]),
            [uploaded.body.id]
          )
        }))

      it.effect("an organization gets what it keeps of a member, says what for, and is told of it in both logs", () =>
        Effect.gen(function*() {
          const [acme, other] = [yield* Harness.newTenant("Acme"), yield* Harness.newTenant("Other")]
          const { email, id } = acme.users.agent
          yield* Memberships.use((all) => all.add({ email, role: "viewer" })).pipe(Harness.within(other.id))
          const path = `/v1/members/${id}/export`
          const owner = yield* Harness.tokenOf(acme, "owner")
          yield* Harness.newSession(other, { id })
          const headers = { "wicara-reason": "Permintaan%20pegawai" }
          const got = yield* Harness.request(path, { token: owner, headers })
          yield* Harness.expectStatus(got, 200)
          const lines = linesOf(got.text)
          assert.include(lines.map(({ table }) => table), "core_users")
          assert.notInclude(got.text, other.id)
          yield* Harness.expectProblem(
            yield* Harness.request(path, { token: yield* Harness.tokenOf(acme, "agent") }),
            403
          )
          yield* Harness.expectProblem(
            yield* Harness.request(path, { token: yield* Harness.tokenOf(other, "viewer") }),
            403
          )
          const foreign = `/v1/members/${other.users.agent.id}/export`
          yield* Harness.expectProblem(yield* Harness.request(foreign, { token: owner }), 404)

          yield* RequestLog.use((log) => log.flush)
          const query = `personalData=true&subjectType=member&subjectId=${id}`
          const logged = yield* Harness.eventually(
            Harness.request(`/v1/requests?${query}`, { token: owner }),
            ({ body }) => body.data.some(({ status }: any) => status === 200)
          )
          const read = logged.body.data.find(({ status }: any) => status === 200)
          assert.deepInclude(read, { purpose: "Permintaan pegawai", subject: { type: "member", id, access: "export" } })
          const audit = yield* Audit.use((all) => all.list({})).pipe(Harness.within(acme.id), Effect.orDie)
          assert.include(audit.data.map(({ action }) => action), "member.exported")
          const plain = yield* Harness.request("/v1/members", { token: owner, headers })
          yield* Harness.expectStatus(plain, 200)
          yield* RequestLog.use((log) => log.flush)
          const all = yield* Harness.request("/v1/requests", { token: owner })
          const listing = all.body.data.find(({ endpoint }: any) => endpoint === "members.list")
          assert.isNull(listing.purpose, "a purpose is kept of personal data alone")
        }))
    }
  )
}

describe("what is accounted for", () => {
  it("names no table twice", () => {
    const tables = builtIn.flatMap(({ people }) => people.map(({ table }) => table))
    assert.deepStrictEqual(tables.toSorted(), [...new Set(tables)].toSorted())
  })
})
