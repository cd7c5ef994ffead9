/** Payloads as published by WAHA, where they are at hand beside the repository. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result, Schema } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import * as Signature from "@wicara/channels-waha/Signature"
import * as Waha from "@wicara/channels-waha/Waha"
import { account } from "./fixtures.ts"

const contracts = new URL("../../../../shared/contracts/", import.meta.url)
const folders = [new URL("waha/examples/events/", contracts), new URL("waha/examples/envelopes-2026/", contracts)]
const vectors = new URL("signature-vectors.json", contracts)
const present = folders.every((folder) => existsSync(folder)) && existsSync(vectors)
if (!present) process.stderr.write("skipped: WAHA's published payloads are not at hand (../shared/contracts/waha)\n")

const files = present
  ? folders.flatMap((folder) =>
    readdirSync(folder).filter((name) => name.endsWith(".json")).map((name) => [name, new URL(name, folder)] as const)
  )
  : []

const json = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))
const valid = Schema.is(Schema.Array(InboundEvent))

// What the published examples leave out of a payload decides what it can become.
const expected = (event: string, payload: Record<string, unknown>): ReadonlyArray<string> => {
  switch (event) {
    case "message":
      return payload["id"] === undefined || String(payload["id"]).includes("status@broadcast")
        ? ["Unknown"]
        : [String(payload["id"]).startsWith("true_") ? "MessageEchoed" : "MessageReceived"]
    case "message.ack":
      return payload["id"] === undefined
        ? ["Unknown"]
        : payload["error"] === undefined
        ? ["StatusChanged"]
        : ["StatusChanged", "AccountChanged"]
    case "message.reaction":
      return ["ReactionChanged"]
    case "message.edited":
      return ["MessageEdited"]
    case "message.revoked":
      return ["MessageRevoked"]
    case "poll.vote":
      return ["PollVoted", "MessageReceived"]
    case "message.waiting":
      return ["MessageWaiting"]
    case "engine.event":
      return ["AccountChanged"]
    case "chat.archive":
      return ["ChatArchived"]
    case "label.upsert":
    case "label.deleted":
      return ["LabelChanged"]
    case "label.chat.added":
    case "label.chat.deleted":
      return ["ChatLabelChanged"]
    case "presence.update":
      return ["PresenceChanged"]
    case "poll.vote.failed":
    case "event.response":
    case "event.response.failed":
      return ["MessageReceived"]
    case "call.received":
    case "call.accepted":
    case "call.rejected":
      return ["CallChanged"]
    case "group.v2.join":
    case "group.v2.leave":
    case "group.v2.update":
    case "group.v2.participants":
      return ["GroupChanged"]
    case "session.status":
    case "state.change":
      return ["AccountChanged"]
    default:
      return ["Unknown"]
  }
}

describe.skipIf(!present)("WAHA's published payloads", () => {
  it.each(files)("%s decodes without loss", (_, url) => {
    const body = readFileSync(url)
    const { event, payload, session } = json(body.toString())
    const of = account({ session: String(session) })
    const events = Effect.runSync(Waha.adapter.decode(body, of))
    assert.isTrue(valid(events))
    assert.deepStrictEqual(
      events.map(({ _tag }) => _tag),
      expected(String(event), payload as Record<string, unknown>)
    )
    for (const decoded of events) assert.deepStrictEqual(decoded.raw, payload)
    assert.isTrue(Result.isSuccess(Effect.runSync(Effect.result(
      Waha.adapter.identify({ headers: {}, query: {}, body })
    ))))
  })

  it("are signed as the published example says", () => {
    const vector = Schema.decodeUnknownSync(
      Schema.Struct({ key: Schema.String, body: Schema.String, expected: Schema.String })
    )(find(JSON.parse(readFileSync(vectors, "utf8"))))
    const body = new TextEncoder().encode(vector.body)
    assert.strictEqual(Signature.sign(body, Redacted.make(vector.key)), vector.expected)
    const of = { ...account(), secrets: { ...account().secrets, hmacKey: Redacted.make(vector.key) } }
    Effect.runSync(Waha.adapter.verify({ headers: { "x-webhook-hmac": vector.expected }, query: {}, body }, of))
  })
})

const find = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return undefined
  if ("id" in value && value.id === "waha-1") return value
  for (const inner of Object.values(value)) {
    const found = find(inner)
    if (found !== undefined) return found
  }
  return undefined
}
