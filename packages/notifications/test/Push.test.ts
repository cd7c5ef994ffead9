import { assert, describe, it } from "@effect/vitest"
import { Memberships } from "@wicara/core/Memberships"
import { Notifier } from "@wicara/core/Notification"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { pushJob } from "@wicara/notifications/NotificationJobs"
import { Notifications } from "@wicara/notifications/Notifications"
import { PushSender } from "@wicara/notifications/PushSender"
import { mostSubscriptions, PushSubscriptions } from "@wicara/notifications/PushSubscriptions"
import { PushTransport } from "@wicara/notifications/PushTransport"
import { VapidKeys } from "@wicara/notifications/VapidKeys"
import * as WebPush from "@wicara/notifications/WebPush"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as PushAddress from "../src/internal/pushAddress.ts"
import { encrypt, isPublicKey } from "../src/internal/pushEncryption.ts"
import { as, inOrganization, layer, newMember, order, seen } from "./notified.ts"
import * as Counterpart from "./PushCounterpart.ts"
import { newTenant } from "./support.ts"

const bytes = (text: string) => Buffer.from(text, "base64url")

describe("A push message", () => {
  // RFC 8291, section 5 and appendix A.
  it("is encrypted as RFC 8291 says, to the byte", () => {
    const body = encrypt({
      plaintext: Buffer.from("When I grow up, I want to be a watermelon"),
      p256dh: bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
      auth: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
      privateKey: bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
      salt: bytes("DGv6ra1nlYgDCS1FRnbzlw")
    })
    assert.strictEqual(
      Buffer.from(body).toString("base64url"),
      "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A" +
        "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    const read = Counterpart.decrypt(
      Buffer.from(body),
      bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"),
      bytes("BTBZMqHH6r4Tts7J_aSIgg")
    )
    assert.strictEqual(read, "When I grow up, I want to be a watermelon")
  })

  it("goes to a point of the curve only", () => {
    const { keys } = Counterpart.newBrowser("")
    const point = bytes(keys.p256dh)
    assert.isTrue(isPublicKey(point))
    const off = Buffer.from(point)
    off[64] = (off[64] ?? 0) ^ 1
    for (const bad of [off, Buffer.alloc(65, 4), point.subarray(1), Buffer.alloc(0)]) assert.isFalse(isPublicKey(bad))
  })
})

describe("An address that somebody registers", () => {
  const refusalOf = (text: string) => PushAddress.refusalOf(OutboundAddresses.publicOnly, text)

  it("is one of the public network, by https", () => {
    for (
      const good of ["https://fcm.googleapis.com/fcm/send/abc", "https://web.push.apple.com/x", "https://8.8.8.8/x"]
    ) {
      assert.isUndefined(refusalOf(good), good)
    }
    const bad = [
      "http://fcm.googleapis.com/x",
      "https://localhost/x",
      "https://api.localhost/x",
      "https://printer.local./x",
      "https://metadata.internal/x",
      "https://intranet/x",
      "https://127.0.0.1/x",
      "https://2130706433/x",
      "https://0x7f.1/x",
      "https://10.1.2.3/x",
      "https://169.254.169.254/latest",
      "https://[::1]/x",
      "https://[::ffff:10.0.0.1]/x",
      "https://[fd00::1]/x",
      "https://[64:ff9b::7f00:1]/x",
      "https://user:pass@push.example.com/x",
      "file:///etc/passwd",
      "nothing"
    ]
    for (const address of bad) assert.isString(refusalOf(address), address)
  })

  it.live("is looked up when it is called: a name that stands for this machine is not", () =>
    Effect.gen(function*() {
      const { send } = yield* PushTransport
      const { keys } = Counterpart.newBrowser("")
      const to = (endpoint: string) =>
        send({ endpoint: Redacted.make(endpoint), p256dh: keys.p256dh, auth: Redacted.make(keys.auth) }, {
          text: "x",
          ttl: 1,
          urgency: "high",
          topic: "x"
        })
      assert.strictEqual((yield* to("https://127.0.0.1/x"))._tag, "Rejected")
      assert.strictEqual((yield* to("http://push.example.com/x"))._tag, "Rejected")
    }).pipe(Effect.provide(
      WebPush.layer({ subject: "mailto:admin@example.com" }).pipe(
        Layer.provide(VapidKeys.layer(Redacted.make("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")))
      )
    )))
})

/** Any address may be called here. */
const guard = OutboundAddresses.layerAll

const register = (id: OrganizationId, userId: UserId, browser: ReturnType<typeof Counterpart.newBrowser>) =>
  PushSubscriptions.use((all) =>
    all.register(userId, {
      endpoint: Redacted.make(browser.endpoint),
      keys: { p256dh: browser.keys.p256dh, auth: Redacted.make(browser.keys.auth) }
    }, "Firefox on Linux")
  ).pipe(inOrganization(id))

const subscriptionsOf = (id: OrganizationId, userId: UserId) =>
  PushSubscriptions.use((all) => all.list(userId)).pipe(inOrganization(id))

let orders = 0

/** Tells somebody of an order, and returns what is to be pushed where. */
const pushed = Effect.fnUntraced(function*(id: OrganizationId, userId: UserId) {
  const sql = yield* SqlClient.SqlClient
  yield* Notifier.use((notifier) =>
    notifier.notify(order, { to: { _tag: "Users", userIds: [userId] }, values: {}, dedupeKey: `order-${++orders}` })
  ).pipe(inOrganization(id))
  const [told] = yield* seen(id, userId)
  const jobs = yield* sql<{ readonly element: string }>`SELECT element FROM core_jobs
    WHERE queue_name = ${pushJob.name} ORDER BY sequence`
  return jobs.map(({ element }) => JSON.parse(element).payload as typeof pushJob.payload.Type)
    .filter(({ notificationId }) => notificationId === told?.id)
})

const send = (id: OrganizationId, payload: typeof pushJob.payload.Type) =>
  PushSender.use((sender) => sender.send(payload)).pipe(inOrganization(id))

describe.each(TestDatabase.all)("Push on $name", (database) => {
  const push = WebPush.layer({ subject: "mailto:admin@example.com", timeout: "1 second" }).pipe(
    Layer.provide(VapidKeys.layerSql),
    Layer.provideMerge(Counterpart.PushCounterpart.layer)
  )
  const TestLayer = layer(database.layer, push).pipe(Layer.provide(guard))

  it.live("reaches each device of a person, who alone can read it, signed by the server", () =>
    Effect.gen(function*() {
      const { organization: { id, name } } = yield* newTenant
      const service = yield* Counterpart.PushCounterpart
      const rani = yield* newMember(id, "owner")
      const browsers = ["/one", "/two"].map((path) => Counterpart.newBrowser(`${service.url}${path}`))
      yield* Effect.forEach(browsers, (browser) => register(id, rani, browser))
      yield* pushed(id, rani)
      yield* Effect.provide(
        Effect.repeat(Effect.andThen(Effect.sleep("20 millis"), subscriptionsOf(id, rani)), {
          until: (all) => all.every(({ lastSentAt }) => lastSentAt !== null)
        }).pipe(Effect.timeout("10 seconds")),
        PushSender.layerWorker
      )
      const [told] = yield* seen(id, rani)
      const { publicKey } = yield* VapidKeys.use(({ pair }) => pair).pipe(Effect.provide(VapidKeys.layerSql))
      for (const browser of browsers) {
        const got = service.received.find(({ path }) => browser.endpoint.endsWith(path))
        assert.deepStrictEqual(JSON.parse(browser.read(got!.body)), {
          id: told?.id,
          kind: "order",
          title: "Order",
          body: "",
          link: "https://console.example.com/app/orders",
          organization: name
        })
        assert.deepInclude(got?.headers, {
          "content-encoding": "aes128gcm",
          ttl: "86400",
          urgency: "high",
          topic: told?.id.replaceAll("-", "")
        })
        const { claims, head, isSigned, key } = Counterpart.claimsOf(got?.headers.authorization)
        assert.isTrue(isSigned)
        // The same pair in every process, for good.
        assert.strictEqual(key, publicKey)
        assert.deepStrictEqual(head, { typ: "JWT", alg: "ES256" })
        assert.deepInclude(claims, { aud: service.url, sub: "mailto:admin@example.com" })
        assert.isBelow(Number(claims["exp"]), Date.now() / 1000 + 86_400)
      }
      const [one, other] = browsers
      assert.throws(() => other!.read(service.received.find(({ path }) => one!.endpoint.endsWith(path))!.body))
      assert.strictEqual(service.received.length, 2)
    }).pipe(Effect.provide(TestLayer)))

  it.live("forgets a device that is gone, and tries again what a push service could not take", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const service = yield* Counterpart.PushCounterpart
      const rani = yield* newMember(id, "owner")
      const sql = yield* SqlClient.SqlClient
      for (const status of [404, 410]) {
        yield* register(id, rani, Counterpart.newBrowser(`${service.url}/${status}`))
        const [payload] = yield* pushed(id, rani)
        service.plan = () => ({ status })
        assert.strictEqual(yield* send(id, payload!), "gone")
        assert.deepStrictEqual(yield* subscriptionsOf(id, rani), [])
        assert.strictEqual(yield* send(id, payload!), "skipped")
      }
      yield* register(id, rani, Counterpart.newBrowser(`${service.url}/busy`))
      const [payload] = yield* pushed(id, rani)
      for (const status of [500, 503, 429]) {
        service.plan = () => ({ status })
        assert.strictEqual((yield* Effect.flip(send(id, payload!)))._tag, "PushDeferred")
      }
      service.plan = () => ({ status: 429, retryAfter: "120" })
      assert.strictEqual(yield* send(id, payload!), "deferred")
      const again = yield* sql`SELECT id FROM core_jobs WHERE id LIKE '%/1' AND queue_name = ${pushJob.name}`
      assert.strictEqual(again.length, 1)
      service.plan = () => ({ status: 400 })
      assert.strictEqual(yield* send(id, payload!), "rejected")
      service.plan = () => ({ status: 201 })
      assert.strictEqual(yield* send(id, payload!), "accepted")
      assert.strictEqual((yield* subscriptionsOf(id, rani)).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("shows nothing to who is suspended or may no longer see it, nor what was read", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const memberships = yield* Memberships
      const service = yield* Counterpart.PushCounterpart
      const people = [yield* newMember(id, "owner"), yield* newMember(id, "owner"), yield* newMember(id, "owner")]
      const payloads = yield* Effect.forEach(people, (userId, n) =>
        Effect.andThen(register(id, userId, Counterpart.newBrowser(`${service.url}/${n}`)), pushed(id, userId)))
      const [rani, budi, sari] = people
      yield* memberships.change(rani!, { status: "suspended" }).pipe(inOrganization(id))
      yield* memberships.change(budi!, { role: "viewer" }).pipe(inOrganization(id))
      yield* Notifications.use((all) =>
        all.markAllRead()
      ).pipe(as(id, sari!, "owner"))
      for (const [payload] of payloads) assert.strictEqual(yield* send(id, payload!), "skipped")
      assert.deepStrictEqual(service.received, [])
    }).pipe(Effect.provide(TestLayer)))

  it.live("belongs to who registered the browser last; its address is sealed and shown to nobody", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const subscriptions = yield* PushSubscriptions
      const sql = yield* SqlClient.SqlClient
      const [rani, budi] = [yield* newMember(id), yield* newMember(id)]
      const browser = Counterpart.newBrowser("https://push.example.com/secret-path")
      const first = yield* register(id, rani, browser)
      assert.deepInclude(first, { service: "push.example.com", userAgent: "Firefox on Linux", lastSentAt: null })
      assert.strictEqual((yield* register(id, rani, browser)).id, first.id)
      const [row] = yield* sql<{ readonly sealed: string }>`SELECT sealed FROM notifications_push_subscriptions`
      assert.notInclude(row?.sealed, "secret-path")
      assert.notInclude(JSON.stringify(yield* subscriptionsOf(id, rani)), "secret-path")
      yield* register(id, budi, browser)
      assert.deepStrictEqual(yield* subscriptionsOf(id, rani), [])
      const [theirs] = yield* subscriptionsOf(id, budi)
      assert.strictEqual(
        (yield* subscriptions.remove(rani, theirs!.id).pipe(inOrganization(id), Effect.flip))._tag,
        "NotFound"
      )
      yield* subscriptions.remove(budi, theirs!.id).pipe(inOrganization(id))
      for (let n = 0; n <= mostSubscriptions; n++) {
        yield* register(id, budi, Counterpart.newBrowser(`https://push.example.com/${n}`))
      }
      assert.strictEqual((yield* subscriptionsOf(id, budi)).length, mostSubscriptions)
      const bad = { ...browser, keys: { ...browser.keys, auth: "AAAA" } }
      assert.deepInclude(yield* Effect.flip(register(id, rani, bad)), { _tag: "InvalidInput", field: "/keys/auth" })
      const off = { ...browser, keys: { ...browser.keys, p256dh: Buffer.alloc(65, 4).toString("base64url") } }
      assert.deepInclude(yield* Effect.flip(register(id, rani, off)), { field: "/keys/p256dh" })
    }).pipe(Effect.provide(TestLayer)))
})
