import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import { HttpClient, HttpClientRequest, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { spawn } from "node:child_process"
import { createHmac } from "node:crypto"
import { fileURLToPath } from "node:url"
import * as Emulator from "@wicara/testing/Emulator"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import type { Options } from "@wicara/testing/WahaEmulator"

const dewi = { phone: "6281300000042", name: "Dewi" }
const quick = { sentDelay: { min: 1, max: 2 }, deliveredDelay: { min: 1, max: 2 }, readDelay: { min: 1, max: 2 } }

type Service = WahaEmulator["Service"]

const run = <A, E>(
  test: (emulator: Service) => Effect.Effect<A, E, HttpClient.HttpClient | Scope.Scope>,
  options: Options = {}
) =>
  Effect.flatMap(WahaEmulator, test).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(
      WahaEmulator.layer({ seed: "test", accounts: { lintang: {} }, faults: quick, startDelay: 5, ...options }),
      NodeHttpClient.layerUndici
    ))
  )

const call = (
  method: "GET" | "POST" | "PUT" | "DELETE",
  url: string,
  options: { readonly key?: string | null; readonly body?: unknown; readonly accept?: string } = {}
) =>
  HttpClient.execute(
    HttpClientRequest.make(method)(url, {
      headers: {
        ...(options.key === null ? undefined : { "x-api-key": options.key ?? "key-lintang" }),
        ...(options.accept === undefined ? undefined : { accept: options.accept })
      }
    }).pipe(options.body === undefined ? (same) => same : HttpClientRequest.bodyJsonUnsafe(options.body))
  ).pipe(Effect.flatMap((response) =>
    Effect.map(response.text, (text) => {
      const json = response.headers["content-type"]?.includes("application/json") === true
      const body: any = text === "" ? undefined : json ? JSON.parse(text) : text
      return { status: response.status, body, type: response.headers["content-type"] }
    })
  ))

const send = (emulator: Service, over: object = {}, key?: string) =>
  call("POST", `${emulator.url}/api/sendText`, {
    ...(key === undefined ? undefined : { key }),
    body: { session: "lintang", chatId: `${dewi.phone}@c.us`, text: "Halo", ...over }
  })

/** A webhook address that keeps what it gets, and answers as told. */
const hook = Effect.fnUntraced(function*(answer: (count: number) => number = () => 200) {
  const requests: Array<
    { readonly body: any; readonly raw: string; readonly headers: Record<string, string | undefined> }
  > = []
  const { url } = yield* Emulator.serve(HttpRouter.add(
    "POST",
    "/hook",
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const raw = yield* request.text
      requests.push({ raw, body: JSON.parse(raw), headers: request.headers })
      return HttpServerResponse.empty({ status: answer(requests.length) })
    }).pipe(Effect.orDie)
  ))
  return { url: `${url}/hook`, requests, events: () => requests.map(({ body }) => body.event) }
})

const waitFor = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(condition, (met) => met ? Effect.void : Effect.andThen(Effect.sleep(5), waitFor(condition)))

describe("the key", () => {
  it.live("is asked for everywhere but at /ping and /health", () =>
    run((emulator) =>
      Effect.gen(function*() {
        for (
          const path of ["/api/sessions", "/api/lintang/chats", "/api/files/lintang/x.jpeg", "/api/server/version"]
        ) {
          for (const key of [null, "wrong"]) {
            const { body, status } = yield* call("GET", `${emulator.url}${path}`, { key })
            assert.strictEqual(status, 401, path)
            assert.deepStrictEqual(body, { message: "Unauthorized", statusCode: 401 })
          }
        }
        assert.deepStrictEqual((yield* call("GET", `${emulator.url}/ping`, { key: null })).body, { message: "pong" })
        assert.strictEqual((yield* call("GET", `${emulator.url}/health`, { key: null })).body.status, "ok")
        const inQuery = yield* call("GET", `${emulator.url}/api/version?x-api-key=waha-key`, { key: null })
        assert.strictEqual(inQuery.body.version, "2026.7.1")
      })
    ))

  it.live("of a session opens that session only; the server's opens all", () =>
    run((emulator) =>
      Effect.gen(function*() {
        yield* emulator.setAccount("melati", {})
        assert.strictEqual((yield* send(emulator, { session: "melati" })).status, 403)
        assert.strictEqual((yield* send(emulator, { session: "melati" }, "key-melati")).status, 201)
        assert.strictEqual((yield* send(emulator, { session: "melati" }, "waha-key")).status, 201)
        const own = yield* call("GET", `${emulator.url}/api/sessions`)
        assert.deepStrictEqual(own.body.map(({ name }: { name: string }) => name), ["lintang"])
        const all = yield* call("GET", `${emulator.url}/api/sessions`, { key: "waha-key" })
        assert.strictEqual(all.body.length, 2)
      })
    ))
})

describe("sessions", () => {
  it.live("go through their states, and tell of each with its history", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { requests, url } = yield* hook()
        const config = { metadata: { tenant: "t1" }, webhooks: [{ url, events: ["session.status"] }] }
        const key = "waha-key"
        const created = yield* call("POST", `${emulator.url}/api/sessions`, { key, body: { name: "baru", config } })
        assert.strictEqual(created.status, 201)
        assert.deepInclude(created.body, { name: "baru", status: "STARTING" })
        const again = yield* call("POST", `${emulator.url}/api/sessions`, { key, body: { name: "baru" } })
        assert.strictEqual(again.status, 422)
        assert.strictEqual(again.body.message, "Session 'baru' already exists. Use PUT to update it.")
        const statusOf = Effect.map(
          call("GET", `${emulator.url}/api/sessions/baru`, { key }),
          ({ body }) => body.status
        )
        yield* waitFor(Effect.map(statusOf, (status) => status === "SCAN_QR_CODE"))
        assert.isNull((yield* call("GET", `${emulator.url}/api/sessions/baru/me`, { key })).body)
        const qr = `${emulator.url}/api/baru/auth/qr`
        assert.strictEqual((yield* call("GET", qr, { key })).type, "image/png")
        assert.strictEqual((yield* call("GET", qr, { key, accept: "application/json" })).body.mimetype, "image/png")
        assert.isString((yield* call("GET", `${qr}?format=raw`, { key })).body.value)
        yield* call("PUT", `${emulator.url}/_emulator/accounts/baru`, { body: { paired: true } })
        assert.strictEqual(yield* statusOf, "WORKING")
        assert.strictEqual((yield* call("GET", qr, { key })).status, 422)
        assert.match((yield* call("GET", `${emulator.url}/api/sessions/baru/me`, { key })).body.lid, /@lid$/)
        yield* call("POST", `${emulator.url}/api/sessions/baru/stop`, { key })
        yield* call("POST", `${emulator.url}/api/sessions/baru/stop`, { key })
        yield* call("POST", `${emulator.url}/api/sessions/baru/start`, { key })
        yield* waitFor(Effect.map(statusOf, (status) => status === "WORKING"))
        yield* call("POST", `${emulator.url}/api/sessions/baru/logout`, { key })
        yield* waitFor(Effect.map(statusOf, (status) => status === "SCAN_QR_CODE"))
        yield* emulator.idle
        const expected = [
          "STARTING",
          "SCAN_QR_CODE",
          "WORKING",
          "STOPPED",
          "STARTING",
          "WORKING",
          "STOPPED",
          "STARTING",
          "SCAN_QR_CODE"
        ]
        assert.deepStrictEqual(requests.map(({ body }) => body.payload.status), expected)
        assert.deepStrictEqual(requests.at(-1)?.body.payload.statuses.map(({ status }: any) => status), expected)
        assert.deepStrictEqual(requests[0]?.body.metadata, { tenant: "t1" })
        assert.notProperty(requests[0]?.body, "me")
        yield* call("DELETE", `${emulator.url}/api/sessions/baru`, { key })
        assert.strictEqual((yield* call("DELETE", `${emulator.url}/api/sessions/baru`, { key })).status, 200)
        assert.strictEqual((yield* call("GET", `${emulator.url}/api/sessions/baru`, { key })).status, 404)
      })
    ))

  it.live("fail when nobody scans any of their QR codes", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { requests, url } = yield* hook()
        const webhooks = [{ url, events: ["session.status"] }]
        yield* call("POST", `${emulator.url}/api/sessions`, {
          key: "waha-key",
          body: { name: "baru", config: { webhooks } }
        })
        yield* waitFor(Effect.sync(() => emulator.account("baru")?.status === "FAILED"))
        yield* emulator.idle
        assert.deepStrictEqual(requests.map(({ body }) => body.payload.status), [
          "STARTING",
          "SCAN_QR_CODE",
          "SCAN_QR_CODE",
          "SCAN_QR_CODE",
          "FAILED"
        ])
      }), { qrLifetimes: [10, 5, 5] }))

  it.live("that do not work refuse to send, and hand over later what customers wrote meanwhile", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { events, url } = yield* hook()
        yield* emulator.setAccount("lintang", { webhookUrl: url, status: "STOPPED" })
        assert.deepStrictEqual(yield* send(emulator).pipe(Effect.map(({ body, status }) => [status, body])), [422, {
          error: "Session status is not as expected. Try again later or restart the session",
          session: "lintang",
          status: "STOPPED",
          expected: ["WORKING"]
        }])
        yield* emulator.customerWrites({ account: "lintang", from: dewi, content: "Ada orang?" })
        yield* emulator.idle
        assert.deepStrictEqual(events(), ["session.status"])
        yield* emulator.setAccount("lintang", { status: "WORKING" })
        yield* emulator.idle
        assert.sameMembers(events(), ["session.status", "session.status", "message.any"])
      })
    ))
})

describe("sends", () => {
  it.live("are answered as WAHA does, and acknowledged in order", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { requests, url } = yield* hook()
        yield* emulator.setAccount("lintang", { webhookUrl: url })
        const { body, status } = yield* send(emulator, { reply_to: `false_${dewi.phone}@c.us_3EB0AA` })
        assert.strictEqual(status, 201)
        assert.match(body.id, /^true_6281300000042@c\.us_3EB0[0-9A-F]{18}$/)
        assert.deepInclude(body, { fromMe: true, source: "api", ack: 0, ackName: "PENDING", body: "Halo" })
        assert.strictEqual(body.replyTo.id, "3EB0AA")
        yield* emulator.idle
        assert.deepStrictEqual(requests.map(({ body }) => [body.event, body.payload.ack]), [
          ["message.any", 0],
          ["message.ack", 1],
          ["message.ack", 2],
          ["message.ack", 3]
        ])
        const ids = requests.map(({ body }) => body.id)
        assert.strictEqual(new Set(ids).size, 4)
        for (const id of ids) assert.match(id, /^evt_[0-9a-z]{26}$/)
        for (const { body } of requests) assert.match(body.payload.id, /^true_\d+@lid_3EB0[0-9A-F]{18}$/)
      })
    ))

  it.live("under one reserved id are one message, also at the same time", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const reserved = yield* call("GET", `${emulator.url}/api/lintang/new-message-id`)
        const { id } = reserved.body
        const answers = yield* Effect.forEach(
          Array.from({ length: 20 }),
          () => send(emulator, { id }),
          { concurrency: 20 }
        )
        assert.deepStrictEqual(new Set(answers.map(({ body }) => body.id)).size, 1)
        const outcomes = emulator.ledger.all().filter(({ direction }) => direction === "send").map(({ outcome }) =>
          outcome
        )
        assert.deepStrictEqual(outcomes.toSorted(), ["accepted", ...Array.from({ length: 19 }, () => "repeated")])
        assert.strictEqual(emulator.phones.chat(dewi.phone, "lintang").length, 1)
        const found = yield* call("GET", `${emulator.url}/api/lintang/chats/${dewi.phone}@c.us/messages/${id}`)
        assert.strictEqual(found.body.body, "Halo")
        const missing = yield* call("GET", `${emulator.url}/api/lintang/chats/${dewi.phone}@c.us/messages/3EB0NONE`)
        assert.isNull(missing.body)
      })
    ))

  it.live("that are malformed are refused field by field, and nothing is sent", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const post = (path: string, body: object) =>
          call("POST", `${emulator.url}/api/${path}`, { body: { session: "lintang", chatId: "62@c.us", ...body } })
        for (
          const [path, body] of [
            ["sendText", { text: 7 }],
            ["sendText", { text: "x", chatId: "" }],
            ["sendImage", {}],
            ["sendImage", { file: { mimetype: "image/png" } }],
            ["sendVoice", { file: { url: "https://f.test/a.ogg" } }],
            ["sendLocation", { latitude: "north", longitude: 1, title: "" }],
            ["sendContactVcard", { contacts: [] }],
            ["sendList", { message: { title: "x", button: "y", sections: [] } }]
          ] as const
        ) {
          const answer = yield* post(path, body)
          assert.strictEqual(answer.status, 400, path)
          assert.isArray(answer.body.message)
          assert.deepInclude(answer.body, { error: "Bad Request", statusCode: 400 })
        }
        const unknown = yield* call("POST", `${emulator.url}/api/sendText`, {
          key: "waha-key",
          body: { session: "nobody", chatId: "62@c.us", text: "x" }
        })
        assert.deepInclude(unknown, { status: 404 })
        assert.strictEqual(unknown.body.message, "Session not found")
        assert.strictEqual(emulator.ledger.all().length, 0)
      })
    ))

  it.live("are edited and deleted by the business", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { events, url } = yield* hook()
        yield* emulator.setAccount("lintang", { webhookUrl: url })
        yield* emulator.setFaults({ statuses: false })
        const { body } = yield* send(emulator)
        const message = `${emulator.url}/api/lintang/chats/${dewi.phone}@c.us/messages/${encodeURIComponent(body.id)}`
        assert.strictEqual((yield* call("PUT", message, { body: { text: "Hai" } })).status, 200)
        assert.deepInclude(emulator.phones.chat(dewi.phone, "lintang")[0], { text: "Hai", edited: true })
        assert.strictEqual((yield* call("DELETE", message)).status, 200)
        assert.isTrue(emulator.phones.chat(dewi.phone, "lintang")[0]?.revoked)
        assert.strictEqual((yield* call("DELETE", message)).status, 404)
        yield* emulator.idle
        assert.deepStrictEqual(events(), ["message.any", "message.edited", "message.revoked"])
      })
    ))
})

describe("customers", () => {
  it.live("appear under a hidden LID that can be looked up, or not", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { requests, url } = yield* hook()
        yield* emulator.setAccount("lintang", { webhookUrl: url })
        yield* emulator.customerWrites({ account: "lintang", from: dewi, content: "Halo" })
        yield* emulator.customerWrites({ account: "lintang", from: { id: "880000000000099" }, content: "Halo" })
        yield* emulator.idle
        const [first, second] = requests.map(({ body }) => body.payload.from)
        assert.match(first, /^88\d{13}@lid$/)
        assert.strictEqual(second, "880000000000099@lid")
        const known = yield* call("GET", `${emulator.url}/api/lintang/lids/${encodeURIComponent(first)}`)
        assert.deepStrictEqual(known.body, { lid: first, pn: `${dewi.phone}@c.us` })
        const hidden = yield* call("GET", `${emulator.url}/api/lintang/lids/${encodeURIComponent(second)}`)
        assert.deepStrictEqual(hidden.body, { lid: second, pn: null })
        const byPhone = yield* call(
          "GET",
          `${emulator.url}/api/lintang/lids/pn/${encodeURIComponent(`${dewi.phone}@c.us`)}`
        )
        assert.strictEqual(byPhone.body.lid, first)
        const stranger = yield* call("GET", `${emulator.url}/api/lintang/lids/pn/62999`)
        assert.deepStrictEqual(stranger.body, { lid: null, pn: "62999" })
        yield* send(emulator, { chatId: first, text: "Halo Dewi" })
        assert.strictEqual(emulator.phones.chat(dewi.phone, "lintang").at(-1)?.text, "Halo Dewi")
        yield* emulator.setAccount("lintang", { addressing: "phone" })
        yield* emulator.customerWrites({ account: "lintang", from: dewi, content: "Lagi" })
        yield* emulator.idle
        assert.strictEqual(requests.at(-1)?.body.payload.from, `${dewi.phone}@c.us`)
      })
    ))

  it.live("that are not on WhatsApp can be asked about, and do not get what is sent", () =>
    run((emulator) =>
      Effect.gen(function*() {
        yield* emulator.setAccount("lintang", { unreachable: ["62000"] })
        const exists = (phone: string) =>
          Effect.map(
            call("GET", `${emulator.url}/api/contacts/check-exists?session=lintang&phone=${phone}`),
            ({ body }) => body
          )
        assert.deepStrictEqual(yield* exists("62000"), { numberExists: false })
        assert.deepStrictEqual(yield* exists("%2B62813"), { numberExists: true, chatId: "62813@c.us" })
        yield* send(emulator, { chatId: "62000@c.us" })
        yield* emulator.idle
        assert.strictEqual(emulator.phones.chat("62000", "lintang")[0]?.status, "failed")
      })
    ))

  it.live("send files that live for three minutes", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { requests, url } = yield* hook()
        yield* emulator.setAccount("lintang", { webhookUrl: url })
        const data = Buffer.from("a photo").toString("base64")
        yield* emulator.customerWrites({
          account: "lintang",
          from: dewi,
          content: { type: "image", caption: "bukti", data }
        })
        yield* emulator.customerWrites({
          account: "lintang",
          from: dewi,
          content: { type: "image", data },
          timestamp: Date.now() - 181_000
        })
        yield* emulator.idle
        const [fresh, stale] = requests.map(({ body }) => body.payload)
        assert.deepInclude(fresh, { hasMedia: true, body: "bukti" })
        const file = yield* call("GET", fresh.media.url)
        assert.deepInclude(file, { status: 200, body: "a photo", type: "image/png" })
        assert.strictEqual((yield* call("GET", fresh.media.url, { key: null })).status, 401)
        const gone = yield* call("GET", stale.media.url)
        assert.strictEqual(gone.status, 404)
        assert.strictEqual(gone.body.error.key, "FILE_NOT_FOUND")
      })
    ))
})

describe("webhooks", () => {
  it.live("are signed, carry WAHA's headers, and keep their event id at every attempt", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { requests, url } = yield* hook((count) => count < 3 ? 500 : 200)
        yield* emulator.setAccount("lintang", {
          webhookUrl: url,
          hmacKey: "rahasia",
          retries: { policy: "constant", delaySeconds: 0.01, attempts: 5 }
        })
        yield* emulator.customerWrites({ account: "lintang", from: dewi, content: "Halo" })
        yield* emulator.idle
        assert.strictEqual(requests.length, 3)
        assert.strictEqual(new Set(requests.map(({ raw }) => raw)).size, 1)
        assert.strictEqual(new Set(requests.map(({ headers }) => headers["x-webhook-request-id"])).size, 3)
        for (const { headers, raw } of requests) {
          assert.strictEqual(headers["x-webhook-hmac"], createHmac("sha512", "rahasia").update(raw).digest("hex"))
          assert.strictEqual(headers["x-webhook-hmac-algorithm"], "sha512")
          assert.match(headers["x-webhook-timestamp"] ?? "", /^\d{13}$/)
          assert.match(headers["user-agent"] ?? "", /^WAHA\//)
        }
      })
    ))

  it.live("are given up after the policy's last attempt", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { requests, url } = yield* hook(() => 404)
        for (const policy of ["constant", "linear", "exponential"] as const) {
          yield* emulator.setAccount("lintang", {
            webhookUrl: url,
            retries: { policy, delaySeconds: 0.002, attempts: 3 }
          })
          yield* emulator.customerWrites({ account: "lintang", from: dewi, content: policy })
          yield* emulator.idle
        }
        assert.strictEqual(requests.length, 9)
        assert.strictEqual(emulator.deliveries.stats().abandoned, 3)
      })
    ))

  it.live("come twice for one message only to who asked for both events", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { events, requests, url } = yield* hook()
        yield* emulator.setAccount("lintang", { webhookUrl: url })
        yield* emulator.customerWrites({ account: "lintang", from: dewi, content: "satu" })
        yield* emulator.idle
        assert.deepStrictEqual(events(), ["message.any"])
        yield* emulator.setAccount("lintang", { doubled: true })
        yield* emulator.customerWrites({ account: "lintang", from: dewi, content: "dua" })
        yield* emulator.businessWrites({ account: "lintang", to: dewi, content: "tiga" })
        yield* emulator.idle
        const messages = requests.filter(({ body }) => body.event !== "message.ack").map(({ body }) => body)
        assert.deepStrictEqual(messages.map(({ event }) => event), [
          "message.any",
          "message",
          "message.any",
          "message.any"
        ])
        assert.strictEqual(messages[1].payload.id, messages[2].payload.id)
        assert.deepInclude(messages[3].payload, { fromMe: true, source: "app", body: "tiga" })
      })
    ))
})

describe("control", () => {
  it.live("works over HTTP as with every emulator", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const control = `${emulator.url}/_emulator`
        const written = yield* call("POST", `${control}/messages`, {
          key: null,
          body: { account: "lintang", from: dewi, content: "Halo" }
        })
        assert.isString(written.body.providerMessageId)
        const echoed = yield* call("POST", `${control}/echoes`, {
          key: null,
          body: { account: "lintang", to: dewi, content: "Halo juga" }
        })
        assert.isString(echoed.body.providerMessageId)
        yield* call("POST", `${control}/idle`, { key: null })
        const chat = yield* call("GET", `${control}/chats/${dewi.phone}?account=lintang`, { key: null })
        assert.deepStrictEqual(chat.body.bubbles.map(({ source, text }: any) => [source, text]), [
          ["customer", "Halo"],
          ["phone", "Halo juga"]
        ])
        yield* call("PUT", `${control}/faults`, { key: null, body: { error: { next: 1 }, errorCode: "463" } })
        assert.strictEqual((yield* send(emulator)).body.exception.message, "2 UNKNOWN: server returned error 463")
        const ledger = yield* call("GET", `${control}/ledger?direction=send`, { key: null })
        assert.deepStrictEqual(ledger.body.data.map(({ outcome }: any) => outcome), ["refused:463"])
        const nobody = { account: "nobody", from: dewi, content: "Halo" }
        assert.strictEqual((yield* call("POST", `${control}/messages`, { key: null, body: nobody })).status, 404)
        const wrong = { account: "lintang", from: dewi, content: { type: "revoke", messageId: "3EB0NONE" } }
        assert.strictEqual((yield* call("POST", `${control}/messages`, { key: null, body: wrong })).status, 400)
        const account = yield* call("PUT", `${control}/accounts/lintang`, { key: null, body: { engine: "CHROME" } })
        assert.strictEqual(account.status, 400)
      })
    ))

  it.live("keeps the ledger when the server is killed and revived", () =>
    run((emulator) =>
      Effect.gen(function*() {
        yield* send(emulator)
        yield* emulator.kill
        yield* Effect.sleep(50)
        assert.strictEqual((yield* Effect.result(send(emulator)))._tag, "Failure")
        yield* emulator.revive
        assert.strictEqual((yield* send(emulator)).status, 201)
        assert.strictEqual(emulator.ledger.all().filter(({ outcome }) => outcome === "accepted").length, 2)
      })
    ))

  it.live("goes on after requests that it cut or never answered", () =>
    run((emulator) =>
      Effect.gen(function*() {
        yield* emulator.setFaults({ ...quick, closeAfterAcceptance: { next: 30 } })
        const cut = yield* Effect.forEach(
          Array.from({ length: 30 }),
          () => Effect.result(send(emulator)),
          { concurrency: 10 }
        )
        assert.isTrue(cut.every(({ _tag }) => _tag === "Failure"))
        yield* emulator.setFaults({ ...quick, timeoutAfterAcceptance: { next: 5 } })
        const silent = yield* Effect.forEach(
          Array.from({ length: 5 }),
          () => Effect.timeoutOption(send(emulator), 50),
          { concurrency: 5 }
        )
        assert.isTrue(silent.every(({ _tag }) => _tag === "None"))
        yield* emulator.idle
        assert.strictEqual((yield* send(emulator)).status, 201)
        assert.strictEqual(emulator.ledger.all().filter(({ outcome }) => outcome === "accepted").length, 36)
      })
    ))
})

describe("the program", () => {
  it.live("listens where it is told", () =>
    Effect.gen(function*() {
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, [
            fileURLToPath(new URL("../src/waha/main.ts", import.meta.url)),
            "--port",
            "0",
            "--account",
            "lintang=http://127.0.0.1:9/hook"
          ], { stdio: ["ignore", "pipe", "inherit"] })
        ),
        (child) => Effect.sync(() => child.kill())
      )
      const url = yield* Effect.callback<string>((resume) => {
        let output = ""
        child.stdout.on("data", (chunk) => {
          output += String(chunk)
          const found = /on (http:\/\/\S+), control/.exec(output)?.[1]
          if (found !== undefined) resume(Effect.succeed(found))
        })
      })
      const session = yield* call("GET", `${url}/api/sessions/lintang`)
      assert.strictEqual(session.body.config.webhooks[0].url, "http://127.0.0.1:9/hook")
      assert.strictEqual(session.body.config.webhooks[0].hmac.key, "hmac-lintang")
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici)))
})
