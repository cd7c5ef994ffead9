// The packages that are published, and their modules.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { filesOf, root } from "./toolchain.mjs"

/** `{ name, folder, manifest, modules }`; a module is `KnowledgeItems/Api` for `src/KnowledgeItems/Api.ts`. */
export const publishedPackages = () =>
  readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")) && existsSync(join(folder, "src")))
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      const modules = filesOf(join(folder, "src"))
        .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"))
        .map((file) => relative(join(folder, "src"), file).split(sep).join("/").replace(/\.tsx?$/, ""))
      return { name: manifest.name, folder, manifest, modules }
    })
    .filter(({ manifest }) => manifest.private !== true)

/** Runs `work` on every item, at most `width` at a time, and gives the results in the items' order. */
export const concurrently = async (items, width, work) => {
  const results = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index])
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
