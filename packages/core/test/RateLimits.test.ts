import { NodeRedis } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { Audit } from "@wicara/core/Audit"
import * as RateLimit from "@wicara/core/RateLimit"
import { RateLimits } from "@wicara/core/RateLimits"
import * as RateLimitStore from "@wicara/core/RateLimitStore"
import * as RequestOrigin from "@wicara/core/RequestOrigin"
import { accounts } from "@wicara/core/Secrets"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Context, Duration, Effect, Exit, Fiber, Layer, Option, Schema } from "effect"
import { RateLimiter } from "effect/persistence"
import { TestClock } from "effect/testing"
import { connect } from "node:net"
import { coreApi, coreHandlers, peerHeader, serve } from "./http.ts"
import { as, coreSharing, migrated, newTenant, password } from "./layers.ts"

const off = Option.none<RateLimit.RateLimit>()
const policy: RateLimit.Policy = {
  address: off,
  "sign-in": off,
  user: off,
  "api-key": off,
  organization: off,
  heavy: off,
  visitor: off,
  blockAfter: 0,
  blockFor: Duration.minutes(15)
}
const hour = 3_600_000
const per = (limit: number, windowMillis: number) => Option.some({ limit, windowMillis })
const withPolicy = (changes: Partial<RateLimit.Policy>) =>
  Layer.succeed(RateLimit.CurrentPolicy, { ...policy, ...changes })

/** One process's limits over a store. */
const process = (
  store: RateLimitStore.RateLimitStore["Service"],
  changes: Partial<RateLimit.Policy>
) =>
  Effect.map(
    Layer.build(
      Layer.fresh(RateLimits.layer).pipe(
        Layer.provide(Layer.succeed(RateLimitStore.RateLimitStore, store)),
        Layer.provide(withPolicy(changes)),
        Layer.provide(Audit.layerSql)
      )
    ),
    (context) => Context.get(context, RateLimits)
  )

const from = (subject: string) => [{ scope: "address" as const, subject }]

/** How many of so many requests at once are let through. */
const letThrough = (limits: RateLimits["Service"], subject: string, requests: number) =>
  Effect.map(
    Effect.forEach(Array.from({ length: requests }), () => Effect.exit(limits.take(from(subject))), {
      concurrency: 50
    }),
    (exits) => exits.filter(Exit.isSuccess).length
  )

const hasRedis = await new Promise<boolean>((resolve) => {
  const socket = connect({ host: "127.0.0.1", port: 6379 })
    .on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    .on("error", () => resolve(false))
})
if (!hasRedis) console.warn("Skipped: the rate limits in Redis, because no server answers at 127.0.0.1:6379")

const stores = [
  ...TestDatabase.all.map((database) => ({
    name: database.name,
    layer: RateLimitStore.RateLimitStore.layerSql.pipe(Layer.provideMerge(migrated(database)))
  })),
  ...(hasRedis
    ? [{
      name: "redis",
      layer: RateLimitStore.RateLimitStore.layerRateLimiter.pipe(
        Layer.provide(RateLimiter.layerStoreRedis({ prefix: `wicara:test:${globalThis.process.pid}:` })),
        Layer.provide(Layer.orDie(NodeRedis.layer({ url: "redis://127.0.0.1:6379" }))),
        Layer.provideMerge(migrated({ name: "sqlite", layer: TestDatabase.layerSqlite }))
      )
    }]
    : [])
]

describe.each(stores)("Rate limits shared in $name", (store) => {
  it.live("what several processes used at once adds up, also beyond the limit", () =>
    Effect.gen(function*() {
      const { add } = yield* RateLimitStore.RateLimitStore
      const rateLimit = { limit: 10, windowMillis: 600_000 }
      const use = (key: string, requests: number) => ({ key, rateLimit, requests })
      yield* Effect.forEach(Array.from({ length: 8 }), () => add([use("a", 2), use("b", 1)]), {
        concurrency: "unbounded"
      })
      const [b, a, c] = yield* add([use("b", 0), use("a", 0), use("c", 0)])
      assert.approximately(a ?? 0, 16 * 60_000, 5000)
      assert.approximately(b ?? 0, 8 * 60_000, 5000)
      assert.strictEqual(c, 0)
    }).pipe(Effect.provide(store.layer)))

  it.live("four processes let through no more than the limit and a tenth for each", () =>
    Effect.gen(function*() {
      const limit = 100
      const shared = yield* RateLimitStore.RateLimitStore
      const processes = yield* Effect.forEach(
        Array.from({ length: 4 }),
        () => process(shared, { address: per(limit, 3_600_000) })
      )
      const counts = yield* Effect.forEach(processes, (limits) => letThrough(limits, "192.0.2.1", 150), {
        concurrency: "unbounded"
      })
      const total = counts.reduce((sum, count) => sum + count, 0)
      assert.isAtLeast(total, limit)
      assert.isAtMost(total, limit + 4 * (limit / 10))
      yield* Effect.forEach(processes, (limits) => limits.flush)
      const after = yield* Effect.forEach(processes, (limits) => letThrough(limits, "192.0.2.1", 20))
      assert.isAtMost(total + after.reduce((sum, count) => sum + count, 0), limit + 4 * (limit / 10))
      const fresh = yield* process(shared, { address: per(limit, 3_600_000) })
      assert.isAtMost(yield* letThrough(fresh, "192.0.2.1", 50), limit / 10)
    }).pipe(Effect.scoped, Effect.provide(store.layer)))
})

const counting = Effect.gen(function*() {
  let exchanges = 0
  const { add } = Context.get(
    yield* Layer.build(RateLimitStore.RateLimitStore.layerMemory),
    RateLimitStore.RateLimitStore
  )
  return {
    store: RateLimitStore.RateLimitStore.of({
      add: (uses) => Effect.andThen(Effect.sync(() => exchanges++), add(uses))
    }),
    exchanges: () => exchanges
  }
})

describe("Rate limits", () => {
  const database = { name: "sqlite" as const, layer: TestDatabase.layerSqlite }

  it.live("who hammers is refused without an exchange with the store, and slows nobody else", () =>
    Effect.gen(function*() {
      const { exchanges, store } = yield* counting
      const slow = RateLimitStore.RateLimitStore.of({ add: (uses) => Effect.delay(store.add(uses), "150 millis") })
      const limits = yield* process(slow, { address: per(50, 3_600_000) })
      const hammering = yield* Effect.forkChild(letThrough(limits, "hammer", 20_000))
      yield* Effect.sleep("20 millis")
      const [duration] = yield* Effect.timed(
        Effect.forEach(Array.from({ length: 20 }, (_, n) => n), (n) => limits.take(from(`quiet ${n}`)))
      )
      assert.isBelow(Duration.toMillis(duration), 140)
      const passed = yield* Fiber.join(hammering)
      assert.isTrue(passed >= 50 && passed <= 55)
      assert.isAtMost(exchanges(), 25)
    }).pipe(Effect.scoped, Effect.provide(migrated(database))))

  it.live("while the store is away each process holds the limit alone, and waits for nothing", () =>
    Effect.gen(function*() {
      let calls = 0
      const away = RateLimitStore.RateLimitStore.of({
        add: () => Effect.andThen(Effect.sync(() => calls++), Effect.fail({ cause: "away" }))
      })
      const limits = yield* process(away, { address: per(100, 3_600_000) })
      const [duration, passed] = yield* Effect.timed(letThrough(limits, "a", 500))
      assert.strictEqual(passed, 100)
      assert.isBelow(Duration.toMillis(duration), 1000)
      assert.isAtMost(calls, 2)
    }).pipe(Effect.scoped, Effect.provide(migrated(database))))

  layer(migrated(database))((it) => {
    it.effect("a burst up to the limit passes, then as many as are refilled", () =>
      Effect.gen(function*() {
        const { store } = yield* counting
        const limits = yield* process(store, { address: per(10, 10_000) })
        assert.strictEqual(yield* letThrough(limits, "a", 30), 10)
        const refused = yield* Effect.flip(limits.take(from("a")))
        assert.deepStrictEqual([refused._tag, refused.retryAfterSeconds], ["TooManyRequests", 1])
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual(yield* letThrough(limits, "a", 30), 3)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(yield* letThrough(limits, "a", 30), 10)
      }))

    it.effect("a decision tells what is left and when all of it is back", () =>
      Effect.gen(function*() {
        const { store } = yield* counting
        const limits = yield* process(store, { user: per(10, 10_000) })
        const subject = { scope: "user" as const, subject: "u" }
        const first = yield* limits.decide(subject, 4)
        assert.deepInclude(first, { isAllowed: true, remaining: 6, resetMillis: 4000, retryAfterMillis: 0 })
        const tooMany = yield* limits.decide(subject, 8)
        assert.deepInclude(tooMany, { isAllowed: false, remaining: 6, resetMillis: 4000, retryAfterMillis: 2000 })
        assert.isTrue((yield* limits.decide({ scope: "heavy", subject: "u" })).isAllowed)
        const own = { ...subject, subject: "v", rateLimit: { limit: 2, windowMillis: 10_000 } }
        assert.strictEqual((yield* limits.decide(own)).remaining, 1)
      }))

    it.effect("a quiet key is told to the store with all others once a second", () =>
      Effect.gen(function*() {
        const { exchanges, store } = yield* counting
        const limits = yield* process(store, { address: per(100, 60_000) })
        yield* Effect.forEach(Array.from({ length: 40 }, (_, n) => n), (n) => limits.take(from(`k${n}`)))
        yield* TestClock.adjust("2 seconds")
        assert.isAtMost(exchanges(), 2)
        assert.isAtLeast(exchanges(), 1)
      }))
  })

  it("limits are read from text and written as text", () => {
    const decode = Schema.decodeUnknownSync(RateLimit.FromText)
    assert.deepStrictEqual(decode("600/minute"), per(600, 60_000))
    assert.deepStrictEqual(decode("20/10s"), per(20, 10_000))
    assert.deepStrictEqual(decode("5/2 hours"), per(5, 7_200_000))
    assert.deepStrictEqual(decode("off"), off)
    for (const text of ["", "600", "0/minute", "5/", "5/0s", "5/fortnight", "-1/s", "1e3/s", "5/99d"]) {
      assert.throws(() => decode(text), /600\/minute/, text)
    }
    for (const text of ["600/m", "20/10s", "5/2h", "off"]) {
      assert.strictEqual(Schema.encodeSync(RateLimit.FromText)(decode(text)), text)
    }
  })
})

describe.each(TestDatabase.all)("Broken rate limits on $name", (database) => {
  const asOperator = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, accounts),
      Effect.provideService(CurrentActor, systemActor("test"))
    )

  layer(Audit.layerSql.pipe(Layer.provideMerge(migrated(database))))((it) => {
    it.effect("are recorded once for as long as they go on, and kept out after too many, for a time", () =>
      Effect.gen(function*() {
        const { store } = yield* counting
        const options = { address: per(5, 60_000), blockAfter: 20, blockFor: Duration.minutes(15) }
        const limits = yield* process(store, options)
        const other = yield* process(store, options)
        // What a process is writing while the time is moved on would seem late to it.
        const written = Effect.andThen(limits.flush, other.flush)
        const pass = (time: Duration.Input) =>
          written.pipe(Effect.andThen(TestClock.adjust(time)), Effect.andThen(written))
        yield* other.take(from("elsewhere"))
        yield* letThrough(limits, "192.0.2.9", 15)
        yield* pass("2 seconds")
        const { data: [violation, ...rest] } = yield* asOperator(limits.violations({}))
        assert.lengthOf(rest, 0)
        assert.deepInclude(violation, {
          scope: "address",
          subject: "192.0.2.9",
          limit: 5,
          windowSeconds: 60,
          refused: 10
        })
        yield* pass("5 minutes")
        yield* letThrough(limits, "192.0.2.9", 15)
        yield* limits.flush
        assert.deepStrictEqual((yield* asOperator(limits.violations({}))).data.map(({ refused }) => refused), [20])
        const { data: [block] } = yield* asOperator(limits.blocks({}))
        assert.strictEqual(block?.subject, "192.0.2.9")
        // Another process hears of it within five seconds.
        yield* pass("6 seconds")
        yield* other.take(from("elsewhere"))
        yield* other.flush
        for (const one of [limits, other]) {
          const refused = yield* Effect.flip(one.take(from("192.0.2.9")))
          assert.isAbove(refused.retryAfterSeconds, 14 * 60)
          yield* one.take(from("192.0.2.10"))
        }
        yield* pass("15 minutes")
        for (const one of [limits, other]) yield* one.take(from("192.0.2.9"))
        assert.lengthOf((yield* asOperator(limits.blocks({}))).data, 0)
        yield* pass("31 days")
        assert.isAtLeast(yield* limits.cleanup(100), 1)
        assert.lengthOf((yield* asOperator(limits.violations({}))).data, 0)
      }))
  })

  const limited = coreSharing.pipe(
    Layer.provide(RateLimitStore.RateLimitStore.layerMemory),
    Layer.provide(withPolicy({
      address: per(40, hour),
      "sign-in": per(12, hour),
      user: per(20, hour),
      "api-key": per(8, 1000),
      organization: per(1000, hour)
    })),
    Layer.provideMerge(migrated(database))
  )

  layer(limited, { excludeTestServices: true })((it) => {
    const signedIn = Effect.gen(function*() {
      const tenant = yield* newTenant
      const fetch = yield* serve(coreApi, coreHandlers)
      const { body } = yield* fetch("/v1/sessions", { json: { email: tenant.email, password } })
      return { ...tenant, fetch, token: body.token as string }
    })
    // Requests are answered by the real clock.
    const pause = (millis: number) => Effect.promise(() => new Promise((resolve) => setTimeout(resolve, millis)))
    const times = <A, E, R>(n: number, effect: Effect.Effect<A, E, R>) =>
      Effect.forEach(Array.from({ length: n }), () => effect)

    it.effect("a user is answered with what is left, then refused with the time to come back", () =>
      Effect.gen(function*() {
        const { fetch, token } = yield* signedIn
        const [first] = yield* times(20, fetch("/v1/me", { token }))
        assert.strictEqual(first?.headers.get("ratelimit-policy"), `"user";q=20;w=3600, "organization";q=1000;w=3600`)
        assert.match(first?.headers.get("ratelimit") ?? "", /^"user";r=19;t=180, "organization";r=999;t=4$/)
        const refused = yield* fetch("/v1/me", { token })
        assert.strictEqual(refused.status, 429)
        assert.strictEqual(refused.headers.get("content-type"), "application/problem+json")
        assert.approximately(Number(refused.headers.get("retry-after")), 170, 10)
        assert.strictEqual(refused.body.type, "https://wicara.dev/problems/too-many-requests")
        assert.include(refused.headers.get("ratelimit"), `"user";r=0`)
        const second = yield* signedIn
        assert.strictEqual((yield* second.fetch("/v1/me", { token: second.token })).status, 200)
      }))

    it.effect("an address is counted without its port, by what the trusted proxy says and not by what it was told", () =>
      Effect.gen(function*() {
        const { fetch } = yield* signedIn
        const get = (headers: Record<string, string>) => fetch("/v1/me", { headers })
        yield* times(40, get({ [peerHeader]: "203.0.113.5" }))
        assert.strictEqual((yield* get({ [peerHeader]: "203.0.113.5" })).status, 429)
        // Who is no proxy can't pretend to be somebody else.
        assert.strictEqual((yield* get({ [peerHeader]: "203.0.113.5", "x-forwarded-for": "198.51.100.1" })).status, 429)
        assert.strictEqual(
          (yield* get({ [peerHeader]: "127.0.0.1", "x-forwarded-for": "9.9.9.9, 203.0.113.5" })).status,
          429
        )
        assert.strictEqual((yield* get({ [peerHeader]: "127.0.0.1", "x-forwarded-for": "203.0.113.6" })).status, 401)
        assert.strictEqual((yield* get({ [peerHeader]: "::ffff:203.0.113.5" })).status, 429)
        yield* times(40, get({ [peerHeader]: "2001:db8:1:2::1" }))
        assert.strictEqual((yield* get({ [peerHeader]: "2001:db8:1:2:ffff::9" })).status, 429)
        assert.strictEqual((yield* get({ [peerHeader]: "2001:db8:1:3::1" })).status, 401)
        const local = yield* times(50, get({ [peerHeader]: "127.0.0.1" }))
        assert.isTrue(local.every(({ status }) => status === 401))
      }))

    it.effect("attempts to sign in are counted by themselves for each address", () =>
      Effect.gen(function*() {
        const { fetch } = yield* signedIn
        const headers = { [peerHeader]: "203.0.113.77" }
        const attempt = (n: number) =>
          fetch("/v1/sessions", { headers, json: { email: `x${n}@example.com`, password } })
        for (let n = 0; n < 12; n++) assert.strictEqual((yield* attempt(n)).status, 401)
        assert.strictEqual((yield* attempt(99)).status, 429)
        assert.strictEqual((yield* fetch("/v1/me", { headers })).status, 401)
      }))

    it.effect("administrators see their own callers, keep them out and let them in; other organizations' are not touched", () =>
      Effect.gen(function*() {
        const one = yield* signedIn
        const two = yield* signedIn
        const { fetch, token } = one
        const made = yield* ApiKeys.use((keys) => keys.create({ name: "CRM", scopes: ["members:read"] })).pipe(
          as(one.organization.id, one.owner.id, "owner")
        )
        yield* Effect.forEach(Array.from({ length: 40 }), () => fetch("/v1/members", { token: made.key }), {
          concurrency: "unbounded"
        })
        yield* RateLimits.use((limits) => limits.flush)
        const violations = yield* fetch("/v1/rate-limits/violations", { token })
        assert.deepStrictEqual(
          violations.body.data.map(({ scope, subject }: any) => [scope, subject]),
          [["api-key", made.apiKey.id]]
        )
        assert.lengthOf((yield* fetch("/v1/rate-limits/violations", { token: two.token })).body.data, 0)
        const json = { scope: "user", subject: one.owner.id, reason: "test", minutes: 5 }
        // Another organization keeps out nobody who is not its own.
        assert.strictEqual((yield* fetch("/v1/blocks", { token: two.token, json })).status, 404)
        assert.strictEqual((yield* fetch("/v1/me", { token })).status, 200)
        const block = yield* fetch("/v1/blocks", {
          token,
          json: { scope: "api-key", subject: made.apiKey.id, reason: "test" }
        })
        assert.strictEqual(block.status, 201)
        assert.strictEqual(block.body.expiresAt, null)
        yield* pause(1200)
        assert.strictEqual((yield* fetch("/v1/members", { token: made.key })).status, 429)
        const path = `/v1/blocks/${block.body.id}`
        assert.strictEqual((yield* fetch(path, { token: two.token, method: "DELETE" })).status, 404)
        assert.strictEqual((yield* fetch(path, { token: made.key, method: "DELETE" })).status, 429)
        assert.strictEqual((yield* fetch(path, { token, method: "DELETE" })).status, 204)
        yield* pause(1200)
        assert.strictEqual((yield* fetch("/v1/members", { token: made.key })).status, 200)
        const audit = yield* fetch("/v1/audit", { token })
        assert.deepStrictEqual(audit.body.data.slice(0, 2).map(({ action }: any) => action), [
          "block.lifted",
          "block.created"
        ])
      }))
  })
})

describe("RequestOrigin", () => {
  it("addresses have one spelling, and networks are counted as one sender", () => {
    const normalized: ReadonlyArray<readonly [string, string | undefined]> = [
      ["203.0.113.5", "203.0.113.5"],
      ["203.0.113.5:4711", "203.0.113.5"],
      ["[2001:DB8::1]:443", "2001:db8::1"],
      ["::ffff:203.0.113.5", "203.0.113.5"],
      ["fe80::1%eth0", "fe80::1"],
      ["unknown", undefined],
      ["", undefined]
    ]
    for (const [text, address] of normalized) assert.strictEqual(RequestOrigin.normalize(text), address, text)
    assert.strictEqual(RequestOrigin.networkOf("203.0.113.5"), "203.0.113.5")
    assert.strictEqual(RequestOrigin.networkOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64")
    assert.strictEqual(RequestOrigin.networkOf("2001:0db8::6"), "2001:db8:0:0::/64")
    assert.strictEqual(RequestOrigin.networkOf("::1"), "0:0:0:0::/64")
  })

  it("trusted proxies are addresses, networks and names, and nothing else", () => {
    const decode = Schema.decodeUnknownSync(RequestOrigin.TrustedProxies)
    const proxies = decode("loopback, 10.0.0.0/8,2001:db8::/32")
    for (const address of ["127.0.0.1", "::1", "10.9.8.7", "2001:db8:9::1"]) assert.isTrue(proxies.includes(address))
    for (const address of ["11.0.0.1", "2001:db9::1", "x"]) assert.isFalse(proxies.includes(address))
    assert.isFalse(decode("none").includes("127.0.0.1"))
    assert.isTrue(decode("private").includes("192.168.1.1"))
    for (const text of ["10.0.0.0/33", "localhost", "10.0.0", "::1/129", "1.2.3.4/x"]) assert.throws(() => decode(text))
  })
})
