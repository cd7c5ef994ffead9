/** A server that is killed at any moment while clients repeat what they did not get an answer to. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Random, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../src/Database.ts"
import { ServerConfig } from "../src/ServerConfig.ts"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

const kills = 6

/** A server that can be started again and again, and a key to its API. */
const makeServer = Effect.fnUntraced(function*(database: Harness.DatabaseName) {
  const place = yield* Harness.makePlace(database)
  const command = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
    const { code, stderr, stdout } = yield* Program.run([...args, "--json"], place.variables)
    assert.strictEqual(code, 0, stderr)
    return decode(stdout)
  })
  yield* command("org", "create", "--name", "Acme", "--owner", "ana@acme.example")
  const { key } = yield* command("apikey", "create", "--org", "acme", "--name", "Key", "--role", "admin")
  let url = ""
  const listening = Effect.gen(function*() {
    // So many repeat themselves at once that they would be kept out.
    const variables = { ...place.variables, WICARA_RATE_LIMIT_API_KEY: "off" }
    const program = yield* Program.start(["serve"], variables)
    url = (yield* program.prints(/listens on (http:\/\/\S+)/))[1] ?? ""
    return program
  })
  const post = (title: string) =>
    Effect.suspend(() =>
      Harness.requestTo(url, "/v1/knowledge/items", {
        token: key,
        json: { kind: "question", title, body: "An answer." },
        headers: { "idempotency-key": title.replaceAll(" ", "-") }
      })
    )
  const tables = Database.layer.pipe(
    Layer.provide(ServerConfig.layer(place.variables)),
    Layer.provide(NodeServices.layer)
  )
  return { listening, post, tables }
})

describe.each(Harness.databases)("a server on %s that is killed while it answers", (database) => {
  it.live(
    "lets each idempotency key take effect once, and gives every repetition the same answer",
    () =>
      Effect.gen(function*() {
        const { listening, post, tables } = yield* makeServer(database)

        const answers = new Map<string, Set<string>>()
        let repetitions = 0
        /** Until there is an answer: a killed server has none, and whoever took its key over says to come back. */
        const untilAnswered = (title: string) =>
          Effect.exit(post(title)).pipe(
            Effect.tap((exit) =>
              Effect.sync(() => {
                if (exit._tag === "Success" && exit.value.status === 201) {
                  answers.set(title, (answers.get(title) ?? new Set()).add(exit.value.body.id))
                } else {
                  repetitions += 1
                  if (exit._tag === "Success") assert.include([409, 503], exit.value.status, exit.value.text)
                }
              })
            ),
            Effect.repeat({
              until: (exit) => exit._tag === "Success" && exit.value.status === 201,
              schedule: Schedule.jittered(Schedule.spaced("500 millis"))
            })
          )

        let program = yield* listening
        const titles: Array<string> = []
        const asks = { more: true }
        const asking = yield* Effect.forkScoped(Effect.gen(function*() {
          const clients: Array<Fiber.Fiber<unknown>> = []
          while (asks.more) {
            const title = `Question ${titles.length}`
            titles.push(title)
            clients.push(yield* Effect.forkScoped(untilAnswered(title)))
            yield* Effect.sleep("40 millis")
          }
          yield* Fiber.joinAll(clients)
        }))
        for (let kill = 0; kill < kills; kill++) {
          yield* Effect.sleep(yield* Random.nextIntBetween(100, 1500))
          yield* program.kill("SIGKILL")
          assert.strictEqual((yield* program.ended).signal, "SIGKILL")
          program = yield* listening
        }
        asks.more = false
        yield* Fiber.join(asking)
        assert.isAbove(repetitions, kills)

        // A repetition long afterwards gets the answer of the first.
        yield* Effect.forEach(titles, untilAnswered, { concurrency: 8 })
        const stored = yield* SqlClient.SqlClient.pipe(
          Effect.flatMap((sql) => sql<{ readonly title: string }>`SELECT title FROM knowledge_items ORDER BY title`),
          Effect.provide(tables)
        )
        assert.deepStrictEqual(stored.map(({ title }) => title), titles.toSorted())
        for (const title of titles) assert.strictEqual(answers.get(title)?.size, 1, title)
        yield* program.kill("SIGTERM")
        assert.strictEqual((yield* program.ended).code, 0)
      }),
    300_000
  )

  it.live(
    "has the keys that it had claimed free again long before their leases end",
    () =>
      Effect.gen(function*() {
        const { listening, post, tables } = yield* makeServer(database)
        const claims = Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql<{ readonly lease_until: unknown }>`SELECT lease_until FROM core_idempotency WHERE status IS NULL`
        )
        const inFlight = Effect.gen(function*() {
          for (let round = 0; round < 20; round++) {
            const program = yield* listening
            const titles = Array.from({ length: 60 }, (_, index) => `Question ${round} ${index}`)
            const asking = yield* Effect.forkScoped(
              Effect.forEach(titles, (title) => Effect.exit(post(title)), { concurrency: "unbounded" })
            )
            yield* claims.pipe(
              Effect.repeat({ until: (rows) => rows.length > 0 || asking.pollUnsafe() !== undefined })
            )
            yield* program.kill("SIGKILL")
            yield* program.ended
            yield* Fiber.join(asking)
            const left = yield* claims
            if (left.length > 0) return { titles, leases: left.map((row) => Number(row.lease_until)) }
          }
          return yield* Effect.die(new Error("The server was never killed while it answered"))
        })
        yield* Effect.gen(function*() {
          const { leases, titles } = yield* inFlight
          const program = yield* listening
          yield* Effect.forEach(
            titles,
            (title) =>
              post(title).pipe(
                Effect.repeat({ until: ({ status }) => status === 201, schedule: Schedule.spaced("100 millis") })
              ),
            { concurrency: 8 }
          )
          assert.isBelow(yield* Clock.currentTimeMillis, Math.min(...leases))
          assert.lengthOf(yield* claims, 0)
          yield* program.kill("SIGTERM")
          assert.strictEqual((yield* program.ended).code, 0)
        }).pipe(Effect.provide(tables))
      }),
    300_000
  )
})
