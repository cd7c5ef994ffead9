import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeAccount, phoneNumberId } from "./fixtures/account.ts"
import { withEmulator } from "./fixtures/emulator.ts"
// The example of the README, with the account of the tests.
import { WhatsAppCloud } from "@wicara/channels-whatsapp-cloud"
import type { WhatsAppCloudAccount } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"

const greet = (account: WhatsAppCloudAccount) =>
  WhatsAppCloud.adapter.send({
    id: "order-17",
    to: { kind: "phone", value: "6281234500001" },
    content: { type: "buttons", body: "Is your connection back?", buttons: [{ id: "yes", title: "Yes" }] }
  }, account).pipe(Effect.provide(NodeHttpClient.layerUndici))

describe("the README's example", () => {
  it.live("sends", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const outcome = yield* greet(makeAccount({ phoneNumberId, graphBaseUrl: emulator.url }))
        assert.strictEqual(outcome._tag, "Accepted")
      })
    ))
})
