import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../src/Database.ts"
import { ServerConfig } from "../src/ServerConfig.ts"
import * as Harness from "./harness.ts"

it.live("the server never has more connections to MySQL than it is set to, and what waits for one gets it", () =>
  Effect.gen(function*() {
    const place = yield* Harness.makePlace("mysql")
    const variables = { ...place.variables, WICARA_DATABASE_CONNECTIONS: "3" }
    const seen = yield* Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      return yield* Effect.forEach(
        Array.from({ length: 24 }),
        () => sql<{ readonly id: unknown }>`SELECT CONNECTION_ID() AS id, SLEEP(0.02) AS slept`,
        { concurrency: "unbounded" }
      )
    }).pipe(Effect.provide(
      Database.layer.pipe(Layer.provide([ServerConfig.layer(variables), NodeServices.layer]))
    ))
    assert.lengthOf(seen, 24)
    assert.strictEqual(new Set(seen.map(([row]) => String(row?.id))).size, 3)
  }).pipe(Effect.scoped))

it.live("a connection limit that makes no sense is refused at the start", () =>
  Effect.gen(function*() {
    for (const value of ["0", "1", "1000", "many"]) {
      const failure = yield* Effect.flip(
        Layer.build(ServerConfig.layer({ WICARA_DATABASE_CONNECTIONS: value })).pipe(Effect.scoped)
      )
      assert.include(String(failure.message), "WICARA_DATABASE_CONNECTIONS")
    }
  }))
