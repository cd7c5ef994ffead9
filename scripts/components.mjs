// Whether a package that the server runs with is further behind than docs/security.md allows, or is deprecated: the lock
// file says what there is, npm asks its registry when each release came out. Types are no part of what runs.
import { spawn, spawnSync } from "node:child_process"
import { concurrently } from "./packages.mjs"
import { environment, root } from "./toolchain.mjs"

/** The days of docs/security.md. */
export const days = { patch: 30, minor: 180, deprecated: 180 }

const dayMillis = 86_400_000
const isWindows = process.platform === "win32"

const read = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `{ name, version }` of each package from a registry that the server runs with. */
export const components = (toolchain) => {
  const [program, ...before] = toolchain.pnpm
  const { stdout } = spawnSync(
    program,
    [...before, "--filter", "@wicara/server", "list", "--prod", "--depth", "Infinity", "--lockfile-only", "--json"],
    { cwd: root, encoding: "utf8", env: environment(toolchain), maxBuffer: 256 * 1024 * 1024 }
  )
  const found = new Map()
  const walk = (dependencies = {}) => {
    for (
      const [alias, { from: name = alias, version, dependencies: below, optionalDependencies: optional }] of Object
        .entries(dependencies)
    ) {
      if (name.startsWith("@types/")) continue
      if (/^\d/.test(version)) found.set(`${name}@${version}`, { name, version })
      walk(below)
      walk(optional)
    }
  }
  for (const { dependencies, optionalDependencies } of JSON.parse(stdout)) {
    walk(dependencies)
    walk(optionalDependencies)
  }
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1)
}

const parse = (version) => {
  const [, major, minor, patch, pre] = /^(\d+)\.(\d+)\.(\d+)(?:-([^+]+))?/.exec(version) ?? []
  return major === undefined ? undefined : { numbers: [major, minor, patch].map(Number), pre }
}

const comparePre = (a, b) => {
  if (a === b) return 0
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1
  const [left, right] = [a.split("."), b.split(".")]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one, other] = [left[index], right[index]]
    if (one === other) continue
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1
    const [isNumber, isOtherNumber] = [one, other].map((part) => /^\d+$/.test(part))
    if (isNumber && isOtherNumber) return Number(one) - Number(other)
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
    return one < other ? -1 : 1
  }
  return 0
}

const compare = (a, b) => {
  const index = a.numbers.findIndex((number, at) => number !== b.numbers[at])
  return index === -1 ? comparePre(a.pre, b.pre) : a.numbers[index] - b.numbers[index]
}

/** `patch` or `minor`, of what a caret would take; a release that is no beta knows no betas. */
const stepTo = (from, to) => {
  if (compare(to, from) <= 0 || (to.pre !== undefined && from.pre === undefined)) return undefined
  const [major, minor] = from.numbers
  if (to.numbers[0] !== major || (major === 0 && to.numbers[1] !== minor)) return undefined
  return to.numbers[1] === minor ? "patch" : "minor"
}

/**
 * What is wrong with a component, or nothing; `found` is what the registry says of it: `{ versions, time, deprecated }`,
 * `seen` what has been written down. Who skips releases has not longer: the first newer one counts.
 */
export const problemOf = ({ name, version }, found, seen, now) => {
  if (typeof found.deprecated === "string" && found.deprecated !== "") {
    const since = Date.parse(seen[`${name}@${version}`]?.seen ?? "")
    if (Number.isNaN(since)) return `is deprecated: ${found.deprecated}`
    const age = Math.floor((now - since) / dayMillis)
    if (age > days.deprecated) return `is deprecated, seen ${age} days ago, ${days.deprecated} are allowed`
  }
  const from = parse(version)
  for (const step of ["patch", "minor"]) {
    const [first] = [found.versions ?? []].flat()
      .filter((one) => {
        const to = parse(one)
        return to !== undefined && from !== undefined && stepTo(from, to) === step
      })
      .map((one) => ({ version: one, out: Date.parse(found.time?.[one] ?? "") }))
      .filter(({ out }) => !Number.isNaN(out))
      .sort((a, b) => a.out - b.out)
    if (first === undefined) continue
    const age = Math.floor((now - first.out) / dayMillis)
    if (age > days[step]) return `${first.version} has been out for ${age} days, ${days[step]} are allowed`
  }
  return undefined
}

/** What the registry says of a component, by npm; `undefined`: nothing. */
const ask = (toolchain, { name, version }) =>
  new Promise((resolve) => {
    const child = spawn("npm", ["view", `${name}@${version}`, "deprecated", "time", "versions", "--json"], {
      cwd: root,
      env: environment(toolchain, { npm_config_fetch_retries: "0", npm_config_fetch_timeout: "20000" }),
      shell: isWindows,
      stdio: ["ignore", "pipe", "ignore"]
    })
    let text = ""
    child.stdout.on("data", (part) => (text += part))
    child.on("error", () => resolve(undefined))
    child.on("close", () => {
      const answer = read(text)
      resolve(answer?.versions === undefined ? undefined : answer)
    })
  })

/** `{ asked, silent, problems }` of the components, asked one after another until the registry turns out to be silent. */
export const checkComponents = async (toolchain, all, seen, now = Date.now()) => {
  const [first, ...others] = all
  const judged = async (component) => {
    const found = await ask(toolchain, component)
    return { component, silent: found === undefined, problem: found && problemOf(component, found, seen, now) }
  }
  const results = first === undefined ? [] : [await judged(first)]
  // A registry that is not there is not asked for each of them.
  const isThere = results.some(({ silent }) => !silent)
  results.push(
    ...(isThere ? await concurrently(others, 4, judged) : others.map((component) => ({ component, silent: true })))
  )
  return {
    silent: results.filter(({ silent }) => silent).map(({ component }) => component),
    problems: results.filter(({ problem }) => problem !== undefined)
  }
}
