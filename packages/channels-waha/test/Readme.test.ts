import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as fixtures from "./fixtures.ts"
// The example of the README, with the account of the tests.
import { Waha } from "@wicara/channels-waha"

const greet = (account: Waha.Account) =>
  Waha.adapter.send({
    id: "order-17",
    to: { kind: "lid", value: "880000000000042" },
    content: { type: "text", text: "Is your connection back?" }
  }, account).pipe(Effect.provide(NodeHttpClient.layerUndici))

describe("the README's example", () => {
  it.live("sends", () =>
    Effect.gen(function*() {
      const { ledger, url } = yield* WahaEmulator
      const { secrets, ...account } = fixtures.account({ baseUrl: url })
      const outcome = yield* greet({ ...account, secrets: { ...secrets, apiKey: Redacted.make("key-lintang") } })
      assert.strictEqual(outcome._tag, "Accepted")
      assert.deepInclude(ledger.all()[0], {
        to: "880000000000042",
        text: "Is your connection back?",
        outcome: "accepted"
      })
    }).pipe(Effect.provide(WahaEmulator.layer({ accounts: { lintang: {} } }))))
})
