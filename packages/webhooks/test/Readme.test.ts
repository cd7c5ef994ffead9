import { assert, describe, it } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { layerSqlite } from "@wicara/testing/TestDatabase"
import { WebhookReceiver } from "@wicara/testing/WebhookReceiver"
import { Effect } from "effect"
import type { Redacted } from "effect"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import type { WebhookDeliveries } from "../src/WebhookDeliveries.ts"
import type { WebhookEndpoints } from "../src/WebhookEndpoints.ts"
import type { ReceivedWebhook } from "../src/WebhookVerifier.ts"
import { delivered, layer, within } from "./support.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const example = new URL("./.readme-example.mts", import.meta.url)

interface Example {
  readonly subscribe: (url: string) => Effect.Effect<Redacted.Redacted<string>, unknown, Asked>
  readonly receive: (request: ReceivedWebhook, secret: Redacted.Redacted<string>) => Effect.Effect<string>
}

type Asked = WebhookEndpoints | WebhookDeliveries | CurrentOrganization | CurrentActor

describe("The README", () => {
  it.live("has an example that runs", () =>
    Effect.gen(function*() {
      const [, code] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
      writeFileSync(example, code ?? "")
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(example)))
      const { receive, subscribe }: Example = yield* Effect.promise(() => import(example.href))
      const receiver = yield* WebhookReceiver
      const secret = yield* within(yield* Id.next(OrganizationId))(subscribe(`${receiver.url}/readme`))
      yield* delivered
      const [request] = receiver.at("/readme")
      assert(request !== undefined)
      assert.strictEqual(
        yield* receive(request, secret),
        `${request.headers["webhook-id"]} was done before, or is done now`
      )
      assert.strictEqual(yield* receive({ ...request, body: "{}" }, secret), "refused: signature")
    }).pipe(Effect.scoped, Effect.provide(layer(layerSqlite))))
})
