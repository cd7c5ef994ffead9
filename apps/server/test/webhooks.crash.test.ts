/** A server that is killed again and again between posting webhooks and writing down that they arrived. */
import { assert, describe, it } from "@effect/vitest"
import { teamChanged } from "@wicara/core/CoreEvents"
import { Teams } from "@wicara/core/Teams"
import { isSigned, WebhookReceiver } from "@wicara/testing/WebhookReceiver"
import { WebhookEndpoints } from "@wicara/webhooks/WebhookEndpoints"
import { Effect, Layer, Logger, Schema } from "effect"
import { ServerConfig } from "../src/ServerConfig.ts"
import * as Services from "../src/Services.ts"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"

const teams = 10
const path = "/hooks"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

/** What there is to post: what becomes of teams, in order. No server has run yet. */
const prepare = Effect.fnUntraced(function*(url: string) {
  const tenant = yield* Harness.newTenant("Busy")
  return yield* Effect.gen(function*() {
    const { secret } = yield* WebhookEndpoints.use((endpoints) =>
      endpoints.create({ url: `${url}${path}`, events: [teamChanged.type] })
    )
    const all = yield* Teams
    for (let n = 0; n < teams; n++) {
      const { id } = yield* all.create({ name: `Team ${n}` })
      yield* all.update(id, { name: `Team ${n}, later` }, undefined)
      yield* all.update(id, { name: `Team ${n}, last` }, undefined)
    }
    return { secret, slug: tenant.slug }
  }).pipe(Harness.within(tenant.id))
}, Effect.orDie)

describe.each(Harness.databases)("a server on %s that is killed while it posts webhooks", (database) => {
  it.live("loses none, keeps their order, and doubles none but with the id that it had", () =>
    Effect.gen(function*() {
      const receiver = yield* WebhookReceiver
      // What is on its way is written down a while after it came.
      receiver.plan(path, () => ({ after: 300 }))
      const place = yield* Harness.makePlace(database)
      const config = ServerConfig.layer(place.variables)
      const { secret, slug } = yield* prepare(receiver.url).pipe(
        Effect.provide(Services.layer.pipe(Layer.provide(Logger.layer([])), Layer.provide(config), Layer.orDie))
      )
      const ids = () => new Set(receiver.at(path).map(({ headers }) => String(headers["webhook-id"])))
      const until = (holds: () => boolean) =>
        Effect.repeat(Effect.sleep("10 millis"), { until: holds }).pipe(Effect.timeout("4 minutes"), Effect.orDie)

      for (const received of [3, 14]) {
        yield* Effect.scoped(Effect.gen(function*() {
          const program = yield* Program.start(["serve"], place.variables)
          yield* until(() => receiver.at(path).length >= received)
          yield* program.kill("SIGKILL")
          assert.strictEqual((yield* program.ended).signal, "SIGKILL")
        }))
      }
      yield* Effect.scoped(Effect.gen(function*() {
        const program = yield* Program.start(["serve"], place.variables)
        yield* until(() => ids().size >= 3 * teams)
        yield* Effect.sleep("3 seconds")
        yield* program.kill("SIGTERM")
        assert.strictEqual((yield* program.ended).code, 0)
      }))

      const requests = receiver.at(path)
      assert.lengthOf([...ids()], 3 * teams)
      assert.isAbove(requests.length, 3 * teams)
      assert.isTrue(requests.every((request) => isSigned(request, secret)))
      const bodies = Map.groupBy(requests, ({ headers }) => String(headers["webhook-id"]))
      for (const some of bodies.values()) assert.lengthOf([...new Set(some.map(({ body }) => body))], 1)
      const lanes = Map.groupBy(requests.map(({ body }) => decode(body)), ({ orderingKey }) => orderingKey)
      assert.strictEqual(lanes.size, teams)
      for (const [, lane] of lanes) {
        const times = lane.map(({ id, timestamp }) => `${timestamp} ${id}`)
        assert.deepStrictEqual(times, times.toSorted())
      }

      const { code, stderr, stdout } = yield* Program.run(
        ["webhooks", "deliveries", "--org", slug, "--limit", "100", "--json"],
        place.variables
      )
      assert.strictEqual(code, 0, stderr)
      const deliveries: ReadonlyArray<{ readonly state: string }> = decode(stdout)
      assert.deepStrictEqual(deliveries.map(({ state }) => state), deliveries.map(() => "delivered"))
      assert.lengthOf(deliveries, 3 * teams)
    }).pipe(Effect.scoped, Effect.provide(WebhookReceiver.layer)), 600_000)
})
