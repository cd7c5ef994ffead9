/**
 * `wicara modules`: what this server is made of, add-ons included, and what becomes of those that were removed.
 *
 * @since 0.1.0
 */
import { ModuleDescription } from "@wicara/core/ModuleState"
import { RemovedAddons } from "@wicara/core/RemovedAddons"
import { CurrentActor } from "@wicara/core/Tenancy"
import { Effect, Layer } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Addons } from "../../Addons.ts"
import * as Environment from "../../Environment.ts"
import { ServerConfig } from "../../ServerConfig.ts"
import { actor } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const layer = Layer.unwrap(
  Effect.map(
    Environment.Variables,
    (variables) => Addons.layer.pipe(Layer.provide(ServerConfig.layer(variables)))
  )
)

const id = Argument.String("module").pipe(Argument.withDescription("The id of the add-on"))

const removed = Command.make("removed", {}, () =>
  withServices(Effect.gen(function*() {
    const addons = yield* Effect.flatMap(RemovedAddons, ({ list }) => list)
    yield* Output.result(
      addons.map((addon) => ({
        id: addon.id,
        version: addon.version,
        tables: addon.tables,
        kept: addon.keptAt !== null
      })),
      addons.length === 0
        ? ["No add-on left anything behind."]
        : Output.table(
          ["ADD-ON", "VERSION", "DECIDED", "TABLES"],
          addons.map((one) => [one.id, one.version, one.keptAt === null ? "" : "keep", one.tables.join(" ")])
        )
    )
  }))).pipe(Command.withDescription("List the add-ons that were removed and left tables behind"))

const keep = Command.make("keep", { id }, (flags) =>
  withServices(Effect.gen(function*() {
    const addons = yield* RemovedAddons
    const kept = yield* addons.keep(flags.id).pipe(Effect.provideService(CurrentActor, actor))
    yield* Output.result({ id: kept.id, kept: true }, [`The tables of ${kept.id} stay`])
  }))).pipe(Command.withDescription("Keep the tables of a removed add-on, and don't ask again"))

const drop = Command.make("drop", {
  id,
  confirm: Flag.String("confirm").pipe(Flag.withDescription("The id once more"))
}, (flags) =>
  withServices(Effect.gen(function*() {
    if (flags.confirm !== flags.id) return yield* Effect.fail(Output.wrongUsage(`--confirm: repeat ${flags.id}`))
    const addons = yield* RemovedAddons
    const dropped = yield* addons.drop(flags.id).pipe(Effect.provideService(CurrentActor, actor))
    yield* Output.result({ id: flags.id, dropped }, [
      ...dropped.map((table) => `Dropped ${table}`),
      `${flags.id} is gone with all that it stored`
    ])
  }))).pipe(Command.withDescription("Drop the tables of a removed add-on with all that it stored"))

/** @category commands @since 0.1.0 */
export const command = Command.make("modules", {}, () =>
  Effect.gen(function*() {
    const { modules } = yield* Addons
    yield* Output.result(
      modules.map(ModuleDescription.of),
      Output.table(
        ["MODULE", "VERSION", "OPTIONAL", "ADD-ON", "WHAT IT IS"],
        modules.map((one) => [
          one.id,
          one.version,
          one.optional === false ? "" : "yes",
          one.addon ? "yes" : "",
          one.description
        ])
      )
    )
  }).pipe(Effect.provide(layer))).pipe(
    Command.withDescription("List what this server is made of"),
    Command.withSubcommands([removed, keep, drop])
  )
