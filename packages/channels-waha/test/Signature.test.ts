import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result } from "effect"
import { createHmac } from "node:crypto"
import * as Signature from "@wicara/channels-waha/Signature"
import * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"

const key = Redacted.make("hmac of the shop")
const body = fixtures.bytes(fixtures.envelope("message", fixtures.message()))

const verify = (headers: Record<string, string | undefined>, bytes: Uint8Array = body) =>
  Effect.runSync(Effect.result(Waha.adapter.verify({ headers, query: {}, body: bytes }, fixtures.account())))

const reasonOf = (headers: Record<string, string | undefined>, bytes?: Uint8Array) => {
  const result = verify(headers, bytes)
  return Result.isFailure(result) ? result.failure.reason : undefined
}

describe("Signature", () => {
  it("accepts what was signed with the account's key", () => {
    const signature = Signature.sign(body, key)
    assert.match(signature, /^[0-9a-f]{128}$/)
    assert.isTrue(Result.isSuccess(verify({ "x-webhook-hmac": signature })))
    assert.isTrue(Result.isSuccess(verify({ "x-webhook-hmac": signature, "x-webhook-hmac-algorithm": "sha512" })))
  })

  it("refuses a missing signature, another algorithm, another key and another body", () => {
    const signature = Signature.sign(body, key)
    assert.strictEqual(reasonOf({}), "X-Webhook-Hmac is missing")
    assert.match(reasonOf({ "x-webhook-hmac": signature, "x-webhook-hmac-algorithm": "sha256" }) ?? "", /not sha512/)
    assert.match(reasonOf({ "x-webhook-hmac": Signature.sign(body, Redacted.make("other")) }) ?? "", /does not match/)
    assert.match(reasonOf({ "x-webhook-hmac": signature }, fixtures.bytes("{}")) ?? "", /does not match/)
    assert.match(reasonOf({ "x-webhook-hmac": signature.toUpperCase() }) ?? "", /not a lower-case/)
    assert.match(
      reasonOf({ "x-webhook-hmac": createHmac("sha256", "hmac of the shop").update(body).digest("hex") }) ?? "",
      /SHA-512/
    )
  })

  it("refuses ten thousand signatures that differ in one place", () => {
    const signature = Signature.sign(body, key)
    const alphabet = "0123456789abcdefABCDEF zg-"
    let refused = 0
    for (let index = 0; index < 10_000; index++) {
      const at = index % signature.length
      const kind = Math.floor(index / signature.length) % 3
      const replacement = alphabet[(index * 7 + Math.floor(index / 128)) % alphabet.length] ?? "x"
      const mutated = kind === 0
        ? signature.slice(0, at) + (replacement === signature[at] ? "!" : replacement) + signature.slice(at + 1)
        : kind === 1
        ? signature.slice(0, at) + signature.slice(at + 1)
        : signature.slice(0, at) + replacement + signature.slice(at)
      if (Result.isFailure(verify({ "x-webhook-hmac": mutated }))) refused++
    }
    assert.strictEqual(refused, 10_000)
  })

  it("refuses every body that differs in one bit", () => {
    const signature = Signature.sign(body, key)
    for (let bit = 0; bit < body.length * 8; bit++) {
      const changed = Uint8Array.from(body)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.isTrue(Result.isFailure(verify({ "x-webhook-hmac": signature }, changed)))
    }
  })
})
