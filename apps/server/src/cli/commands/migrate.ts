/**
 * `wicara migrate`: the database's tables.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { Command } from "effect/cli"
import * as Addons from "../../Addons.ts"
import * as Output from "../Output.ts"
import { withDatabase } from "../WithServices.ts"

/** @category commands @since 0.1.0 */
export const command = Command.make("migrate", {}, () =>
  withDatabase(Effect.gen(function*() {
    const ran = yield* Addons.migrate
    yield* Output.result(
      { ran },
      ran.length === 0
        ? ["The database is up to date."]
        : [...ran.map((name) => `Ran ${name}`), `${ran.length} migrations ran.`]
    )
  }))).pipe(Command.withDescription("Create or update the database's tables"))
