import { assert, describe, it } from "@effect/vitest"
import * as Money from "@wicara/core/Money"
import { BigDecimal, Schema } from "effect"

const Amount = Schema.Int.check(Schema.isBetween({ minimum: -1_000_000_000_000, maximum: 1_000_000_000_000 }))
const Weights = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))).check(
  Schema.isBetweenLength(1, 12)
)

describe("Money", () => {
  it.prop("allocates without losing or inventing a unit", [Amount, Weights], ([minor, weights]) => {
    if (weights.every((weight) => weight === 0)) return
    const parts = Money.allocate({ minor, currency: "IDR" }, weights)
    assert.strictEqual(parts.reduce((sum, part) => sum + part.minor, 0), minor)
    assert.strictEqual(parts.length, weights.length)
  })

  it.prop(
    "gives each part its share, to less than a unit, also of amounts near the largest",
    [Weights],
    ([weights]) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      if (total === 0) return
      const minor = Number.MAX_SAFE_INTEGER
      const parts = Money.allocate({ minor, currency: "IDR" }, weights)
      assert.strictEqual(parts.reduce((sum, part) => sum + BigInt(part.minor), 0n), BigInt(minor))
      for (const [index, part] of parts.entries()) {
        const error = BigInt(part.minor) * BigInt(total) - BigInt(minor) * BigInt(weights[index]!)
        assert.isTrue(error > -BigInt(total) && error < BigInt(total))
      }
    }
  )

  it("allocates by fractional weights exactly", () => {
    const minors = (weights: ReadonlyArray<number>) =>
      Money.allocate({ minor: 10, currency: "USD" }, weights).map((part) => part.minor)
    assert.deepStrictEqual(minors([0.1, 0.2, 0.7]), [1, 2, 7])
    assert.deepStrictEqual(minors([1e-7, 1e-7]), [5, 5])
    assert.throws(() => minors([0, 0]))
    assert.throws(() => minors([1, -0.5]))
  })

  it.prop("takes back what it added", [Amount, Amount], ([one, other]) => {
    const a = Money.Money.make({ minor: one, currency: "USD" })
    const b = Money.Money.make({ minor: other, currency: "USD" })
    assert.deepStrictEqual(Money.subtract(Money.add(a, b), b), a)
  })

  it("rounds a rate half away from zero", () => {
    const rate = BigDecimal.fromStringUnsafe("0.11")
    assert.strictEqual(Money.multiply({ minor: 150, currency: "USD" }, rate).minor, 17)
    assert.strictEqual(Money.multiply({ minor: -150, currency: "USD" }, rate).minor, -17)
    assert.strictEqual(
      Money.multiply({ minor: 1_000_000, currency: "IDR" }, BigDecimal.fromStringUnsafe("1")).minor,
      1_000_000
    )
  })

  it("refuses to add different currencies", () => {
    assert.throws(() => Money.add({ minor: 1, currency: "USD" }, { minor: 1, currency: "IDR" }))
  })

  it("gives the units that rounding leaves to the largest remainders", () => {
    assert.deepStrictEqual(
      Money.allocate({ minor: 100, currency: "USD" }, [1, 1, 1]).map((part) => part.minor),
      [34, 33, 33]
    )
  })
})
