import { assert, describe, it } from "@effect/vitest"
import { MediaFetcher } from "@wicara/media/MediaFetcher"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import { layerSqlite } from "@wicara/testing/TestDatabase"
import { Effect } from "effect"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { as, connect, file, layer, provider, sends, unavailable } from "./support.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const example = new URL("./.readme-example.mts", import.meta.url)

const services = layer(layerSqlite, [
  provider((id) => id === "picture" ? Effect.succeed(file(SampleFiles.png(8, 8))) : unavailable("gone"))
])

describe("The README", () => {
  it.live("has an example that runs", () =>
    Effect.gen(function*() {
      const [, code] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
      writeFileSync(example, code ?? "")
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(example)))
      const { preview } = yield* Effect.promise(() => import(example.href))
      const account = yield* connect()
      const ids = yield* sends(account, "picture", "lost")
      const shown = Effect.forEach(ids, (id) => preview(id) as Effect.Effect<{ text: string; link?: string }>).pipe(
        as(account.organizationId)
      )
      assert.deepStrictEqual((yield* shown).map(({ text }) => text), ["It is on its way.", "It is on its way."])
      yield* MediaFetcher.use((fetcher) => fetcher.drain)
      const [picture, lost] = yield* shown
      assert.strictEqual(picture?.text, "image/png")
      assert.match(picture?.link ?? "", /^\/v1\/file-links\//)
      assert.match(lost?.text ?? "", /could not be had/)
    }).pipe(Effect.scoped, Effect.provide(services)))
})
