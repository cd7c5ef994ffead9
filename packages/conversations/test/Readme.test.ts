import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { Conversations } from "@wicara/conversations/Conversations"
import { UserId } from "@wicara/core/Tenancy"
import { layerSqlite } from "@wicara/testing/TestDatabase"
import { as, connect, happen, layer, Provider, sendAll, theConversation, wrote } from "./support.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const file = new URL("./.readme-example.mts", import.meta.url)
const person = UserId.make("0197c6a2-5f0e-7c3d-9b61-000000000001")

describe("The README", () => {
  it.live("has an example that runs", () =>
    Effect.gen(function*() {
      const [, code] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
      writeFileSync(file, code ?? "")
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(file)))
      const { answerAll } = yield* Effect.promise(() => import(file.href))
      const account = yield* connect()
      const { organizationId } = account
      yield* happen(account, wrote("m1", "Is there an outage?"))
      const conversations = yield* Conversations
      const { epoch, id } = yield* theConversation(organizationId)
      yield* conversations.handOver({ conversationId: id, epoch, reason: "asked" }).pipe(as(organizationId))
      for (const expected of [1, 0]) {
        const answered = yield* (answerAll("It is mended by 10.", "outage") as Effect.Effect<ReadonlyArray<unknown>>)
          .pipe(as(organizationId, person))
        assert.strictEqual(answered.length, expected)
      }
      yield* sendAll
      const { ledger } = yield* Provider
      assert.deepStrictEqual(ledger.map(({ content }) => content), [{ type: "text", text: "It is mended by 10." }])
      assert.strictEqual((yield* theConversation(organizationId)).ownership, "bot")
    }).pipe(Effect.scoped, Effect.provide(layer(layerSqlite))))

  it("fits on a page", () => {
    assert.isBelow(readme.split("\n").length, 41)
  })
})
