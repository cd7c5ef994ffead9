/** An add-on for tests: a job worker, a plain worker, a table of organizations and one of its own. */
import * as Addon from "@wicara/core/Addon"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import * as Migrations from "@wicara/core/Migrations"
import * as Module from "@wicara/core/Module"
import * as Settings from "@wicara/core/Settings"
import { insertIfAbsent } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import * as TenantData from "@wicara/core/TenantData"
import { Effect, Layer, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"

export const remember = Jobs.define({
  name: "notes.remember",
  payload: Schema.Struct({ text: Schema.String }),
  retrySchedule: Schedule.spaced("10 millis")
})

const colour = Settings.define({
  key: "notes.colour",
  schema: Schema.String,
  default: "yellow",
  description: "What notes look like."
})

const migrations = Migrations.make("notes", [
  {
    name: "notes_books",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notes_books (
        organization_id ${types.id} NOT NULL,
        id ${types.text(63)} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  {
    name: "notes_items",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notes_items (
        organization_id ${types.id} NOT NULL,
        id ${types.text(63)} NOT NULL,
        book_id ${types.text(63)} NOT NULL,
        text ${types.longText} NOT NULL,
        attempt INTEGER NOT NULL,
        shouted SMALLINT NOT NULL,
        PRIMARY KEY (organization_id, id),
        FOREIGN KEY (organization_id, book_id) REFERENCES notes_books (organization_id, id)
      ) ${types.tableOptions}`
  },
  {
    name: "notes_words",
    run: (sql, types) => sql`CREATE TABLE IF NOT EXISTS notes_words (word ${types.text(63)} NOT NULL PRIMARY KEY)`
  }
])

/** The first attempt of each fails. */
const rememberText = Effect.fnUntraced(function*({ attempt, id, payload }: Jobs.JobRun<{ readonly text: string }>) {
  if (attempt === 1) return yield* Effect.fail("not yet")
  const sql = yield* SqlClient.SqlClient
  const organization = yield* CurrentOrganization
  const organization_id = Id.toBytes(organization.id)
  yield* insertIfAbsent(sql, "notes_books", "id", [{ organization_id, id: "first" }])
  yield* insertIfAbsent(sql, "notes_items", "id", [
    { organization_id, id, book_id: "first", text: payload.text, attempt, shouted: 0 }
  ])
})

/** A plain worker: what it finds it changes, for all organizations. */
const shouting = Layer.effectDiscard(Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE notes_items SET text = UPPER(text), shouted = 1 WHERE shouted = 0`.pipe(
    Effect.ignore,
    Effect.repeat(Schedule.spaced("20 millis")),
    Effect.forkScoped
  )
}))

export const addon = Addon.make({
  wicara: "^0.1.0",
  module: Module.make({
    id: "notes",
    name: "Notes",
    description: "Remembers what it is told.",
    version: "2.1.0",
    optional: { enabledByDefault: true },
    migrations: [migrations],
    jobs: [remember],
    settings: [colour],
    data: [TenantData.table("notes_books"), TenantData.table("notes_items", { except: ["attempt"] })]
  }),
  workers: Layer.merge(Jobs.worker(remember, { handle: rememberText }), shouting)
})
