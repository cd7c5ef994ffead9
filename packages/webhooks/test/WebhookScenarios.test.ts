import { describe, layer } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as WebhookScenarios from "@wicara/testing/testkit/complaints/WebhookScenarios"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WebhookReceiver } from "@wicara/testing/WebhookReceiver"
import { WebhookDeliveries } from "@wicara/webhooks/WebhookDeliveries"
import { WebhookEndpoints } from "@wicara/webhooks/WebhookEndpoints"
import { Effect } from "effect"
import type { Layer } from "effect"
import * as support from "./support.ts"
import { delivered, happens, makeDue, within } from "./support.ts"

type Services = Layer.Success<ReturnType<typeof support.layer>>

/** This package as the sender of the scenarios. */
const sender = Effect.gen(function*() {
  const services = yield* Effect.context<Services>()
  const organizationId = yield* Id.next(OrganizationId)
  const run = <A, E>(effect: Effect.Effect<A, E, Services>) => Effect.orDie(Effect.provideContext(effect, services))
  return {
    subscribe: (url) =>
      run(
        WebhookEndpoints.use((endpoints) => endpoints.create({ url, events: ["thing.*"] })).pipe(
          Effect.map(({ secret }) => secret),
          within(organizationId)
        )
      ),
    happens: (conversation, word) => run(happens(organizationId, conversation, word)),
    settled: run(delivered),
    timePasses: run(makeDue()),
    again: run(
      Effect.gen(function*() {
        const deliveries = yield* WebhookDeliveries
        const { data: [latest] } = yield* deliveries.list({ limit: 1 })
        if (latest !== undefined) yield* deliveries.replay(latest.id)
      }).pipe(within(organizationId))
    )
  } satisfies WebhookScenarios.WebhookSenderUnderTest
})

describe.each(TestDatabase.all)("webhooks on $name", (database) => {
  layer(support.layer(database.layer), { excludeTestServices: true })((it) => {
    it.effect.each(WebhookScenarios.all.map((one) => [`${one.complaint}: ${one.title}`, one] as const))(
      "stand complaint %s",
      ([, { play }]) =>
        Effect.gen(function*() {
          yield* play(yield* sender, yield* WebhookReceiver)
        })
    )
  })
})
