import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { account, bytes, jsonBytes } from "./fixtures/account.ts"
import { parts } from "./fixtures/parts.ts"
import { fieldFixtures } from "./fixtures/fieldWebhooks.ts"
import { messageFixtures, statusFixtures } from "./fixtures/messageWebhooks.ts"
import { envelope, metadata } from "./fixtures/webhooks.ts"

const decode = (payload: unknown) => adapter.decode(jsonBytes(payload), account)

const validEvents = Schema.is(Schema.Array(InboundEvent))

const withoutRaw = (events: ReadonlyArray<object>) =>
  events.map((event) => Object.fromEntries(Object.entries(event).filter(([key]) => key !== "raw")))

describe.each(
  [
    ["messages", messageFixtures],
    ["statuses", statusFixtures],
    ["other fields", fieldFixtures]
  ] as const
)("decode: %s", (_name, fixtures) => {
  it.effect.each(fixtures)("$name", ({ events, payload }) =>
    Effect.gen(function*() {
      const decoded = yield* decode(payload)
      assert.deepStrictEqual(withoutRaw(decoded), events)
      assert.isTrue(validEvents(decoded))
      const raws = new Set(decoded.map(({ raw }) => JSON.stringify(raw)))
      for (const part of parts(payload)) assert.isTrue(raws.has(JSON.stringify(part)))
    }))
})

describe("decode", () => {
  it.effect("keeps every element of a batch, in order, each with its own sender", () =>
    Effect.gen(function*() {
      const text = (from: string, id: string) => ({
        from,
        id,
        timestamp: "1795000000",
        type: "text",
        text: { body: id }
      })
      const events = yield* decode({
        object: "whatsapp_business_account",
        entry: [1, 2].map((entry) => ({
          id: account.settings.businessAccountId,
          changes: [
            {
              field: "messages",
              value: {
                metadata,
                contacts: [{ wa_id: "62811", profile: { name: "A" } }, { wa_id: "62822", profile: { name: "B" } }],
                messages: [text("62811", `${entry}a`), text("62822", `${entry}b`), text("62833", `${entry}c`)],
                statuses: [{ id: `${entry}s`, status: "read", recipient_id: "62811" }],
                errors: [{ code: 130429, title: "Rate" }]
              }
            },
            { field: "security", value: { event: "PIN_CHANGED" } }
          ]
        }))
      })
      assert.deepStrictEqual(
        events.map((event) => "providerMessageId" in event ? event.providerMessageId : event._tag),
        [
          "1a",
          "1b",
          "1c",
          "1s",
          "AccountChanged",
          "AccountChanged",
          "2a",
          "2b",
          "2c",
          "2s",
          "AccountChanged",
          "AccountChanged"
        ]
      )
      assert.deepStrictEqual(
        events.flatMap((event) => event._tag === "MessageReceived" ? [event.sender.displayName] : []).slice(0, 3),
        ["A", "B", undefined]
      )
    }))

  it.effect("keeps what belongs to another number of the same app, but never as a message", () =>
    Effect.gen(function*() {
      const events = yield* decode(envelope("messages", {
        metadata: { ...metadata, phone_number_id: "999" },
        contacts: [{ wa_id: "62811" }],
        messages: [{ from: "62811", id: "wamid.1", type: "text", text: { body: "for somebody else" } }],
        statuses: [{ id: "wamid.2", status: "read" }]
      }))
      assert.deepStrictEqual(events.map((event) => event._tag === "Unknown" ? event.kind : event._tag), [
        "other_number",
        "other_number"
      ])
    }))

  it.effect("keeps template news of another business account apart", () =>
    Effect.gen(function*() {
      const [event] = yield* decode({
        object: "whatsapp_business_account",
        entry: [{ id: "31", changes: [{ field: "message_template_status_update", value: { event: "APPROVED" } }] }]
      })
      assert.strictEqual(event?._tag === "Unknown" ? event.kind : "", "other_account")
    }))

  it.effect.each(["", "yesterday", "-1", "0", "99999999999", "1795000000000", "NaN", null, {}, [], true])(
    "leaves out a timestamp that can't be one: %j",
    (timestamp) =>
      Effect.gen(function*() {
        const [event] = yield* decode(envelope("messages", {
          metadata,
          messages: [{ from: "62811", id: "wamid.1", timestamp, type: "text", text: { body: "hi" } }]
        }))
        assert.strictEqual(event?._tag, "MessageReceived")
        assert.isFalse(event !== undefined && "timestamp" in event)
      })
  )

  it.effect("gives a sender whose number is no number an external identity", () =>
    Effect.gen(function*() {
      const [event] = yield* decode(envelope("messages", {
        metadata,
        messages: [{ from: "<somebody>", id: "wamid.1", type: "text", text: { body: "hi" } }]
      }))
      assert.deepStrictEqual(event?._tag === "MessageReceived" ? event.chat : undefined, {
        kind: "external",
        value: "<somebody>"
      })
    }))

  it.effect.each(
    [
      ["not JSON", bytes("{\"object\":"), ["malformed"]],
      ["invalid UTF-8", Uint8Array.from([0xff, 0xfe, 0x00]), ["malformed"]],
      ["another shape", jsonBytes([1, 2]), ["malformed"]],
      ["another product", jsonBytes({ object: "page", entry: [{}] }), ["object.page"]],
      [
        "entries and changes of another shape",
        jsonBytes({
          object: "whatsapp_business_account",
          entry: [null, 5, { id: "1" }, { changes: [] }, { changes: [null, { field: 1 }, { field: "x", value: 3 }] }]
        }),
        ["entry", "entry", "entry", "entry", "change", "change", "change"]
      ],
      [
        "messages of another shape",
        jsonBytes(envelope("messages", {
          metadata,
          messages: [null, 5, "text", [], {}, { id: "wamid.1" }, { from: "62811" }],
          statuses: [null, {}, { id: "1" }],
          errors: [null, {}]
        })),
        [
          "message",
          "message",
          "message",
          "message",
          "message",
          "message",
          "message",
          "status",
          "status",
          "status",
          "error",
          "AccountChanged"
        ]
      ],
      ["no elements", jsonBytes(envelope("messages", { metadata })), ["messages"]]
    ] as const
  )("keeps and counts %s", ([, body, kinds]) =>
    Effect.gen(function*() {
      const events = yield* adapter.decode(body, account)
      assert.deepStrictEqual(events.map((event) => event._tag === "Unknown" ? event.kind : event._tag), [...kinds])
      assert.isTrue(validEvents(events))
    }))

  it.effect.prop("arbitrary JSON in the place of any part never fails and is never dropped", [
    Schema.Array(Schema.Json),
    Schema.Array(Schema.Json),
    Schema.Json,
    Schema.Json
  ], ([messages, statuses, contacts, value]) =>
    Effect.gen(function*() {
      const payload = envelope("messages", { metadata, contacts, messages, statuses, errors: value })
      const events = yield* decode(payload)
      assert.isTrue(validEvents(events))
      assert.isAtLeast(events.length, messages.length + statuses.length)
      assert.isTrue(validEvents(yield* decode(value)))
      assert.isTrue(validEvents(yield* decode({ object: "whatsapp_business_account", entry: messages })))
    }))

  it.effect.prop("arbitrary parts of a message never fail", [
    Schema.Literals([
      "text",
      "image",
      "audio",
      "document",
      "sticker",
      "location",
      "contacts",
      "interactive",
      "button",
      "reaction",
      "order",
      "system",
      "edit",
      "revoke",
      "unsupported"
    ]),
    Schema.Json,
    Schema.Json
  ], ([type, part, context]) =>
    Effect.gen(function*() {
      const message = {
        id: "wamid.1",
        from: "62811",
        timestamp: "1795000000",
        type,
        [type]: part,
        context,
        referral: context
      }
      const events = yield* decode(envelope("messages", { metadata, messages: [message] }))
      assert.isAtLeast(events.length, 1)
      assert.isTrue(validEvents(events))
      assert.strictEqual(JSON.stringify(events[0]?.raw), JSON.stringify(message))
    }))
})
