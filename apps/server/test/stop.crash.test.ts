/** A server in a process of its own that is told to end while it is busy, and started again. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import { Effect, Fiber, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../src/Database.ts"
import { ServerConfig } from "../src/ServerConfig.ts"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

const appSecret = "an app secret of the test"
const phoneNumberId = "15550001111"

describe.each(Harness.databases)("a server on %s that is told to end", (database) => {
  it.live(
    "answers what it has begun, ends with 0 in time, and has lost nothing at the next start",
    () =>
      Effect.gen(function*() {
        const place = yield* Harness.makePlace(database)
        const command = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
          const { code, stderr, stdout } = yield* Program.run([...args, "--json"], place.variables)
          assert.strictEqual(code, 0, stderr)
          return decode(stdout)
        })
        yield* command("org", "create", "--name", "Acme", "--owner", "ana@acme.example")
        const { key } = yield* command("apikey", "create", "--org", "acme", "--name", "Key", "--role", "admin")
        const account = yield* command(
          "channel",
          "add",
          "whatsapp_cloud",
          "--org",
          "acme",
          "--name",
          "Cloud",
          "--setting",
          `phoneNumberId=${phoneNumberId}`,
          "--setting",
          "businessAccountId=915550001111",
          "--secret",
          `appSecret=${appSecret}`,
          "--secret",
          "accessToken=token",
          "--secret",
          "verifyToken=token"
        )
        const listening = Effect.gen(function*() {
          const program = yield* Program.start(["serve"], place.variables)
          const [, url = ""] = yield* program.prints(/listens on (http:\/\/\S+)/)
          return { program, url }
        })

        const first = yield* listening
        const delivered: Array<string> = []
        const items: Array<{ readonly id: string; readonly title: string }> = []
        let attempts = 0
        const deliver = Effect.gen(function*() {
          const id = `wamid.STOP${++attempts}`
          const from = `62812345${String(attempts % 40).padStart(5, "0")}`
          const webhook = Harness.cloudText({ phoneNumberId, from, id, text: `Message ${attempts}` })
          const answer = yield* Harness.requestTo(
            first.url,
            `/v1/inbound/${account.id}`,
            Harness.signedCloud(webhook, appSecret)
          )
          if (answer.status === 200) delivered.push(id)
          else yield* Harness.expectProblem(answer, 503)
        })
        const add = Effect.gen(function*() {
          const title = `Question ${++attempts}?`
          const json = { kind: "question", title, body: "An answer." }
          const answer = yield* Harness.requestTo(first.url, "/v1/knowledge/items", { token: key, json })
          if (answer.status === 201) items.push({ id: answer.body.id, title })
          else yield* Harness.expectProblem(answer, 503)
        })
        // Until the connection is refused.
        const traffic = yield* Effect.forkScoped(
          Effect.all(
            [...Array.from({ length: 8 }, () => deliver), add, add].map((one) => Effect.exit(Effect.forever(one))),
            {
              concurrency: "unbounded"
            }
          )
        )
        while (delivered.length < 100 || items.length < 10) yield* Effect.sleep("20 millis")
        const told = performance.now()
        yield* first.program.kill("SIGTERM")
        const ended = yield* first.program.ended
        const took = performance.now() - told
        yield* Fiber.join(traffic)
        assert.deepStrictEqual([ended.code, ended.signal, ended.stderr], [0, null, ""])
        assert.isBelow(took, 5000)
        const refused = yield* Effect.exit(Harness.requestTo(first.url, "/health/live"))
        assert.strictEqual(refused._tag, "Failure")

        const tables = Database.layer.pipe(
          Layer.provide(ServerConfig.layer(place.variables)),
          Layer.provide(NodeServices.layer)
        )
        const count = (statement: string) =>
          SqlClient.SqlClient.pipe(
            Effect.flatMap((sql) => sql.unsafe<{ readonly n: unknown }>(statement).unprepared),
            Effect.map(([row]) => Number(row?.n)),
            Effect.provide(tables)
          )
        for (const table of ["channels_inbound_events", "conversations_outbox", "bots_turns"]) {
          assert.strictEqual(yield* count(`SELECT COUNT(*) AS n FROM ${table} WHERE lease_id IS NOT NULL`), 0, table)
        }

        const second = yield* listening
        const received = Effect.map(
          Effect.flatMap(SqlClient.SqlClient, (sql) =>
            sql<{ readonly id: string }>`SELECT provider_message_id AS id FROM conversations_messages
            WHERE channel_account_id = ${Id.toBytes(account.id)} AND direction = ${"inbound"}`),
          (rows) =>
            rows.map(({ id }) =>
              id
            )
        ).pipe(Effect.provide(tables))
        let ids: ReadonlyArray<string> = []
        for (let round = 0; round < 100; round++) {
          ids = yield* received
          if (
            delivered.every((id) => ids.includes(id))
          ) break
          yield* Effect.sleep("200 millis")
        }
        assert.deepStrictEqual(delivered.filter((id) => !ids.includes(id)), [])
        assert.strictEqual(new Set(ids).size, ids.length)
        for (const { id, title } of items) {
          const answer = yield* Harness.requestTo(second.url, `/v1/knowledge/items/${id}`, { token: key })
          yield* Harness.expectStatus(answer, 200)
          assert.strictEqual(answer.body.title, title)
        }
        yield* second.program.kill("SIGTERM")
        assert.strictEqual((yield* second.program.ended).code, 0)
      }),
    240_000
  )
})
