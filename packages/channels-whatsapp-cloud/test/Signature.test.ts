import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { existsSync, readFileSync } from "node:fs"
import * as Signature from "@wicara/channels-whatsapp-cloud/Signature"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { account, bytes, jsonBytes } from "./fixtures/account.ts"

const secret = account.secrets.appSecret
const body = bytes("{\"object\":\"whatsapp_business_account\",\"entry\":[{\"text\":\"caf\\u00e9 \\ud83d\\ude00\"}]}")

const verify = (body: Uint8Array, signature: string | undefined) =>
  adapter.verify({ headers: { "x-hub-signature-256": signature }, query: {}, body }, account)

const random = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

const vectors = new URL("../../../../shared/contracts/signature-vectors.json", import.meta.url)
const present = existsSync(vectors)
if (!present) console.warn(`skipped: no signature vectors at ${vectors.pathname}`)

const Vectors = Schema.fromJsonString(Schema.Struct({
  vectors: Schema.Array(Schema.Struct({
    id: Schema.String,
    key: Schema.optional(Schema.String),
    body: Schema.optional(Schema.String),
    expected: Schema.optional(Schema.String)
  }))
}))

describe("verify", () => {
  it.effect("accepts the HMAC-SHA256 of the raw bytes", () => verify(body, Signature.sign(body, secret)))

  it("signs a known body as openssl does", () => {
    assert.strictEqual(
      Signature.sign(bytes("{}"), Redacted.make("key")),
      "sha256=a777724d943eb48dc69bca8a4a6d57a04db3f9ec7e1de4e581e860265bdf3032"
    )
  })

  it.effect("refuses a body that was parsed and written again", () =>
    Effect.gen(function*() {
      const rewritten = jsonBytes(JSON.parse(new TextDecoder().decode(body)))
      assert.notDeepEqual(rewritten, body)
      const error = yield* Effect.flip(verify(rewritten, Signature.sign(body, secret)))
      assert.strictEqual(error._tag, "InvalidSignature")
    }))

  it.effect.each([undefined, "", "sha256=", "sha256", "sha1=abc", "sha256=zz"])(
    "refuses the header %j",
    (header) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* Effect.flip(verify(body, header)))._tag, "InvalidSignature")
      })
  )

  it.effect("refuses another secret's signature", () =>
    Effect.gen(function*() {
      yield* Effect.flip(verify(body, Signature.sign(body, Redacted.make("another"))))
    }))

  it.effect("refuses 10,000 mutations of body and signature", () =>
    Effect.gen(function*() {
      const next = random(42)
      const signature = Signature.sign(body, secret)
      let refused = 0
      for (let round = 0; round < 10_000; round++) {
        const mutated = Uint8Array.from(body)
        const letters = Array.from(signature)
        if (round % 2 === 0) {
          const at = Math.floor(next() * mutated.length)
          mutated[at] = (mutated[at] ?? 0) ^ (1 << Math.floor(next() * 8))
        } else {
          const at = Math.floor(next() * letters.length)
          const before = letters[at]
          letters[at] = "0123456789abcdefXY=".charAt(Math.floor(next() * 19))
          if (letters[at] === before) letters.splice(at, 1)
        }
        const outcome = yield* Effect.exit(verify(mutated, letters.join("")))
        if (outcome._tag === "Failure") refused++
      }
      assert.strictEqual(refused, 10_000)
    }))

  describe.skipIf(!present)("the published vectors", () => {
    const own = present
      ? Schema.decodeUnknownSync(Vectors)(readFileSync(vectors, "utf8")).vectors.filter(({ id }) =>
        id.startsWith("meta-")
      )
      : []
    it("are there", () => assert.strictEqual(own.length, 2))
    it.each(own)("$id", ({ body = "", expected, key = "" }) => {
      assert.strictEqual(Signature.sign(bytes(body), Redacted.make(key)), expected)
    })
  })
})

describe("handshake", () => {
  const handshake = (query: Record<string, string | undefined>) =>
    adapter.handshake?.({ headers: {}, query, body: new Uint8Array() }, account) ?? Effect.die("no handshake")

  it.effect("answers with the challenge when the token is right", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* handshake({
          "hub.mode": "subscribe",
          "hub.verify_token": "invented-verify-token",
          "hub.challenge": "1158201444"
        }),
        "1158201444"
      )
    }))

  it.effect.each([
    {},
    { "hub.mode": "subscribe", "hub.challenge": "1" },
    { "hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": "wrong" },
    { "hub.mode": "unsubscribe", "hub.challenge": "1", "hub.verify_token": "invented-verify-token" },
    { "hub.mode": "subscribe", "hub.challenge": "", "hub.verify_token": "invented-verify-token" },
    { "hub.mode": "subscribe", "hub.verify_token": "invented-verify-token" }
  ])("refuses %j", (query) => Effect.flip(handshake(query)))
})

describe("identify", () => {
  const identify = (body: Uint8Array) => adapter.identify({ headers: {}, query: {}, body })

  it.effect("gives equal bodies equal keys, and others others", () =>
    Effect.gen(function*() {
      const one = yield* identify(body)
      const again = yield* identify(Uint8Array.from(body))
      const other = yield* identify(jsonBytes({ object: "whatsapp_business_account", entry: [] }))
      assert.strictEqual(one.dedupeKey, again.dedupeKey)
      assert.notStrictEqual(one.dedupeKey, other.dedupeKey)
      assert.isAtMost(one.dedupeKey.length, 190)
    }))

  it.effect.each(
    [
      ["nothing", bytes("")],
      ["no JSON", bytes("hello")],
      ["a list", bytes("[]")],
      ["no entries", bytes("{\"object\":\"x\"}")],
      ["entries of another shape", bytes("{\"object\":\"x\",\"entry\":{}}")],
      ["an object that is no text", bytes("{\"object\":1,\"entry\":[]}")],
      ["null", bytes("null")],
      ["invalid UTF-8", Uint8Array.from([0x7b, 0xff, 0x7d])],
      ["deep nesting", bytes(`{"object":"x","entry":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)]
    ] as const
  )("refuses %s", ([, body]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(identify(body)))._tag, "MalformedInbound")
    }))

  it.effect("is not misled by brackets inside texts", () =>
    identify(jsonBytes({ object: "x", entry: [{ text: "[[[[".repeat(200) + "\\\"[[" }] })))
})
