// Runs a command of the workspace with its Node: `node scripts/with.mjs vitest run`. Installs first what is missing.
import { ensureInstalled, exclusively, main, pnpm, Refusal, resolveToolchain, run } from "./toolchain.mjs"

const [command, ...args] = process.argv.slice(2)

main(async () => {
  if (command === undefined) throw new Refusal("Usage: node scripts/with.mjs <command> [arguments]")
  const toolchain = resolveToolchain()
  if (command === "pnpm") return pnpm(toolchain, args)
  await exclusively(() => ensureInstalled(toolchain))
  return run(toolchain, command === "node" ? toolchain.node : command, args)
})
