import { defineConfig } from "tsup"
import type { Options } from "tsup"
import { modulesByName } from "./scripts/modules-by-name.mjs"

type Plugin = NonNullable<Options["esbuildPlugins"]>[number]

/** Modules of the package stay modules: what is imported by a relative path is not copied into its importer. */
const moduleForModule: Plugin = {
  name: "module-for-module",
  setup(build) {
    build.onResolve(
      { filter: /^\.\.?\// },
      (args) => args.kind === "entry-point" ? undefined : { path: args.path.replace(/\.ts$/, ".js"), external: true }
    )
  }
}

/**
 * How every package is built: each module of `src` becomes the module of the same name in `dist` with a source map,
 * and every dependency stays outside. Effect's modules are imported one by one, so that an application's bundler
 * can leave out what nobody uses.
 */
export default defineConfig({
  entry: ["src/**/*.ts"],
  outDir: "dist",
  format: "esm",
  target: "es2024",
  platform: "neutral",
  splitting: false,
  sourcemap: true,
  clean: true,
  // scripts/build-packages.mjs adds the types.
  dts: false,
  skipNodeModulesBundle: true,
  removeNodeProtocol: false,
  esbuildPlugins: [moduleForModule, modulesByName]
})
