import { assert, describe, it } from "@effect/vitest"
import { Effect, Predicate, Schema } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as ErrorTable from "@wicara/channels-whatsapp-cloud/ErrorTable"
import { jsonBytes, makeAccount } from "./fixtures/account.ts"
import { leaves, parts, said } from "./fixtures/parts.ts"

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

/** Some examples have words in the place of ids. */
const filledIn = (payload: unknown): unknown =>
  JSON.parse(JSON.stringify(payload).replaceAll("<BUSINESS_PHONE_NUMBER_ID>", "106540352242922"))

/** One webhook for each entry: an account gets only what is about its own number. */
const entriesOf = (payload: unknown): ReadonlyArray<unknown> =>
  Predicate.hasProperty(payload, "entry") && Array.isArray(payload.entry)
    ? payload.entry.map((entry) => ({ ...payload, entry: [entry] }))
    : [payload]

describe.skipIf(!present)("the documented webhooks", () => {
  it("are there", () => assert.isAtLeast(webhooks.length, 75))

  it.effect.each(webhooks)("$path is decoded without loss", ({ path }) =>
    Effect.gen(function*() {
      const payload = filledIn(read(path))
      const body = jsonBytes(payload)
      const { dedupeKey } = yield* adapter.identify({ headers: {}, query: {}, body })
      assert.match(dedupeKey, /^[0-9a-f]{64}$/)
      for (const entry of entriesOf(payload)) {
        const events = yield* adapter.decode(jsonBytes(entry), receiverOf(entry))
        assert.isTrue(validEvents(events))
        const expected = parts(entry)
        assert.isAtLeast(expected.length, 1)
        const raws = events.map(({ raw }) => JSON.stringify(raw))
        for (const part of expected) assert.include(raws, JSON.stringify(part))
        assert.isAtLeast(events.length, expected.length)
        const kept = new Set(leaves(events))
        // Usernames are kept without their sign.
        assert.deepStrictEqual(said(entry).filter((leaf) => !kept.has(leaf) && !kept.has(leaf.replace(/^@/, ""))), [])
        assert.deepStrictEqual(events.flatMap((event) => event._tag === "Unknown" ? [event.kind] : []), [])
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
