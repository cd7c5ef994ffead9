import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as CloudVerification from "@wicara/testing/whatsapp-cloud/CloudVerification"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { WhatsAppManagement } from "@wicara/channels-whatsapp-cloud/WhatsAppManagement"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { phoneNumberId } from "./fixtures/account.ts"
import { catalog } from "./fixtures/catalog.ts"
import { textMessage } from "./fixtures/emulator.ts"
import { connectNumber, managed } from "./fixtures/managed.ts"
import { virtual } from "./fixtures/virtual.ts"

const start = 1_795_000_000_000

const services = <E, R>(database: Layer.Layer<SqlClient.SqlClient, E, R>, client: HttpClient.HttpClient) =>
  WhatsAppManagement.layer.pipe(Layer.provideMerge(managed(database, client)))

const connect = connectNumber()

/** Only the record of who changed what is in the database; the rest asks WhatsApp, and needs only one. */
const embedded = TestDatabase.all.filter(({ name }) => name === "sqlite")

const on = (database: (typeof TestDatabase.all)[number]) =>
<A, E>(
  body: (
    world: Effect.Success<ReturnType<typeof virtual>>
  ) => Effect.Effect<A, E, WhatsAppManagement | ChannelAccounts | SqlClient.SqlClient>
) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(start)
    const world = yield* virtual({ account: { dailyRecipients: 2_000, pin: "123456", catalog } })
    const client = yield* world.run(HttpClient.HttpClient)
    return yield* body(world).pipe(Effect.provide(services(database.layer, client)))
  }).pipe(Effect.scoped)

describe.each(TestDatabase.all)("WhatsAppManagement on $name", (database) => {
  const test = on(database)

  it.effect("registers, sets the PIN, and takes a number off, and tells who did", () =>
    test(({ core }) =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const sql = yield* SqlClient.SqlClient
        const { id, within } = yield* connect
        yield* within(management.deregister(id))
        assert.isFalse(core.account(phoneNumberId)?.registered)
        const wrong = yield* Effect.flip(within(management.register(id, Redacted.make("000000"))))
        assert.strictEqual(wrong._tag, "Conflict")
        assert.strictEqual((yield* within(management.register(id, Redacted.make("123456")))).status, "CONNECTED")
        yield* within(management.setPin(id, Redacted.make("654321")))
        assert.strictEqual(core.account(phoneNumberId)?.pin, "654321")
        const rows = yield* sql<{ readonly action: string }>`SELECT action FROM core_audit
          WHERE action LIKE 'channel.whatsapp.%' ORDER BY sequence`
        assert.deepStrictEqual(rows.map(({ action }) => action), [
          "channel.whatsapp.deregistered",
          "channel.whatsapp.registered",
          "channel.whatsapp.pin_set"
        ])
      })
    ))
})

describe.each(TestDatabase.all)("a number of the Cloud API on $name", (database) => {
  const test = on(database)

  it.effect("is verified with the code that it got, before it can be registered, and the code is kept nowhere", () =>
    test(({ core }) =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const sql = yield* SqlClient.SqlClient
        const { id, within } = yield* connect
        const sms = { method: "SMS", language: "id_ID" } as const
        const already = yield* Effect.flip(within(management.requestCode(id, sms)))
        assert.strictEqual(already._tag, "InvalidInput")
        yield* core.configure(phoneNumberId, { codeStatus: "NOT_VERIFIED", registered: false })
        const early = yield* Effect.flip(within(management.register(id, Redacted.make("123456"))))
        assert.strictEqual(early._tag, "Conflict")
        yield* within(management.requestCode(id, sms))
        const code = core.account(phoneNumberId)?.sentCode?.code ?? ""
        const verify = (given: string) => within(management.verifyCode(id, Redacted.make(given)))
        assert.strictEqual((yield* Effect.flip(verify(code === "000000" ? "111111" : "000000")))._tag, "InvalidInput")
        yield* TestClock.adjust("11 minutes")
        assert.strictEqual((yield* Effect.flip(verify(code)))._tag, "InvalidInput")
        yield* within(management.requestCode(id, { ...sms, method: "VOICE" }))
        const fresh = core.account(phoneNumberId)?.sentCode?.code ?? ""
        assert.strictEqual((yield* verify(fresh)).codeStatus, "VERIFIED")
        assert.strictEqual((yield* within(management.register(id, Redacted.make("123456")))).status, "CONNECTED")
        const rows = yield* sql<{ readonly action: string; readonly changes: string }>`SELECT * FROM core_audit
          WHERE action LIKE 'channel.whatsapp.%' ORDER BY sequence`
        assert.deepStrictEqual(rows.map(({ action }) => action.replace("channel.whatsapp.", "")), [
          "code_requested",
          "code_requested",
          "code_verified",
          "registered"
        ])
        assert.notInclude(JSON.stringify(rows), fresh)
      })
    ))

  it.effect("is sent no more codes than WhatsApp allows, and says when it takes no more of them", () =>
    test(({ core }) =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const { id, within } = yield* connect
        yield* core.configure(phoneNumberId, { codeStatus: "EXPIRED" })
        const request = within(management.requestCode(id, { method: "SMS", language: "en_US" }))
        for (let times = 0; times < 5; times++) yield* request
        assert.strictEqual((yield* Effect.flip(request))._tag, "InvalidInput")
        yield* TestClock.adjust("1 hour")
        yield* request
        const wrong = within(management.verifyCode(id, Redacted.make("00000a")))
        for (let times = 0; times < 5; times++) assert.strictEqual((yield* Effect.flip(wrong))._tag, "InvalidInput")
        const guess = within(management.verifyCode(id, Redacted.make("000000")))
        for (let times = 0; times < 5; times++) yield* Effect.flip(guess)
        assert.strictEqual((yield* Effect.flip(guess))._tag, "Unavailable")
        // Another organization neither asks for a code nor proves anything.
        const stranger = yield* connect
        const before = core.requests.length
        const theirs = stranger.within(management.verifyCode(id, Redacted.make("000000")))
        assert.strictEqual((yield* Effect.flip(theirs))._tag, "NotFound")
        assert.strictEqual(core.requests.length, before)
      })
    ))

  it.effect("asks for a display name, shows that it is reviewed, and hears what was decided", () =>
    test(({ account, core, told }) =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const { id, within } = yield* connect
        yield* core.configure(phoneNumberId, { webhookUrl: "https://chat.example.com/hook" })
        const asked = yield* within(management.setDisplayName(id, "Nusa Net"))
        assert.strictEqual(asked.nameStatus, "PENDING_REVIEW")
        assert.notStrictEqual(asked.verifiedName, "Nusa Net")
        yield* CloudVerification.decide(core, phoneNumberId, { decision: "APPROVED" })
        yield* TestClock.adjust("1 second")
        yield* core.control.deliveries.idle
        assert.deepInclude(yield* within(management.number(id)), { nameStatus: "APPROVED", verifiedName: "Nusa Net" })
        const events = yield* Effect.forEach(
          told,
          ({ body }) => adapter.decode(new TextEncoder().encode(body), account)
        )
        assert.deepStrictEqual(
          events.flat().flatMap((event) => event._tag === "AccountChanged" ? [event.kind] : []),
          ["phone_number_name_update"]
        )
        assert.strictEqual((yield* Effect.flip(within(management.setDisplayName(id, "N"))))._tag, "InvalidInput")
      })
    ))
})

describe.each(embedded)("WhatsAppManagement", (database) => {
  const test = on(database)

  it.effect("shows the number and remembers what it may send", () =>
    test(() =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const { id, within } = yield* connect
        const state = yield* within(management.number(id))
        assert.deepInclude(state, { id: phoneNumberId, status: "CONNECTED", twoStepPin: true })
        assert.deepStrictEqual(state.facts, { quality: "GREEN", dailyRecipients: 2_000, messagesPerSecond: 80 })
        assert.deepStrictEqual((yield* (yield* ChannelAccounts).lookup(id)).facts, state.facts)
        const { data } = yield* within(management.numbers(id))
        assert.deepStrictEqual(data.map((one) => one.id), [phoneNumberId])
        assert.strictEqual((yield* within(management.apps(id))).length, 1)
      })
    ))

  it.effect("reads the connected catalogue page by page, and sets what people see of it", () =>
    test(({ core }) =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const sql = yield* SqlClient.SqlClient
        const { id, within } = yield* connect
        assert.deepStrictEqual(yield* within(management.catalogs(id)), [{ id: "500100", name: "Routers" }])
        const { data, nextCursor } = yield* within(management.products(id, "500100"))
        assert.strictEqual(data.length, 32)
        assert.isNull(nextCursor)
        assert.deepStrictEqual(data[0], {
          id: "router-ax",
          name: "Router AX",
          description: "Router AX for homes",
          price: "Rp 450.000",
          currency: "IDR",
          availability: "in stock",
          imageUrl: "https://files.example.com/router-ax.jpg",
          url: null
        })
        const many = Array.from(
          { length: 150 },
          (_, index) => ({ id: `${index}`, retailer_id: `p${index}`, name: "x" })
        )
        yield* core.configure(phoneNumberId, { catalog: { ...catalog, products: many } })
        const first = yield* within(management.products(id, "500100"))
        assert(first.nextCursor !== null)
        const second = yield* within(management.products(id, "500100", first.nextCursor))
        assert.deepStrictEqual([...first.data, ...second.data].map((one) => one.id), many.map((one) => one.retailer_id))
        assert.strictEqual((yield* Effect.flip(within(management.products(id, "1"))))._tag, "NotFound")
        assert.deepStrictEqual(yield* within(management.commerce(id)), { catalogVisible: false, cartEnabled: true })
        const shown = { catalogVisible: true, cartEnabled: false }
        assert.deepStrictEqual(yield* within(management.setCommerce(id, shown)), shown)
        assert.deepStrictEqual(yield* within(management.commerce(id)), shown)
        const rows = yield* sql<{ readonly after: string }>`SELECT * FROM core_audit
          WHERE action = 'channel.whatsapp.commerce_set'`
        assert.strictEqual(rows.length, 1)
        yield* core.configure(phoneNumberId, { permissions: ["whatsapp_business_management"] })
        assert.strictEqual((yield* Effect.flip(within(management.catalogs(id))))._tag, "Conflict")
      })
    ))

  it.effect("does not hear whom it blocks, until it hears them again", () =>
    test(({ core }) =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const { id, within } = yield* connect
        yield* within(management.block(id, ["6281", "6282"]))
        assert.deepStrictEqual(yield* within(management.blocked(id)), {
          data: [{ person: "6281" }, { person: "6282" }],
          nextCursor: null
        })
        assert.isTrue(core.blocked(phoneNumberId).has("6281"))
        yield* within(management.unblock(id, "6281"))
        assert.deepStrictEqual((yield* within(management.blocked(id))).data, [{ person: "6282" }])
      })
    ))

  it.effect("makes, changes and deletes QR codes", () =>
    test(() =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const { id, within } = yield* connect
        const made = yield* within(management.writeQrCode(id, undefined, { message: "Halo", image: "PNG" }))
        assert.isNotNull(made.imageUrl)
        yield* within(management.writeQrCode(id, made.code, { message: "Promo" }))
        assert.deepStrictEqual((yield* within(management.qrCodes(id))).map(({ code, message }) => [code, message]), [
          [made.code, "Promo"]
        ])
        yield* within(management.deleteQrCode(id, made.code))
        assert.deepStrictEqual(yield* within(management.qrCodes(id)), [])
        assert.strictEqual((yield* Effect.flip(within(management.deleteQrCode(id, made.code))))._tag, "NotFound")
      })
    ))

  it.effect("sets how a chat starts, and whether people can call", () =>
    test(() =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const { id, within } = yield* connect
        const wanted = { welcome: true, questions: ["Harga?"], commands: [{ name: "tagihan", description: "Tagihan" }] }
        assert.deepStrictEqual(yield* within(management.setStarters(id, wanted)), wanted)
        const twice = { ...wanted, commands: [...wanted.commands, ...wanted.commands] }
        assert.strictEqual((yield* Effect.flip(within(management.setStarters(id, twice))))._tag, "InvalidInput")
        assert.deepStrictEqual(yield* within(management.starters(id)), wanted)
        assert.isFalse((yield* within(management.calling(id))).enabled)
        yield* within(management.setCalling(id, true))
        assert.isTrue((yield* within(management.calling(id))).enabled)
      })
    ))

  it.effect("counts what was really sent", () =>
    test(({ account, core, run }) =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const { id, within } = yield* connect
        yield* core.control.customerWrites({ account: phoneNumberId, from: { phone: "6281234" }, content: "halo" })
          .pipe(
            Effect.orDie
          )
        for (const message of ["a", "b"]) {
          yield* run(adapter.send(textMessage({ id: message, to: { kind: "phone", value: "6281234" } }), account))
        }
        const query = { start: start / 1000 - 10, end: start / 1000 + 3_600 }
        const { points } = yield* within(management.analytics(id, { kind: "messages", ...query }))
        assert.deepStrictEqual(points.map(({ delivered, sent }) => ({ delivered, sent })), [{ sent: 2, delivered: 0 }])
        const pricing = yield* within(management.analytics(id, { kind: "pricing", ...query }))
        assert.deepStrictEqual(pricing.points.map((point) => point["pricing_category"]), ["SERVICE"])
        const none = yield* Effect.flip(within(management.analytics(id, { kind: "templates", ...query })))
        assert.strictEqual(none._tag, "InvalidInput")
        const backwards = yield* Effect.flip(
          within(management.analytics(id, { kind: "messages", start: query.end, end: query.start }))
        )
        assert.strictEqual(backwards._tag, "InvalidInput")
      })
    ))

  it.effect("asks nothing for an account of another organization, and says so when WhatsApp refuses the account", () =>
    test(({ core }) =>
      Effect.gen(function*() {
        const management = yield* WhatsAppManagement
        const { id } = yield* connect
        const { within } = yield* connect
        const before = core.requests.length
        assert.strictEqual((yield* Effect.flip(within(management.number(id))))._tag, "NotFound")
        assert.strictEqual(core.requests.length, before)
        const own = yield* connect
        yield* core.configure(phoneNumberId, { accessToken: "another" })
        assert.strictEqual((yield* Effect.flip(own.within(management.number(own.id))))._tag, "Conflict")
      })
    ))
})
