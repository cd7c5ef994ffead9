// Whether an advisory names a package that the server runs with: fails from "high" on, lists the others. A registry that
// gives no advisories (a mirror, no network) is said so, and fails nothing.
import { spawnSync } from "node:child_process"
import { environment, main, Refusal, resolveToolchain, root } from "./toolchain.mjs"

const read = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

main(async () => {
  const toolchain = resolveToolchain()
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
    return 0
  }
  const found = Object.values(advisories)
  const grave = found.filter(({ severity }) => severity === "high" || severity === "critical")
  for (const { module_name: name, severity, title, url } of found) {
    console.log(`${grave.length > 0 ? "FAIL" : "note"} ${name}: ${severity}: ${title} (${url})`)
  }
  if (grave.length > 0) throw new Refusal(`${grave.length} advisories have to be answered.`)
  console.log(`ok   no grave advisory among ${found.length}`)
  return 0
})
