/**
 * A module as an organization sees it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { Module } from "./Module.ts"

const addon = Schema.Boolean.annotate({ description: "Whether it is an add-on that the operator installed." })

/**
 * A module as an organization sees it.
 *
 * @category models
 * @since 0.1.0
 */
export class ModuleState extends Schema.Class<ModuleState>("ModuleState")({
  id: Schema.String,
  name: Schema.String,
  description: Schema.String,
  version: Schema.String,
  addon,
  requires: Schema.Array(Schema.String),
  optional: Schema.Boolean.annotate({ description: "Whether it can be switched off." }),
  included: Schema.Boolean.annotate({ description: "Whether the organization's plan includes it." }),
  enabled: Schema.Boolean.annotate({ description: "Whether it works: switched on, included, and so all it requires." })
}, { description: "A module as an organization sees it." }) {}

/**
 * A module as those who run the server see it.
 *
 * @category models
 * @since 0.1.0
 */
export class ModuleDescription extends Schema.Class<ModuleDescription>("ModuleDescription")({
  id: Schema.String,
  name: Schema.String,
  description: Schema.String,
  version: Schema.String,
  addon,
  requires: Schema.Array(Schema.String),
  optional: Schema.Boolean,
  permissions: Schema.Array(Schema.String),
  events: Schema.Array(Schema.String),
  jobs: Schema.Array(Schema.String),
  settings: Schema.Array(Schema.String),
  routes: Schema.Array(Schema.String).annotate({ description: "The groups of the HTTP API." }),
  tables: Schema.Array(Schema.String).annotate({ description: "The tables with data of organizations." })
}, { description: "A module of the server, with what it brings." }) {
  /** What a module says of itself. */
  static of(module: Module): ModuleDescription {
    return new ModuleDescription({
      id: module.id,
      name: module.name,
      description: module.description,
      version: module.version,
      addon: module.addon,
      requires: module.requires,
      optional: module.optional !== false,
      permissions: module.permissions.flatMap((set) => Object.values(set).map(({ name }) => name)),
      events: module.events.map(({ type }) => type),
      jobs: module.jobs.map(({ name }) => name),
      settings: module.settings.map(({ key }) => key),
      routes: module.groups.map(({ identifier }) => identifier),
      tables: module.data.map(({ table }) => table)
    })
  }
}
