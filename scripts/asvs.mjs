// docs/asvs.md is made from docs/asvs.json: a row for each requirement of levels 1 and 2 of OWASP's Application Security
// Verification Standard 5.0 in the chapters that the packages and the server are concerned with. `--check` fails when the
// page is not up to date, when a requirement is left out, or when a row that says "met" shows nothing for it; with
// `--results=<vitest's JSON>` also when a test that it names did not pass.
//
// A row: `{ "id": "1.2.4", "level": 1, "requirement": "in our words", "status": "met", "where": ["packages/core/src"],
// "test": { "file": "...", "title": "..." } }`. A requirement that something be documented names the place instead:
// `"document": "docs/security.md#sessions"`. "not applicable" and "not yet" say why, or what is missing, in `note`.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { problemsOfTests, runPage, testCell, testsOf } from "./claims.mjs"
import { main, root } from "./toolchain.mjs"

/** The chapters with how many requirements of levels 1 and 2 each has. */
const chapters = [
  [1, "Encoding and sanitization", 27],
  [2, "Validation and business logic", 11],
  [3, "Web frontend security", 19],
  [4, "API and web service", 10],
  [5, "File handling", 9],
  [6, "Authentication", 35],
  [7, "Session management", 18],
  [8, "Authorization", 7],
  [9, "Self-contained tokens", 7],
  [10, "OAuth and OpenID Connect", 29],
  [11, "Cryptography", 14],
  [12, "Secure communication", 9],
  [13, "Configuration", 13],
  [14, "Data protection", 9],
  [15, "Secure coding and architecture", 13],
  [16, "Security logging and error handling", 16]
]

const statuses = ["met", "not applicable", "not yet"]
const rows = () => JSON.parse(readFileSync(join(root, "docs", "asvs.json"), "utf8"))
const chapterOf = ({ id }) => Number(id.split(".")[0])
const count = (list, status) => list.filter((row) => row.status === status).length

const slug = (heading) => heading.trim().toLowerCase().replaceAll(/[^\p{L}\p{N} -]/gu, "").replaceAll(" ", "-")

const documentsOf = ({ document }) => document === undefined ? [] : [document].flat()

const problemsOfDocument = (document) => {
  const [file, anchor] = document.split("#")
  if (!existsSync(join(root, file))) return [`there is no ${file}`]
  const headings = readFileSync(join(root, file), "utf8").split("\n").filter((line) => /^#+ /.test(line))
  return anchor === undefined || headings.some((line) => slug(line.replace(/^#+ /, "")) === anchor)
    ? []
    : [`${file} has no heading #${anchor}`]
}

/** What is wrong with a row; `results` are the outcomes of the tests by file and title, if they ran. */
export const problemsOf = (row, results) => {
  const problems = []
  if (!/^\d+\.\d+\.\d+$/.test(row.id)) problems.push("its id is no number of a requirement")
  if (row.level !== 1 && row.level !== 2) problems.push("its level is neither 1 nor 2")
  if (!statuses.includes(row.status)) {
    return [...problems, `its status is "${row.status}": expected one of ${statuses.join(", ")}`]
  }
  if (row.status !== "met") {
    return typeof row.note === "string" && row.note !== "" ? problems : [...problems, "it does not say why"]
  }
  problems.push(
    ...(row.where ?? []).filter((path) => !existsSync(join(root, path))).map((path) => `there is no ${path}`)
  )
  problems.push(...documentsOf(row).flatMap(problemsOfDocument))
  if (testsOf(row).length > 0) return [...problems, ...problemsOfTests(row, results)]
  return documentsOf(row).length > 0 ? problems : [...problems, "it names neither a test nor a document"]
}

/** The chapters that have more or fewer requirements than the standard. */
export const incomplete = (all) =>
  chapters.flatMap(([chapter, name, total]) => {
    const own = all.filter((row) => chapterOf(row) === chapter).length
    return own === total ? [] : [`chapter ${chapter} (${name}) has ${own} rows: the standard has ${total} requirements`]
  })

const cell = (text) => (text ?? "").replaceAll("|", "\\|")

const evidence = (row) =>
  row.status === "met"
    ? [
      testCell(row),
      ...documentsOf(row).map((path) => `[${path}](${path.replace(/^docs\//, "").replace(/^(?=[A-Z])/, "../")})`)
    ]
      .filter((part) => part !== "").join("<br>")
    : ""

const render = (all) => {
  const lines = [
    "# OWASP ASVS 5.0, level 2",
    "",
    "What the Application Security Verification Standard (OWASP, version 5.0.0) asks for at levels 1 and 2, in our own",
    "words, and what shows that the packages and the server do it: a row says \"met\" only with a test that exists and",
    "passes or, where the standard asks for documentation, with the place where it stands. The numbers are the standard's",
    "(`v5.0.0-1.2.4`). Made from `asvs.json` by `npm run asvs`; checked by `npm run check:asvs`.",
    "",
    "[security.md](security.md) is the documentation that the rows refer to, for whoever runs a server.",
    "",
    "| | Chapter | Met | Not applicable | Not yet | Of |",
    "| ---: | --- | ---: | ---: | ---: | ---: |",
    ...chapters.map(([chapter, name]) => {
      const own = all.filter((row) => chapterOf(row) === chapter)
      return `| ${chapter} | ${name} | ${statuses.map((status) => count(own, status)).join(" | ")} | ${own.length} |`
    }),
    `| | All | ${statuses.map((status) => count(all, status)).join(" | ")} | ${all.length} |`
  ]
  for (const [chapter, name] of chapters) {
    lines.push(
      "",
      `## ${chapter}. ${name}`,
      "",
      "| Id | Level | Requirement | Status | Where | Shown by |",
      "| --- | ---: | --- | --- | --- | --- |",
      ...all.filter((row) => chapterOf(row) === chapter).map((row) =>
        `| ${row.id} | ${row.level} | ${cell(row.requirement)} | ${row.status}${
          row.note === undefined ? "" : `: ${cell(row.note)}`
        } | ${(row.where ?? []).map((path) => `\`${path}\``).join("<br>")} | ${evidence(row)} |`
      )
    )
  }
  return `${lines.join("\n")}\n`
}

const run = async () => {
  const all = rows()
  return runPage({
    command: "asvs",
    page: "docs/asvs.md",
    text: render(all),
    ids: all.map(({ id }) => id),
    problems: (results) => [
      ...incomplete(all),
      ...all.flatMap((row) => problemsOf(row, results).map((problem) => `${row.id}: ${problem}`))
    ],
    summary: `ASVS 5.0, level 2: ${statuses.map((status) => `${count(all, status)} ${status}`).join(", ")}`
  })
}

if (process.argv[1]?.endsWith("asvs.mjs")) main(run)
