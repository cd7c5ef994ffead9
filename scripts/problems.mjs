// docs/problems has a page per type of problem, made from the lists that the server's modules declare. Without an
// argument this writes them; `--check` fails when the files and the code differ. Runs the server's source, so it needs
// the workspace's Node: `npm run problems`.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { main, root } from "./toolchain.mjs"

const folder = join(root, "docs", "problems")

main(async () => {
  const { markdown, markdownIndex } = await import("../packages/core/src/ProblemType.ts")
  const { problems } = await import("../apps/server/src/http/ProblemRoutes.ts")
  const pages = new Map([
    ["README.md", markdownIndex(problems)],
    ...problems.map((problem) => [`${problem.name}.md`, markdown(problem)])
  ])
  const present = existsSync(folder) ? readdirSync(folder) : []
  if (!process.argv.includes("--check")) {
    mkdirSync(folder, { recursive: true })
    for (const file of present) if (!pages.has(file)) rmSync(join(folder, file))
    for (const [file, page] of pages) writeFileSync(join(folder, file), page)
    console.log(`Wrote docs/problems (${problems.length} types).`)
    return 0
  }
  const wrong = [
    ...present.filter((file) => !pages.has(file)),
    ...[...pages].filter(([file, page]) => !present.includes(file) || readFileSync(join(folder, file), "utf8") !== page)
      .map(([file]) => file)
  ]
  console.log(`${wrong.length === 0 ? "ok  " : "FAIL"} docs/problems is what the code says (if not: npm run problems)`)
  for (const file of wrong) console.log(`     ${file}`)
  return wrong.length === 0 ? 0 : 1
})
