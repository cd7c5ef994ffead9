import { assert, describe, it } from "@effect/vitest"
import { Conversations } from "@wicara/conversations/Conversations"
import { layerSqlite } from "@wicara/testing/TestDatabase"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect } from "effect"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { as, connect, layer, settle } from "./support.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const example = new URL("./.readme-example.mts", import.meta.url)

describe("The README", () => {
  it.live("has an example that runs", () =>
    Effect.gen(function*() {
      const [, code] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
      writeFileSync(example, code ?? "")
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(example)))
      const { remind } = yield* Effect.promise(() => import(example.href))
      const emulator = yield* WhatsAppCloudEmulator
      const account = yield* connect()
      yield* emulator.setAccount(account.number, {
        templates: [{
          name: "tagihan",
          language: "id",
          category: "UTILITY",
          status: "APPROVED",
          components: [{ type: "BODY", text: "Halo {{1}}, tagihan {{2}} sudah terbit." }]
        }]
      })
      yield* settle
      const { id } = yield* Conversations.use((conversations) =>
        conversations.start({ channelAccountId: account.channelAccountId, to: { kind: "phone", value: "628111" } })
      ).pipe(as(account.organizationId))
      const answer = (bill: string) =>
        (remind(id, "Sari", bill) as Effect.Effect<string | { readonly text: string }>).pipe(as(account.organizationId))
      const sent = yield* answer("INV-1")
      assert.isTrue(typeof sent === "object" && sent.text === "Halo Sari, tagihan INV-1 sudah terbit.")
      assert.match(String(yield* answer("")), /^\/content\/parameters\/body\/1: /)
      yield* emulator.template(account.number, { name: "tagihan", language: "id", event: "PAUSED" })
      yield* settle
      assert.match(String(yield* answer("INV-1")), /can't be used: it is PAUSED/)
    }).pipe(Effect.scoped, Effect.provide(layer(layerSqlite, "readme"))))
})
