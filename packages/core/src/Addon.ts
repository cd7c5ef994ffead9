/**
 * A module from outside the server's own packages, which an operator installs: the package exports its `addon`, made with
 * `make`. What it brings is checked when the server starts, and what it may touch is its own: everything that it names
 * begins with its id.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Predicate } from "effect"
import type { HttpApiGroup } from "effect/http-api"
import { consume } from "./EventConsumers.ts"
import type { EventConsumers } from "./EventConsumers.ts"
import type { StoredEvent } from "./Events.ts"
import { version } from "./Module.ts"
import type { Module } from "./Module.ts"
import { Modules } from "./Modules.ts"
import type { CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import { allows } from "./VersionRange.ts"

const typeId = "@wicara/core/Addon"

/**
 * What reads events of organizations that use the add-on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Consumer<R = never> {
  /** Names the cursor after the add-on's id: never change it once released. */
  readonly name: string
  readonly types: ReadonlyArray<string>
  /** Idempotent by the event's id. */
  readonly handle: (event: StoredEvent) => Effect.Effect<void, unknown, R | CurrentOrganization | CurrentActor>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Addon<R = never> {
  readonly [typeId]: typeof typeId
  /** The versions of Wicara that it works with: `^0.1.0`. */
  readonly wicara: string
  readonly module: Module
  /** The services that its handlers, consumers and workers need and the server does not have. */
  readonly services: Layer.Layer<never, unknown, R>
  /** The handlers of its module's groups. */
  readonly handlers: Layer.Layer<never, unknown, R>
  readonly consumers: ReadonlyArray<Consumer<R>>
  /** What works in the background beside: `Jobs.worker(...)`. */
  readonly workers: Layer.Layer<never, unknown, R>
}

/**
 * An add-on. `R` is what it takes from the server, which has the services of all its packages.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <S = never, RS = never, A = never, RH = never, RC = never, RW = never>(addon: {
  readonly wicara: string
  readonly module: Module
  readonly services?: Layer.Layer<S, unknown, RS>
  readonly handlers?: Layer.Layer<A, unknown, RH>
  readonly consumers?: ReadonlyArray<Consumer<RC>>
  readonly workers?: Layer.Layer<never, unknown, RW>
}): Addon<RS | Exclude<RH | RC | RW, S>> => ({
  [typeId]: typeId,
  wicara: addon.wicara,
  module: { ...addon.module, addon: true },
  services: (addon.services ?? Layer.empty) as Layer.Layer<never, unknown, RS>,
  handlers: (addon.handlers ?? Layer.empty) as Layer.Layer<never, unknown, Exclude<RH, S>>,
  consumers: (addon.consumers ?? []) as ReadonlyArray<Consumer<Exclude<RC, S>>>,
  workers: (addon.workers ?? Layer.empty) as Layer.Layer<never, unknown, Exclude<RW, S>>
})

/**
 * Whether a value was made with `make`, by this or another copy of this package.
 *
 * @category guards
 * @since 0.1.0
 */
export const isAddon = (value: unknown): value is Addon => Predicate.hasProperty(value, typeId)

/**
 * Where an add-on's endpoints are.
 *
 * @category accessors
 * @since 0.1.0
 * @example
 * Addon.prefix("satisfaction") // => "/v1/addons/satisfaction"
 */
export const prefix = <const Id extends string>(id: Id): `/v1/addons/${Id}` => `/v1/addons/${id}`

/** The endpoints of a group, with their paths. */
const pathsOf = (group: HttpApiGroup.Constraint): ReadonlyArray<string> =>
  Object.values((group as HttpApiGroup.Top).endpoints).map(({ path }) => path)

/**
 * What keeps an add-on from being part of this server, as sentences.
 *
 * @category checks
 * @since 0.1.0
 */
export const problemsOf = ({ consumers, module, wicara }: Addon): ReadonlyArray<string> => {
  const { id } = module
  if (!/^[a-z][a-z0-9-]{1,62}$/.test(id)) return [`its id "${id}" is no module's name`]
  const underscored = id.replaceAll("-", "_")
  const foreign = (kind: string, begin: string, names: ReadonlyArray<string>) =>
    names.filter((name) => !name.startsWith(begin)).map((name) => `its ${kind} ${name} does not begin with ${begin}`)
  return [
    ...(allows(wicara, version) ? [] : [`it works with Wicara ${wicara}, and this is ${version}`]),
    ...(module.optional === false ? ["it does not say whether organizations have it by default (optional)"] : []),
    ...module.migrations.filter((set) => set.prefix !== underscored).map((set) =>
      `its table prefix is ${set.prefix} and not ${underscored}`
    ),
    ...foreign("table", `${underscored}_`, module.data.map(({ table }) => table)),
    ...foreign("permission", id, module.permissions.flatMap((set) => Object.values(set).map(({ name }) => name))),
    ...foreign("event", `${id}.`, module.events.map(({ type }) => type)),
    ...foreign("job", `${id}.`, module.jobs.map(({ name }) => name)),
    ...foreign("schedule", `${id}.`, module.schedules.map(({ name }) => name)),
    ...foreign("setting", `${id}.`, module.settings.map(({ key }) => key)),
    ...foreign("catalogue of messages", id, module.messages.map((catalogue) => catalogue.id)),
    ...foreign("problem", `${id}-`, module.problems.map(({ name }) => name)),
    ...foreign("group of endpoints", id, module.groups.map(({ identifier }) => identifier)),
    ...foreign("endpoint", `${prefix(id)}/`, module.groups.flatMap(pathsOf)),
    ...foreign("event consumer", `${id}.`, consumers.map(({ name }) => name))
  ]
}

/**
 * Runs an add-on's consumers in the background, for the organizations that use it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConsumers = <R>(addon: Addon<R>): Layer.Layer<
  never,
  never,
  EventConsumers | Modules | Exclude<Exclude<R, CurrentOrganization>, CurrentActor>
> =>
  addon.consumers.reduce<
    Layer.Layer<never, never, EventConsumers | Modules | Exclude<Exclude<R, CurrentOrganization>, CurrentActor>>
  >((all, consumer) => Layer.merge(all, layerConsumer(addon, consumer)), Layer.empty)

const layerConsumer = <R>({ module }: Addon<R>, { handle, name, types }: Consumer<R>) =>
  consume({
    name,
    types,
    handle: (event) =>
      Effect.flatMap(Modules, (modules) =>
        Effect.flatMap(
          modules.isEnabled(event.organizationId, module.id),
          (enabled) => enabled ? handle(event) : Effect.void
        ))
  })
