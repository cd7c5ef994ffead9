import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Predicate, Result, Stream } from "effect"
import type { Scope } from "effect"
import { HttpClient, HttpClientRequest, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createHmac } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import * as Emulator from "@wicara/testing/Emulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import * as CloudAccount from "@wicara/testing/whatsapp-cloud/CloudAccount"
import * as CloudMedia from "@wicara/testing/whatsapp-cloud/CloudMedia"
import * as CloudSend from "@wicara/testing/whatsapp-cloud/CloudSend"

const id = "500600700800"
const phone = "6281234500001"

type Service = WhatsAppCloudEmulator["Service"]

const run = <A, E>(
  test: (emulator: Service) => Effect.Effect<A, E, HttpClient.HttpClient | Scope.Scope>,
  options: Parameters<typeof WhatsAppCloudEmulator.layer>[0] = {}
) =>
  Effect.flatMap(WhatsAppCloudEmulator, test).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(
      WhatsAppCloudEmulator.layer({ seed: "test", accounts: { [id]: {} }, ...options }),
      NodeHttpClient.layerUndici
    ))
  )

const call = (
  method: "GET" | "POST" | "PUT" | "DELETE",
  url: string,
  options: { readonly token?: string; readonly body?: unknown } = {}
) =>
  HttpClient.execute(
    HttpClientRequest.make(method)(url).pipe(
      options.token === undefined ? (same) => same : HttpClientRequest.bearerToken(options.token),
      options.body === undefined ? (same) => same : HttpClientRequest.bodyJsonUnsafe(options.body)
    )
  ).pipe(Effect.flatMap((response) =>
    Effect.map(response.text, (text) => {
      const body: any = text === "" ? undefined : JSON.parse(text)
      return { status: response.status, body }
    })
  ))

const send = (emulator: Service, over: object = {}, token = `token-${id}`) =>
  call("POST", `${emulator.url}/v23.0/${id}/messages`, {
    token,
    body: { messaging_product: "whatsapp", to: phone, type: "text", text: { body: "hi" }, ...over }
  })

const write = (emulator: Service, content: Emulator.CustomerMessage["content"], over: object = {}) =>
  call("POST", `${emulator.url}/_emulator/messages`, {
    body: { account: id, from: { phone, name: "Sari" }, content, ...over }
  })

/** A callback address that keeps what it gets, and answers as told. */
const callback = (answer: (count: number) => number = () => 200) =>
  Effect.gen(function*() {
    const received: Array<{ readonly text: string; readonly signature: string | undefined; readonly body: any }> = []
    const listening = yield* Emulator.serve(HttpRouter.add(
      "POST",
      "/*",
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const text = yield* request.text
        received.push({ text, signature: request.headers["x-hub-signature-256"], body: JSON.parse(text) })
        return HttpServerResponse.empty({ status: answer(received.length) })
      }).pipe(Effect.orDie)
    ))
    return { received, url: `${listening.url}/hook` }
  })

describe("the Graph API", () => {
  it.live("knows its accounts, tokens and versions", () =>
    run((emulator) =>
      Effect.gen(function*() {
        yield* emulator.setAccount("2", {})
        const get = (path: string, token?: string) =>
          call("GET", `${emulator.url}${path}`, token === undefined ? {} : { token })
        assert.deepInclude((yield* get(`/v23.0/${id}`, `token-${id}`)).body, { id, quality_rating: "GREEN" })
        const refused = [
          yield* get(`/v23.0/${id}`),
          yield* get(`/v23.0/${id}`, "wrong"),
          yield* get(`/v23.0/${id}`, "token-2"),
          yield* get("/v23.0/999", `token-${id}`),
          yield* get(`/23/${id}`, `token-${id}`)
        ]
        assert.deepStrictEqual(refused.map(({ body, status }) => [status, body.error.code]), [
          [401, 104],
          [401, 190],
          [403, 10],
          [400, 100],
          [400, 2500]
        ])
        for (const { body } of refused) assert.match(body.error.fbtrace_id, /^A[0-9a-f]{22}$/)
      })
    ))

  it.live("opens the 24-hour window with a customer's message, and closes it", () =>
    run((emulator) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* send(emulator)).body.error.code, 131047)
        yield* write(emulator, "long ago", { timestamp: 1_600_000_000_000 })
        assert.strictEqual((yield* send(emulator)).body.error.code, 131047)
        yield* write(emulator, "now")
        const { body, status } = yield* send(emulator)
        assert.strictEqual(status, 200)
        assert.deepInclude(body, { messaging_product: "whatsapp", contacts: [{ input: phone, wa_id: phone }] })
        yield* emulator.setAccount(id, { enforceWindow: false })
        assert.strictEqual((yield* send(emulator, { to: "+62 899-000" })).status, 200)
        assert.strictEqual(emulator.ledger.all().at(-1)?.to, "62899000")
      })
    ))

  it.live.each(
    [
      ["no product", { messaging_product: undefined }, 100],
      ["no recipient", { to: undefined }, 100],
      ["a recipient that is no number", { to: "mum" }, 131009],
      ["itself", { to: "+1 555-000-0000" }, 131021],
      ["an unknown type", { type: "hologram" }, 100],
      ["no part", { text: undefined }, 131008],
      ["a part without its field", { text: {} }, 131008],
      ["callback data that is too long", { biz_opaque_callback_data: "a".repeat(513) }, 131009],
      ["neither id nor link", { type: "image", image: {} }, 131009],
      ["both id and link", { type: "image", image: { id: "1", link: "https://e.com" } }, 131009],
      ["a caption on a sticker", { type: "sticker", sticker: { link: "https://e.com", caption: "x" } }, 100],
      [
        "a caption that is too long",
        { type: "image", image: { link: "https://e.com", caption: "a".repeat(1025) } },
        131009
      ],
      ["a latitude beyond the pole", { type: "location", location: { latitude: 91, longitude: 0 } }, 131009],
      ["equal button titles", {
        type: "interactive",
        interactive: {
          type: "button",
          body: { text: "?" },
          action: { buttons: ["1", "2"].map((id) => ({ type: "reply", reply: { id, title: "same" } })) }
        }
      }, 131009],
      ["sections without titles", {
        type: "interactive",
        interactive: {
          type: "list",
          body: { text: "?" },
          action: { button: "b", sections: ["1", "2"].map((id) => ({ rows: [{ id, title: id }] })) }
        }
      }, 131009],
      ["a user id of another form", { to: undefined, recipient: "nobody" }, 131009]
    ] as const
  )("refuses %s", ([, over, code]) =>
    run((emulator) =>
      Effect.gen(function*() {
        yield* write(emulator, "halo")
        const { body, status } = yield* send(emulator, over)
        assert.strictEqual(body.error.code, code)
        assert.strictEqual(status, 400)
        assert.strictEqual(emulator.ledger.all().at(-1)?.outcome, `refused:${code}`)
      })
    ))

  it.live("renders templates, positional and named, and minds their state", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const template = (
          name: string,
          text: string,
          status = "APPROVED",
          category: "MARKETING" | "UTILITY" = "UTILITY"
        ) => ({
          name,
          language: "id",
          status,
          category,
          components: [{ type: "BODY", text }]
        })
        yield* emulator.setAccount(id, {
          templates: [
            template("bill", "Tagihan {{1}}: {{2}}"),
            template("named", "Halo {{name}}"),
            template("paused", "x", "PAUSED"),
            template("gone", "x", "DISABLED"),
            template("new", "x", "PENDING"),
            template("promo", "Promo", "APPROVED", "MARKETING")
          ]
        })
        const use = (name: string, parameters: ReadonlyArray<object> = []) =>
          Effect.map(
            send(emulator, {
              type: "template",
              template: {
                name,
                language: { code: "id" },
                components: parameters.length === 0 ? [] : [{ type: "body", parameters }]
              }
            }),
            ({ body }) => body.error?.code ?? emulator.ledger.all().at(-1)?.text
          )
        const text = (text: string, rest: object = {}) => ({ type: "text", text, ...rest })
        assert.deepStrictEqual(
          [
            yield* use("bill", [text("Mei"), text("Rp 200.000")]),
            yield* use("named", [text("Sari", { parameter_name: "name" })]),
            yield* use("named", [text("Sari")]),
            yield* use("bill", [text("Mei")]),
            yield* use("paused"),
            yield* use("gone"),
            yield* use("new"),
            yield* use("absent"),
            yield* use("promo")
          ],
          ["Tagihan Mei: Rp 200.000", "Halo Sari", 132012, 132000, 132015, 132016, 132001, 132001, "Promo"]
        )
        yield* emulator.preference(id, { phone }, "stop")
        assert.strictEqual(yield* use("promo"), 131050)
        yield* emulator.preference(id, { phone }, "resume")
        assert.strictEqual(yield* use("promo"), "Promo")
        const page = yield* call("GET", `${emulator.url}/v23.0/9${id}/message_templates?limit=4&status=APPROVED`, {
          token: `token-${id}`
        })
        assert.deepStrictEqual(page.body.data.map((one: { name: string }) => one.name), ["bill", "named", "promo"])
        const second = yield* call("GET", `${emulator.url}/v23.0/9${id}/message_templates?limit=4`, {
          token: `token-${id}`
        }).pipe(Effect.flatMap(({ body }) => call("GET", body.paging.next, { token: `token-${id}` })))
        assert.deepStrictEqual(second.body.data.map((one: { name: string }) => one.name), ["new", "promo"])
        assert.notProperty(second.body.paging, "next")
      })
    ))

  it.live("limits the throughput when told to", () =>
    run((emulator) =>
      Effect.gen(function*() {
        yield* write(emulator, "halo")
        yield* emulator.setAccount(id, { throughput: 5 })
        const codes = yield* Effect.forEach(
          Array.from({ length: 8 }),
          () => Effect.map(send(emulator), ({ body }) => body.error?.code)
        )
        assert.deepStrictEqual(codes.slice(0, 5), Array.from({ length: 5 }, () => undefined))
        assert.include(codes.slice(5), 130429)
      })
    ))

  it("lets a media address live five minutes", () => {
    const media = CloudMedia.make("seed")
    const file = media.add(id, new Uint8Array([1]), "image/png")
    const [, , fileId = "", expires = "", proof = ""] = media.path(file, 1_000).split("/")
    assert.strictEqual(media.resolve(fileId, expires, proof, 1_000 + 299_999), file)
    assert.isUndefined(media.resolve(fileId, expires, proof, 1_000 + 300_000))
    assert.isUndefined(media.resolve(fileId, String(Number(expires) + 1), proof, 1_000))
    assert.isTrue(Result.isFailure(CloudMedia.check("image/webp", 600_000)))
    assert.isTrue(Result.isFailure(CloudMedia.check("application/x-msdownload", 1)))
    assert.isTrue(Result.isSuccess(CloudMedia.check("audio/ogg; codecs=opus", 1)))
  })
})

describe("webhooks", () => {
  it.live("are signed over bytes in which non-ASCII is escaped", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { received, url } = yield* callback()
        yield* emulator.setAccount(id, { webhookUrl: url })
        yield* write(emulator, "Café 😀")
        yield* emulator.idle
        const [one] = received
        assert.match(one?.text ?? "", /Caf\\u00e9 \\ud83d\\ude00/)
        // oxlint-disable-next-line no-control-regex
        assert.match(one?.text ?? "", /^[\x00-\x7f]*$/)
        assert.strictEqual(
          one?.signature,
          `sha256=${createHmac("sha256", `secret-${id}`).update(one?.text ?? "").digest("hex")}`
        )
        assert.strictEqual(one?.body.entry[0].changes[0].value.messages[0].text.body, "Café 😀")
      })
    ))

  it.live("are repeated with the same bytes until they are acknowledged", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { received, url } = yield* callback((count) => count < 3 ? 500 : 200)
        yield* emulator.setAccount(id, { webhookUrl: url })
        yield* write(emulator, "halo")
        yield* emulator.idle
        assert.strictEqual(received.length, 3)
        assert.strictEqual(new Set(received.map(({ text }) => text)).size, 1)
      }), { delivery: { retryAfter: () => 5 } }))

  it.live("bring no statuses when these are off, and late ones when told so", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { received, url } = yield* callback()
        yield* write(emulator, "halo")
        yield* emulator.setAccount(id, { webhookUrl: url })
        yield* emulator.setFaults({ statuses: false })
        yield* send(emulator)
        yield* emulator.idle
        assert.strictEqual(received.length, 0)
        yield* emulator.setFaults({ sentDelay: { min: 150, max: 160 }, read: false })
        yield* send(emulator)
        yield* Effect.sleep(60)
        assert.strictEqual(received.length, 0)
        yield* emulator.idle
        assert.deepStrictEqual(
          received.map(({ body }) => body.entry[0].changes[0].value.statuses[0].status),
          ["sent", "delivered"]
        )
      })
    ))

  it.live("can be batched: several updates, grouped by what they are", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { received, url } = yield* callback()
        yield* emulator.setAccount(id, { webhookUrl: url })
        yield* emulator.setFaults({ batchMax: 4, batchWindow: 1_000 })
        for (const text of ["a", "b", "c"]) yield* write(emulator, text)
        yield* emulator.webhook(id, "account_update", { event: "VERIFIED_ACCOUNT" })
        yield* emulator.idle
        assert.strictEqual(received.length, 1)
        const changes = received[0]?.body.entry[0].changes
        assert.deepStrictEqual(changes.map((one: { field: string }) => one.field), ["messages", "account_update"])
        assert.strictEqual(changes[0].value.messages.length, 3)
        assert.strictEqual(changes[0].value.contacts.length, 1)
      })
    ))

  it.live("go to each account's own address with its own secret", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const one = yield* callback()
        const other = yield* callback()
        yield* emulator.setAccount(id, { webhookUrl: one.url })
        yield* emulator.setAccount("2", { webhookUrl: other.url })
        yield* write(emulator, "first")
        yield* write(emulator, "second", { account: "2" })
        yield* emulator.idle
        assert.strictEqual(one.received.length, 1)
        assert.strictEqual(other.received[0]?.body.entry[0].changes[0].value.metadata.phone_number_id, "2")
        assert.notStrictEqual(one.received[0]?.signature, other.received[0]?.signature)
        assert.strictEqual(emulator.phones.chat(phone, id).length, 1)
        assert.strictEqual(emulator.phones.chat(phone).length, 2)
      })
    ))
})

describe("control over HTTP", () => {
  it.live("writes as the customer and as the business, and shows the chat with its ticks", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { body } = yield* write(emulator, "halo")
        yield* send(emulator, { context: { message_id: body.providerMessageId } })
        yield* call("POST", `${emulator.url}/_emulator/echoes`, {
          body: { account: id, to: { phone }, content: "dari HP" }
        })
        yield* emulator.idle
        const chat = yield* call("GET", `${emulator.url}/_emulator/chats/${phone}?account=${id}`)
        assert.deepStrictEqual(
          chat.body.bubbles.map((
            one: Record<string, string>
          ) => [one["from"], one["source"], one["text"], one["status"]]),
          [
            ["customer", "customer", "halo", "received"],
            ["business", "api", "hi", "read"],
            ["business", "phone", "dari HP", "delivered"]
          ]
        )
        assert.strictEqual(chat.body.bubbles[1].replyTo, body.providerMessageId)
      })
    ))

  it.live("answers what makes no sense with 400, and the unknown account with 404", () =>
    run((emulator) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* write(emulator, "x", { account: "nobody" })).status, 404)
        assert.strictEqual((yield* write(emulator, "x", { from: {} })).status, 400)
        assert.strictEqual(
          (yield* call("PUT", `${emulator.url}/_emulator/faults`, { body: { drop: { probability: 7 } } })).status,
          400
        )
        assert.strictEqual(
          (yield* call("PUT", `${emulator.url}/_emulator/accounts/1`, { body: { webhookUrl: 5 } })).status,
          400
        )
        assert.strictEqual((yield* call("POST", `${emulator.url}/_emulator/accounts/nobody/verify`)).status, 404)
      })
    ))

  it.live("sets faults and accounts, and pages through the ledger", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const put = yield* call("PUT", `${emulator.url}/_emulator/faults`, {
          body: { error: { next: 2 }, errorCode: "131016" }
        })
        assert.deepInclude(put.body, { errorCode: "131016", statuses: true, duplicateTimes: 1 })
        assert.strictEqual(
          (yield* call("PUT", `${emulator.url}/_emulator/accounts/77`, { body: { accessToken: "t" } })).status,
          204
        )
        assert.strictEqual(emulator.account("77")?.accessToken, "t")
        yield* write(emulator, "halo")
        const codes = [yield* send(emulator), yield* send(emulator), yield* send(emulator)].map(({ status }) => status)
        assert.deepStrictEqual(codes, [500, 500, 200])
        const first = yield* call("GET", `${emulator.url}/_emulator/ledger?limit=2`)
        const rest = yield* call("GET", `${emulator.url}/_emulator/ledger?after=${first.body.next}`)
        const seqs = [...first.body.data, ...rest.body.data].map(({ seq }: Emulator.LedgerEntry) => seq)
        assert.deepStrictEqual(seqs, seqs.map((_, index) => index + 1))
        assert.isNull(rest.body.next)
        const only = yield* call("GET", `${emulator.url}/_emulator/ledger?direction=send`)
        assert.deepStrictEqual(only.body.data.map(({ outcome }: Emulator.LedgerEntry) => outcome), [
          "refused:131016",
          "refused:131016",
          "accepted"
        ])
      })
    ))

  it.live("tells the phone live: bubbles, typing, read marks, ticks", () =>
    run((emulator) =>
      Effect.gen(function*() {
        const { body } = yield* write(emulator, "halo")
        const response = yield* HttpClient.get(`${emulator.url}/_emulator/events?customer=${phone}`)
        const seen: Array<string> = []
        yield* Effect.forkScoped(
          response.stream.pipe(
            Stream.decodeText,
            Stream.splitLines,
            Stream.runForEach((line) =>
              Effect.sync(() => {
                if (line.startsWith("data: ")) {
                  const event = JSON.parse(line.slice(6))
                  seen.push(
                    event.type === undefined
                      ? "ready"
                      : event.bubble?.status ?? `${event.type} ${event.on ?? event.messageId}`
                  )
                }
              })
            )
          )
        )
        yield* Effect.sleep(50)
        yield* call("POST", `${emulator.url}/v23.0/${id}/messages`, {
          token: `token-${id}`,
          body: {
            messaging_product: "whatsapp",
            status: "read",
            message_id: body.providerMessageId,
            typing_indicator: { type: "text" }
          }
        })
        yield* send(emulator)
        yield* emulator.idle
        yield* Effect.sleep(50)
        assert.deepStrictEqual(seen, [
          "ready",
          `read ${body.providerMessageId}`,
          "typing true",
          "typing false",
          "accepted",
          "sent",
          "delivered",
          "read"
        ])
      })
    ))

  it.live("can be killed for a while, and keeps what it received", () =>
    run((emulator) =>
      Effect.gen(function*() {
        yield* write(emulator, "before")
        yield* call("POST", `${emulator.url}/_emulator/kill`, { body: { forMillis: 200 } })
        yield* Effect.sleep(80)
        assert.strictEqual((yield* Effect.exit(send(emulator)))._tag, "Failure")
        yield* Effect.sleep(250)
        assert.strictEqual((yield* send(emulator)).status, 200)
      })
    ))

  it.live("gives the same ids for the same seed, and others without one", () =>
    Effect.gen(function*() {
      const ids = (seed: string | undefined) =>
        Effect.flatMap(WhatsAppCloudEmulator, (emulator) =>
          Effect.forEach(["a", "b"], (content) =>
            emulator.customerWrites({ account: id, from: { phone }, content }))).pipe(
            Effect.provide(WhatsAppCloudEmulator.layer({ seed, accounts: { [id]: {} } }))
          )
      assert.deepStrictEqual(yield* ids("one"), yield* ids("one"))
      assert.notDeepEqual(yield* ids("one"), yield* ids("two"))
      assert.notDeepEqual(yield* ids(undefined), yield* ids(undefined))
    }))
})

const documented = new URL("../../../../shared/contracts/whatsapp-cloud/", import.meta.url)
const present = existsSync(documented)
if (!present) console.warn(`skipped: no documented requests at ${documented.pathname}`)

describe.skipIf(!present)("the documented requests", () => {
  const read = (folder: string, matches: RegExp) =>
    present
      ? readdirSync(new URL(folder, documented)).filter((name) => matches.test(name)).map((name) => ({
        name,
        text: readFileSync(new URL(`${folder}${name}`, documented), "utf8")
      }))
      : []
  const requests = read("openapi-examples/", /Phone-Number-ID-messages_req_/).map(({ name, text }) => ({
    name,
    // The examples write placeholders where an address or number has to be.
    body: JSON.parse(
      text.replace(/"to": *"[^"]*"/g, "\"to\":\"16505551234\"").replace(
        /"link": *"[^"]*"/g,
        "\"link\":\"https://example.com/a\""
      ).replace("<HEADER_TYPE>", "text")
    ),
    // The catalogue that the example takes as connected, with its products.
    catalog: {
      id: /"catalog_id": *"([^"]*)"/.exec(text)?.[1] ?? "1",
      name: "Catalogue",
      products: Array.from(text.matchAll(/product_retailer_id": *"([^"]*)"/g), ([, retailer_id = ""], index) => ({
        id: String(index),
        retailer_id,
        name: "Product"
      }))
    }
  }))

  it("are there", () => assert.isAtLeast(requests.length, 50))

  it.each(requests)("$name is understood", ({ body, catalog }) => {
    // One example forgets its type.
    const type = Predicate.hasProperty(body, "interactive") ? { type: "interactive" } : undefined
    const decoded = CloudSend.decode({ ...type, ...body }, { ...CloudAccount.make(id), catalog }, [])
    if (Result.isSuccess(decoded)) return
    // Templates of the examples are not defined here; everything else has to pass.
    assert.strictEqual(decoded.failure.code, 132001, decoded.failure.details)
    assert.isTrue(Predicate.hasProperty(body, "template"))
  })
})
