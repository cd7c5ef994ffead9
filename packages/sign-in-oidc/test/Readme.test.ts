import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, rmSync, writeFileSync } from "node:fs"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const file = new URL("./.readme-example.mts", import.meta.url)

describe("The README", () => {
  it.live("has an example that runs", () =>
    Effect.gen(function*() {
      const [, code] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
      writeFileSync(file, code ?? "")
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(file)))
      const { program } = yield* Effect.promise(() => import(file.href))
      assert.deepStrictEqual(yield* program as Effect.Effect<ReadonlyArray<string>>, ["Google", "Acme"])
    }).pipe(Effect.scoped))
})
