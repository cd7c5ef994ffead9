/** What is said to and fro through the adapter and the emulator, over HTTP. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Predicate } from "effect"
import type * as Emulator from "@wicara/testing/Emulator"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Waha from "@wicara/channels-waha/Waha"
import { current, customer, emulator, outbound, quick, receiver, reserved, text } from "./emulated.ts"

describe("a conversation", () => {
  it.live("comes in signed, is answered, read, reacted to, and its acknowledgements fit the send", () =>
    Effect.gen(function*() {
      const emulator = yield* WahaEmulator
      const account = yield* current
      const hook = yield* receiver(account)
      yield* emulator.setAccount("lintang", { webhookUrl: hook.url, doubled: true })

      const { providerMessageId } = yield* emulator.customerWrites({
        account: "lintang",
        from: customer,
        content: "Buka?"
      })
      yield* emulator.idle
      const messages = hook.events.filter((event) => event._tag === "MessageReceived")
      assert.strictEqual(messages.length, 2)
      const [first, second] = messages
      assert.strictEqual(first?.providerMessageId, providerMessageId)
      assert.strictEqual(second?.providerMessageId, providerMessageId)
      assert(first !== undefined && first.chat.kind === "lid")
      assert.strictEqual(first.sender.displayName, "Dewi")

      const answer = yield* reserved(
        outbound({ type: "text", text: "Pukul 8." }, {
          to: first.chat,
          replyTo: first.providerMessageId
        }),
        account
      )
      yield* Waha.adapter.markRead?.(
        { chat: first.chat, providerMessageId: first.providerMessageId, typing: true },
        account
      ) ??
        Effect.void
      const outcome = yield* Waha.adapter.send(answer, account)
      assert(outcome._tag === "Accepted" && outcome.providerMessageId !== null)
      yield* emulator.idle
      const statuses = hook.events.filter((event) => event._tag === "StatusChanged")
      assert.deepStrictEqual(statuses.map(({ status }) => status), ["sent", "delivered", "read"])
      for (const status of statuses) {
        assert.strictEqual(status.providerMessageId, outcome.providerMessageId)
        assert.deepStrictEqual(status.recipient, first.chat)
      }
      const echo = hook.events.find((event) => event._tag === "MessageEchoed")
      assert(echo?._tag === "MessageEchoed")
      assert.deepInclude(echo, {
        source: "api",
        providerMessageId: outcome.providerMessageId,
        replyTo: first.providerMessageId
      })

      const [question, reply] = emulator.phones.chat(customer.phone, "lintang")
      assert.strictEqual(question?.id, providerMessageId)
      assert.deepInclude(reply, {
        id: outcome.providerMessageId,
        text: "Pukul 8.",
        status: "read",
        replyTo: providerMessageId
      })
      const others = emulator.ledger.all().filter(({ direction }) => direction === "other").map(({ outcome }) =>
        outcome
      )
      assert.deepStrictEqual(others, ["read", "typing"])

      const { react, typing } = Waha.adapter
      assert(react !== undefined && typing !== undefined)
      yield* typing({ chat: first.chat, on: false }, account)
      for (const [target, fromBusiness] of [[providerMessageId, false], [outcome.providerMessageId, true]] as const) {
        assert.strictEqual(
          (yield* react({ chat: first.chat, providerMessageId: target, emoji: "👍" }, account))._tag,
          "Accepted"
        )
        const [entry] = emulator.ledger.all().slice(-1)
        const messageId = Predicate.hasProperty(entry?.raw, "messageId") ? String(entry.raw.messageId) : ""
        assert.match(messageId, fromBusiness ? /^true_/ : /^false_/)
        assert.strictEqual(emulator.phones.find("lintang", target)?.reactions.business, "👍")
      }
      yield* react({ chat: first.chat, providerMessageId, emoji: null }, account)
      assert.isUndefined(emulator.phones.find("lintang", providerMessageId)?.reactions.business)
    }).pipe(Effect.scoped, Effect.provide(emulator)))

  it.live("arrives once however its webhooks are doubled, reordered, dropped and delayed", () =>
    Effect.gen(function*() {
      const emulator = yield* WahaEmulator
      const account = yield* current
      const hook = yield* receiver(account)
      yield* emulator.setAccount("lintang", { webhookUrl: hook.url, doubled: true })
      yield* emulator.setFaults({
        ...quick,
        duplicate: { probability: 0.5 },
        duplicateTimes: 3,
        reorder: { probability: 0.3 },
        drop: { probability: 0.2 },
        reorderHold: { min: 1, max: 20 }
      })
      const ids = yield* Effect.forEach(
        Array.from({ length: 60 }, (_, index) => index),
        (index) =>
          emulator.customerWrites({
            account: "lintang",
            from: { phone: `62813${index % 7}` },
            content: `pesan ${index}`
          }),
        { concurrency: 10 }
      )
      yield* emulator.idle
      const received = hook.events.filter((event) => event._tag === "MessageReceived")
      assert.strictEqual(received.length, 120)
      assert.deepStrictEqual(
        new Set(received.map((event) => event.providerMessageId)),
        new Set(ids.map((one) => one.providerMessageId))
      )
      assert.isAbove(hook.keys.length, new Set(hook.keys).size)
    }).pipe(Effect.scoped, Effect.provide(emulator)))

  it.live("of every content kind, edits, revocations and echoes decodes to what was done", () =>
    Effect.gen(function*() {
      const emulator = yield* WahaEmulator
      const account = yield* current
      const hook = yield* receiver(account)
      yield* emulator.setAccount("lintang", { webhookUrl: hook.url, addressing: "phone" })
      const writes = (content: Emulator.CustomerContent) =>
        emulator.customerWrites({ account: "lintang", from: customer, content })
      const { providerMessageId } = yield* writes({ type: "text", text: "Halo" })
      yield* writes({ type: "image", caption: "bukti" })
      yield* writes({ type: "audio", voice: true })
      yield* writes({ type: "document", fileName: "a.pdf" })
      yield* writes({ type: "sticker" })
      yield* writes({ type: "video" })
      yield* writes({ type: "location", latitude: -6.9, longitude: 107.6 })
      yield* writes({ type: "contacts", contacts: [{ name: "Rina", phone: "+62 813" }] })
      yield* writes({ type: "list_reply", id: "a", title: "Arabika" })
      yield* writes({ type: "native", message: { body: null, poll: {} } })
      yield* writes({ type: "reaction", messageId: providerMessageId, emoji: "❤️" })
      yield* writes({ type: "edit", messageId: providerMessageId, text: "Halo!" })
      yield* writes({ type: "revoke", messageId: providerMessageId })
      yield* emulator.businessWrites({ account: "lintang", to: customer, content: "Saya Rina." })
      yield* emulator.idle
      assert.deepStrictEqual(
        hook.events.filter(({ _tag }) => _tag !== "StatusChanged").map((event) =>
          event._tag === "MessageReceived" || event._tag === "MessageEchoed" ? event.content.type : event._tag
        ),
        [
          "text",
          "image",
          "audio",
          "document",
          "sticker",
          "video",
          "location",
          "contacts",
          "text",
          "unsupported",
          "ReactionChanged",
          "MessageEdited",
          "MessageRevoked",
          "text"
        ]
      )
      for (const event of hook.events) {
        if ("chat" in event) assert.deepStrictEqual(event.chat, { kind: "phone", value: customer.phone })
        if ("targetProviderMessageId" in event) assert.strictEqual(event.targetProviderMessageId, providerMessageId)
      }
      const echo = hook.events.find((event) => event._tag === "MessageEchoed")
      assert(echo?._tag === "MessageEchoed" && echo.source === "phone")
    }).pipe(Effect.scoped, Effect.provide(emulator)))

  it.live("of a restricted number fails with WhatsApp's code", () =>
    Effect.gen(function*() {
      const emulator = yield* WahaEmulator
      const account = yield* current
      const hook = yield* receiver(account)
      yield* emulator.setAccount("lintang", { webhookUrl: hook.url, restricted: true })
      const outcome = yield* Waha.adapter.send(text(), account)
      assert.strictEqual(outcome._tag, "Accepted")
      yield* emulator.idle
      const status = hook.events.find((event) => event._tag === "StatusChanged")
      assert(status?._tag === "StatusChanged" && status.status === "failed" && status.error?.code === "463")
      assert.isTrue(hook.events.some((event) => event._tag === "AccountChanged" && event.kind === "account_restricted"))
    }).pipe(Effect.scoped, Effect.provide(emulator)))
})
