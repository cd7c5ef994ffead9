// What the pages that claim something (`capabilities.mjs`, `asvs.mjs`) have in common: a claim names the tests that show
// it, `{ "file": "packages/core/test/Users.test.ts", "title": "..." }`, one or a list of them, where the title is that of
// the test itself, without the `describe` around it. The title of a test of many cases stands as it does in the file, with
// its `$name` or `%s`; then every case has to pass.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { root } from "./toolchain.mjs"

/** The tests that a row names. */
export const testsOf = ({ test }) => test === undefined ? [] : [test].flat()

/** The same as the cell of a table. */
export const testCell = (row) =>
  testsOf(row).map(({ file, title }) => `\`${file}\` › ${title.replaceAll("|", "\\|")}`).join("<br>")

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

/** The outcomes of a test; of all its cases, where the title stands for several. */
const outcomesOf = (results, key) => {
  const exact = results.get(key)
  if (exact !== undefined) return exact
  const parts = key.split(/\$\{?[\w.]+\}?|%[sdifjo]/)
  if (parts.length === 1) return undefined
  const pattern = new RegExp(`^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join(".+")}$`)
  const found = [...results].filter(([name]) => pattern.test(name)).flatMap(([, outcome]) => outcome)
  return found.length === 0 ? undefined : found
}

const problemsOfTest = ({ file, title }, results) => {
  if (!existsSync(join(root, file))) return [`there is no ${file}`]
  const text = readFileSync(join(root, file), "utf8").replaceAll(/\\(["'`])/g, "$1")
  if (!text.includes(title)) return [`${file} has no test "${title}"`]
  const found = results === undefined ? undefined : outcomesOf(results, `${file} › ${title}`)
  return results === undefined || found?.every((status) => status === "passed") === true
    ? []
    : [
      `the test "${title}" of ${file} ${
        found === undefined ? "did not run" : `ended ${[...new Set(found)].join(" and ")}`
      }`
    ]
}

/** What is wrong with the tests that a row names; `results` are the outcomes by file and title, if they ran. */
export const problemsOfTests = (row, results) =>
  testsOf(row).length === 0 ? ["it names no test"] : testsOf(row).flatMap((test) => problemsOfTest(test, results))

/**
 * Writes the page, or with `--check` looks whether it is up to date, and says what is wrong with the rows; with
 * `--results=<vitest's JSON>` the named tests must have passed too. `problems` gets the outcomes and gives those of the
 * rows; `summary` is the sentence at the end.
 */
export const runPage = ({ command, page, problems: problemsOfRows, ids, summary, text }) => {
  const file = join(root, page)
  if (!process.argv.includes("--check")) writeFileSync(file, text)
  const given = process.argv.find((arg) => arg.startsWith("--results="))?.slice("--results=".length)
  const results = given !== undefined && existsSync(join(root, given)) ? outcomes(given) : undefined
  const problems = [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is there twice`),
    ...problemsOfRows(results)
  ]
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    problems.push(`${page} is not up to date: npm run ${command}`)
  }
  for (const problem of problems) console.log(`FAIL ${problem}`)
  console.log(`${summary}${results === undefined ? "" : `; tests looked up in ${given}`}.`)
  return problems.length === 0 ? 0 : 1
}
