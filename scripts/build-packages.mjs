// Builds every package to its dist folder (ESM, types, source maps), or those that are named: `npm run build -- core`.
import { cpus } from "node:os"
import { basename, join } from "node:path"
import { concurrently, publishedPackages } from "./packages.mjs"
import { main, Refusal, resolveToolchain, root, run, say } from "./toolchain.mjs"

const build = async (toolchain, { folder, name }) => {
  const started = Date.now()
  const code = await run(toolchain, "tsup", ["--config", join(root, "tsup.config.base.ts"), "--silent"], {
    cwd: folder,
    // The declarations of a large package are bundled in one go, and take more than Node allows itself.
    env: { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --max-old-space-size=8192`.trim() }
  })
  say(`${code === 0 ? "Built" : "Could not build"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  return code
}

// Each build has a type checker of its own.
const width = Math.max(1, Math.min(4, cpus().length))

main(async () => {
  const toolchain = resolveToolchain()
  const wanted = process.argv.slice(2)
  const all = publishedPackages()
  const packages = wanted.length === 0
    ? all
    : wanted.map((name) =>
      all.find((candidate) => basename(candidate.folder) === name || candidate.name === name) ??
        (() => {
          throw new Refusal(`There is no package "${name}".`)
        })()
    )
  const codes = await concurrently(packages, width, (one) => build(toolchain, one))
  return codes.every((code) => code === 0) ? 0 : 1
})
