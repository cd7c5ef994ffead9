// What an importer of a published package relies on: packs every built package and looks at the tarball with publint
// and "are the types wrong", and makes sure that nobody else's code was copied into it. Run `npm run build` before.
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { publishedPackages } from "./packages.mjs"
import { environment, filesOf, main, resolveToolchain, root } from "./toolchain.mjs"

/** Packages whose subject is a database driver. */
const mayNameDrivers = new Set(["@wicara/testing"])

const anatomy = ({ folder, manifest, modules, name }) => {
  const problems = []
  const expect = (holds, problem) => holds || problems.push(problem)
  expect(manifest.license === "MIT", "its licence is not MIT")
  expect(typeof manifest.description === "string", "it has no description")
  expect(manifest.type === "module", "it is not \"type\": \"module\"")
  expect(Array.isArray(manifest.sideEffects) && manifest.sideEffects.length === 0, "\"sideEffects\" is not []")
  expect(manifest.engines?.node === ">=22.19", "engines.node is not >=22.19")
  expect(manifest.publishConfig?.access === "public", "publishConfig.access is not public")
  const usesEffect = filesOf(join(folder, "src")).some((file) => /from "effect["/]/.test(readFileSync(file, "utf8")))
  const wanted = usesEffect ? "^4.1.0" : undefined
  expect(
    manifest.peerDependencies?.effect === wanted,
    `effect is not ${wanted === undefined ? "left out" : "a peer dependency ^4.1.0"}`
  )
  expect(manifest.dependencies?.effect === undefined, "effect is a dependency: it must be a peer")
  expect(modules.includes("index"), "it has no src/index.ts")
  if (!mayNameDrivers.has(name)) {
    const named = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter((dependency) =>
      /^@effect\/(sql-|platform-node$)|^mysql2$/.test(dependency)
    )
    expect(named.length === 0, `it depends on ${named.join(", ")}: only apps, tests and the testing package may`)
  }
  const readme = join(folder, "README.md")
  expect(existsSync(readme), "it has no README.md")
  if (existsSync(readme)) {
    const lines = readFileSync(readme, "utf8").trimEnd().split("\n").length
    expect(lines < 40, `its README.md has ${lines} lines: fewer than 40 are wanted`)
  }
  return problems
}

const ownCodeOnly = ({ folder, modules }) => {
  const dist = filesOf(folder).concat(existsSync(join(folder, "dist")) ? filesOf(join(folder, "dist")) : [])
  const maps = dist.filter((file) => file.endsWith(".js.map") && file.startsWith(join(folder, "dist")))
  if (maps.length === 0) return ["it is not built: run `npm run build`"]
  const foreign = maps.flatMap((file) => {
    const { sources } = JSON.parse(readFileSync(file, "utf8"))
    return sources.filter((source) => !/^(\.\.\/)+src\//.test(source)).map((source) => `${file} contains ${source}`)
  })
  const missing = modules.flatMap((module) =>
    [".js", ".d.ts", ".js.map"].map((end) => `dist/${module}${end}`).filter((file) => !existsSync(join(folder, file)))
  )
  return [...foreign, ...missing.map((file) => `${file} was not built`)]
}

const checkAll = async () => {
  const toolchain = resolveToolchain()
  const env = environment(toolchain)
  const target = mkdtempSync(join(tmpdir(), "wicara-pack-"))
  const counts = { passed: 0, failed: 0 }
  const report = (name, check, problems) => {
    counts[problems.length === 0 ? "passed" : "failed"]++
    console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${name}: ${check}`)
    for (const problem of problems) console.log(`     ${problem}`)
  }
  try {
    for (const one of publishedPackages()) {
      report(one.name, "anatomy", anatomy(one))
      const built = ownCodeOnly(one)
      report(one.name, "built, with nothing but its own code", built)
      const packed = spawnSync(toolchain.pnpm[0], [
        ...toolchain.pnpm.slice(1),
        "pack",
        "--json",
        "--pack-destination",
        target
      ], { cwd: one.folder, env, encoding: "utf8" })
      if (packed.status !== 0) {
        report(one.name, "pack", [packed.stdout + packed.stderr])
        continue
      }
      const { filename, files } = JSON.parse(packed.stdout.slice(packed.stdout.indexOf("{")))
      const paths = new Set(files.map(({ path }) => path))
      report(
        one.name,
        "tarball",
        ["LICENSE", "README.md", "package.json"].filter((file) => !paths.has(file)).map((file) => `lacks ${file}`)
      )
      const { messages, pkg } = await publint({
        pack: { tarball: readFileSync(filename) },
        strict: true
      })
      report(
        one.name,
        "publint",
        messages.filter(({ type }) => type !== "suggestion").map((message) => formatMessage(message, pkg))
      )
      const entries = one.modules
        .filter((module) => !module.startsWith("internal/"))
        .map((module) => module === "index" ? "." : `./${module}`)
      const attw = spawnSync("attw", [
        filename,
        "--profile",
        "esm-only",
        "--no-definitely-typed",
        "--no-emoji",
        "--no-color",
        "--format",
        "ascii",
        "--entrypoints",
        ...entries
      ], { cwd: root, env, encoding: "utf8" })
      report(one.name, `types of ${entries.length} entry points`, attw.status === 0 ? [] : [attw.stdout + attw.stderr])
      rmSync(filename)
    }
  } finally {
    rmSync(target, { recursive: true, force: true })
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  return counts.failed === 0 ? 0 : 1
}

main(checkAll)
