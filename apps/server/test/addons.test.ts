import { assert, describe, it, layer } from "@effect/vitest"
import { Conversations } from "@wicara/conversations/Conversations"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import { Jobs } from "@wicara/core/Jobs"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { RemovedAddons } from "@wicara/core/RemovedAddons"
import { Settings } from "@wicara/core/Settings"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { TenantData } from "@wicara/core/TenantData"
import { Effect, Schedule, Stream } from "effect"
import type { Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Addons from "../src/Addons.ts"
import { remember } from "./addon-notes/index.ts"
import * as Harness from "./harness.ts"

const source = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const satisfaction = source("examples/addon-satisfaction/src/index.ts")
const notes = source("apps/server/test/addon-notes/index.ts")
const base = "/v1/addons/satisfaction"

/** A conversation that was resolved, and waits for nothing else. */
const resolved = Effect.fnUntraced(function*(tenant: Harness.Tenant) {
  const conversations = yield* Conversations
  const account = yield* Harness.newWahaAccount(tenant)
  const { id } = yield* conversations.start({
    channelAccountId: ChannelAccountId.make(account.id),
    to: { kind: "phone", value: `62812${String(Harness.unique()).padStart(7, "0")}` }
  }).pipe(Harness.within(tenant.id))
  yield* conversations.resolve(id).pipe(Harness.within(tenant.id))
  return id
}, Effect.orDie)

const newTenant = Effect.fnUntraced(function*(name: string) {
  const tenant = yield* Harness.newTenant(name)
  const [owner, agent, viewer] = [
    yield* Harness.tokenOf(tenant, "owner"),
    yield* Harness.tokenOf(tenant, "agent"),
    yield* Harness.tokenOf(tenant, "viewer")
  ]
  return { tenant, owner, agent, viewer }
})

const enable = (token: string, enabled: boolean) =>
  Harness.request("/v1/modules/satisfaction", { method: "PUT", token, json: { enabled } })

const surveysOf = (token: string) => Harness.request(`${base}/surveys`, { token })

for (const database of Harness.databases) {
  layer(Harness.layer(database, { WICARA_ADDONS: satisfaction }), { excludeTestServices: true, timeout: "60 seconds" })(
    `an add-on on ${database}`,
    (it) => {
      it.effect("is listed, described, and used by the organizations that switch it on, each for itself", () =>
        Effect.gen(function*() {
          const [acme, other] = [yield* newTenant("Acme"), yield* newTenant("Other")]
          const listed = yield* Harness.request("/v1/modules", { token: acme.owner })
          assert.deepInclude(listed.body.data.find((one: { id: string }) => one.id === "satisfaction"), {
            version: "1.0.0",
            addon: true,
            optional: true,
            included: true,
            enabled: false
          })
          const described = yield* Harness.request("/openapi.json")
          assert.containsAllKeys(described.body.paths, [`${base}/surveys`, `${base}/summary`, "/v1/contacts"])
          const permissions = yield* Harness.request("/v1/permissions", { token: acme.owner })
          assert.include(permissions.text, "satisfaction:write")

          yield* Harness.expectStatus(yield* surveysOf(acme.owner), 403)
          yield* Harness.expectStatus(yield* enable(acme.owner, true), 200)
          yield* Harness.expectStatus(yield* enable(other.owner, true), 200)
          const [mine, theirs] = [yield* resolved(acme.tenant), yield* resolved(other.tenant)]
          const listing = yield* Harness.eventually(surveysOf(acme.owner), ({ body }) => body.data?.length === 1)
          assert.deepInclude(listing.body.data[0], { conversationId: mine, score: null })
          yield* Harness.eventually(surveysOf(other.owner), ({ body }) => body.data?.length === 1)

          const answer = (token: string, id: string, json: unknown) =>
            Harness.request(`${base}/surveys/${id}/answer`, { method: "PUT", token, json })
          yield* Harness.expectProblem(yield* answer(acme.viewer, mine, { score: 4 }), 403)
          yield* Harness.expectProblem(yield* answer(acme.owner, theirs, { score: 1 }), 404)
          yield* Harness.expectProblem(yield* answer(acme.owner, mine, { score: 9 }), 422)
          const setting = { method: "PUT", token: acme.owner, json: { value: 10 } }
          yield* Harness.expectStatus(yield* Harness.request("/v1/settings/satisfaction.scale", setting), 200)
          yield* Harness.expectStatus(yield* answer(acme.owner, mine, { score: 9, comment: "Quick" }), 200)
          const summaries = [acme, other].map(({ owner }) => Harness.request(`${base}/summary`, { token: owner }))
          assert.deepStrictEqual((yield* Effect.all(summaries)).map(({ body }) => body), [
            { surveys: 1, answered: 1, average: 9, scale: 10 },
            { surveys: 1, answered: 0, average: null, scale: 5 }
          ])
          const audit = yield* Harness.request("/v1/audit?action=satisfaction.answered", { token: acme.owner })
          assert.include(audit.text, "satisfaction.answered")
          assert.deepStrictEqual((yield* Harness.TestServer).errors, [])
        }))

      it.effect("is refused where it is switched off, and opens no surveys there", () =>
        Effect.gen(function*() {
          const [acme, other] = [yield* newTenant("Acme"), yield* newTenant("Other")]
          for (const { owner } of [acme, other]) yield* enable(owner, true)
          yield* Harness.expectStatus(yield* enable(acme.owner, false), 200)
          const refused = yield* surveysOf(acme.owner)
          yield* Harness.expectProblem(refused, 403)
          assert.strictEqual(refused.body.type, "https://wicara.dev/problems/module-disabled")
          yield* resolved(acme.tenant)
          yield* resolved(other.tenant)
          // The events are read in their order: what came after it was seen.
          yield* Harness.eventually(surveysOf(other.owner), ({ body }) => body.data?.length === 1)
          yield* enable(acme.owner, true)
          assert.deepStrictEqual((yield* surveysOf(acme.owner)).body, { data: [] })
        }))

      it.effect("works only as far as the plan includes it", () =>
        Effect.gen(function*() {
          const settings = yield* Settings
          const { owner, tenant } = yield* newTenant("Acme")
          yield* enable(owner, true)
          yield* settings.set("modules.available", ["bots"]).pipe(Harness.within(tenant.id))
          yield* Harness.expectProblem(yield* surveysOf(owner), 403)
          const refused = yield* enable(owner, true)
          yield* Harness.expectProblem(refused, 403)
          assert.strictEqual(refused.body.type, "https://wicara.dev/problems/not-in-plan")
          yield* settings.reset("modules.available").pipe(Harness.within(tenant.id))
          yield* Harness.expectStatus(yield* surveysOf(owner), 200)
        }).pipe(Effect.orDie))

      it.effect("is part of what an organization takes away", () =>
        Effect.gen(function*() {
          const data = yield* TenantData
          const { owner, tenant } = yield* newTenant("Acme")
          yield* enable(owner, true)
          yield* resolved(tenant)
          yield* Harness.eventually(surveysOf(owner), ({ body }) => body.data?.length === 1)
          const tables = yield* Stream.runCollect(Stream.map(data.export(tenant.id), ({ table }) => table))
          assert.include([...tables], "satisfaction_surveys")
        }))
    }
  )
}

/** The server at a place, with the add-ons given, for as long as the effect runs. */
const served = <A, E>(
  place: Harness.Place,
  addons: string,
  effect: Effect.Effect<A, E, Layer.Success<ReturnType<typeof Harness.layerAt>>>
) =>
  Effect.provide(
    effect,
    Harness.layerAt({ ...place, variables: { ...place.variables, WICARA_ADDONS: addons } }),
    { local: true }
  )

const remembered = (id: OrganizationId) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      sql<{ readonly text: string; readonly attempt: number }>`SELECT text, attempt FROM notes_items
      WHERE organization_id = ${Id.toBytes(id)} ORDER BY text`
  )

const rememberFor = (id: OrganizationId, text: string) =>
  Effect.flatMap(Jobs, (jobs) => jobs.enqueue(remember, { text })).pipe(Harness.within(id))

/** Until the workers have done it. */
const until = <A, E, R>(read: Effect.Effect<A, E, R>, holds: (value: A) => boolean) =>
  Effect.orDie(
    Effect.retry(Effect.filterOrFail(read, holds, () => "never"), {
      schedule: Schedule.spaced("50 millis"),
      times: 300
    })
  )

describe.each(Harness.databases)("what an add-on does in the background on %s", (database) => {
  it.live(
    "its jobs are done for the organization that asked, again when they fail, and its own worker works beside",
    () =>
      Effect.gen(function*() {
        const place = yield* Harness.makePlace(database)
        yield* served(
          place,
          notes,
          Effect.gen(function*() {
            const acme = yield* Harness.newTenant("Acme")
            const other = yield* Harness.newTenant("Other")
            yield* rememberFor(acme.id, "call ana")
            yield* rememberFor(other.id, "call budi")
            for (const [id, text] of [[acme.id, "CALL ANA"], [other.id, "CALL BUDI"]] as const) {
              const rows = yield* until(remembered(id), (rows) => rows.some((row) => row.text === text))
              assert.deepStrictEqual(rows.map((row) => [row.text, Number(row.attempt)]), [[text, 2]])
            }
          })
        )
      }),
    60_000
  )

  it.live(
    "after it was removed the server starts, lists it, still exports and erases its rows, and drops it when told",
    () =>
      Effect.gen(function*() {
        const place = yield* Harness.makePlace(database)
        const { acme, other } = yield* served(
          place,
          notes,
          Effect.gen(function*() {
            const [acme, other] = [yield* Harness.newTenant("Acme"), yield* Harness.newTenant("Other")]
            const settings = yield* Settings
            yield* settings.set("notes.colour", "blue").pipe(Harness.within(acme.id))
            for (const { id } of [acme, other]) {
              yield* rememberFor(id, "call ana")
              yield* until(remembered(id), (rows) => rows.some((row) => row.text === "CALL ANA"))
            }
            assert.deepStrictEqual(yield* (yield* RemovedAddons).list, [])
            return { acme, other }
          })
        )
        yield* served(
          place,
          "",
          Effect.gen(function*() {
            const sql = yield* SqlClient.SqlClient
            const addons = yield* RemovedAddons
            const data = yield* TenantData
            const admins = yield* PlatformAdmins
            yield* admins.grant(acme.users.owner.id).pipe(Harness.within(acme.id))
            const token = yield* Harness.tokenOf(acme, "owner")
            const listed = yield* Harness.request("/v1/platform/modules", { token })
            const tables = ["notes_books", "notes_items"]
            assert.deepStrictEqual(listed.body.removed, [
              { id: "notes", name: "Notes", version: "2.1.0", tables, keptAt: null }
            ])
            assert.notInclude(listed.body.data.map(({ id }: { id: string }) => id), "notes")
            yield* Harness.expectStatus(yield* Harness.request("/v1/settings", { token }), 200)
            yield* Harness.expectStatus(yield* Harness.request("/v1/modules", { token }), 200)

            const kept = yield* addons.keep("notes").pipe(Harness.within(acme.id))
            assert.isNotNull(kept.keptAt)
            assert.deepStrictEqual(
              (yield* addons.keep("notes").pipe(Harness.within(acme.id))).keptAt,
              kept.keptAt
            )
            assert.strictEqual((yield* remembered(acme.id)).length, 1)

            const exported = yield* Stream.runCollect(data.export(acme.id))
            const item = exported.find(({ table }) => table === "notes_items")
            assert.deepInclude(item?.row, { text: "CALL ANA" })
            assert.notProperty(item?.row, "attempt")
            yield* Effect.repeat(
              data.erase(acme.id, { limit: 1000, after: undefined, pseudonym: (id) => id }),
              { until: ({ next }) => next === null }
            )
            assert.deepStrictEqual(yield* remembered(acme.id), [])
            assert.strictEqual((yield* remembered(other.id)).length, 1)

            // Another's, though it begins in the same way.
            yield* sql`CREATE TABLE notes_extra_things (id INTEGER PRIMARY KEY)`
            yield* sql`INSERT INTO core_addons ${
              sql.insert({
                id: "notes-extra",
                name: "More",
                version: "1.0.0",
                declared: "{\"prefixes\":[\"notes_extra\"],\"tables\":[]}",
                kept_at: null,
                noted_at: 0
              })
            }`
            const dropped = yield* addons.drop("notes").pipe(Harness.within(other.id))
            assert.sameMembers([...dropped], ["notes_books", "notes_items", "notes_words", "notes_migrations"])
            assert.deepStrictEqual((yield* addons.list).map(({ id }) => id), ["notes-extra"])
            assert.deepStrictEqual(yield* sql`SELECT * FROM core_settings WHERE setting_key LIKE 'notes.%'`, [])
            assert.deepStrictEqual(yield* sql`SELECT id FROM notes_extra_things`, [])
            const again = yield* Effect.flip(addons.drop("notes").pipe(Harness.within(other.id)))
            assert.strictEqual(again._tag, "NotFound")
            assert.strictEqual(
              (yield* Effect.flip(addons.drop("bots").pipe(Harness.within(other.id))))._tag,
              "NotFound"
            )
            yield* data.verify
          })
        )
        // Installed again it begins anew.
        yield* served(
          place,
          notes,
          Effect.gen(function*() {
            yield* rememberFor(other.id, "begin")
            yield* until(remembered(other.id), (rows) => rows.some((row) => row.text === "BEGIN"))
          })
        )
      }),
    120_000
  )
})

describe("an add-on that can't be used keeps the server from starting", () => {
  const core = (module: string) => pathToFileURL(source(`packages/core/src/${module}.ts`)).href
  const written = (name: string, code: string) =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "wicara-addon-"))),
        (path) => Effect.promise(() => Fs.rm(path, { recursive: true, force: true }))
      )
      const file = Path.join(folder, `${name}.ts`)
      yield* Effect.promise(() => Fs.writeFile(file, code))
      return file
    })
  const addon = (more: string, module = "") =>
    `import * as Addon from "${core("Addon")}"
     import * as Module from "${core("Module")}"
     import * as Permissions from "${core("Permissions")}"
     import * as Migrations from "${core("Migrations")}"
     export const addon = Addon.make({ wicara: "^0.1.0", ${more}
       module: Module.make({
         id: "notes", name: "Notes", description: "Notes.", optional: { enabledByDefault: false }, ${module}
       }) })`

  it.effect.each(
    [
      ["is not there", undefined, "can't be found: install it where the server starts, or give its path"],
      ["breaks", "throw new Error(\"no database of notes\\nat x\")", "can't be loaded: no database of notes"],
      ["is something else", "export const addon = 1", "is no add-on: it exports no addon that is made with Addon.make"],
      [
        "is for another version",
        addon("wicara: \"^0.2.0\",").replace("wicara: \"^0.1.0\", ", ""),
        "can't be used: it works with Wicara ^0.2.0, and this is 0.1.0"
      ],
      [
        "has others' tables",
        addon("", "migrations: [Migrations.make(\"core\", [])]"),
        "can't be used: its table prefix is core and not notes"
      ],
      [
        "has others' permissions",
        addon("", "permissions: [Permissions.define(\"contacts\", { read: \"x\" })]"),
        "can't be used: its permission contacts:read does not begin with notes"
      ],
      [
        "needs what is not there",
        addon("", "requires: [\"telepathy\"]"),
        "can't be used: notes needs telepathy before it"
      ]
    ] as const
  )("one that %s", ([name, code, expected]) =>
    Effect.gen(function*() {
      const file = code === undefined ? "/nowhere/addon.ts" : yield* written(name.replaceAll(/[^a-z]/g, "-"), code)
      const error = yield* Effect.flip(Addons.load([file]))
      assert.deepStrictEqual([error.setting, error.message], ["WICARA_ADDONS", `WICARA_ADDONS: ${file} ${expected}`])
    }))
})
