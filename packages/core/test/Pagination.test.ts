import { assert, describe, it } from "@effect/vitest"
import * as Pagination from "@wicara/core/Pagination"
import { Effect, Schema } from "effect"

const Position = Schema.Struct({ at: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)), id: Schema.String })

describe("Pagination", () => {
  it.effect.prop(
    "a cursor decodes to the position it was made from",
    { value: Position },
    ({ value }) =>
      Effect.gen(function*() {
        const cursor = Pagination.encodeCursor(Position, value)
        assert.match(cursor, /^[A-Za-z0-9_-]+$/)
        assert.deepStrictEqual(yield* Pagination.decodeCursor(Position, cursor), value)
      })
  )

  it.effect.prop(
    "text that is no cursor of this list fails on the field cursor",
    { text: Schema.String },
    ({ text }) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Pagination.decodeCursor(Position, text))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.strictEqual(error.field, "cursor")
      })
  )

  it.effect("a cursor of another list is refused", () =>
    Effect.gen(function*() {
      const other = Pagination.encodeCursor(Schema.Struct({ name: Schema.String }), { name: "x" })
      assert.strictEqual((yield* Effect.flip(Pagination.decodeCursor(Position, other))).field, "cursor")
    }))

  it("the extra row makes a next cursor and is not shown", () => {
    const rows = [1, 2, 3].map((at) => ({ at, id: `i${at}`, name: "x" }))
    const first = Pagination.page(rows, 2, Position, ({ at, id }) => ({ at, id }))
    assert.deepStrictEqual(first.data.map((row) => row.at), [1, 2])
    assert.strictEqual(first.nextCursor, Pagination.encodeCursor(Position, { at: 2, id: "i2" }))
    assert.isNull(Pagination.page(rows, 3, Position, ({ at, id }) => ({ at, id })).nextCursor)
    assert.isNull(Pagination.page([], 3, Position, () => ({ at: 0, id: "" })).nextCursor)
  })

  it("a limit stays within its bounds", () => {
    assert.strictEqual(Pagination.limit({}), 50)
    assert.strictEqual(Pagination.limit({ limit: 0 }), 1)
    assert.strictEqual(Pagination.limit({ limit: 1000 }), 200)
  })

  it.effect("query fields decode from URL text and refuse what is out of bounds", () =>
    Effect.gen(function*() {
      const decode = Schema.decodeUnknownEffect(Schema.toCodecStringTree(Schema.Struct(Pagination.query)))
      assert.deepStrictEqual(yield* decode({ limit: "20" }), { limit: 20 })
      assert.deepStrictEqual(yield* decode({}), {})
      yield* Effect.flip(decode({ limit: "201" }))
      yield* Effect.flip(decode({ limit: "x" }))
    }))
})
