import { assert, describe, it, layer } from "@effect/vitest"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Schema, Stream } from "effect"
import * as WidgetAdapter from "../src/WidgetAdapter.ts"
import { WidgetSettings } from "../src/WidgetSettings.ts"
import * as WidgetHours from "../src/WidgetHours.ts"
import type { OpeningHours } from "../src/WidgetHours.ts"
import { asking, askingForeign, call, events, json, layerHttp, messageId, openSession, site, uuid } from "./harness.ts"

const meant = Effect.gen(function*() {
  const inbound = yield* InboundEvents
  const claimed = yield* inbound.claim({ limit: 1000, leaseFor: "1 minute" })
  const adapter = yield* WidgetAdapter.make
  const all = yield* Effect.forEach(claimed, (event) => adapter.decode(event.body, asking))
  return all.flat()
})

describe.each(TestDatabase.all)("what visitors say of themselves on $name", (database) => {
  layer(layerHttp(database.layer), { excludeTestServices: true, timeout: 60_000 })((it) => {
    const say = (token: string, body: object) => call("POST", "/v1/widget/profile", { token, body })

    it.effect("is taken when it fits the form, and lets them write", () =>
      Effect.gen(function*() {
        const session = yield* openSession(asking, { body: { locale: "id" } })
        assert.strictEqual(session.settings.form?.fields[0]?.label, "Nama Anda")
        const answers = { name: " Budi ", address: "budi@home.example", topic: "bill" }
        const bad: ReadonlyArray<readonly [object, string]> = [
          [{ answers: {}, consent: true }, "/answers/name"],
          [{ answers: { ...answers, name: "  " }, consent: true }, "/answers/name"],
          [{ answers: { ...answers, name: true }, consent: true }, "/answers/name"],
          [{ answers: { ...answers, address: "budi" }, consent: true }, "/answers/address"],
          [{ answers: { ...answers, topic: "other" }, consent: true }, "/answers/topic"],
          [{ answers: { ...answers, more: "x" }, consent: true }, "/answers/more"],
          [{ answers }, "/consent"],
          [{ answers, consent: false }, "/consent"]
        ]
        for (const [index, [body, where]] of bad.entries()) {
          const response = yield* say(session.token, { id: uuid(100 + index), ...body })
          assert.strictEqual(response.status, 422)
          assert.include(JSON.stringify(yield* json(response)), where)
        }
        const write = call("POST", "/v1/widget/messages", { token: session.token, body: { id: uuid(1), text: "Hi" } })
        assert.strictEqual((yield* write).status, 422)
        for (let times = 0; times < 2; times++) {
          const taken = yield* say(session.token, { id: uuid(2), answers, consent: true, locale: "id" })
          assert.strictEqual(taken.status, 204)
        }
        assert.strictEqual((yield* write).status, 202)
        assert.isTrue((yield* openSession(asking, { body: { token: session.token } })).formDone)
        const profiles = (yield* meant).flatMap((event) => event._tag === "ProfileStated" ? [event] : [])
        assert.strictEqual(profiles.length, 1)
        const [{ attributes, consent, email, person, verified }] = profiles as [typeof profiles[0] & object]
        assert.deepStrictEqual(
          [verified, email, person.displayName, person.identities],
          [false, "budi@home.example", "Budi", [{ kind: "visitor", value: session.visitorId }]]
        )
        assert.deepStrictEqual(attributes, answers)
        assert.deepStrictEqual(consent, { purpose: "marketing", text: "Anda boleh menulis kepada saya." })
      }))

    it.effect("may be an address and facts, of few and short words", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        const statuses = yield* Effect.forEach([
          { id: uuid(1), email: "someone@home.example", attributes: { cart: 3, page: "checkout", vip: false } },
          { id: uuid(2), email: "someone" },
          { id: uuid(3), attributes: { "no key": 1 } },
          { id: uuid(4), attributes: { long: "x".repeat(501) } },
          { id: uuid(5), attributes: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, n])) },
          { id: uuid(6), attributes: { nested: { a: 1 } } },
          // This site has no form.
          { id: uuid(7), answers: { name: "x" } }
        ], (body) => Effect.map(say(session.token, body), ({ status }) => status))
        assert.deepStrictEqual(statuses, [204, 422, 400, 400, 400, 400, 422])
        const [event] = (yield* meant).flatMap((one) => one._tag === "ProfileStated" ? [one] : [])
        assert.deepStrictEqual(
          [event?.verified, event?.email, event?.attributes],
          [false, "someone@home.example", { cart: 3, page: "checkout", vip: false }]
        )
      }))

    it.effect("is where they wrote from, as their browser says it", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        const page = {
          url: "https://shop.example/plans?from=mail",
          title: "Plans",
          referrer: "https://search.example/"
        }
        const write = (n: number, body: object) =>
          call("POST", "/v1/widget/messages", { token: session.token, body: { id: uuid(n), text: "Hi", ...body } })
        assert.strictEqual((yield* write(1, { page, locale: "es-MX" })).status, 202)
        assert.strictEqual((yield* write(2, {})).status, 202)
        for (const url of ["javascript:alert(1)", "data:text/html,x", `https://${"x".repeat(2048)}`]) {
          assert.strictEqual((yield* write(3, { page: { url } })).status, 400)
          assert.strictEqual((yield* write(3, { page: { ...page, referrer: url } })).status, 400)
        }
        const events = yield* meant
        assert.deepStrictEqual(events.map(({ _tag }) => _tag), ["MessageReceived", "ProfileStated", "MessageReceived"])
        const [visit] = events.flatMap((one) => one._tag === "ProfileStated" ? [one] : [])
        assert.deepStrictEqual([visit?.verified, visit?.attributes], [false, { visit: { ...page, locale: "es-MX" } }])
      }))

    it.effect("is how a conversation was, of which they were asked", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        yield* call("POST", "/v1/widget/messages", { token: session.token, body: { id: uuid(1), text: "Hi" } })
        const adapter = yield* WidgetAdapter.make
        const chat = { kind: "visitor", value: session.visitorId } as const
        const rate = (conversationId: string, n: number, score = 4) =>
          call("POST", "/v1/widget/rating", {
            token: session.token,
            body: { id: uuid(n), conversationId, score, solved: true, comment: "Thanks" }
          })
        assert.strictEqual((yield* rate(uuid(70), 2)).status, 404)
        yield* adapter.askRating!({ chat, conversationId: uuid(70) }, site)
        const asked = yield* events(session.token, "1").pipe(
          Stream.filter(({ event }) => event === "rating"),
          Stream.runHead
        )
        assert.include(JSON.stringify(asked), uuid(70))
        assert.strictEqual((yield* openSession(site, { body: { token: session.token } })).ratingFor, uuid(70))
        assert.strictEqual((yield* rate(uuid(71), 2)).status, 404)
        assert.strictEqual((yield* rate(uuid(70), 2, 6)).status, 400)
        assert.strictEqual((yield* rate(uuid(70), 2)).status, 204)
        assert.strictEqual((yield* rate(uuid(70), 2)).status, 204)
        assert.strictEqual((yield* rate(uuid(70), 3, 5)).status, 204)
        assert.isNull((yield* openSession(site, { body: { token: session.token } })).ratingFor)
        const ratings = (yield* meant).flatMap((one) => one._tag === "ConversationRated" ? [one] : [])
        assert.deepStrictEqual(
          ratings.map(({ comment, conversationId, score, solved }) => [conversationId, score, solved, comment]),
          [[uuid(70), 4, true, "Thanks"], [uuid(70), 5, true, "Thanks"]]
        )
        // Another question, and the visitor goes on instead.
        yield* adapter.askRating!({ chat, conversationId: uuid(72) }, site)
        yield* call("POST", "/v1/widget/messages", { token: session.token, body: { id: uuid(4), text: "One more" } })
        assert.isNull((yield* openSession(site, { body: { token: session.token } })).ratingFor)
        assert.strictEqual((yield* rate(uuid(72), 5)).status, 404)
      }))

    const png = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64"
    )
    const upload = (token: string, n: number, bytes: Uint8Array, name = "photo.png") =>
      call("POST", `/v1/widget/files?id=${uuid(n)}&name=${encodeURIComponent(name)}`, { token, bytes })

    it.effect("comes with files, as they are and not as they are called", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        const { token } = session
        const first = yield* json(yield* upload(token, 1, png, "../x.txt"))
        assert.deepStrictEqual([first["contentType"], first["size"], first["name"]], ["image/png", png.length, "x.txt"])
        assert.strictEqual((yield* json(yield* upload(token, 1, png, "../x.txt")))["fileId"], first["fileId"])
        const text = new TextEncoder()
        const refused: ReadonlyArray<readonly [Uint8Array, number, string]> = [
          [new Uint8Array(65 * 1024), 413, "file-too-large"],
          [text.encode("<!doctype html><script>alert(1)</script>"), 415, "file-type-refused"],
          [text.encode("this is a virus"), 422, "file-infected"],
          [new Uint8Array(0), 422, "invalid-input"]
        ]
        for (const [index, [bytes, status, type]] of refused.entries()) {
          const response = yield* upload(token, 10 + index, bytes, "notes.txt")
          assert.strictEqual((yield* json(response))["type"], `https://wicara.dev/problems/${type}`)
          assert.strictEqual(response.status, status)
        }
        const sent = yield* call("POST", "/v1/widget/messages", {
          token,
          body: { id: uuid(1), text: " ", fileId: first["fileId"] }
        })
        assert.strictEqual(sent.status, 202)
        const { content } = yield* json(sent)
        assert.strictEqual(content.type, "image")
        const { url } = content.media.source
        assert.match(url, /^\/v1\/widget\/files\/[\w-]+\/content$/)
        const shown = yield* call("GET", url)
        assert.deepStrictEqual(Buffer.from(yield* shown.arrayBuffer), png)
        assert.strictEqual(shown.headers["content-type"], "image/png")
        assert.strictEqual(shown.headers["cross-origin-resource-policy"], "cross-origin")
        assert.match(shown.headers["content-disposition"] ?? "", /^inline;.*x\.txt/)
        const [received] = (yield* meant).flatMap((one) =>
          one._tag === "MessageReceived" && one.chat.value === session.visitorId ? [one] : []
        )
        assert.deepStrictEqual(received?.content, {
          type: "image",
          media: {
            source: { type: "file", id: first["fileId"] },
            mimeType: "image/png",
            fileName: "x.txt",
            sizeBytes: png.length
          }
        })
        const blank = yield* call("POST", "/v1/widget/messages", { token, body: { id: uuid(3), text: " " } })
        assert.strictEqual(blank.status, 400)
      }))

    it.effect("can't be anybody else's files, nor can their addresses be made up", () =>
      Effect.gen(function*() {
        const mine = yield* openSession(site)
        const others = [yield* openSession(site), yield* openSession(askingForeign)]
        const { fileId } = yield* json(yield* upload(mine.token, 1, png))
        for (const other of others) {
          const response = yield* call("POST", "/v1/widget/messages", {
            token: other.token,
            body: { id: uuid(1), text: "", fileId }
          })
          assert.strictEqual(response.status, 422)
        }
        const adapter = yield* WidgetAdapter.make
        yield* adapter.send({
          id: messageId(40),
          to: { kind: "visitor", value: mine.visitorId },
          content: { type: "document", media: { source: { type: "file", id: fileId } } }
        }, site)
        const { messages } = yield* openSession(site, { body: { token: mine.token } })
        const [message] = messages
        const url = message?.content.type === "document" && message.content.media.source.type === "url"
          ? message.content.media.source.url
          : ""
        assert.strictEqual((yield* call("GET", url)).status, 200)
        const token = url.split("/").at(-2) ?? ""
        for (let index = 0; index < token.length; index += 7) {
          const changed = `${token.slice(0, index)}${token[index] === "A" ? "B" : "A"}${token.slice(index + 1)}`
          assert.strictEqual((yield* call("GET", `/v1/widget/files/${changed}/content`)).status, 404)
        }
        assert.strictEqual((yield* upload("not-a-token", 1, png)).status, 401)
      }))
  })
})

describe("opening hours", () => {
  const hours: OpeningHours = Schema.decodeUnknownSync(WidgetHours.OpeningHours)({
    timeZone: "Asia/Jakarta",
    week: [
      { day: "mon", from: "08:00", to: "12:00" },
      { day: "mon", from: "13:10", to: "17:00" },
      { day: "fri", from: "20:00", to: "24:00" }
    ],
    holidays: ["2026-12-28"]
  })
  const at = (iso: string) => {
    const { changesAt, open } = WidgetHours.at(hours, Date.parse(iso))
    return [open, changesAt === null ? null : new Date(changesAt).toISOString()]
  }

  it("are those of the account's time zone", () => {
    // Jakarta is 7 hours ahead; the 21st of December 2026 is a Monday.
    assert.deepStrictEqual(at("2026-12-21T00:59:59Z"), [false, "2026-12-21T01:00:00.000Z"])
    assert.deepStrictEqual(at("2026-12-21T01:00:00Z"), [true, "2026-12-21T05:00:00.000Z"])
    assert.deepStrictEqual(at("2026-12-21T05:30:00Z"), [false, "2026-12-21T06:10:00.000Z"])
    assert.deepStrictEqual(at("2026-12-21T06:11:00Z"), [true, "2026-12-21T10:00:00.000Z"])
    assert.deepStrictEqual(at("2026-12-25T16:59:00Z"), [true, "2026-12-25T17:00:00.000Z"])
  })

  it("have holidays, and may never come", () => {
    assert.deepStrictEqual(at("2026-12-26T00:00:00Z"), [false, "2027-01-01T13:00:00.000Z"])
    const never = { ...hours, week: [] }
    assert.deepStrictEqual(WidgetHours.at(never, Date.parse("2026-12-26T00:00:00Z")), { open: false, changesAt: null })
  })

  it("follow the clocks when they are changed", () => {
    const berlin: OpeningHours = { timeZone: "Europe/Berlin", week: [{ day: "sun", from: "01:00", to: "04:00" }] }
    const { changesAt } = WidgetHours.at(berlin, Date.parse("2026-03-29T00:30:00Z"))
    assert.strictEqual(changesAt, Date.parse("2026-03-29T02:00:00Z"))
  })

  it("are refused when they are none", () => {
    const decode = Schema.decodeUnknownSync(WidgetSettings)
    const offline = { whenNobodyIsThere: false, message: {}, askEmail: false }
    const week = [{ day: "mon", from: "17:00", to: "08:00" }]
    assert.throws(() => decode({ offline: { ...offline, hours: { timeZone: "Asia/Nowhere", week: [] } } }))
    assert.throws(() => decode({ offline: { ...offline, hours: { timeZone: "Asia/Jakarta", week } } }))
  })
})
