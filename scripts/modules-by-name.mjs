// A part of the build: what is imported by its name from the index of a folder of Effect, `import { Schema } from "effect"`,
// becomes an import of its module, `import * as Schema from "effect/Schema"`. By the index bundlers take a module whole;
// of a module itself they leave out what nobody uses, which halves what a browser loads.
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const indexes = new Map()

/** The modules that an index has by their names: `effect/http` has `HttpClient` as `effect/http/HttpClient`. */
const modulesOf = (index) => {
  const known = indexes.get(index)
  if (known !== undefined) return known
  const source = readFileSync(fileURLToPath(import.meta.resolve(index)), "utf8")
  const found = new Map(
    [...source.matchAll(/^export \* as (\w+) from "\.\/(.+)\.js"/gm)].map((
      [, name, path]
    ) => [name, `${index}/${path}`])
  )
  indexes.set(index, found)
  return found
}

const toImport = (index, specifier) => {
  const [, isType, name, as = name] = /^(type )?(\w+)(?: as (\w+))?$/.exec(specifier) ?? []
  const path = isType === undefined ? modulesOf(index).get(name) : undefined
  return path === undefined ? `import { ${specifier} } from "${index}"` : `import * as ${as} from "${path}"`
}

/** The source with its imports of indexes replaced, each on the lines where it was. */
export const byName = (source) =>
  source.replace(/^import \{([^}]*)\} from "(effect(?:\/[a-z-]+)?)"/gm, (whole, specifiers, index) => {
    const names = specifiers.split(",").map((one) => one.trim()).filter((one) => one !== "")
    return names.map((one) => toImport(index, one)).join("; ") + "\n".repeat(whole.split("\n").length - 1)
  })

/** The plugin of esbuild that does it to this repository's own modules. */
export const modulesByName = {
  name: "modules-by-name",
  setup: (build) => {
    build.onLoad({ filter: /\/src\/.*\.tsx?$/ }, ({ path }) =>
      path.includes("/node_modules/")
        ? undefined
        : { contents: byName(readFileSync(path, "utf8")), loader: path.endsWith("x") ? "tsx" : "ts" })
  }
}
