/**
 * Runs a command over the configured database.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Layer } from "effect"
import { SqlError } from "effect/sql"
import { NodeServices } from "@effect/platform-node"
import { Addons } from "../Addons.ts"
import * as Database from "../Database.ts"
import * as Environment from "../Environment.ts"
import { ServerConfig, withThisMachine } from "../ServerConfig.ts"
import * as Services from "../Services.ts"
import * as Output from "./Output.ts"
import { fail } from "./Output.ts"
import type { CommandFailure } from "./Output.ts"

/** Whoever is at the machine may have it called: the demo's emulators, a WAHA server beside. */
const layerConfig = (variables: Readonly<Record<string, string | undefined>>) =>
  Layer.effect(
    ServerConfig,
    Effect.map(ServerConfig, (config) => ({ ...config, outboundAllow: withThisMachine(config.outboundAllow) }))
  ).pipe(Layer.provide(ServerConfig.layer(variables)))

const layer = Layer.unwrap(
  Effect.map(
    Environment.Variables,
    (variables) => Services.layer.pipe(Layer.provideMerge(layerConfig(variables)))
  )
)

const databaseInOneLine = <E>(cause: Cause.Cause<E>): Effect.Effect<never, E | CommandFailure> => {
  const error = Cause.squash(cause)
  return error instanceof SqlError.SqlError ? Effect.fail(fail(Output.ofDatabase(error))) : Effect.failCause(cause)
}

const layerDatabase = Layer.unwrap(
  Effect.map(
    Environment.Variables,
    (variables) =>
      Layer.merge(Database.layerPatient.pipe(Layer.provide(NodeServices.layer)), Addons.layer).pipe(
        Layer.provideMerge(ServerConfig.layer(variables))
      )
  )
)

/**
 * Provides the database as it is, and what the server is made of.
 *
 * @category running
 * @since 0.1.0
 */
export const withDatabase = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provide(layerDatabase),
    Effect.catchCause((cause): Effect.Effect<never, E | CommandFailure | Layer.Error<typeof layerDatabase>> =>
      databaseInOneLine(cause)
    )
  )

/**
 * Provides every service; a database that is away is one line, not a stack.
 *
 * @category running
 * @since 0.1.0
 */
export const withServices = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provide(layer),
    Effect.catchCause((cause): Effect.Effect<never, E | CommandFailure | Layer.Error<typeof layer>> =>
      databaseInOneLine(cause)
    )
  )
