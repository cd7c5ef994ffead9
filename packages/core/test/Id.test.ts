import { assert, describe, it } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import { Effect, Schema } from "effect"
import { randomUUID } from "node:crypto"

describe("an id", () => {
  it("is the same after it was stored", () => {
    for (const id of Array.from({ length: 10_000 }, () => randomUUID())) {
      const bytes = Id.toBytes(id)
      assert.strictEqual(Buffer.from(bytes).toString("hex"), id.replaceAll("-", ""))
      assert.strictEqual(Id.fromBytes(bytes), id)
    }
  })

  it("is read however it is spelled, and no other text is taken for one", () => {
    const id = "0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10"
    assert.deepStrictEqual(Id.toBytes(id.toUpperCase()), Id.toBytes(id))
    for (const text of ["", "x", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", `İ${id.slice(1)}`, id.slice(1)]) {
      assert.notDeepEqual(Id.toBytes(text), Id.toBytes(id), text)
    }
  })

  it.effect("sorts in the order in which it was made", () =>
    Effect.gen(function*() {
      const ids = yield* Effect.all(Array.from({ length: 1_000 }, () => Id.next(Schema.String)))
      assert.deepStrictEqual(ids.toSorted(), ids)
      assert.strictEqual(new Set(ids).size, ids.length)
    }))
})
