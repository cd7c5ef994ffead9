/**
 * `wicara user`: people who sign in.
 *
 * @since 0.1.0
 */
import { Memberships } from "@wicara/core/Memberships"
import { Effect, Option, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { findOrCreateUser } from "../Users.ts"
import { withServices } from "../WithServices.ts"

const create = Command.make("create", {
  org,
  email: Flag.String("email").pipe(Flag.withDescription("The address to sign in with")),
  name: Flag.String("name").pipe(Flag.optional),
  role: Flag.String("role").pipe(
    Flag.withDescription("owner, admin, manager, agent or viewer"),
    Flag.withDefault("agent")
  ),
  password: Flag.Redacted("password").pipe(
    Flag.withDescription("Made and shown once if absent and the user is new"),
    Flag.optional
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const memberships = yield* Memberships
      const { madePassword, user } = yield* findOrCreateUser(flags)
      const member = yield* memberships.add({ email: user.email, role: flags.role })
      yield* Output.result({
        id: user.id,
        email: user.email,
        role: member.role,
        ...(Option.isSome(madePassword) ? { password: Redacted.value(madePassword.value) } : {})
      }, [
        `${user.email} is now ${member.role} of ${flags.org}`,
        ...(Option.isSome(madePassword) ? [`Password (shown once): ${Redacted.value(madePassword.value)}`] : [])
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Create a user, or add one who exists, to an organization"))

const list = Command.make("list", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const memberships = yield* Memberships
      const page = yield* memberships.list({ limit: 200 })
      yield* Output.result(
        page.data,
        Output.table(
          ["EMAIL", "NAME", "ROLE", "STATUS"],
          page.data.map((one) => [one.email, one.name, one.role, one.status])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("List the members of an organization"))

/** @category commands @since 0.1.0 */
export const command = Command.make("user").pipe(
  Command.withDescription("People who sign in"),
  Command.withSubcommands([create, list])
)
