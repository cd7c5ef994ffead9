import { assert, describe, it } from "@effect/vitest"
import * as Totp from "@wicara/core/Totp"
import { Redacted } from "effect"

describe("Totp", () => {
  // RFC 6238, appendix B: the last six of its eight digits.
  const key = Redacted.make(Totp.toBase32(new TextEncoder().encode("12345678901234567890")))
  it.each([
    [59, "287082"],
    [1111111109, "081804"],
    [1111111111, "050471"],
    [1234567890, "005924"],
    [2000000000, "279037"],
    [20000000000, "353130"]
  ])("shows the code of RFC 6238 at second %i", (second, code) => {
    assert.strictEqual(Totp.code(key, Totp.stepAt(second * 1000)), code)
  })

  it("compares six digits and nothing else", () => {
    const step = Totp.stepAt(59_000)
    assert.isTrue(Totp.matches(key, step, "287082"))
    for (const text of ["287083", "28708", "2870820", " 287082", "", "２８７０８２"]) {
      assert.isFalse(Totp.matches(key, step, text), text)
    }
  })

  it("makes keys of 160 bits that no two accounts share, and addresses that apps read", () => {
    const keys = Array.from({ length: 100 }, () => Redacted.value(Totp.makeKey()))
    assert.strictEqual(new Set(keys).size, 100)
    for (const key of keys) assert.match(key, /^[A-Z2-7]{32}$/)
    const uri = new URL(Totp.uri({ key, issuer: "Wicara", account: "rani+a@example.com" }))
    assert.strictEqual(uri.protocol, "otpauth:")
    assert.strictEqual(uri.pathname, "/Wicara:rani%2Ba%40example.com")
    assert.strictEqual(uri.searchParams.get("secret"), Redacted.value(key))
  })
})
