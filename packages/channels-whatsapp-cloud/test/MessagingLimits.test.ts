import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Layer, Scope } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import type { Address } from "@wicara/channels/Address"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as SendGate from "@wicara/channels/SendGate"
import * as Id from "@wicara/core/Id"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { MessagingLimits } from "@wicara/channels-whatsapp-cloud/MessagingLimits"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { connectNumber, managed } from "./fixtures/managed.ts"
import { virtual } from "./fixtures/virtual.ts"

const start = 1_795_000_000_000
const hour = 3_600_000
const ConversationId = Id.make("ConversationId", "A conversation.")
const hello = { type: "template", name: "hello_world", language: "en_US", components: [] } as const

/** A number of an organization, at the emulator and here. */
const connect = Effect.fnUntraced(function*(
  { core }: Effect.Success<ReturnType<typeof virtual>>,
  number: string,
  options: { readonly portfolioId: string; readonly dailyRecipients: number | null },
  organizationId?: OrganizationId
) {
  const { accessToken, businessAccountId } = yield* core.configure(number, options)
  return yield* connectNumber(number, { accessToken, businessAccountId, organizationId })
})
type Connected = Effect.Success<ReturnType<typeof connect>>

const gated = Effect.fnUntraced(function*(
  { id, within }: Connected,
  to: string | Address,
  lastInboundAt: number | null = null
) {
  const accounts = yield* ChannelAccounts
  return {
    account: yield* within(accounts.resolve(id)),
    message: { id: "m", to: typeof to === "string" ? { kind: "phone", value: to } as const : to, content: hello },
    conversationId: yield* Id.next(ConversationId),
    author: "api",
    purpose: "service",
    attempts: 0,
    queuedAt: start,
    lastInboundAt
  } satisfies SendGate.GatedMessage
})

const ask = Effect.fnUntraced(function*(
  account: Connected,
  to: string | Address,
  lastInboundAt: number | null = null
) {
  return yield* account.within(SendGate.ask(yield* SendGate.SendGates, yield* gated(account, to, lastInboundAt)))
})

const hear = Effect.fnUntraced(function*(account: Connected, event: InboundEvent, receivedAt: number) {
  const arrival = { organizationId: account.organizationId, channelAccountId: account.id, receivedAt }
  for (const { handle } of yield* InboundHandlers.InboundHandlers) yield* account.within(handle(event, arrival))
})

const raised = (dailyRecipients: number | null, timestamp: number): InboundEvent => ({
  _tag: "AccountChanged",
  kind: "business_capability_update",
  raw: {},
  timestamp,
  facts: { dailyRecipients }
})

describe.each(TestDatabase.all)("MessagingLimits on $name", (database) => {
  const services = (client: HttpClient.HttpClient) =>
    MessagingLimits.layerEnforced.pipe(
      Layer.provideMerge(MessagingLimits.layerSql),
      Layer.provideMerge(managed(database.layer, client))
    )

  const test = <A, E>(
    body: (world: Effect.Success<ReturnType<typeof virtual>>) => Effect.Effect<
      A,
      E,
      Layer.Success<ReturnType<typeof services>> | Scope.Scope
    >
  ) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = yield* virtual()
      const client = yield* world.run(HttpClient.HttpClient)
      return yield* body(world).pipe(Effect.provide(services(client)))
    }).pipe(Effect.scoped)

  const status = (account: Connected) => MessagingLimits.use((limits) => limits.status(account.id)).pipe(account.within)

  it.effect("lets as many people be written to first as the portfolio may, through all of its numbers", () =>
    test((world) =>
      Effect.gen(function*() {
        const portfolio = { portfolioId: "900", dailyRecipients: 3 }
        const one = yield* connect(world, "700100", portfolio)
        const two = yield* connect(world, "700200", portfolio, one.organizationId)
        const stranger = yield* connect(world, "700300", { portfolioId: "901", dailyRecipients: 1 }, one.organizationId)
        for (const [account, to] of [[one, "62811"], [two, "62812"], [one, "62812"], [two, "62813"]] as const) {
          assert.strictEqual((yield* ask(account, to))._tag, "Go")
        }
        const held = yield* ask(one, "62814")
        assert.deepStrictEqual(held, {
          _tag: "Wait",
          code: "messaging_limit",
          until: start + 15 * 60_000,
          reason: "The business may write first to 3 people in 24 hours, and did; to the next one at " +
            DateTime.formatIso(DateTime.makeUnsafe(start + 24 * hour))
        })
        // Whoever was written to may be written to again; who wrote is answered, and groups are nobody's.
        assert.strictEqual((yield* ask(two, "62811"))._tag, "Go")
        assert.strictEqual((yield* ask(one, "62815", start - 23 * hour))._tag, "Go")
        assert.strictEqual((yield* ask(one, "62816", start - 24 * hour))._tag, "Wait")
        assert.strictEqual((yield* ask(one, { kind: "group", value: "g" }))._tag, "Go")
        // Another portfolio has a limit of its own.
        assert.strictEqual((yield* ask(stranger, "62814"))._tag, "Go")
        assert.deepStrictEqual(yield* status(two), {
          portfolioId: "900",
          dailyRecipients: 3,
          reached: 3,
          nextAt: DateTime.makeUnsafe(start + 24 * hour)
        })
      })
    ))

  it.effect("says what the platform says: what goes is taken, and what waits would be refused", () =>
    test((world) =>
      Effect.gen(function*() {
        const account = yield* connect(world, "700100", { portfolioId: "900", dailyRecipients: 4 })
        let refused = 0
        for (let step = 0; step < 24; step++) {
          yield* TestClock.adjust("3 hours")
          const to = `6281${(step * 5) % 7}`
          const decision = yield* ask(account, to)
          const message = yield* gated(account, to)
          if (decision._tag === "Wait") refused++
          const outcome = yield* world.run(adapter.send(message.message, message.account.account))
          assert.strictEqual(outcome._tag, decision._tag === "Go" ? "Accepted" : "Retryable", `step ${step}`)
          if (outcome._tag === "Retryable") assert.strictEqual(outcome.code, "131048")
        }
        assert.isAbove(refused, 0)
      })
    ))

  it.effect("counts together whatever process asks", () =>
    test((world) =>
      Effect.gen(function*() {
        const account = yield* connect(world, "700100", { portfolioId: "900", dailyRecipients: 5 })
        const scope = yield* Effect.scope
        const second = yield* Layer.buildWithScope(Layer.fresh(MessagingLimits.layerSql), yield* Scope.fork(scope))
        const processes = [yield* MessagingLimits, Context.get(second, MessagingLimits)]
        const asked = yield* Effect.forEach(
          Array.from({ length: 24 }, (_, index) => index),
          (index) =>
            Effect.flatMap(
              gated(account, `6281${index % 12}`),
              (message) => account.within(processes[index % 2]!.ask(message))
            ),
          { concurrency: "unbounded" }
        )
        const went = new Set(asked.flatMap(({ _tag }, index) => _tag === "Go" ? [index % 12] : []))
        assert.strictEqual(went.size, 5)
        assert.strictEqual((yield* status(account)).reached, 5)
      })
    ))

  it.effect("lets more go when the day is over for somebody, or the platform raises the limit", () =>
    test((world) =>
      Effect.gen(function*() {
        const account = yield* connect(world, "700100", { portfolioId: "900", dailyRecipients: 2 })
        const other = yield* connect(
          world,
          "700200",
          { portfolioId: "900", dailyRecipients: 2 },
          account.organizationId
        )
        yield* ask(account, "62811")
        yield* TestClock.adjust("10 hours")
        yield* ask(account, "62812")
        assert.strictEqual((yield* ask(account, "62813"))._tag, "Wait")
        yield* TestClock.adjust("14 hours")
        assert.strictEqual((yield* ask(account, "62813"))._tag, "Go")
        assert.strictEqual((yield* ask(other, "62814"))._tag, "Wait")
        const now = start + 24 * hour
        // What one number is told holds for all; what was said before is no news.
        yield* hear(account, raised(3, now), now)
        yield* hear(account, raised(1, now - hour), now)
        assert.strictEqual((yield* ask(other, "62814"))._tag, "Go")
        assert.strictEqual((yield* ask(account, "62815"))._tag, "Wait")
        yield* hear(other, raised(null, now + 1), now + 1)
        assert.strictEqual((yield* ask(account, "62815"))._tag, "Go")
        assert.deepInclude(yield* status(account), { dailyRecipients: null, reached: 0, nextAt: null })
      })
    ))

  it.effect("finds out by itself that the limit was raised, and goes by its last word while WhatsApp is silent", () =>
    test((world) =>
      Effect.gen(function*() {
        const account = yield* connect(world, "700100", { portfolioId: "900", dailyRecipients: 1 })
        assert.strictEqual((yield* ask(account, "62811"))._tag, "Go")
        yield* world.core.configure("700100", { dailyRecipients: 2 })
        assert.strictEqual((yield* ask(account, "62812"))._tag, "Wait")
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual((yield* ask(account, "62812"))._tag, "Go")
        yield* world.core.configure("700100", { dailyRecipients: 3, accessToken: "another" })
        yield* TestClock.adjust("7 hours")
        assert.strictEqual((yield* ask(account, "62813"))._tag, "Wait")
        assert.strictEqual((yield* status(account)).dailyRecipients, 2)
      })
    ))

  it.effect("keeps organizations apart, and holds nothing back while the limit is not known", () =>
    test((world) =>
      Effect.gen(function*() {
        const one = yield* connect(world, "700100", { portfolioId: "900", dailyRecipients: 1 })
        const other = yield* connect(world, "700200", { portfolioId: "900", dailyRecipients: 1 })
        assert.strictEqual((yield* ask(one, "62811"))._tag, "Go")
        assert.strictEqual((yield* ask(other, "62812"))._tag, "Go")
        assert.strictEqual((yield* ask(other, "62811"))._tag, "Wait")
        const foreign = MessagingLimits.use((limits) => limits.status(one.id as ChannelAccountId)).pipe(other.within)
        assert.strictEqual((yield* Effect.flip(foreign))._tag, "NotFound")
        const mute = yield* connect(world, "700300", { portfolioId: "902", dailyRecipients: 1 })
        yield* world.core.configure("700300", { accessToken: "another" })
        assert.strictEqual((yield* ask(mute, "62811"))._tag, "Go")
        assert.strictEqual((yield* ask(mute, "62812"))._tag, "Go")
        assert.strictEqual((yield* Effect.flip(status(mute)))._tag, "Unavailable")
      })
    ))
})
