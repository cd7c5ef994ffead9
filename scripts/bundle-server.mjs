// Bundles apps/server into apps/server/dist/main.js: workspace packages and dependencies inlined (barrel imports alone
// cost most of a second at every start otherwise), packages with a native addon left where they are installed.
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { root } from "./toolchain.mjs"

const folder = join(root, "apps", "server")
const outdir = join(folder, "dist")

const packageFolder = (file) => {
  for (let at = dirname(file); at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, "package.json")) && JSON.parse(readFileSync(join(at, "package.json"), "utf8")).name) {
      return at
    }
  }
}

/** A native addon's loader picks its binary among optional dependencies of the platform, or builds one. */
const isNative = (folder) => {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  return manifest.napi !== undefined || manifest.gypfile === true || existsSync(join(folder, "binding.gyp"))
}

const nativeAddons = {
  name: "native-addons",
  setup(build) {
    const native = new Map()
    build.onResolve({ filter: /^[^./]/ }, async (args) => {
      if (args.pluginData === nativeAddons || args.path.startsWith("node:")) return undefined
      const resolved = await build.resolve(args.path, {
        kind: args.kind,
        importer: args.importer,
        resolveDir: args.resolveDir,
        pluginData: nativeAddons
      })
      // What can't be resolved is esbuild's to judge: an optional require inside a try may fail.
      if (resolved.errors.length > 0) return undefined
      if (resolved.external || !resolved.path.includes(`${sep}node_modules${sep}`)) return resolved
      const at = packageFolder(resolved.path)
      if (!native.has(at)) native.set(at, isNative(at))
      if (!native.get(at)) return resolved
      // Named by its place: the bundle stands in apps/server, which need not depend on what a package depends on.
      return { path: relative(outdir, resolved.path).split(sep).join("/"), external: true }
    })
  }
}

/** What runs in threads of its own: such a thread looks for it beside the module that starts it. */
const threads = join(root, "packages", "media", "src", "internal")

rmSync(outdir, { recursive: true, force: true })

await build({
  absWorkingDir: root,
  entryPoints: {
    main: join(folder, "src", "main.ts"),
    documentWorker: join(threads, "documentWorker.ts"),
    thumbnailWorker: join(threads, "thumbnailWorker.ts")
  },
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: "[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node22",
  mainFields: ["module", "main"],
  sourcemap: "linked",
  sourcesContent: false,
  minifySyntax: true,
  legalComments: "none",
  // Bundled CommonJS (the MySQL driver) calls require for Node's own modules.
  banner: {
    js:
      "import { createRequire as __createRequire } from \"node:module\"; const require = __createRequire(import.meta.url);"
  },
  // Re-exported as a namespace by its user, which a bundle of CommonJS can't offer.
  external: ["undici"],
  plugins: [nativeAddons],
  logLevel: "warning"
})

// An endpoint that does not say who may call it fails the build, not the first start.
const { status } = spawnSync(
  process.execPath,
  ["--disable-warning=ExperimentalWarning", join(outdir, "main.js"), "openapi"],
  { stdio: ["ignore", "ignore", "inherit"] }
)
if (status !== 0) throw new Error("The server's API is not fit to be served.")
