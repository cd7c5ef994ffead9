import { assert, describe, it } from "@effect/vitest"
import * as Configuration from "@wicara/core/Configuration"
import { Effect, Option, Schema } from "effect"

const settings = {
  port: Configuration.define({
    name: "WICARA_PORT",
    schema: Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 65_535 })),
    default: 3000,
    description: "The TCP port."
  }),
  key: Configuration.defineOptional({
    name: "WICARA_KEY",
    schema: Schema.String.check(Schema.isMinLength(8)),
    description: "A key.",
    secret: true
  })
}

describe("Configuration", () => {
  it.effect("absent and empty variables take their defaults", () =>
    Effect.gen(function*() {
      const values = yield* Configuration.load(settings, { WICARA_PORT: "", OTHER: "x" })
      assert.deepStrictEqual(values, { port: 3000, key: Option.none() })
      const given = yield* Configuration.load(settings, { WICARA_PORT: "80", WICARA_KEY: "12345678" })
      assert.deepStrictEqual(given, { port: 80, key: Option.some("12345678") })
    }))

  it.effect("a wrong value fails with one line that names its variable, and never shows a secret", () =>
    Effect.gen(function*() {
      const port = yield* Effect.flip(Configuration.load(settings, { WICARA_PORT: "eighty" }))
      assert.match(port.message, /^WICARA_PORT is "eighty": /)
      assert.notInclude(port.message, "\n")
      const key = yield* Effect.flip(Configuration.load(settings, { WICARA_KEY: "hunter2" }))
      assert.match(key.message, /^WICARA_KEY: /)
      assert.notInclude(key.message, "hunter2")
    }))

  it.effect("a variable that no setting knows is a typing error, and named", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Configuration.load(settings, { WICARA_PROT: "80" }))
      assert.strictEqual(error.setting, "WICARA_PROT")
      assert.include(error.message, "WICARA_PORT")
    }))

  it("the reference lists every setting with its default", () => {
    const [, , port, key] = Configuration.reference(settings).split("\n")
    assert.strictEqual(port, "| `WICARA_PORT` | `3000` | The TCP port. |")
    assert.strictEqual(key, "| `WICARA_KEY` |  | A key. |")
  })
})
