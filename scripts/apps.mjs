// Builds what `npm start` runs: the server as one bundle, and the widget. Each is built again only when what it is made
// of has changed.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import {
  digest,
  ensureInstalled,
  exclusively,
  filesOf,
  pnpm,
  Refusal,
  resolveToolchain,
  root,
  run,
  say,
  workspaceFolders
} from "./toolchain.mjs"

export const serverBundle = join(root, "apps", "server", "dist", "main.js")
export const widgetBundle = join(root, "apps", "widget", "dist", "widget.js")

const packageSources = () =>
  workspaceFolders().flatMap((folder) =>
    dirname(folder) === join(root, "packages") ? [join(folder, "package.json"), ...filesOf(join(folder, "src"))] : []
  )

const appSources = (name) => filesOf(join(root, "apps", name)).filter((file) => !/[\\/]test[\\/]/.test(file))

const shared = () => [join(root, "pnpm-lock.yaml"), join(root, "tsconfig.base.json")].filter(existsSync)

const targets = [
  {
    name: "widget",
    needs: join(root, "apps", "widget", "package.json"),
    output: widgetBundle,
    sources: () => [...shared(), ...packageSources(), ...appSources("widget")],
    build: (toolchain) => pnpm(toolchain, ["--filter", "@wicara/widget", "build"], { stdio: ["ignore", 2, 2] })
  },
  {
    name: "server",
    needs: join(root, "apps", "server", "src", "main.ts"),
    output: serverBundle,
    sources: () => [
      ...shared(),
      ...packageSources(),
      ...appSources("server"),
      join(root, "scripts", "bundle-server.mjs")
    ],
    build: (toolchain) =>
      run(toolchain, toolchain.node, [join(root, "scripts", "bundle-server.mjs")], { stdio: ["ignore", 2, 2] })
  }
]

/** Builds the apps whose sources changed since they were last built (`force`: all). */
export const ensureBuilt = async (toolchain, { force = false } = {}) => {
  const folder = join(root, ".wicara", "built")
  mkdirSync(folder, { recursive: true })
  for (const target of targets) {
    if (!existsSync(target.needs)) continue
    const stamp = join(folder, target.name)
    const wanted = digest(target.sources(), toolchain.version)
    if (!force && existsSync(target.output) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) continue
    say(`Building the ${target.name} ...`)
    rmSync(stamp, { force: true })
    if (await target.build(toolchain) !== 0) throw new Refusal(`The ${target.name} could not be built: see above.`)
    if (!existsSync(target.output)) throw new Refusal(`The build of the ${target.name} made no ${target.output}.`)
    writeFileSync(stamp, wanted)
  }
}

/** Installs and builds what is missing, then runs the server's program to its end and gives its exit code. */
export const runServer = async (args) => {
  const toolchain = resolveToolchain()
  await exclusively(async () => {
    await ensureInstalled(toolchain)
    await ensureBuilt(toolchain)
  })
  // What a request leaves behind is mostly gone when it ends: with more room for it, less is carried along.
  const flags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=32"]
  return run(toolchain, toolchain.node, [...flags, serverBundle, ...args], {
    // The compiled code of one start is kept for the next.
    env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, ".wicara", "compile-cache") }
  })
}
