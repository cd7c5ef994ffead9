/** What the recorder makes of the Cloud API's webhooks still means what they meant. */
import { assert, describe, it } from "@effect/vitest"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as Anonymizer from "@wicara/testing/Anonymizer"
import { Effect, Schema } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { jsonBytes, makeAccount } from "./fixtures/account.ts"
import { fieldFixtures } from "./fixtures/fieldWebhooks.ts"
import { messageFixtures, statusFixtures } from "./fixtures/messageWebhooks.ts"

const examples = new URL("../../../../shared/contracts/whatsapp-cloud/webhook-examples/", import.meta.url)
const present = existsSync(examples)
if (!present) console.warn("skipped: the documented payloads are not at hand (../shared/contracts/whatsapp-cloud)")

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))

const published = present
  ? readdirSync(examples).filter((name) => name.endsWith(".json")).map((name) =>
    readFileSync(new URL(name, examples), "utf8")
  )
  : []

const meaning = (payload: unknown) => {
  const text = JSON.stringify(payload)
  const phoneNumberId = /"phone_number_id":"(\d+)"/.exec(text)?.[1]
  const businessAccountId = /"entry":\[\{"id":"(\d+)"/.exec(text)?.[1]
  const account = makeAccount({
    ...(phoneNumberId === undefined ? undefined : { phoneNumberId }),
    ...(businessAccountId === undefined ? undefined : { businessAccountId })
  })
  return Effect.runSync(adapter.decode(jsonBytes(payload), account))
    .map((event) => event._tag === "MessageReceived" ? `${event._tag} ${event.content.type}` : event._tag)
}

describe("recorded webhooks", () => {
  const own = [...messageFixtures, ...statusFixtures, ...fieldFixtures]
    .map(({ payload }) => JSON.stringify(payload))

  it.each([...own, ...published].map((text, index) => [index, text] as const))("%i means the same", (_, text) => {
    const payload = decodeJson(text)
    assert.deepStrictEqual(meaning(Anonymizer.make().json(payload)), meaning(payload))
  })
})
