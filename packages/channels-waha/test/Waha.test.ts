/** The adapter against the emulator: over HTTP, with the faults that a send can meet. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Redacted, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { HttpClient } from "effect/http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { OutboundMessage } from "@wicara/channels/ChannelAdapter"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"
import {
  accountAt,
  codeOf,
  current,
  customer,
  emulator,
  kill,
  outbound,
  quick,
  reconcile,
  requestOf,
  reserved,
  reserveMessageId,
  sent,
  text
} from "./emulated.ts"

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

    it.effect("has every recording converted that WhatsApp is not known to play, and no other", () =>
      Effect.gen(function*() {
        const account = yield* current
        const emulator = yield* WahaEmulator
        const of = (url: string, mimeType?: string) =>
          ({ source: { type: "url", url }, ...(mimeType === undefined ? {} : { mimeType }) }) as const
        const remote = "https://files.test/x"
        const recordings: ReadonlyArray<readonly ["audio" | "video", ReturnType<typeof of>, boolean]> = [
          ["audio", of(remote, "audio/ogg; codecs=opus"), false],
          ["audio", of(remote, "audio/ogg;codecs=opus"), false],
          ["audio", of("data:audio/ogg; codecs=opus;base64,aGFsbw=="), false],
          ["audio", of(remote), true],
          ["audio", of(remote, "audio/ogg"), true],
          ["audio", of(remote, "audio/ogg; codecs=vorbis"), true],
          ["audio", of(remote, "audio/webm;codecs=opus"), true],
          ["audio", of("data:audio/mpeg;base64,aGFsbw=="), true],
          ["video", of(remote, "video/mp4"), false],
          ["video", of("data:video/mp4;base64,aGFsbw=="), false],
          ["video", of(remote), true],
          ["video", of(remote, "video/quicktime"), true],
          ["video", of("data:video/webm;base64,aGFsbw=="), true]
        ]
        for (const [type, media, converted] of recordings) {
          const content: OutboundContent = type === "audio" ? { type, media, voice: true } : { type, media }
          const outcome = yield* Waha.adapter.send(outbound(content), account)
          assert(outcome._tag === "Accepted" && outcome.providerMessageId !== null)
          const entry = (yield* sent).at(-1)
          assert(entry !== undefined)
          assert.deepStrictEqual([media, requestOf(entry).body["convert"]], [media, converted])
          const message = emulator.account(account.settings.session)?.messages.get(outcome.providerMessageId)
          const arrived = message?.media?.mimetype.replaceAll(" ", "")
          assert.strictEqual(arrived, type === "audio" ? "audio/ogg;codecs=opus" : "video/mp4")
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
