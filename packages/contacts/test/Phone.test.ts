import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as Phone from "@wicara/contacts/Phone"

describe("Phone", () => {
  it("reads what people and channels write", () => {
    assert.deepStrictEqual(Phone.digits("+62 811-1234-567"), Option.some("628111234567"))
    assert.deepStrictEqual(Phone.digits("12"), Option.none())
    assert.deepStrictEqual(Phone.parse("0811 1234 567", "ID"), Option.some("628111234567"))
    assert.deepStrictEqual(Phone.parse("+1 415 555 2671"), Option.some("14155552671"))
    assert.deepStrictEqual(Phone.parse("hello"), Option.none())
  })

  it("writes numbers as people read them, unknown ones as they are", () => {
    assert.strictEqual(Phone.display("14155552671"), "+1 415 555 2671")
    assert.strictEqual(Phone.display("99999"), "+99999")
  })

  it("names both forms of a number whichever is given, and one of all others", () => {
    const pairs = [
      ["5511987654321", "551187654321"],
      ["5215512345678", "525512345678"],
      ["5491123456789", "541123456789"]
    ] as const
    for (const [one, other] of pairs) {
      assert.deepStrictEqual(Phone.variants(one), [one, other])
      assert.deepStrictEqual(Phone.variants(other), [other, one])
    }
    // A fixed line in Brazil has no ninth digit to drop or add.
    assert.deepStrictEqual(Phone.variants("551132345678"), ["551132345678"])
    assert.deepStrictEqual(Phone.variants("628111234567"), ["628111234567"])
  })
})
