/** The adapter against the emulator: over HTTP, with the faults that a send can meet. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Predicate, Redacted, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { HttpClient, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { OutboundMessage, SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import * as Emulator from "@wicara/testing/Emulator"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"

const customer = { phone: "6281300000042", name: "Dewi" }
const quick = { sentDelay: { min: 1, max: 2 }, deliveredDelay: { min: 1, max: 2 }, readDelay: { min: 1, max: 2 } }

const emulator = Layer.mergeAll(
  WahaEmulator.layer({
    accounts: { lintang: {} },
    faults: quick,
    retryAfter: (attempt) => attempt > 20 ? undefined : 5
  }),
  NodeHttpClient.layerUndici
)

const accountAt = (url: string): Waha.Account => ({
  ...fixtures.account({ baseUrl: url }),
  secrets: { apiKey: Redacted.make("key-lintang"), hmacKey: Redacted.make("hmac-lintang") }
})

const current = Effect.map(WahaEmulator, ({ url }) => accountAt(url))

let made = 0
const outbound = (content: OutboundContent, more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  id: `message ${++made}`,
  to: { kind: "phone", value: customer.phone },
  content,
  ...more
})
const text = (words = "Kami buka pukul 8.") => outbound({ type: "text", text: words })

const { reconcile, reserveMessageId } = Waha.adapter
if (reconcile === undefined || reserveMessageId === undefined) throw new Error("the adapter reconciles by id")

const reserved = Effect.fnUntraced(function*(message: OutboundMessage, account: Waha.Account) {
  const id = yield* reserveMessageId(message, account)
  return { ...message, providerMessageId: Option.getOrUndefined(id) }
})

const sent = Effect.map(WahaEmulator, (emulator) => emulator.ledger.all().filter((entry) => entry.direction === "send"))

const decodeRequest = Schema.decodeUnknownSync(
  Schema.Struct({ path: Schema.String, body: Schema.Record(Schema.String, Schema.Unknown) })
)
const requestOf = (entry: Emulator.LedgerEntry) => decodeRequest(entry.raw)

const codeOf = (outcome: SendOutcome) => "code" in outcome ? `${outcome._tag} ${outcome.code}` : outcome._tag

/** Kills the server, and waits until the client has noticed that its idle connections are gone. */
const kill = Effect.flatMap(WahaEmulator, (emulator) => Effect.andThen(emulator.kill, Effect.sleep("50 millis")))

/** Receives the emulator's webhooks as a server would: verified, identified, decoded. */
const receiver = Effect.fnUntraced(function*(account: Waha.Account) {
  const events: Array<InboundEvent> = []
  const keys: Array<string> = []
  const { url } = yield* Emulator.serve(HttpRouter.add(
    "POST",
    "/hook",
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const body = new Uint8Array(yield* request.arrayBuffer)
      const inbound = { headers: request.headers, query: {}, body }
      yield* Waha.adapter.verify(inbound, account)
      const { dedupeKey } = yield* Waha.adapter.identify(inbound)
      if (!keys.includes(dedupeKey)) events.push(...yield* Waha.adapter.decode(body, account))
      keys.push(dedupeKey)
      return HttpServerResponse.empty()
    }).pipe(Effect.catch((error) => Effect.succeed(HttpServerResponse.jsonUnsafe(error, { status: 401 }))))
  ))
  return { events, keys, url: `${url}/hook` }
})

describe("sending", () => {
  it.layer(emulator, { excludeTestServices: true })((it) => {
    it.effect("sends every kind of content that it offers", () =>
      Effect.gen(function*() {
        const account = yield* current
        const media = { source: { type: "url", url: "https://files.test/x" } } as const
        const contents: ReadonlyArray<OutboundContent> = [
          { type: "text", text: "Halo" },
          { type: "text", text: "https://kopi.test", previewUrl: false },
          { type: "image", media, caption: "menu" },
          { type: "video", media: { ...media, mimeType: "video/quicktime" }, caption: "tur" },
          { type: "audio", media, voice: true },
          { type: "audio", media, voice: false },
          { type: "document", media: { ...media, fileName: "menu.pdf", mimeType: "application/pdf" }, caption: "menu" },
          {
            type: "document",
            media: { source: { type: "url", url: "data:text/plain;base64,aGFsbw==" }, fileName: "halo.txt" }
          },
          { type: "location", latitude: -6.9, longitude: 107.6, name: "Kedai", address: "Jl. Braga 1" },
          {
            type: "contacts",
            contacts: [{ name: "Rina; Sari", phones: [{ phone: "+62 813" }], emails: ["r@kopi.test"] }]
          },
          { type: "list", body: "Pilih", button: "Menu", sections: [{ rows: [{ id: "a", title: "Arabika" }] }] },
          { type: "poll", question: "Kapan?", options: ["Senin", "Selasa"], multiple: true },
          { type: "buttons", body: "Aktif?", buttons: [{ id: "y", title: "Ya" }] }
        ]
        assert.deepStrictEqual(new Set(contents.map(({ type }) => type)), Waha.adapter.capabilities.content)
        const paths = [
          "sendText",
          "sendText",
          "sendImage",
          "sendVideo",
          "sendVoice",
          "sendFile",
          "sendFile",
          "sendFile",
          "sendLocation",
          "sendContactVcard",
          "sendList",
          "sendPoll",
          // GOWS has no buttons.
          "sendText"
        ]
        for (const [index, content] of contents.entries()) {
          const message = yield* reserved(outbound(content, { replyTo: "3EB0QU0TED" }), account)
          const outcome = yield* Waha.adapter.send(message, account)
          assert(outcome._tag === "Accepted", `${content.type}: ${codeOf(outcome)}`)
          assert.isNotNull(outcome.providerMessageId)
          if (message.providerMessageId !== undefined) {
            assert.strictEqual(outcome.providerMessageId, message.providerMessageId)
          }
          const entry = (yield* sent).at(-1)
          assert.deepInclude({ ...entry }, {
            outcome: "accepted",
            to: customer.phone,
            providerMessageId: outcome.providerMessageId ?? undefined
          })
          assert(entry !== undefined)
          const { body, path } = requestOf(entry)
          assert.strictEqual(path, `/api/${paths[index]}`)
          assert.strictEqual(body["reply_to"], `false_${customer.phone}@c.us_3EB0QU0TED`)
          assert.strictEqual("id" in body, ["text", "poll", "location", "contacts"].includes(content.type))
        }
      }))

    it.effect("refuses what WAHA can't send before anything leaves", () =>
      Effect.gen(function*() {
        const account = yield* current
        const before = (yield* sent).length
        const none = { source: { type: "none", reason: "gone" } } as const
        const refusals: ReadonlyArray<readonly [OutboundMessage, string]> = [
          [outbound({ type: "template", name: "x", language: "id", components: [] }), "Rejected unsupported_content"],
          [outbound({ type: "sticker", media: none }), "Rejected unsupported_content"],
          [outbound({ type: "image", media: none }), "Rejected media_without_url"],
          [
            outbound({ type: "text", text: "x" }, { to: { kind: "email", value: "a@b.c" } }),
            "Rejected unsupported_address"
          ]
        ]
        for (const [message, code] of refusals) {
          assert.strictEqual(codeOf(yield* Waha.adapter.send(message, account)), code)
        }
        assert.strictEqual((yield* sent).length, before)
      }))

    it.effect("answers at the address that the customer wrote from", () =>
      Effect.gen(function*() {
        const account = yield* current
        for (const [kind, value] of [["lid", "880000000000042"], ["group", "120363000000000001"]] as const) {
          yield* Waha.adapter.send(outbound({ type: "text", text: "Halo" }, { to: { kind, value } }), account)
          const [entry] = (yield* sent).slice(-1)
          assert(entry !== undefined)
          assert.strictEqual(requestOf(entry).body["chatId"], kind === "lid" ? `${value}@lid` : `${value}@g.us`)
        }
        const list = outbound(
          { type: "list", body: "Pilih", button: "Menu", sections: [{ rows: [{ id: "a", title: "Arabika" }] }] },
          { to: { kind: "group", value: "120363000000000001" } }
        )
        assert.strictEqual(codeOf(yield* Waha.adapter.send(list, account)), "Accepted")
        const inWords = (yield* sent).at(-1)
        assert(inWords !== undefined)
        assert.strictEqual(requestOf(inWords).body["text"], "Pilih\n\n1. Arabika")
      }))

    it.effect("understands the answers of every engine, also none at all", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { setAccount } = yield* WahaEmulator
        for (const engine of ["GOWS", "NOWEB", "WEBJS", "WPP"] as const) {
          for (const answer of ["message", "engine", "empty"] as const) {
            yield* setAccount("lintang", { engine, answer })
            const message = yield* reserved(text(), account)
            assert.strictEqual(message.providerMessageId !== undefined, engine === "GOWS" || engine === "NOWEB")
            const outcome = yield* Waha.adapter.send(message, account)
            const entry = (yield* sent).at(-1)
            assert(outcome._tag === "Accepted")
            const unknowable = answer === "empty" && message.providerMessageId === undefined
            assert.strictEqual(outcome.providerMessageId, unknowable ? null : entry?.providerMessageId)
          }
        }
        yield* setAccount("lintang", { engine: "GOWS", answer: "message" })
      }))
  })
})

describe("faults", () => {
  it.layer(emulator, { excludeTestServices: true })((it) => {
    it.effect("have the outcome that the table says", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { setFaults } = yield* WahaEmulator
        const expected = {
          400: "Rejected bad_request",
          401: "AccountRefused unauthorized",
          403: "AccountRefused unauthorized",
          404: "AccountRefused session_not_found",
          422: "Retryable session_not_working",
          429: "Retryable rate_limited",
          463: "Rejected 463",
          500: "Unknown",
          501: "Rejected not_supported",
          502: "Unknown",
          503: "Retryable unavailable",
          504: "Unknown"
        }
        for (const [errorCode, outcome] of Object.entries(expected)) {
          yield* setFaults({ ...quick, error: { next: 1 }, errorCode })
          assert.strictEqual(codeOf(yield* Waha.adapter.send(text(), account)), outcome, errorCode)
          assert.strictEqual((yield* sent).at(-1)?.outcome, `refused:${errorCode}`)
        }
      }))

    it.effect("of the account can be mended: wrong key, wrong session, session that does not work, no server", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { revive, setAccount } = yield* WahaEmulator
        const wrongKey = { ...account, secrets: { ...account.secrets, apiKey: Redacted.make("wrong") } }
        assert.strictEqual(codeOf(yield* Waha.adapter.send(text(), wrongKey)), "AccountRefused unauthorized")
        const serverKey = { ...account, secrets: { ...account.secrets, apiKey: Redacted.make("waha-key") } }
        const elsewhere = { ...serverKey, settings: { ...account.settings, session: "nobody" } }
        assert.strictEqual(codeOf(yield* Waha.adapter.send(text(), elsewhere)), "AccountRefused session_not_found")
        for (const status of ["STARTING", "SCAN_QR_CODE", "STOPPED", "FAILED"] as const) {
          yield* setAccount("lintang", { status })
          const outcome = status === "STARTING" ? "Retryable" : "AccountRefused"
          assert.strictEqual(codeOf(yield* Waha.adapter.send(text(), account)), `${outcome} session_not_working`)
          assert.isTrue(Option.isNone(yield* reserveMessageId(text(), account)))
        }
        yield* setAccount("lintang", { status: "WORKING" })
        yield* kill
        assert.strictEqual(codeOf(yield* Waha.adapter.send(text(), account)), "Retryable ECONNREFUSED")
        yield* revive
        assert.strictEqual(codeOf(yield* Waha.adapter.send(text(), account)), "Accepted")
        const nowhere = { ...account, settings: { ...account.settings, baseUrl: "http://waha.invalid:3000" } }
        assert.match(codeOf(yield* Waha.adapter.send(text(), nowhere)), /^Retryable (ENOTFOUND|EAI_AGAIN)$/)
      }))

    it.effect("after acceptance leave the outcome unknown until it is reconciled", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { setFaults } = yield* WahaEmulator
        for (const fault of ["closeAfterAcceptance", "errorAfterAcceptance"] as const) {
          const message = yield* reserved(text(`after ${fault}`), account)
          yield* setFaults({ ...quick, [fault]: { next: 1 } })
          assert.strictEqual(codeOf(yield* Waha.adapter.send(message, account)), "Unknown")
          assert.deepStrictEqual(yield* reconcile(message, account), {
            _tag: "Found",
            providerMessageId: message.providerMessageId ?? ""
          })
        }
      }))

    it.effect("before acceptance look the same, and the message may be sent again under its id", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { setFaults } = yield* WahaEmulator
        const message = yield* reserved(text("before acceptance"), account)
        yield* setFaults({ ...quick, closeBeforeAcceptance: { next: 1 } })
        assert.strictEqual(codeOf(yield* Waha.adapter.send(message, account)), "Unknown")
        assert.deepStrictEqual(yield* reconcile(message, account), { _tag: "Absent" })
        for (let times = 0; times < 3; times++) {
          assert.deepStrictEqual(yield* Waha.adapter.send(message, account), {
            _tag: "Accepted",
            providerMessageId: message.providerMessageId ?? null
          })
        }
        const entries = (yield* sent).filter((entry) => entry.clientMessageId === message.providerMessageId)
        assert.deepStrictEqual(entries.map(({ outcome }) => outcome), ["accepted", "repeated", "repeated"])
        assert.deepStrictEqual(yield* reconcile(message, account), {
          _tag: "Found",
          providerMessageId: message.providerMessageId ?? ""
        })
      }))

    it.effect("leave undecided what can't be told: media, another server's fault, no server", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { revive, setAccount } = yield* WahaEmulator
        const media = { source: { type: "url", url: "https://files.test/x" } } as const
        assert.isTrue(Option.isNone(yield* reserveMessageId(outbound({ type: "image", media }), account)))
        const image = outbound({ type: "image", media }, { providerMessageId: "3EB0AA" })
        assert.deepStrictEqual(yield* reconcile(image, account), { _tag: "Undecided" })
        assert.deepStrictEqual(yield* reconcile(text(), account), { _tag: "Undecided" })
        const message = { ...text(), providerMessageId: "3EB0AA" }
        yield* setAccount("lintang", { status: "STARTING" })
        assert.deepStrictEqual(yield* reconcile(message, account), { _tag: "Undecided" })
        yield* setAccount("lintang", { status: "WORKING" })
        const elsewhere = {
          ...account,
          settings: { ...account.settings, session: "nobody" },
          secrets: { ...account.secrets, apiKey: Redacted.make("waha-key") }
        }
        assert.deepStrictEqual(yield* reconcile(message, elsewhere), { _tag: "Undecided" })
        yield* kill
        assert.deepStrictEqual(yield* reconcile(message, account), { _tag: "Undecided" })
        yield* revive
        assert.deepStrictEqual(yield* reconcile(message, account), { _tag: "Absent" })
      }))
  })
})

describe("time-outs", () => {
  it.live("after acceptance are unknown, and found by reconciling", () =>
    Effect.gen(function*() {
      const account = yield* current
      const { setFaults } = yield* WahaEmulator
      const message = yield* reserved(text("slow"), account)
      yield* setFaults({ ...quick, timeoutAfterAcceptance: { next: 1 } })
      // The caller gives up earlier than the adapter would: what the outbox sees is the same.
      const outcome = yield* Waha.adapter.send(message, account).pipe(Effect.timeoutOption("300 millis"))
      assert.isTrue(Option.isNone(outcome))
      assert.strictEqual((yield* reconcile(message, account))._tag, "Found")
      assert.strictEqual((yield* sent).filter(({ text }) => text === "slow").length, 1)
    }).pipe(Effect.provide(emulator)))
})

describe("the adapter's own patience", () => {
  const silent = HttpClient.make(() => Effect.never)

  it.effect("ends for texts after half a minute, for media later, and leaves the outcome unknown", () =>
    Effect.gen(function*() {
      const account = fixtures.account()
      const media = { source: { type: "url", url: "https://files.test/x" } } as const
      const short = yield* Effect.forkChild(Waha.adapter.send(text(), account))
      const long = yield* Effect.forkChild(Waha.adapter.send(outbound({ type: "image", media }), account))
      const reserving = yield* Effect.forkChild(reserveMessageId(text(), account))
      const reconciling = yield* Effect.forkChild(reconcile({ ...text(), providerMessageId: "3EB0AA" }, account))
      const testing = yield* Effect.forkChild(Waha.adapter.test(account))
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.join(reserving)))
      assert.strictEqual((yield* Fiber.join(reconciling))._tag, "Undecided")
      assert.strictEqual((yield* Fiber.join(testing)).message, "WAHA did not answer within 10000 ms")
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(yield* Fiber.join(short), {
        _tag: "Unknown",
        reason: "WAHA did not answer within 30000 ms"
      })
      assert.isUndefined(long.pollUnsafe())
      yield* TestClock.adjust("90 seconds")
      assert.strictEqual((yield* Fiber.join(long))._tag, "Unknown")
    }).pipe(Effect.provideService(HttpClient.HttpClient, silent)))
})

describe("broken servers", () => {
  const answering = (answer: string) =>
    Effect.acquireRelease(
      Effect.callback<string>((resume) => {
        const server = createServer((request, response) => {
          request.resume()
          request.on("end", () => {
            response.socket?.write(answer)
            response.socket?.destroy()
          })
        })
        server.listen(0, "127.0.0.1", () =>
          resume(Effect.succeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)))
      }),
      () =>
        Effect.void
    )

  it.live("that accept and then break off have accepted", () =>
    Effect.gen(function*() {
      const url = yield* answering(
        "HTTP/1.1 201 Created\r\ncontent-length: 400\r\ncontent-type: application/json\r\n\r\n{\"id\":"
      )
      const outcome = yield* Waha.adapter.send({ ...text(), providerMessageId: "3EB0AA" }, accountAt(url))
      assert.deepStrictEqual(outcome, { _tag: "Accepted", providerMessageId: "3EB0AA" })
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

  it.live("that answer nonsense leave the outcome unknown", () =>
    Effect.gen(function*() {
      const url = yield* answering("SMTP 220 hello\r\n\r\n")
      assert.strictEqual((yield* Waha.adapter.send(text(), accountAt(url)))._tag, "Unknown")
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

  it.live("that know the message under no form of its id answer absent", () =>
    Effect.gen(function*() {
      for (
        const [body, result] of [
          ["null", "Absent"],
          ["", "Absent"],
          ["{\"id\":\"true_6281300000042@c.us_3EB0AA\"}", "Found"],
          ["{\"id\":\"true_6281300000042@c.us_3EB0BB\"}", "Undecided"],
          ["[]", "Undecided"]
        ] as const
      ) {
        const url = yield* answering(
          `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n${body}`
        )
        const outcome = yield* reconcile({ ...text(), providerMessageId: "3EB0AA" }, accountAt(url))
        assert.strictEqual(outcome._tag, result, body)
      }
      const missing = "{\"statusCode\":500,\"exception\":{\"message\":\"sql: no rows in result set\"}}"
      const url = yield* answering(`HTTP/1.1 500 X\r\ncontent-length: ${missing.length}\r\n\r\n${missing}`)
      assert.strictEqual((yield* reconcile({ ...text(), providerMessageId: "3EB0AA" }, accountAt(url)))._tag, "Absent")
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))
})

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

describe("test", () => {
  it.live("says what is wrong with the account", () =>
    Effect.gen(function*() {
      const { setAccount } = yield* WahaEmulator
      const account = yield* current
      assert.deepStrictEqual(yield* Waha.adapter.test(account), {
        status: "ok",
        message: "Connected as Emulated business (15550000001@c.us)"
      })
      yield* setAccount("lintang", { webhookUrl: "http://127.0.0.1:9/", events: ["message", "session.status"] })
      const blind = yield* Waha.adapter.test(account)
      assert.strictEqual(blind.status, "warn")
      assert.match(blind.message, /subscribe to message\.any/)
      yield* setAccount("lintang", { status: "SCAN_QR_CODE" })
      assert.match((yield* Waha.adapter.test(account)).message, /QR code/)
      const wrongKey = { ...account, secrets: { ...account.secrets, apiKey: Redacted.make("wrong") } }
      assert.match((yield* Waha.adapter.test(wrongKey)).message, /API key/)
      yield* kill
      assert.deepStrictEqual(yield* Waha.adapter.test(account), {
        status: "fail",
        message: "WAHA can't be reached: ECONNREFUSED"
      })
    }).pipe(Effect.provide(emulator)))
})

describe("configuration", () => {
  const settings = Schema.decodeUnknownResult(Waha.Settings)

  it("takes a base URL with or without slashes at its end, and a session's name", () => {
    for (const baseUrl of ["http://waha:3000", "http://waha:3000/", " https://gate.test/waha// "]) {
      const result = settings({ baseUrl, session: "lintang" })
      assert(Result.isSuccess(result), baseUrl)
      assert.match(result.success.baseUrl, /^https?:\/\/[^ ]*[^/ ]$/)
    }
    for (
      const wrong of [
        { baseUrl: "waha:3000", session: "x" },
        { baseUrl: "ftp://waha", session: "x" },
        { baseUrl: "http://", session: "x" },
        { baseUrl: "http://waha?x=1", session: "x" },
        { baseUrl: "http://waha", session: "" },
        { baseUrl: "http://waha", session: "a/b" },
        { baseUrl: "http://waha", session: "a".repeat(55) },
        { baseUrl: "http://waha" }
      ]
    ) assert.isTrue(Result.isFailure(settings(wrong)), JSON.stringify(wrong))
  })

  it("keeps the keys out of whatever prints them, and gives them back for storage", () => {
    const secrets = Schema.decodeUnknownSync(Waha.Secrets)({ apiKey: "the api key", hmacKey: "the hmac key" })
    assert.notInclude(JSON.stringify(secrets) + String(secrets.apiKey), "the ")
    assert.deepStrictEqual(Schema.encodeSync(Waha.Secrets)(secrets), { apiKey: "the api key", hmacKey: "the hmac key" })
    assert.isTrue(Result.isFailure(Schema.decodeUnknownResult(Waha.Secrets)({ apiKey: "", hmacKey: "x" })))
  })

  it("names a session of a server once", () => {
    const key = Waha.adapter.accountKey?.({ baseUrl: "http://waha:3000", session: "lintang" })
    assert.strictEqual(key, "http://waha:3000 lintang")
    const long = Waha.adapter.accountKey?.({ baseUrl: `http://waha/${"x".repeat(400)}`, session: "lintang" })
    assert.match(long ?? "", /^sha256:[0-9a-f]{64}$/)
  })
})
