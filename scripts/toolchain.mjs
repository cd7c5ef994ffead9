// The Node and pnpm that the workspace runs on, found or brought once. Plain Node 20 and nothing installed is all that
// this file may rely on: it is what installs the rest.
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { delimiter, dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "")
const stateFolder = join(root, ".wicara")
const toolchainFile = join(stateFolder, "toolchain.json")
const installStamp = join(root, "node_modules", ".wicara-install")
const isWindows = process.platform === "win32"

/** A failure whose message is all that its reader needs. */
export class Refusal extends Error {}

/** Runs the main function of a script: a `Refusal` ends it with its message alone. */
export const main = (run) =>
  run().then(
    (code) => {
      process.exitCode = code ?? 0
    },
    (error) => {
      process.stderr.write(`${error instanceof Refusal ? error.message : error.stack}\n`)
      process.exitCode = 1
    }
  )

/** One line about what is going on, on standard error: standard output belongs to the program that is run. */
export const say = (line) => process.stderr.write(`${line}\n`)

const readJson = (file) => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return undefined
  }
}

const nodeIsRecent = (version) => {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}

const findOnPath = (name, path = process.env.PATH ?? "") => {
  const endings = isWindows ? [".cmd", ".exe", ".bat"] : [""]
  for (const folder of path.split(delimiter)) {
    for (const ending of endings) {
      const file = join(folder, name + ending)
      if (folder !== "" && existsSync(file)) return file
    }
  }
}

/** The command that runs pnpm: its script through `node`, or whatever the PATH has. */
const pnpmOnPath = () => {
  const found = findOnPath("pnpm")
  if (found === undefined) return undefined
  const result = spawnSync(found, ["--version"], { encoding: "utf8", shell: isWindows, cwd: root })
  return result.status === 0 && result.stdout.trim().startsWith("11.") ? [found] : undefined
}

const bringThroughNpx = (packages) => {
  say(`Fetching ${packages.join(" and ")} through npx (once; kept in npm's cache) ...`)
  const report = "process.stdout.write(JSON.stringify({ node: process.execPath, path: process.env.PATH }))"
  const result = spawnSync("npx", [
    "--yes",
    ...packages.flatMap((name) => ["-p", name]),
    "--",
    "node",
    "-e",
    isWindows ? `"${report}"` : report
  ], { encoding: "utf8", shell: isWindows, stdio: ["ignore", "pipe", "pipe"], cwd: root })
  if (result.status !== 0) {
    throw new Refusal(
      `Could not fetch ${
        packages.join(" and ")
      } through npx. Install Node 24 and pnpm 11 yourself, or look at npm's words:\n${result.stderr ?? result.error}`
    )
  }
  const { node, path } = JSON.parse(result.stdout.slice(result.stdout.indexOf("{")))
  // npx puts the .bin folder of what it installed first on the PATH; the packages are beside it.
  const pnpm = path.split(delimiter)
    .map((folder) => join(dirname(folder), "pnpm"))
    .map((folder) => ({ folder, manifest: readJson(join(folder, "package.json")) }))
    .find(({ manifest }) => manifest?.version?.startsWith("11."))
  if (pnpm === undefined || !nodeIsRecent(readVersion(node))) {
    throw new Refusal("npx did not bring Node 24 and pnpm 11. Install them yourself and try again.")
  }
  return { node, pnpm: [node, join(pnpm.folder, pnpm.manifest.bin.pnpm)] }
}

const readVersion = (node) =>
  node === process.execPath ? process.version : spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim()

/**
 * `{ node, pnpm }`: the path of a Node >= 22.19 and the command line of pnpm 11. What was found is remembered, so only
 * the first call on a machine looks for it.
 */
export const resolveToolchain = () => {
  const remembered = readJson(toolchainFile)
  const isUsable = remembered !== undefined &&
    [remembered.node, ...remembered.pnpm].every((file) => existsSync(file)) &&
    // The Node at that path may have been replaced by an older one.
    (remembered.node !== process.execPath || nodeIsRecent(process.version))
  if (isUsable) return remembered
  const useOwn = nodeIsRecent(process.version)
  const pnpm = useOwn ? pnpmOnPath() : undefined
  const found = pnpm !== undefined
    ? { node: process.execPath, pnpm }
    : useOwn
    ? { node: process.execPath, pnpm: [process.execPath, bringThroughNpx(["pnpm@11"]).pnpm[1]] }
    : bringThroughNpx(["node@24", "pnpm@11"])
  const toolchain = { version: readVersion(found.node), ...found }
  mkdirSync(stateFolder, { recursive: true })
  writeFileSync(toolchainFile, `${JSON.stringify(toolchain, null, 2)}\n`)
  return toolchain
}

/** The environment in which `node` and the workspace's own commands are the ones that are meant. */
export const environment = (toolchain, extra = {}) => ({
  ...process.env,
  PATH: [dirname(toolchain.node), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
  ...extra
})

/** Runs a command with the workspace's Node to its end and gives its exit code; signals are passed on to it. */
export const run = (toolchain, command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: "inherit",
      shell: isWindows && !command.endsWith(".exe"),
      ...options,
      env: environment(toolchain, options.env)
    })
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
    const forward = (signal) => {
      // A terminal sends Ctrl-C to the child itself: passed on, it would arrive twice.
      if (signal === "SIGINT" && process.stdin.isTTY) return
      child.kill(signal)
    }
    for (const signal of signals) process.on(signal, forward)
    const done = () => signals.forEach((signal) => process.off(signal, forward))
    child.on("error", (error) => {
      done()
      reject(error)
    })
    child.on("exit", (code, signal) => {
      done()
      resolve(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })

export const pnpm = (toolchain, args, options) =>
  run(toolchain, toolchain.pnpm[0], [...toolchain.pnpm.slice(1), ...args], options)

const ignored = new Set(["node_modules", "dist", ".git", ".wicara", "data"])

/** All files below a folder (or the file itself), in a stable order. */
export const filesOf = (path) => {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !ignored.has(entry.name))
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => entry.isDirectory() ? filesOf(join(path, entry.name)) : [join(path, entry.name)])
}

/** A digest of the names and contents of files. */
export const digest = (files, ...seeds) => {
  const hash = createHash("sha256").update(seeds.join("\n"))
  for (const file of files) {
    hash.update(`\0${relative(root, file).split(sep).join("/")}\0`).update(readFileSync(file))
  }
  return hash.digest("hex")
}

/** The folders of the workspace's packages that exist. */
export const workspaceFolders = () =>
  ["packages", "apps", "examples"]
    .flatMap((group) => {
      const folder = join(root, group)
      return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
    })
    .concat(join(root, "bench"))
    .filter((folder) => existsSync(join(folder, "package.json")))

/** Installs what the lock file asks for, unless exactly that is installed. */
export const ensureInstalled = async (toolchain) => {
  const inputs = [
    join(root, "pnpm-lock.yaml"),
    join(root, "pnpm-workspace.yaml"),
    join(root, "package.json"),
    ...filesOf(join(root, "patches")),
    ...workspaceFolders().map((folder) => join(folder, "package.json"))
  ]
  const wanted = digest(inputs, toolchain.version)
  if (existsSync(installStamp) && readFileSync(installStamp, "utf8") === wanted) return
  say("Installing the workspace ...")
  rmSync(installStamp, { force: true })
  // Standard output stays free for what is run afterwards.
  const code = await pnpm(toolchain, ["install", "--frozen-lockfile", "--prefer-offline"], {
    stdio: ["ignore", 2, 2],
    env: { CI: process.env.CI ?? "true" }
  })
  if (code !== 0) throw new Refusal("The installation failed: see above.")
  writeFileSync(installStamp, wanted)
}

const processIsAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === "EPERM"
  }
}

/** Runs the effectful part of a preparation while no other process of this clone does. */
export const exclusively = async (prepare) => {
  mkdirSync(stateFolder, { recursive: true })
  const lock = join(stateFolder, "prepare.lock")
  for (let waited = 0;; waited++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" })
      break
    } catch (error) {
      if (error.code !== "EEXIST") throw error
      const holder = Number(existsSync(lock) ? readFileSync(lock, "utf8") : NaN)
      if (Number.isInteger(holder) && holder > 0 && !processIsAlive(holder)) {
        rmSync(lock, { force: true })
        continue
      }
      if (waited === 10) say(`Waiting for process ${holder}, which prepares this folder ...`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const release = () => rmSync(lock, { force: true })
  process.on("exit", release)
  try {
    return await prepare()
  } finally {
    release()
    process.off("exit", release)
  }
}
