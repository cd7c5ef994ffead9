/**
 * `wicara apikey`: keys for programs.
 *
 * @since 0.1.0
 */
import { ApiKeys } from "@wicara/core/ApiKeys"
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { ApiKeyId } from "@wicara/core/Tenancy"
import { Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const create = Command.make("create", {
  org,
  name: Flag.String("name").pipe(Flag.withDescription("What the key is for")),
  scope: Flag.String("scope").pipe(
    Flag.withDescription("A permission, such as knowledge:read; may be repeated"),
    Flag.atLeast(0)
  ),
  role: Flag.String("role").pipe(
    Flag.withDescription("All permissions of a role, when no scope is named"),
    Flag.withDefault("manager")
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const apiKeys = yield* ApiKeys
      const roles = yield* OrganizationRoles.use((service) => service.list)
      const role = roles.find(({ key }) => key === flags.role)
      const scopes = flags.scope.length > 0 ? flags.scope : role?.permissions ?? []
      if (scopes.length === 0) return yield* Output.wrongUsage(`--role: There is no role "${flags.role}"`)
      const created = yield* apiKeys.create({ name: flags.name, scopes })
      yield* Output.result({ id: created.apiKey.id, key: created.key, scopes: created.apiKey.scopes }, [
        `Key (shown once): ${created.key}`,
        `Scopes: ${created.apiKey.scopes.join(", ")}`
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Create an API key; it is shown once"))

const list = Command.make("list", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const apiKeys = yield* ApiKeys
      const page = yield* apiKeys.list({ limit: 200 })
      yield* Output.result(
        page.data.map(({ id, name, revokedAt, scopes, start }) => ({
          id,
          name,
          start,
          scopes,
          revoked: revokedAt !== null
        })),
        Output.table(
          ["KEY", "NAME", "SCOPES", "REVOKED"],
          page.data.map((
            one
          ) => [`${one.start}…`, one.name, String(one.scopes.length), one.revokedAt === null ? "" : "yes"])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("List the API keys of an organization"))

const idOf = (text: string) =>
  Effect.mapError(
    Schema.decodeUnknownEffect(ApiKeyId)(text),
    () => Output.wrongUsage(`"${text}" is not the id of an API key (wicara apikey list --json)`)
  )

const key = Argument.String("key").pipe(Argument.withDescription("The key's id (wicara apikey list --json)"))

const rotate = Command.make("rotate", {
  org,
  key,
  overlapHours: Flag.Int("overlap-hours").pipe(
    Flag.withDescription("For how long the key as it was is accepted too"),
    Flag.withDefault(24)
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const apiKeys = yield* ApiKeys
      const rotated = yield* apiKeys.rotate(yield* idOf(flags.key), { overlapHours: flags.overlapHours })
      yield* Output.result({ id: rotated.apiKey.id, key: rotated.key }, [`Key (shown once): ${rotated.key}`])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Give an API key another secret; it is shown once"))

const revoke = Command.make("revoke", { org, key }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const apiKeys = yield* ApiKeys
      const id = yield* idOf(flags.key)
      yield* apiKeys.revoke(id)
      yield* Output.result({ id }, ["Revoked"])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Revoke an API key"))

/** @category commands @since 0.1.0 */
export const command = Command.make("apikey").pipe(
  Command.withDescription("Keys for programs"),
  Command.withSubcommands([create, list, rotate, revoke])
)
