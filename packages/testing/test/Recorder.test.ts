import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Anonymizer from "@wicara/testing/Anonymizer"
import * as Emulator from "@wicara/testing/Emulator"
import * as Recorder from "@wicara/testing/Recorder"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { Effect, FileSystem, Layer, Path, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"

const key = new Uint8Array(32).fill(7)
const anonymizer = Anonymizer.make({ key })

const message = {
  event: "message",
  session: "toko-melati",
  timestamp: 1_752_000_000_000,
  payload: {
    id: "false_5511987654321@c.us_3EB0A1B2C3D4E5F60718",
    from: "5511987654321@c.us",
    fromMe: false,
    body:
      "Halo, saya Dewi Kartika 😀. Tagihan saya Rp450.000? Hubungi +55 (11) 98765-4321 atau dewi.kartika@mail.co.id",
    hasMedia: true,
    ack: 1,
    media: {
      mimetype: "audio/ogg; codecs=opus",
      url: "https://files.melati.co.id/dewi/5511987654321.oga?token=abc",
      data: Buffer.alloc(600, 65).toString("base64")
    },
    location: { latitude: -6.2088, longitude: 106.8456 },
    replyTo: { id: "3EB0A1B2C3D4E5F60718" },
    form: JSON.stringify({ address: "Jalan Kenanga Raya" })
  },
  accessToken: "EAAGm0PX4ZCpsBA"
}

describe("Anonymizer", () => {
  it("leaves nobody in, and what belongs together together", () => {
    const made: any = anonymizer.json(message)
    const text = JSON.stringify(made)
    for (
      const personal of [
        "5511987654321",
        "987654321",
        "98765-4321",
        "Dewi",
        "Kartika",
        "Tagihan",
        "dewi",
        "mail.co.id",
        "450.000",
        "melati",
        "3EB0A1B2C3D4E5F60718",
        "EAAGm0PX4ZCpsBA",
        "106.8456",
        "Kenanga",
        message.payload.media.data.slice(0, 40)
      ]
    ) assert.notInclude(text, personal)
    assert.strictEqual(made.event, "message")
    assert.strictEqual(made.payload.media.mimetype, "audio/ogg; codecs=opus")
    assert.isFalse(made.payload.fromMe)
    assert.strictEqual(made.payload.ack, 1)
    // The number is one number wherever and however it is written; its country stays.
    const phone = /^(\d+)@c\.us$/.exec(made.payload.from)?.[1] ?? ""
    assert.match(phone, /^55\d{11}$/)
    assert.strictEqual(made.payload.id, `false_${phone}@c.us_${made.payload.replyTo.id}`)
    assert.include(made.payload.body.replace(/[^\d@]/g, ""), phone)
    // What it looked like stays.
    assert.lengthOf(made.payload.body.split("@")[0], made.payload.body.indexOf("@"))
    assert.match(made.payload.body, /^\p{Lu}\p{Ll}{3}, \p{Ll}{4} \p{Lu}\p{Ll}{3} \p{Lu}\p{Ll}{6} 😀\. /u)
    assert.match(made.payload.media.url, /^https:\/\/media\.example\/[0-9a-f]{16}\.oga$/)
    assert.lengthOf(made.payload.media.data, message.payload.media.data.length)
    assert.deepStrictEqual(Object.keys(JSON.parse(made.payload.form)), ["address"])
    assert.isBelow(made.timestamp, message.timestamp - 29 * 86_400_000)
    assert.strictEqual((made.timestamp - message.timestamp) % 86_400_000, 0)
  })

  it("draws the same from the same key, and something else from another", () => {
    assert.deepStrictEqual(anonymizer.json(message), Anonymizer.make({ key }).json(message))
    assert.notDeepEqual(anonymizer.json(message), Anonymizer.make().json(message))
  })

  it.prop("keeps the form of every value, and no word or number of any", [Schema.Json], ([value]) => {
    const made = anonymizer.json(value)
    const compare = (before: Schema.Json, after: Schema.Json): void => {
      assert.strictEqual(typeof after, typeof before)
      if (typeof before === "string" && typeof after === "string") {
        for (const run of before.match(/\d{5,}|[A-Za-z]{8,}/g) ?? []) assert.notInclude(after, run)
      } else if (before !== null && typeof before === "object") {
        assert.strictEqual(Array.isArray(after), Array.isArray(before))
        const entries = Object.entries(before)
        assert.lengthOf(Object.keys(after as object), entries.length)
        for (const [name, part] of entries) {
          // Keys that are numbers or addresses of somebody are replaced, too; numbers then stand elsewhere.
          const replaced = Object.hasOwn(after as object, name) ? name : anonymizer.text(name)
          compare(part as Schema.Json, (after as Record<string, Schema.Json>)[replaced] as Schema.Json)
        }
      }
    }
    compare(value, made)
  })

  it("takes any key for what it is", () => {
    const made = anonymizer.json(JSON.parse("{\"__proto__\":\"Dewi\",\"constructor\":\"Sari\",\"code\":\"12345\"}"))
    assert.deepStrictEqual(Object.keys(made as object), ["__proto__", "constructor", "code"])
    assert.notMatch(JSON.stringify(made), /Dewi|Sari|12345/)
  })

  it("leaves credentials out of paths", () => {
    const made = anonymizer.path(
      "/v1/inbound/5511987654321@c.us?hub.verify_token=secret&hub.mode=subscribe&x-api-key=k"
    )
    assert.notInclude(made, "5511987654321")
    assert.notInclude(made, "secret")
    assert.notInclude(made, "api-key")
    assert.match(made, /^\/v1\/inbound\/55\d{11}%40c\.us\?hub\.mode=/)
  })
})

describe("Recorder", () => {
  const run = <A, E>(
    test: Effect.Effect<A, E, HttpClient.HttpClient | FileSystem.FileSystem | Path.Path | WahaEmulator>
  ) =>
    test.pipe(
      Effect.provide(Layer.mergeAll(
        WahaEmulator.layer({ seed: "recorder", accounts: { melati: {} }, startDelay: 5 }),
        NodeHttpClient.layerUndici,
        NodeServices.layer
      ))
    )

  const recording = (target: string, folder: string) => Layer.build(Recorder.Recorder.layer({ target, folder }))

  const waitFor = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
    Effect.flatMap(condition, (met) => met ? Effect.void : Effect.andThen(Effect.sleep(5), waitFor(condition)))

  it.live("passes on what a provider delivers as it is, and writes it down without anybody in it", () =>
    run(
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped()
        const arrived: Array<string> = []
        const { url } = yield* Emulator.serve(HttpRouter.add(
          "POST",
          "/hook",
          Effect.gen(function*() {
            const request = yield* HttpServerRequest.HttpServerRequest
            assert.isDefined(request.headers["x-webhook-hmac"])
            arrived.push(yield* request.text)
            return HttpServerResponse.jsonUnsafe({ ok: true })
          }).pipe(Effect.orDie)
        ))
        const context = yield* recording(url, folder)
        const recorder = yield* Effect.provide(Recorder.Recorder, context)
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("melati", { webhookUrl: `${recorder.url}/hook` })
        const customer = { phone: "6281300000042", name: "Dewi Kartika" }
        yield* emulator.customerWrites({ account: "melati", from: customer, content: "Tagihan bulan ini?" })
        yield* waitFor(Effect.sync(() => arrived.some((body) => body.includes("Tagihan bulan ini?"))))
        yield* emulator.idle
        yield* waitFor(Effect.map(recorder.written, (count) => count >= arrived.length))

        const exchanges = yield* Recorder.read(folder)
        assert.lengthOf(exchanges, arrived.length)
        const text = JSON.stringify(exchanges)
        for (const personal of [customer.phone, "Dewi", "Kartika", "Tagihan", "x-webhook-hmac\""]) {
          assert.notInclude(text, personal)
        }
        const events = arrived.map((body) => JSON.parse(body))
        assert.sameMembers(
          exchanges.map(({ body }: any) => body.json.event),
          events.map(({ event }) => event)
        )
        const before = events.find(({ payload }) => payload.body === "Tagihan bulan ini?")
        const after: any = exchanges.map(({ body }: any) => body.json).find(({ event, payload }) =>
          event === before.event && payload.body !== undefined
        )
        assert.deepStrictEqual(Object.keys(after.payload), Object.keys(before.payload))
        assert.isTrue(exchanges.every(({ response }) => response.status === 200))
      }).pipe(Effect.scoped)
    ))

  it.live("tells the provider that nobody was there, so that it delivers again, and goes on counting", () =>
    run(
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const folder = yield* fs.makeTempDirectoryScoped()
        const post = (url: string) =>
          HttpClient.execute(
            HttpClientRequest.post(`${url}/hook`, {
              headers: { authorization: "Bearer secret-token" }
            }).pipe(HttpClientRequest.bodyJsonUnsafe({ name: "Dewi" }))
          )
        // Nothing listens there.
        yield* Effect.scoped(Effect.gen(function*() {
          const recorder = yield* Effect.provide(Recorder.Recorder, yield* recording("http://127.0.0.1:9", folder))
          assert.strictEqual((yield* post(recorder.url)).status, 502)
        }))
        const echo = yield* Emulator.serve(HttpRouter.add("*", "/*", HttpServerResponse.text("taken")))
        yield* Effect.scoped(Effect.gen(function*() {
          const recorder = yield* Effect.provide(Recorder.Recorder, yield* recording(echo.url, folder))
          const answer = yield* post(recorder.url)
          assert.strictEqual(yield* answer.text, "taken")
        }))
        const names = (yield* fs.readDirectory(folder)).toSorted()
        assert.deepStrictEqual(names, ["00001-post-hook.json", "00002-post-hook.json"])
        const [refused, taken] = yield* Recorder.read(folder)
        assert.strictEqual(refused?.response.status, 502)
        assert.deepStrictEqual(taken?.response.body, { contentType: "text/plain", bytes: 5 })
        assert.notInclude(JSON.stringify([refused, taken]), "secret-token")
        yield* fs.writeFileString(path.join(folder, "00003-post-hook.json"), "{}")
        const unreadable: any = yield* Effect.flip(Recorder.read(folder))
        assert.strictEqual(unreadable.file, "00003-post-hook.json")
      }).pipe(Effect.scoped)
    ))
})
