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
