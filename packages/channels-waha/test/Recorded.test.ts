/** What the recorder makes of WAHA's webhooks still means what they meant. */
import { assert, describe, it } from "@effect/vitest"
import * as Waha from "@wicara/channels-waha/Waha"
import * as Anonymizer from "@wicara/testing/Anonymizer"
import { Effect, Schema } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import * as fixtures from "./fixtures.ts"

const events = new URL("../../../../shared/contracts/waha/examples/events/", import.meta.url)
const present = existsSync(events)
if (!present) process.stderr.write("skipped: WAHA's published payloads are not at hand (../shared/contracts/waha)\n")

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))

const own = [fixtures.envelope("message", fixtures.message())].map((one) => JSON.stringify(one))
const published = present
  ? readdirSync(events).filter((name) => name.endsWith(".json")).map((name) =>
    readFileSync(new URL(name, events), "utf8")
  )
  : []

const meaning = (payload: unknown) => {
  const session = typeof payload === "object" && payload !== null && "session" in payload ? payload.session : ""
  const account = fixtures.account({ session: String(session) })
  return Effect.runSync(Waha.adapter.decode(new TextEncoder().encode(JSON.stringify(payload)), account))
    .map((event) => event._tag === "MessageReceived" ? `${event._tag} ${event.content.type}` : event._tag)
}

describe("recorded webhooks", () => {
  it.each([...own, ...published].map((text, index) => [index, text] as const))("%i means the same", (_, text) => {
    const payload = decodeJson(text)
    assert.deepStrictEqual(meaning(Anonymizer.make().json(payload)), meaning(payload))
  })
})
