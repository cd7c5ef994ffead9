/**
 * `wicara role`: what members may do, by name.
 *
 * @since 0.1.0
 */
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const list = Command.make("list", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const roles = yield* OrganizationRoles.use((service) => service.list)
      yield* Output.result(
        roles,
        Output.table(
          ["ROLE", "NAME", "INHERITS", "PERMISSIONS", "OWN"],
          roles.map((role) => [
            role.key,
            role.name,
            role.inherits.join(", "),
            String(role.permissions.length),
            role.preset ? "" : "yes"
          ])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("List the roles of an organization"))

/** @category commands @since 0.1.0 */
export const command = Command.make("role").pipe(
  Command.withDescription("Roles of an organization's members"),
  Command.withSubcommands([list])
)
