// docs/complaints.md is made from docs/complaints.json and from the scenarios of the testkit: a table of what users of
// such products complain about, the scenarios that play it, and the tests that show a naive implementation fail and this
// one stand. `--check` fails when the page is not up to date, when a complaint has no scenario, or when nobody plays one; with `--results=<vitest's JSON>` also when one of them did not pass.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, sep } from "node:path"
import { pathToFileURL } from "node:url"
import { problemsOfTests, runPage, testCell } from "./claims.mjs"
import { main, root } from "./toolchain.mjs"

const folder = "packages/testing/src/testkit"

/** The tests that play scenarios: those of the testkit play them with a naive implementation. */
const players = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).flatMap((name) => {
    const tests = join(root, group, name, "test")
    return !existsSync(tests) ? [] : readdirSync(tests, { recursive: true }).filter((file) => file.endsWith(".test.ts"))
      .map((file) => `${group}/${name}/test/${file.split(sep).join("/")}`)
  })
).map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }))
  .filter(({ text }) => text.includes("stand complaint %s"))

const playersOf = (module) => {
  const files = players.filter(({ text }) => text.includes(`testkit/${module}"`)).map(({ file }) => file)
  return {
    naive: files.filter((file) => file.startsWith("packages/testing/")),
    ours: files.filter((file) => !file.startsWith("packages/testing/"))
  }
}

/** The modules of scenarios that there are: one that nobody plays is found. */
const modules = [
  "channel/ChannelScenarios",
  ...readdirSync(join(root, folder, "complaints")).map((name) => `complaints/${name.replace(/\.ts$/, "")}`)
].toSorted()

const scenariosOf = async (module) => {
  const { all } = await import(pathToFileURL(join(root, folder, `${module}.ts`)).href)
  return all.map(({ complaint, title }) => ({ complaint, title, module }))
}

const testsOf = (module) => {
  const { naive, ours } = playersOf(module)
  return [
    ...naive.map((file) => ({ file, title: "does not stand complaint %s" })),
    ...ours.map((file) => ({ file, title: "stand complaint %s" }))
  ]
}

const isPlayed = (module) => Object.values(playersOf(module)).every((files) => files.length > 0)

const code = (files) => files.map((file) => `\`${file}\``).join(", ")

const render = (complaints, scenarios) => {
  const lines = [
    "# Complaints",
    "",
    "What users of such products complain about most, by number, each played as scenarios: a naive implementation in the",
    "testkit fails each of them for the reason that is complained about, and this server stands it, on every database. Made",
    "from `complaints.json` and the scenarios by `npm run complaints`; checked by `npm run check:complaints`.",
    "",
    "| # | Complaint | Scenario | Module |",
    "|---|---|---|---|"
  ]
  for (const { complaint, number } of complaints) {
    const own = scenarios.filter((scenario) => scenario.complaint === number)
    if (own.length === 0) lines.push(`| ${number} | ${complaint} | not yet | |`)
    for (const [index, one] of own.entries()) {
      lines.push(
        `| ${index === 0 ? number : ""} | ${index === 0 ? complaint : ""} | ${one.title} | \`${one.module}\` |`
      )
    }
  }
  lines.push("", "| Module | Fails the naive one | Stood by this server |", "|---|---|---|")
  for (const module of modules) {
    const { naive, ours } = playersOf(module)
    lines.push(`| \`${module}\` | ${code(naive)} | ${code(ours)} |`)
  }
  const others = complaints.filter(({ test }) => test !== undefined)
  if (others.length > 0) {
    lines.push("", "Some are also shown by tests of their own:", "", "| # | Test |", "|---|---|")
    for (const row of others) lines.push(`| ${row.number} | ${testCell(row)} |`)
  }
  return `${lines.join("\n")}\n`
}

await main(async () => {
  const { complaints } = JSON.parse(readFileSync(join(root, "docs", "complaints.json"), "utf8"))
  const scenarios = (await Promise.all(modules.map(scenariosOf))).flat()
  const numbers = new Set(complaints.map(({ number }) => number))
  return runPage({
    command: "complaints",
    page: "docs/complaints.md",
    text: render(complaints, scenarios),
    ids: complaints.map(({ number }) => `complaint ${number}`),
    summary: `${complaints.length} complaints, ${scenarios.length} scenarios`,
    problems: (results) => [
      ...modules.filter((module) => !isPlayed(module))
        .map((module) => `${module} is not played by both a naive implementation and this one`),
      ...complaints.filter(({ number, planned }) =>
        (planned === true) === scenarios.some(({ complaint }) => complaint === number)
      ).map(({ number, planned }) =>
        `complaint ${number} ${planned ? "is no longer planned only" : "has no scenario"}`
      ),
      ...scenarios.filter(({ complaint }) => !numbers.has(complaint))
        .map(({ complaint, title }) => `complaint ${complaint} is not listed: ${title}`),
      ...modules.filter(isPlayed).flatMap((module) => problemsOfTests({ test: testsOf(module) }, results)),
      ...complaints.filter(({ test }) => test !== undefined)
        .flatMap((row) => problemsOfTests(row, results).map((problem) => `complaint ${row.number}: ${problem}`))
    ]
  })
})
