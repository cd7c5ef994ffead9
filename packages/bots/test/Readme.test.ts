import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import { layerSqlite } from "@wicara/testing/TestDatabase"
import { as, layer } from "./support.ts"
// The example of the README.
import { Bots } from "@wicara/bots/Bots"

const program = Effect.gen(function*() {
  const bots = yield* Bots
  yield* bots.create({ persona: { name: "Lina", languages: ["en", "id"] }, settings: { clarifyFirst: true } })
  const turn = yield* bots.ask({ question: "Is the router included?" })
  return { answer: turn.reply, sources: turn.sources.filter((source) => source.cited), why: turn.explanation }
})

describe("the README's example", () => {
  it.live("answers with its source", () =>
    Effect.gen(function*() {
      const { answer, sources, why } = yield* program.pipe(as(yield* Id.next(OrganizationId)))
      assert.include(answer, "Wi-Fi 6 router")
      assert.deepStrictEqual(sources.map((source) => source.itemId), ["router-en"])
      assert.include(why, "router")
    }).pipe(Effect.provide(layer(layerSqlite))))
})
