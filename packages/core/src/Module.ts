/**
 * What a package brings into a server: its tables, permissions, events, jobs, settings, routes and what becomes of its
 * data. A server is a list of modules; everything that goes over all of them (migrations, the permission registry, the
 * erasure of an organization, the list of what runs) is read from that list.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Schema } from "effect"
import type { HttpApiGroup } from "effect/http-api"
import type { EventDefinition } from "./Events.ts"
import type { JobDefinition } from "./Jobs.ts"
import type { MailDefinition } from "./Mail.ts"
import * as MessageCatalogue from "./MessageCatalogue.ts"
import type { MigrationSet } from "./Migrations.ts"
import type { NotificationDefinition } from "./Notification.ts"
import type { Permission } from "./Permissions.ts"
import type { PersonTable } from "./PersonData.ts"
import type { ProblemType } from "./ProblemType.ts"
import type { Schedule } from "./Schedules.ts"
import type { Setting } from "./Settings.ts"
import type { TableData } from "./TenantData.ts"

/**
 * The version of Wicara that this is: its packages are released together.
 *
 * @category constants
 * @since 0.1.0
 */
export const version = "0.1.0"

/**
 * @category schemas
 * @since 0.1.0
 */
export const ModuleId = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{1,62}$/, { expected: "a module's name" })
).annotate({ identifier: "ModuleName", description: "A module's name.", examples: ["knowledge"] })

/**
 * @category models
 * @since 0.1.0
 */
export interface Module {
  /** Lower case: `knowledge`. Never change it once released. */
  readonly id: string
  /** As people read it. */
  readonly name: string
  /** One sentence for who decides whether to use it. */
  readonly description: string
  readonly version: string
  /** Whether it comes from outside the server's own packages. */
  readonly addon: boolean
  /** The modules without which it does not work. */
  readonly requires: ReadonlyArray<string>
  /** Whether an organization may do without it, and whether it has it unless it says otherwise; `false`: always there. */
  readonly optional: false | { readonly enabledByDefault: boolean }
  readonly migrations: ReadonlyArray<MigrationSet>
  readonly permissions: ReadonlyArray<Readonly<Record<string, Permission>>>
  readonly events: ReadonlyArray<EventDefinition>
  readonly jobs: ReadonlyArray<JobDefinition>
  /** The jobs that are queued by the clock. */
  readonly schedules: ReadonlyArray<Schedule>
  readonly mails: ReadonlyArray<MailDefinition>
  readonly notifications: ReadonlyArray<NotificationDefinition>
  readonly settings: ReadonlyArray<Setting>
  /** What it says to people, in every complete language. */
  readonly messages: ReadonlyArray<MessageCatalogue.Catalogue>
  /** Catalogues, its own or others', in further languages. */
  readonly translations: ReadonlyArray<MessageCatalogue.Translation>
  /** The groups of the HTTP API that are refused where the module is off. */
  readonly groups: ReadonlyArray<HttpApiGroup.Constraint>
  /** The types of problems that its routes answer with, each with its page. */
  readonly problems: ReadonlyArray<ProblemType>
  /** What becomes of each table that has an `organization_id`. */
  readonly data: ReadonlyArray<TableData>
  /** Which rows are about a person, or by them. */
  readonly people: ReadonlyArray<PersonTable>
}

/**
 * A module; what it does not bring may be left out.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const module = Module.make({
 *   id: "knowledge", name: "Knowledge", description: "Articles that bots answer from.", migrations: [migrations]
 * })
 */
export const make = (
  module: Pick<Module, "id" | "name" | "description"> & Partial<Module>
): Module => ({
  version,
  addon: false,
  requires: [],
  optional: false,
  migrations: [],
  permissions: [],
  events: [],
  jobs: [],
  schedules: [],
  mails: [],
  notifications: [],
  settings: [],
  messages: [],
  translations: [],
  groups: [],
  problems: [],
  data: [],
  people: [],
  ...module
})

/**
 * The modules contradict each other or miss one: the server does not start.
 *
 * @category errors
 * @since 0.1.0
 */
export class ModulesInvalid extends Schema.TaggedError<ModulesInvalid>()("ModulesInvalid", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `The server's modules don't fit together: ${this.problems.join("; ")}`
  }
}

const twice = (kind: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) =>
    `two have the ${kind} ${name}`
  )

/**
 * What is wrong with a list of modules, as sentences; a module comes after those that it requires.
 *
 * @category checks
 * @since 0.1.0
 */
export const problemsOf = (modules: ReadonlyArray<Module>): ReadonlyArray<string> => [
  ...twice("name", modules.map(({ id }) => id)),
  ...twice("permission", modules.flatMap(({ permissions }) => permissions.flatMap(namesOf))),
  ...twice("event", modules.flatMap(({ events }) => events.map(({ type }) => type))),
  ...twice("job", modules.flatMap(({ jobs }) => jobs.map(({ name }) => name))),
  ...twice("schedule", modules.flatMap(({ schedules }) => schedules.map(({ name }) => name))),
  ...twice("notification", modules.flatMap(({ notifications }) => notifications.map(({ kind }) => kind))),
  ...twice("setting", modules.flatMap(({ settings }) => settings.map(({ key }) => key))),
  ...twice("catalogue of messages", modules.flatMap(({ messages }) => messages.map(({ id }) => id))),
  ...twice(
    "translation",
    modules.flatMap(({ translations }) => translations.map((one) => `of ${one.catalogue} to ${one.language}`))
  ),
  ...MessageCatalogue.problemsOf(
    modules.flatMap(({ messages }) => messages),
    modules.flatMap(({ translations }) => translations)
  ),
  ...modules.flatMap(({ mails, notifications }) =>
    [...mails, ...notifications].filter(({ texts }) =>
      !modules.some(({ messages }) => messages.some(({ id }) => id === texts.id))
    ).map(({ kind, texts }) => `${kind} speaks from the catalogue ${texts.id}, which no module lists`)
  ),
  ...twice("mail", modules.flatMap(({ mails }) => mails.map(({ kind }) => kind))),
  ...twice("problem", modules.flatMap(({ problems }) => problems.map(({ name }) => name))),
  ...twice("group of endpoints", modules.flatMap(({ groups }) => groups.map(({ identifier }) => identifier))),
  ...twice("table", modules.flatMap(({ data }) => data.map(({ table }) => table))),
  ...twice("table prefix", modules.flatMap(({ migrations }) => migrations.map(({ prefix }) => prefix))),
  ...modules.flatMap((module, index) =>
    module.requires
      .filter((required) => !modules.slice(0, index).some(({ id }) => id === required))
      .map((required) => `${module.id} needs ${required} before it`)
  )
]

const namesOf = (set: Readonly<Record<string, Permission>>) => Object.values(set).map(({ name }) => name)

/**
 * The modules of this server.
 *
 * @category services
 * @since 0.1.0
 */
export class ModuleRegistry extends Context.Service<ModuleRegistry, {
  readonly all: ReadonlyArray<Module>
  readonly find: (id: string) => Module | undefined
  /** Whose group of the HTTP API it is. */
  readonly ofGroup: (group: string) => Module | undefined
  /** The modules that need this one, directly or through others. */
  readonly dependents: (id: string) => ReadonlyArray<Module>
}>()("@wicara/core/Module/ModuleRegistry") {
  /**
   * In the order in which they depend on each other; fails when they don't fit together.
   *
   * @since 0.1.0
   */
  static readonly layer = (modules: ReadonlyArray<Module>): Layer.Layer<ModuleRegistry, ModulesInvalid> =>
    Layer.effect(
      ModuleRegistry,
      Effect.suspend(() => {
        const problems = problemsOf(modules)
        if (problems.length > 0) return Effect.fail(new ModulesInvalid({ problems }))
        const byId = new Map(modules.map((module) => [module.id, module]))
        const byGroup = new Map(modules.flatMap((module) => module.groups.map((group) => [group.identifier, module])))
        const dependents = (id: string): ReadonlyArray<Module> => {
          const found = new Set<Module>()
          for (const module of modules) {
            if (module.requires.includes(id) || module.requires.some((one) => [...found].some((by) => by.id === one))) {
              found.add(module)
            }
          }
          return [...found]
        }
        return Effect.succeed(ModuleRegistry.of({
          all: modules,
          find: (id) => byId.get(id),
          ofGroup: (group) => byGroup.get(group),
          dependents
        }))
      })
    )
}
