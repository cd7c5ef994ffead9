// The published packages as an application meets them: installs the packed tarballs into an empty project, imports
// every module under plain Node, type-checks those imports, and proves the adapter of docs/writing-an-adapter.md with the
// published kit. Finds what the workspace hides: a dependency that is not declared, an export that leads nowhere, a type
// that only resolves among the sources. Run `npm run build` before; those that are named are enough together, if one of
// them needs another: `node scripts/check-consumer.mjs core channels testing`.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { publishedPackages } from "./packages.mjs"
import { environment, main, Refusal, resolveToolchain, root } from "./toolchain.mjs"

/**
 * The drivers are patched in this workspace only (docs/decisions/0002), so what imports one can't be loaded outside.
 */
const needsDriver = ({ folder, modules }) => {
  const text = (module) => readFileSync(join(folder, "src", `${module}.ts`), "utf8")
  const direct = modules.filter((module) => /from "@effect\/sql-/.test(text(module)))
  return new Set(direct.length === 0 ? [] : [...direct, "index"])
}

const step = (words, command, args, options) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    timeout: 300_000,
    ...options
  })
  if (status !== 0) throw new Refusal(`FAIL ${words}\n${stdout}${stderr}${error ?? ""}`)
  console.log(`ok   ${words}`)
  return stdout
}

main(async () => {
  const toolchain = resolveToolchain()
  const env = environment(toolchain)
  const [pnpm, ...pnpmArgs] = toolchain.pnpm
  const project = mkdtempSync(join(tmpdir(), "wicara-consumer-"))
  try {
    const wanted = process.argv.slice(2)
    const packages = publishedPackages().filter(({ folder }) =>
      wanted.length === 0 || wanted.includes(basename(folder))
    )
    const tarballs = Object.fromEntries(packages.map((one) => {
      const packed = spawnSync(pnpm, [...pnpmArgs, "pack", "--json", "--pack-destination", project], {
        cwd: one.folder,
        env,
        encoding: "utf8"
      })
      if (packed.status !== 0) throw new Refusal(`FAIL ${one.name} can't be packed\n${packed.stdout}${packed.stderr}`)
      return [one.name, `file:${JSON.parse(packed.stdout.slice(packed.stdout.indexOf("{"))).filename}`]
    }))
    const versionOf = (name) =>
      JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version
    const versions = versionOf("effect")
    const specifiers = packages.flatMap((one) => {
      const left = needsDriver(one)
      return one.modules
        // A main module is a program: loading it runs it.
        .filter((module) => !/^internal\/|(^|\/)main$/.test(module) && !left.has(module))
        .map((module) => module === "index" ? one.name : `${one.name}/${module}`)
    })
    writeFileSync(
      join(project, "package.json"),
      JSON.stringify({
        private: true,
        type: "module",
        dependencies: { ...tarballs, effect: versions, "@effect/platform-node": versions, "@types/node": "^24" },
        devDependencies: { "@effect/vitest": versionOf("@effect/vitest"), vitest: versionOf("vitest") }
      })
    )
    // Each names the others by version, which no registry has yet.
    writeFileSync(
      join(project, "pnpm-workspace.yaml"),
      `packages: []\noverrides:\n${Object.entries(tarballs).map(([name, file]) => `  "${name}": "${file}"\n`).join("")}`
    )
    mkdirSync(join(project, "src"))
    // What the guide says is what stands in the example, which a test of its own holds it to.
    for (const file of ["src/PostboxChannel.ts", "test/provider.ts", "test/PostboxChannel.test.ts"]) {
      cpSync(join(root, "examples", "custom-channel", file), join(project, "postbox", file))
    }
    writeFileSync(
      join(project, "src", "imports.ts"),
      specifiers.map((specifier, index) => `export * as m${index} from ${JSON.stringify(specifier)}\n`).join("")
    )
    writeFileSync(
      join(project, "src", "load.mjs"),
      `for (const specifier of ${JSON.stringify(specifiers)}) {
        await import(specifier).catch((error) => {
          console.log(specifier + ": " + error.message)
          process.exitCode = 1
        })
      }
      process.exit()`
    )
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          target: "ES2024",
          lib: ["ES2024", "DOM"],
          module: "NodeNext",
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
          allowImportingTsExtensions: true,
          types: ["node"]
        },
        include: ["src/imports.ts", "postbox"]
      })
    )
    step(`${packages.length} packages install into an empty project`, pnpm, [
      ...pnpmArgs,
      "install",
      "--prefer-offline",
      "--ignore-scripts"
    ], { cwd: project, env })
    step(`${specifiers.length} modules load in Node`, toolchain.node, ["src/load.mjs"], { cwd: project, env })
    step("their types hold", toolchain.node, [
      join(root, "node_modules", "typescript-native", "bin", "tsc"),
      "-p",
      "tsconfig.json"
    ], { cwd: project, env })
    step("the adapter of the guide keeps the laws of the published kit", toolchain.node, [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--dir",
      "postbox"
    ], { cwd: project, env })
    console.log("4 passed, 0 failed")
    return 0
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
})
