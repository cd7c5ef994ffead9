// docs/capabilities.md is made from docs/capabilities.json: a row for each capability that Wicara is to have, and one for
// each table of the four systems it takes over from. `--check` fails when the page is not up to date, or when a row
// that says "done" names a module or a test that does not exist; with `--results=<vitest's JSON>` also when that test
// did not pass.
//
// A row that is done: `"status": "done", "test": { "file": "packages/core/test/Users.test.ts", "title": "..." }`, where
// the title is that of the test itself, without the `describe` around it. A table's row without a test of its own
// shares that of its capability.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { main, root } from "./toolchain.mjs"

const source = join(root, "docs", "capabilities.json")
const page = join(root, "docs", "capabilities.md")

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

const testCell = ({ status, test }) =>
  status === "done" && test !== undefined ? `\`${test.file}\` › ${test.title.replaceAll("|", "\\|")}` : ""
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
          testCell(row)
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
          testCell(row)
        } | ${row.status} |`
      )
    )
  }
  return `${lines.join("\n")}\n`
}

/** The outcomes by file and title: `passed`, `failed`, `skipped`; a test on two databases has two. */
const outcomes = (file) => {
  const found = new Map()
  for (const result of JSON.parse(readFileSync(join(root, file), "utf8")).testResults) {
    const path = relative(root, result.name).split(sep).join("/")
    for (const { status, title } of result.assertionResults) {
      const key = `${path} › ${title}`
      found.set(key, [...(found.get(key) ?? []), status])
    }
  }
  return found
}

/** What is wrong with a row; `results` are the outcomes of the tests by file and title, if they ran. */
export const problemsOf = (row, results) => {
  if (row.status === "not yet") return []
  if (row.status !== "done") return [`its status is "${row.status}": expected "done" or "not yet"`]
  const problems = []
  const module = `${folderOf(row.package)}/src/${row.module}`
  if (![".ts", ".tsx"].some((end) => existsSync(join(root, module + end)))) problems.push(`there is no ${module}.ts`)
  if (row.test === undefined) return [...problems, "it names no test"]
  const { file, title } = row.test
  if (!existsSync(join(root, file))) return [...problems, `there is no ${file}`]
  const text = readFileSync(join(root, file), "utf8").replaceAll(/\\(["'`])/g, "$1")
  if (!text.includes(title)) return [...problems, `${file} has no test "${title}"`]
  const found = results?.get(`${file} › ${title}`)
  if (results !== undefined && (found === undefined || found.some((status) => status !== "passed"))) {
    problems.push(`the test "${title}" of ${file} ${found === undefined ? "did not run" : `ended ${found.join(", ")}`}`)
  }
  return problems
}

const run = async () => {
  const all = rows()
  const text = render(all)
  if (!process.argv.includes("--check")) writeFileSync(page, text)
  const given = process.argv.find((arg) => arg.startsWith("--results="))?.slice("--results=".length)
  const results = given !== undefined && existsSync(join(root, given)) ? outcomes(given) : undefined
  const ids = [...all.capabilities, ...all.tables].map(({ id }) => id)
  const problems = [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is there twice`),
    ...[...all.capabilities, ...all.tables].flatMap((row) =>
      problemsOf(row, results).map((problem) => `${row.id}: ${problem}`)
    )
  ]
  if (!existsSync(page) || readFileSync(page, "utf8") !== text) {
    problems.push("docs/capabilities.md is not up to date: npm run capabilities")
  }
  for (const problem of problems) console.log(`FAIL ${problem}`)
  console.log(
    `Capabilities: ${done(all.capabilities)} of ${all.capabilities.length} done; tables of the seeds: ${
      done(all.tables)
    } of ${all.tables.length}${results === undefined ? "" : `; tests looked up in ${given}`}.`
  )
  return problems.length === 0 ? 0 : 1
}

if (process.argv[1]?.endsWith("capabilities.mjs")) main(run)
