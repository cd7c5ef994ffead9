// Builds every package to its dist folder (ESM, types, source maps), or those that are named: `npm run build -- core`.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { basename, dirname, join, relative } from "node:path"
import { concurrently, publishedPackages } from "./packages.mjs"
import { filesOf, main, Refusal, resolveToolchain, root, run, say } from "./toolchain.mjs"

const build = async (toolchain, { folder, name }) => {
  const started = Date.now()
  const code = await run(toolchain, "tsup", ["--config", join(root, "tsup.config.base.ts"), "--silent"], {
    cwd: folder
  })
  say(`${code === 0 ? "Built" : "Could not build"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  return code
}

const declarations = join(root, "node_modules", ".cache", "declarations")

/** The types of all packages in one go, module for module: a checker for each of them would read the same things again. */
const declare = async (toolchain, packages) => {
  rmSync(declarations, { recursive: true, force: true })
  const code = await run(toolchain, toolchain.node, [
    join(root, "node_modules", "typescript-native", "bin", "tsc"),
    "-p",
    join(root, "tsconfig.declarations.json")
  ])
  if (code !== 0) return code
  for (const { folder } of packages) {
    const from = join(declarations, relative(root, folder), "src")
    for (const file of filesOf(from)) {
      const target = join(folder, "dist", relative(from, file))
      mkdirSync(dirname(target), { recursive: true })
      // The compiler leaves the extensions of imports in declarations as they are written.
      writeFileSync(target, readFileSync(file, "utf8").replace(/((?:from|import\() ?"\.\.?\/[^"]+)\.ts"/g, "$1.js\""))
    }
  }
  return 0
}

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
  const started = Date.now()
  codes.push(await declare(toolchain, packages))
  say(`Declared the types (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  return codes.every((code) => code === 0) ? 0 : 1
})
