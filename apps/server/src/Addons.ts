/**
 * The add-ons that the operator installed, loaded and checked before anything else happens: with one that is broken the
 * server does not start.
 *
 * @since 0.1.0
 */
import { Api, extend } from "@wicara/client/Api"
import * as Addon from "@wicara/core/Addon"
import { verifyAccess } from "@wicara/core/Authentication/Http"
import { ConfigurationError } from "@wicara/core/Configuration"
import * as Migrations from "@wicara/core/Migrations"
import * as Module from "@wicara/core/Module"
import * as RemovedAddons from "@wicara/core/RemovedAddons"
import { PermissionRegistry } from "@wicara/core/Roles"
import { Context, Effect, Layer } from "effect"
import { createRequire } from "node:module"
import * as Path from "node:path"
import { pathToFileURL } from "node:url"
import { builtIn } from "./BuiltIn.ts"
import { ServerConfig, settings } from "./ServerConfig.ts"

/**
 * The server's parts, those of its own packages and the add-ons.
 *
 * @category services
 * @since 0.1.0
 */
export class Addons extends Context.Service<Addons, {
  readonly all: ReadonlyArray<Addon.Addon>
  /** Every module, each after those that it needs. */
  readonly modules: ReadonlyArray<Module.Module>
  /** The whole HTTP API. */
  readonly api: typeof Api
}>()("@wicara/server/Addons") {
  /** Those that the configuration names. */
  static readonly layer: Layer.Layer<Addons, ConfigurationError, ServerConfig> = Layer.suspend(() =>
    Layer.effect(Addons, Effect.flatMap(ServerConfig, (config) => load(config.addons)))
  )
}

const broken = (name: string, reason: string) =>
  new ConfigurationError({ setting: settings.addons.name, message: `WICARA_ADDONS: ${name} ${reason}` })

const lineOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "it fails"

const isPath = (name: string): boolean => name.startsWith(".") || Path.isAbsolute(name) || name.startsWith("file:")

/** Where a package or path leads, seen from the folder that the server was started in. */
const locate = (name: string): string => {
  if (name.startsWith("file:")) return name
  const from = createRequire(Path.join(process.cwd(), "package.json"))
  return pathToFileURL(from.resolve(isPath(name) ? Path.resolve(name) : name)).href
}

const importOne = Effect.fnUntraced(function*(name: string) {
  const url = yield* Effect.try({
    try: () => locate(name),
    catch: () => broken(name, "can't be found: install it where the server starts, or give its path")
  })
  const loaded: unknown = yield* Effect.tryPromise({
    try: () => import(url),
    catch: (error) => broken(name, `can't be loaded: ${lineOf(error)}`)
  })
  const addon = typeof loaded === "object" && loaded !== null && "addon" in loaded ? loaded.addon : undefined
  if (!Addon.isAddon(addon)) {
    return yield* broken(name, "is no add-on: it exports no addon that is made with Addon.make")
  }
  const [problem] = Addon.problemsOf(addon)
  return problem === undefined ? addon : yield* broken(name, `can't be used: ${problem}`)
})

/** After the modules that they need, in the order in which they are named where that leaves a choice. */
const inOrder = (addons: ReadonlyArray<Addon.Addon>): ReadonlyArray<Addon.Addon> => {
  const waiting = [...addons]
  const ordered: Array<Addon.Addon> = []
  while (waiting.length > 0) {
    const ready = waiting.findIndex(({ module }) =>
      !module.requires.some((id) => waiting.some((other) => other.module.id === id))
    )
    ordered.push(...waiting.splice(Math.max(ready, 0), 1))
  }
  return ordered
}

/**
 * Loads add-ons by their names.
 *
 * @category running
 * @since 0.1.0
 */
export const load = Effect.fnUntraced(function*(names: ReadonlyArray<string>) {
  if (names.length === 0) return Addons.of({ all: [], modules: builtIn, api: Api })
  const all = inOrder(yield* Effect.forEach(names, importOne))
  const modules = [...builtIn, ...all.map(({ module }) => module)]
  const [problem] = Module.problemsOf(modules)
  if (problem !== undefined) return yield* broken(names.join(", "), `can't be used: ${problem}`)
  const groups = all.flatMap(({ module }) => module.groups)
  const api = groups.length === 0 ? Api : extend(groups)
  yield* Effect.flatMap(PermissionRegistry, (registry) => verifyAccess(api, registry)).pipe(
    Effect.provide(PermissionRegistry.layer(modules.flatMap((module) => module.permissions))),
    Effect.mapError((error) => broken(names.join(", "), `can't be used: ${error.message}`))
  )
  return Addons.of({ all, modules, api })
})

/**
 * Runs the migrations of every module, and notes which add-ons have tables there. Returns the names of what ran.
 *
 * @category running
 * @since 0.1.0
 */
export const migrate = Effect.gen(function*() {
  const { modules } = yield* Addons
  const ran = yield* Migrations.run(Migrations.of(modules))
  yield* RemovedAddons.note(modules)
  return ran
})

/**
 * The services that add-ons bring.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerServices = Layer.unwrap(
  Effect.map(Addons, ({ all }) => together(all.map(({ services }) => services)))
)

/**
 * The handlers of their endpoints.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerHandlers = Layer.unwrap(
  Effect.map(Addons, ({ all }) => together(all.map(({ handlers }) => handlers)))
)

/**
 * What they do in the background.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWorkers = Layer.unwrap(
  Effect.map(Addons, ({ all }) =>
    Layer.merge(
      all.reduce((layer, addon) => Layer.merge(layer, Addon.layerConsumers(addon)), noConsumers),
      together(all.map(({ workers }) => workers))
    ))
)

const noConsumers: ReturnType<typeof Addon.layerConsumers<never>> = Layer.empty

/** What an add-on fails with when it is built keeps the server from starting. */
const together = (layers: ReadonlyArray<Layer.Layer<never, unknown>>): Layer.Layer<never> =>
  layers.reduce((all: Layer.Layer<never>, layer) => Layer.merge(all, Layer.orDie(layer)), Layer.empty)
