// Builds what the browser gets: dist/widget.js, one file, and the demo page beside it. `--watch` builds again on change.
import { build, context, transform } from "esbuild"
import { cpSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { gzipSync } from "node:zlib"

const folder = dirname(fileURLToPath(import.meta.url))
const dist = join(folder, "dist")

/** What the widget may weigh, compressed: it loads on every page of someone else's site. */
export const maxGzippedBytes = 30 * 1024

/** The widget's style sheet is a text of its code, which is not minified with it. */
const minifiedStyles = {
  name: "minified-styles",
  setup: (building) => {
    building.onLoad({ filter: /\/src\/Styles\.ts$/ }, async ({ path }) => {
      const { styles } = await import(`${pathToFileURL(path)}?${statSync(path).mtimeMs}`)
      const { code } = await transform(styles, { loader: "css", minify: true })
      return { contents: `export const styles = ${JSON.stringify(code.trim())}`, loader: "ts" }
    })
  }
}

const shared = {
  absWorkingDir: folder,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022", "chrome110", "firefox115", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning"
}

export const widget = {
  ...shared,
  entryPoints: ["src/main.ts"],
  outfile: join(dist, "widget.js"),
  plugins: [minifiedStyles]
}
export const demo = { ...shared, entryPoints: ["src/demo/demo.tsx"], outfile: join(dist, "demo", "demo.js") }

export const settings = {
  ...shared,
  entryPoints: ["src/demo/settings.ts"],
  outfile: join(dist, "demo", "settings.js")
}

/** The size of a built file, compressed as servers send it. */
export const gzippedBytes = (file) => gzipSync(readFileSync(file), { level: 9 }).length

const copyDemo = () => {
  mkdirSync(join(dist, "demo"), { recursive: true })
  for (const file of ["index.html", "settings.html", "demo.css"]) {
    cpSync(join(folder, "src", "demo", file), join(dist, "demo", file))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(dist, { recursive: true, force: true })
  copyDemo()
  if (process.argv.includes("--watch")) {
    for (const options of [widget, demo, settings]) await (await context(options)).watch()
  } else {
    await Promise.all([build(widget), build(demo), build(settings)])
    const bytes = gzippedBytes(widget.outfile)
    console.log(`widget.js is ${(bytes / 1024).toFixed(1)} KiB gzipped`)
    if (bytes > maxGzippedBytes) {
      console.error(`widget.js is larger than ${maxGzippedBytes / 1024} KiB gzipped`)
      process.exitCode = 1
    }
  }
}
