// docs/capabilities.md is made from docs/capabilities.json: a row for each capability that Wicara is to have, and one for
// each table of the four systems it takes over from. `--check` fails when the page is not up to date, or when a row
// that says "done" names a module or a test that does not exist; with `--results=<vitest's JSON>` also when that test
// did not pass.
//
// A row that is done: `"status": "done", "test": { "file": "packages/core/test/Users.test.ts", "title": "..." }`, where
// the title is that of the test itself, without the `describe` around it. Where it takes several tests to show it, `test`
// is a list of them. A table's row without a test of its own shares that of its capability.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { problemsOfTests, runPage, testCell } from "./claims.mjs"
import { main, root } from "./toolchain.mjs"

const source = join(root, "docs", "capabilities.json")

const seeds = {
  L: "a chatbot platform on Laravel",
  B: "Blazz, a WhatsApp campaign and inbox system",
  J: "JarvISP, a bot for internet providers",
  P: "a chatbot platform on Prisma"
}
const apps = new Set(["server", "console", "widget"])

const folderOf = (name) => apps.has(name) ? `apps/${name}` : `packages/${name}`
const packageOf = (name) => `@wicara/${name}`

/** The rows with what they inherit: a table's domain, package, module and test are its capability's. */
const rows = () => {
  const { capabilities, tables } = JSON.parse(readFileSync(source, "utf8"))
  const byId = new Map(capabilities.map((row) => [row.id, row]))
  return {
    capabilities,
    tables: tables.map((row) => {
      const capability = byId.get(row.capability)
      if (capability === undefined) throw new Error(`${row.id}: there is no capability ${row.capability}`)
      const shared = capability.status === "done" ? capability.test : undefined
      return {
        ...row,
        package: row.package ?? capability.package,
        module: row.module ?? capability.module,
        domain: capability.domain,
        test: row.test ?? shared
      }
    })
  }
}

const moduleCell = (row) => `\`${packageOf(row.package)}/${row.module}\``
const done = (list) => list.filter(({ status }) => status === "done").length

const render = ({ capabilities, tables }) => {
  const domains = [...new Set(capabilities.map(({ domain }) => domain))]
  const lines = [
    "# Capabilities",
    "",
    "What Wicara is to do in the end, and how much of it is done: a row says so only with a test that exists and passes.",
    "Made from `capabilities.json` by `npm run capabilities`; checked by `npm run check:capabilities`.",
    "",
    "The seeds are the four systems that Wicara takes over from:",
    `${Object.entries(seeds).map(([letter, words]) => `${letter}, ${words}`).join("; ")}.`,
    "",
    "| | Done | Of |",
    "| --- | ---: | ---: |",
    `| Capabilities | ${done(capabilities)} | ${capabilities.length} |`,
    `| Tables of the seeds | ${done(tables)} | ${tables.length} |`
  ]
  for (const domain of domains) {
    const own = capabilities.filter((row) => row.domain === domain)
    lines.push(
      "",
      `## ${domain}`,
      "",
      `${done(own)} of ${own.length}.`,
      "",
      "| Id | Capability | Seeds | Module | Test | Status |",
      "| --- | --- | --- | --- | --- | --- |",
      ...own.map((row) =>
        `| ${row.id} | ${row.capability} | ${row.seeds.join(" ")} | ${moduleCell(row)} | ${
          row.status === "done" ? testCell(row) : ""
        } | ${row.status} |`
      )
    )
  }
  for (const [letter, words] of Object.entries(seeds)) {
    const own = tables.filter((row) => row.seed === letter)
    lines.push(
      "",
      `## Tables of ${words} (${letter})`,
      "",
      `${done(own)} of ${own.length}.`,
      "",
      "| Table | Domain | Capability | Module | Test | Status |",
      "| --- | --- | --- | --- | --- | --- |",
      ...own.map((row) =>
        `| \`${row.table}\` | ${row.domain} | ${row.capability} | ${moduleCell(row)} | ${
          row.status === "done" ? testCell(row) : ""
        } | ${row.status} |`
      )
    )
  }
  return `${lines.join("\n")}\n`
}

/** What is wrong with a row; `results` are the outcomes of the tests by file and title, if they ran. */
export const problemsOf = (row, results) => {
  if (row.status === "not yet") return []
  if (row.status !== "done") return [`its status is "${row.status}": expected "done" or "not yet"`]
  const problems = []
  const module = `${folderOf(row.package)}/src/${row.module}`
  if (![".ts", ".tsx"].some((end) => existsSync(join(root, module + end)))) problems.push(`there is no ${module}.ts`)
  return [...problems, ...problemsOfTests(row, results)]
}

const run = async () => {
  const all = rows()
  const every = [...all.capabilities, ...all.tables]
  return runPage({
    command: "capabilities",
    page: "docs/capabilities.md",
    text: render(all),
    ids: every.map(({ id }) => id),
    problems: (results) => every.flatMap((row) => problemsOf(row, results).map((problem) => `${row.id}: ${problem}`)),
    summary: `Capabilities: ${done(all.capabilities)} of ${all.capabilities.length} done; tables of the seeds: ${
      done(all.tables)
    } of ${all.tables.length}`
  })
}

if (process.argv[1]?.endsWith("capabilities.mjs")) main(run)
