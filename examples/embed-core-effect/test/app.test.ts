import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { dismiss, hire, history, open, services } from "../src/app.ts"

layer(services(":memory:"))("core inside a plain Effect program", (it) => {
  it.effect("each workshop has its own members and its own history", () =>
    Effect.gen(function*() {
      const bikes = yield* open("Bike workshop", "ann@bikes.example")
      const clocks = yield* open("Clock workshop", "bob@clocks.example")
      const apprentice = yield* hire(bikes.id, "cy@bikes.example")
      const refused = yield* Effect.flip(dismiss(clocks.id, apprentice))
      assert.strictEqual(refused._tag, "NotFound")
      yield* dismiss(bikes.id, apprentice)
      const done = yield* history(bikes.id)
      assert.includeMembers([...done], ["member.added", "member.removed"])
      assert.notInclude(yield* history(clocks.id), "member.removed")
    }))

  it.effect("a workshop keeps its last owner", () =>
    Effect.gen(function*() {
      const { id, ownerId } = yield* open("Shoe workshop", "dee@shoes.example")
      yield* Effect.flip(dismiss(id, ownerId))
      assert.notInclude(yield* history(id), "member.removed")
    }))
})
