// docs/configuration.md is made from the settings that the server declares. Without an argument this writes it;
// `--check` fails when the file and the code differ. Runs the server's source, so it needs the workspace's Node:
// `npm run configuration`.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { main, root } from "./toolchain.mjs"

const file = join(root, "docs", "configuration.md")

const page = (table) =>
  `# Configuration

<!-- Made by \`npm run configuration\` from apps/server/src/ServerConfig: edit that. -->

The server and every command of \`wicara\` read these environment variables. \`wicara serve\` also takes \`--host\`, \`--port\`
and \`--demo\`, which come first. A variable that is wrong, or that begins with \`WICARA_\` and is none of these, stops the
start with one line that names it. The values of secret ones are never printed.

${table}

Where traces, metrics and logs are exported to is set by the variables that OpenTelemetry names. What is told of people
is taken out of them, as it is out of the log lines.

With the embedded database nothing has to be set. With MySQL 8 or MariaDB, set \`WICARA_DATABASE_URL\` and
\`WICARA_MASTER_KEY\`, and keep the key: what it sealed can't be read without it.
`

main(async () => {
  const { reference } = await import("../packages/core/src/Configuration.ts")
  const { settings } = await import("../apps/server/src/ServerConfig.ts")
  const generated = page(reference(settings))
  if (!process.argv.includes("--check")) {
    writeFileSync(file, generated)
    console.log(`Wrote docs/configuration.md (${Object.keys(settings).length} settings).`)
    return 0
  }
  const current = existsSync(file) && readFileSync(file, "utf8") === generated
  console.log(
    `${current ? "ok  " : "FAIL"} docs/configuration.md is what the code says (if not: npm run configuration)`
  )
  return current ? 0 : 1
})
