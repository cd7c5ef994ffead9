import { assert, describe, it } from "@effect/vitest"
import { build } from "esbuild"
import { Console, Effect } from "effect"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { modulesByName } from "../../../scripts/modules-by-name.mjs"

const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url))

describe("the client in a browser", () => {
  it.live("needs no module of Node, and no server code", () =>
    Effect.gen(function*() {
      const { metafile, outputFiles } = yield* Effect.promise(() =>
        build({
          entryPoints: [entry],
          bundle: true,
          minify: true,
          write: false,
          format: "esm",
          platform: "browser",
          metafile: true,
          // As packages are published.
          plugins: [modulesByName],
          logLevel: "silent"
        })
      )
      const inputs = Object.keys(metafile.inputs)
      const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path))
      assert.deepStrictEqual(imports, [])
      assert.deepStrictEqual(inputs.filter((path) => /\/(Http|sql\/.*)\.ts$/.test(path)), [])
      const bundle = outputFiles[0]?.contents ?? new Uint8Array()
      const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`
      const zipped = gzipSync(bundle).length
      yield* Console.log(
        `The client in a browser, with Effect: ${kilobytes(bundle.length)}, ${kilobytes(zipped)} gzipped`
      )
      assert.isBelow(zipped, 150_000)
    }))
})
