// Whether an advisory names a package that the server runs with, for longer than SECURITY.md allows. One that nobody has
// written down in scripts/advisories.json with the day on which it was seen, fails at once; one that was, when its days are
// over: `{ "https://github.com/advisories/GHSA-...": { "seen": "2026-01-31", "note": "why it can wait" } }`. A registry that
// gives no advisories (a mirror, no network) is said so, and fails nothing unless `--require` is said, as a release does.
//
// `--components` (and `--require`) also asks how old the releases are that the server runs with: see components.mjs.
// `--only=mysql2,ws` asks that of those, and nothing else.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { checkComponents, components, days as componentDays } from "./components.mjs"
import { environment, main, Refusal, resolveToolchain, root } from "./toolchain.mjs"

/** The days of SECURITY.md for a dependency that is used; what is low waits for the next release. */
const days = { critical: 7, high: 30, moderate: 90 }

const ledger = process.env.WICARA_ADVISORIES ?? join(root, "scripts", "advisories.json")

/** Why it fails the check, or nothing. */
const overdue = ({ severity, url }, seen) => {
  const allowed = days[severity]
  if (allowed === undefined) return undefined
  const since = Date.parse(seen[url]?.seen ?? "")
  if (Number.isNaN(since)) return `nobody has written it down in scripts/advisories.json yet`
  const age = Math.floor((Date.now() - since) / 86_400_000)
  return age > allowed ? `seen ${age} days ago, ${allowed} are allowed` : undefined
}

const read = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const isRequired = process.argv.includes("--require")
const only = process.argv.find((one) => one.startsWith("--only="))?.slice("--only=".length).split(",")

/** Whether every component was judged and is within its time. */
const lookAtComponents = async (toolchain, seen) => {
  const all = components(toolchain).filter(({ name }) => only === undefined || only.includes(name))
  if (all.length === 0) throw new Refusal("The server runs with none of them.")
  const { problems, silent } = await checkComponents(toolchain, all, seen)
  for (const { component: { name, version }, problem } of problems) console.log(`FAIL ${name} ${version}: ${problem}`)
  if (silent.length === all.length) {
    console.log("skip the registry says nothing of the components")
  } else {
    for (const { name, version } of silent) console.log(`skip the registry says nothing of ${name} ${version}`)
    const asked = all.length - silent.length
    if (problems.length === 0) {
      console.log(`ok   ${asked} components are at most ${componentDays.patch} days behind a patch of their line`)
    }
  }
  if (problems.length > 0) throw new Refusal(`${problems.length} components have to be updated or replaced.`)
  if (isRequired && silent.length > 0) throw new Refusal("Ask a registry that knows every component.")
}

const lookAtAdvisories = (toolchain, seen) => {
  const [program, ...before] = toolchain.pnpm
  const { stdout } = spawnSync(program, [...before, "audit", "--prod", "--json"], {
    cwd: root,
    encoding: "utf8",
    env: environment(toolchain),
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000
  })
  const { advisories, error } = read(stdout ?? "")
  if (advisories === undefined) {
    console.log(`skip the registry gives no advisories${error?.code === undefined ? "" : ` (${error.code})`}`)
    console.log("0 passed, 0 failed")
    if (isRequired) throw new Refusal("Ask a registry that gives advisories.")
    return
  }
  const found = Object.values(advisories)
  const late = found.map((advisory) => ({ advisory, why: overdue(advisory, seen) }))
  for (const { advisory: { module_name: name, severity, title, url }, why } of late) {
    console.log(
      `${why === undefined ? "note" : "FAIL"} ${name}: ${severity}: ${title} (${url})${why ? `: ${why}` : ""}`
    )
  }
  const failed = late.filter(({ why }) => why !== undefined).length
  if (failed > 0) throw new Refusal(`${failed} advisories have to be answered.`)
  console.log(`ok   every advisory of ${found.length} is within its time`)
}

main(async () => {
  const toolchain = resolveToolchain()
  const seen = JSON.parse(readFileSync(ledger, "utf8"))
  if (only === undefined) lookAtAdvisories(toolchain, seen)
  if (isRequired || only !== undefined || process.argv.includes("--components")) await lookAtComponents(toolchain, seen)
  return 0
})
