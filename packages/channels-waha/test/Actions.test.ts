/** What is done to messages that were sent, on every engine of the emulated server. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import type { OutboundMessage, SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { MessageAction } from "@wicara/channels/MessageAction"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"

const layer = Layer.mergeAll(
  WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1 }),
  NodeHttpClient.layerUndici
)

const dewi = { kind: "phone", value: "6281300000042" } as const
const engines = ["GOWS", "NOWEB", "WEBJS", "WPP"] as const

const { act, reserveMessageId } = Waha.adapter
if (act === undefined || reserveMessageId === undefined) throw new Error("the adapter acts on messages")

const connect = Effect.fnUntraced(function*(session: string, settings: Partial<Waha.Settings> = {}) {
  const emulator = yield* WahaEmulator
  return {
    ...fixtures.account({ baseUrl: emulator.url, session, ...settings }),
    secrets: { apiKey: Redacted.make("waha-key"), hmacKey: Redacted.make("hmac") }
  }
})

let made = 0
const say = Effect.fnUntraced(function*(
  account: Waha.Account,
  content: OutboundContent,
  more: Partial<OutboundMessage> = {}
) {
  const message: OutboundMessage = { id: `message ${++made}`, to: dewi, content, ...more }
  const providerMessageId = Option.getOrUndefined(yield* reserveMessageId(message, account))
  const outcome = yield* Waha.adapter.send({ ...message, providerMessageId }, account)
  assert(outcome._tag === "Accepted" && outcome.providerMessageId !== null, JSON.stringify(outcome))
  return outcome.providerMessageId
})

const codeOf = (outcome: SendOutcome) => "code" in outcome ? `${outcome._tag} ${outcome.code}` : outcome._tag

const Requested = Schema.Struct({ path: Schema.String, body: Schema.Record(Schema.String, Schema.Unknown) })
const lastRequest = Effect.map(
  WahaEmulator,
  ({ ledger }) =>
    Schema.decodeUnknownSync(Requested)(ledger.all().findLast(({ direction }) => direction === "send")?.raw)
)

describe("a message that was sent", () => {
  it.layer(layer, { excludeTestServices: true })((it) => {
    it.effect.each(engines)("is edited, pinned, starred and deleted through %s", (engine) =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        const session = `act-${engine}`
        for (const answer of ["message", "engine", "empty"] as const) {
          yield* emulator.setAccount(session, { phone: "6281300000001", engine, answer: "message" })
          const account = yield* connect(session)
          const id = yield* say(account, { type: "text", text: "Kami buka pukul 8." })
          yield* emulator.setAccount(session, { answer })
          const target = { chat: dewi, providerMessageId: id, fromBusiness: true }
          const on = (action: MessageAction) => Effect.map(act(target, action, account), codeOf)
          const bubble = () => emulator.phones.find(session, id)
          assert.strictEqual(yield* on({ type: "edit", text: "Kami buka pukul 9." }), "Accepted")
          assert.deepInclude({ ...bubble() }, { text: "Kami buka pukul 9.", edited: true })
          assert.strictEqual(yield* on({ type: "pin", seconds: 604_800 }), "Accepted")
          assert.isTrue(bubble()?.pinned)
          assert.strictEqual(yield* on({ type: "pin", seconds: null }), "Accepted")
          assert.isFalse(bubble()?.pinned)
          // GOWS has no stars.
          const starred = engine === "GOWS" ? "Rejected not_supported" : "Accepted"
          assert.strictEqual(yield* on({ type: "star", on: true }), starred)
          assert.strictEqual(bubble()?.starred, engine === "GOWS" ? undefined : true)
          assert.strictEqual(yield* on({ type: "delete" }), "Accepted")
          assert.isTrue(bubble()?.revoked)
          assert.strictEqual(yield* on({ type: "delete" }), "Rejected message_not_found")
        }
      }))

    it.effect.each(engines)(
      "has what is said under its file edited where %s does that",
      (engine) =>
        Effect.gen(function*() {
          const emulator = yield* WahaEmulator
          const session = `caption-${engine}`
          yield* emulator.setAccount(session, { phone: "6281300000001", engine, answer: "message" })
          const account = yield* connect(session)
          const media = { source: { type: "url", url: "https://files.test/menu.png" } } as const
          const id = yield* say(account, { type: "image", media, caption: "Menu" })
          const target = { chat: dewi, providerMessageId: id, fromBusiness: true }
          const outcome = codeOf(yield* act(target, { type: "edit", text: "Menu Mei", caption: true }, account))
          const edits = engine === "WEBJS"
          assert.strictEqual(outcome, edits ? "Accepted" : "Rejected not_supported")
          const { edited, text } = emulator.phones.find(session, id) ?? {}
          assert.deepStrictEqual([text, edited], edits ? ["Menu Mei", true] : ["Menu", undefined])
        })
    )

    it.effect("is edited by nobody but its writer", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("writer", { phone: "6281300000001" })
        const account = yield* connect("writer")
        const { providerMessageId } = yield* emulator.customerWrites({
          account: "writer",
          from: { phone: dewi.value, name: "Dewi" },
          content: "Jam berapa buka?"
        })
        const target = { chat: dewi, providerMessageId, fromBusiness: false }
        const edited = yield* act(target, { type: "edit", text: "Besok saja" }, account)
        assert.strictEqual(codeOf(edited), "Rejected message_not_found")
        assert.strictEqual(codeOf(yield* act(target, { type: "pin", seconds: 86_400 }, account)), "Accepted")
        assert.isTrue(emulator.phones.find("writer", providerMessageId)?.pinned)
      }))

    it.effect("is forwarded under an id of its own", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("forward", { phone: "6281300000001" })
        const account = yield* connect("forward")
        const content = { type: "text", text: "Promo hari ini" } as const
        const id = yield* say(account, content)
        const to = { kind: "phone", value: "6281300000077" } as const
        const copy = yield* say(account, content, {
          to,
          forwardOf: { chat: dewi, providerMessageId: id, fromBusiness: true }
        })
        assert.notStrictEqual(copy, id)
        assert.strictEqual(emulator.phones.find("forward", copy)?.text, "Promo hari ini")
        assert.deepStrictEqual(yield* lastRequest, {
          path: "/api/forwardMessage",
          body: {
            session: "forward",
            chatId: `${to.value}@c.us`,
            messageId: `true_${dewi.value}@c.us_${id}`,
            id: copy
          }
        })
      }))

    it.effect.each(engines)(
      "is voted in as far as %s can, and told of to those who asked",
      (engine) =>
        Effect.gen(function*() {
          const emulator = yield* WahaEmulator
          const session = `vote-${engine}`
          yield* emulator.setAccount(session, { phone: "6281300000001", engine, addressing: "phone" })
          const account = yield* connect(session)
          const options = ["Senin", "Selasa"]
          const { providerMessageId } = yield* emulator.customerWrites({
            account: session,
            from: { phone: dewi.value },
            content: { type: "poll", question: "Kapan?", options, multiple: false }
          })
          const target = { chat: dewi, providerMessageId, fromBusiness: false }
          const vote = (options: ReadonlyArray<string>) =>
            Effect.map(act(target, { type: "vote", options }, account), codeOf)
          if (engine !== "GOWS") return assert.strictEqual(yield* vote(["Senin"]), "Rejected not_supported")
          assert.strictEqual(yield* vote(["Selasa"]), "Accepted")
          assert.strictEqual(yield* vote([]), "Accepted")
          assert.strictEqual(yield* vote(["Minggu"]), "Rejected unprocessable")
          const other = { ...target, providerMessageId: "3EB0UNKN0WN" }
          assert.strictEqual(
            codeOf(yield* act(other, { type: "vote", options: ["Senin"] }, account)),
            "Rejected message_not_found"
          )
          const asked = emulator.ledger.all().filter((entry) => entry.account === session && entry.outcome === "vote")
          assert.deepStrictEqual(
            asked.map(({ raw }) => raw),
            [["Selasa"], []].map((votes) => ({
              session,
              chatId: `${dewi.value}@c.us`,
              pollMessageId: `false_${dewi.value}@c.us_${providerMessageId}`,
              votes
            }))
          )
        })
    )

    it.effect.each(engines)("says in words what %s can't show", (engine) =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        const session = `words-${engine}`
        yield* emulator.setAccount(session, { phone: "6281300000001", engine, answer: "message" })
        const account = yield* connect(session, { buttons: "native" })
        const pathOf = (content: OutboundContent) =>
          Effect.andThen(say(account, content), Effect.map(lastRequest, ({ path }) => path))
        const socket = engine === "GOWS" || engine === "NOWEB"
        assert.strictEqual(
          yield* pathOf({ type: "buttons", body: "Aktif?", buttons: [{ id: "y", title: "Ya" }] }),
          engine === "NOWEB" ? "/api/sendButtons" : "/api/sendText"
        )
        assert.strictEqual(
          yield* pathOf({
            type: "list",
            body: "Apa?",
            button: "Menu",
            sections: [{ rows: [{ id: "a", title: "A" }] }]
          }),
          socket ? "/api/sendList" : "/api/sendText"
        )
        assert.strictEqual(
          yield* pathOf({
            type: "text",
            text: "Menu: https://kopi.test",
            preview: { url: "https://kopi.test", title: "Kopi" }
          }),
          socket ? "/api/send/link-custom-preview" : "/api/sendText"
        )
        assert.strictEqual(
          yield* pathOf({ type: "poll", question: "Kapan?", options: ["Senin", "Selasa"], multiple: false }),
          "/api/sendPoll"
        )
      }))

    it.effect("mentions members of a group, or all of them", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("mentions", { phone: "6281300000001" })
        const account = yield* connect("mentions")
        const to = { kind: "group", value: "120363000000000001" } as const
        const lid = { kind: "lid", value: "880000000000042" } as const
        yield* say(account, { type: "text", text: "Halo @6281300000042", mentions: [dewi, lid] }, { to })
        assert.deepStrictEqual((yield* lastRequest).body["mentions"], [`${dewi.value}@c.us`, `${lid.value}@lid`])
        yield* say(account, { type: "text", text: "Halo semua", mentions: "all" }, { to })
        assert.deepStrictEqual((yield* lastRequest).body["mentions"], ["all"])
      }))
  })
})
