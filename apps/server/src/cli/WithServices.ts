/**
 * Runs a command over the configured database.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Layer } from "effect"
import { SqlError } from "effect/sql"
import { NodeServices } from "@effect/platform-node"
import * as Database from "../Database.ts"
import * as Environment from "../Environment.ts"
import { ServerConfig } from "../ServerConfig.ts"
import * as Services from "../Services.ts"
import { fail } from "./Output.ts"
import type { CommandFailure } from "./Output.ts"

const layer = Layer.unwrap(
  Effect.map(
    Environment.Variables,
    (variables) => Services.layer.pipe(Layer.provideMerge(ServerConfig.layer(variables)))
  )
)

const sentence = (error: SqlError.SqlError): string => {
  const { cause } = error.reason
  const detail = cause instanceof Error && cause.message !== "" ? cause.message : error.message
  return `The database does not answer as it should: ${detail.split("\n")[0]}`
}

const databaseInOneLine = <E>(cause: Cause.Cause<E>): Effect.Effect<never, E | CommandFailure> => {
  const error = Cause.squash(cause)
  return error instanceof SqlError.SqlError ? Effect.fail(fail(sentence(error))) : Effect.failCause(cause)
}

const layerDatabase = Layer.unwrap(
  Effect.map(
    Environment.Variables,
    (variables) =>
      Database.layer.pipe(Layer.provide(NodeServices.layer), Layer.provideMerge(ServerConfig.layer(variables)))
  )
)

/**
 * Provides the database alone, as it is.
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
