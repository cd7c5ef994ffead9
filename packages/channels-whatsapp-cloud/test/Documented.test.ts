import { assert, describe, it } from "@effect/vitest"
import { Effect, Predicate, Schema } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as ErrorTable from "@wicara/channels-whatsapp-cloud/ErrorTable"
import { jsonBytes, makeAccount } from "./fixtures/account.ts"
import { parts } from "./fixtures/parts.ts"

/** The provider's own examples, when they lie beside the repository. */
const contracts = new URL("../../../../shared/contracts/", import.meta.url)
const present = existsSync(contracts)
if (!present) console.warn(`skipped: no documented payloads at ${contracts.pathname}`)

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, contracts), "utf8"))

const files = (folder: string, matches: (name: string) => boolean) =>
  present
    ? readdirSync(new URL(folder, contracts)).filter((name) => name.endsWith(".json") && matches(name)).map((name) =>
      `${folder}${name}`
    )
    : []

const webhooks = [
  ...files("whatsapp-cloud/webhook-examples/", () => true),
  ...files("whatsapp-cloud/constructed/", (name) => !name.startsWith("http")),
  ...files("whatsapp-cloud/openapi-examples/", (name) => name.includes("whatsapp-webhooks_req"))
].map((path) => ({ path }))

const validEvents = Schema.is(Schema.Array(InboundEvent))

/** An account of the number and business that the payload is about. */
const receiverOf = (payload: unknown) => {
  const text = JSON.stringify(payload)
  const phoneNumberId = /"phone_number_id":"(\d+)"/.exec(text)?.[1]
  const businessAccountId = /"id":"(\d+)","(?:time|changes)"/.exec(text)?.[1]
  return makeAccount({
    ...(phoneNumberId === undefined ? undefined : { phoneNumberId }),
    ...(businessAccountId === undefined ? undefined : { businessAccountId })
  })
}

describe.skipIf(!present)("the documented webhooks", () => {
  it("are there", () => assert.isAtLeast(webhooks.length, 75))

  it.effect.each(webhooks)("$path is decoded without loss", ({ path }) =>
    Effect.gen(function*() {
      const payload = read(path)
      const body = jsonBytes(payload)
      const { dedupeKey } = yield* adapter.identify({ headers: {}, query: {}, body })
      assert.match(dedupeKey, /^[0-9a-f]{64}$/)
      const placeholders = JSON.stringify(payload).includes("<BUSINESS_PHONE_NUMBER_ID>")
      const events = yield* adapter.decode(body, receiverOf(payload))
      assert.isTrue(validEvents(events))
      const expected = parts(payload)
      assert.isAtLeast(expected.length, 1)
      const raws = events.map(({ raw }) => JSON.stringify(raw))
      for (const part of expected) assert.include(raws, JSON.stringify(part))
      assert.isAtLeast(events.length, expected.length)
      const first = expected[0]
      if (Predicate.hasProperty(first, "type") && Predicate.hasProperty(first, "id") && !placeholders) {
        assert.notStrictEqual(events[0]?._tag, "Unknown", "a documented message has a meaning")
      }
    }))
})

const errorCodes = present
  ? Schema.decodeUnknownSync(
    Schema.Struct({ errors: Schema.Array(Schema.Struct({ code: Schema.String, handling: Schema.String })) })
  )(read("whatsapp-cloud/error-codes.json")).errors
  : []

describe.skipIf(!present)("the documented errors", () => {
  it.each(errorCodes)("$code ($handling) has a meaning", ({ code, handling }) => {
    for (const one of code.split("-")) {
      const meaning = ErrorTable.lookup(one)
      assert.isDefined(meaning)
      if (["transient", "throttle", "throttle-pair", "throttle-quality"].includes(handling)) {
        assert.strictEqual(meaning?.outcome, "retryable")
        assert.isAbove(meaning?.retryAfter ?? 0, 0)
      }
      if (["auth", "permission", "account-blocked", "billing"].includes(handling)) {
        assert.strictEqual(meaning?.outcome, "rejected")
        assert.strictEqual(meaning?.scope, "account")
      }
      if (handling.startsWith("recipient") || handling === "window-closed" || handling === "ecosystem-limit") {
        assert.deepInclude(meaning, { outcome: "rejected", scope: "recipient" })
      }
      if (handling.startsWith("template")) assert.deepInclude(meaning, { outcome: "rejected", scope: "template" })
      if (handling === "media") assert.deepInclude(meaning, { outcome: "rejected", scope: "media" })
      if (handling === "caller-bug") assert.strictEqual(meaning?.outcome, "rejected")
    }
  })
})
