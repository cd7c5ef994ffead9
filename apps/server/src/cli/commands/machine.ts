/**
 * `wicara machine`: machine users, the members that are no people.
 *
 * @since 0.1.0
 */
import { ApiKeys } from "@wicara/core/ApiKeys"
import { MemberAccess } from "@wicara/core/MemberAccess"
import { Memberships } from "@wicara/core/Memberships"
import { UserId } from "@wicara/core/Tenancy"
import { Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { named } from "../Input.ts"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const id = Argument.String("machine").pipe(Argument.withDescription("Its id (wicara machine list)"))

const create = Command.make("create", {
  org,
  name: Flag.String("name").pipe(Flag.withDescription("What it is for")),
  role: Flag.String("role").pipe(Flag.withDescription("What it may do"), Flag.withDefault("viewer"))
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const memberships = yield* Memberships
      const made = yield* memberships.addMachine({ name: flags.name, role: flags.role })
      yield* Output.result({ id: made.userId, name: made.name, role: made.role }, [
        `${made.name} is a machine user of ${flags.org} with the role ${made.role}: ${made.userId}`
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Add a machine user to an organization"))

const all = Effect.gen(function*() {
  const memberships = yield* Memberships
  const pages = Stream.paginate(undefined as string | undefined, (cursor) =>
    Effect.map(
      memberships.list({ limit: 200, ...(cursor === undefined ? {} : { cursor }) }),
      ({ data, nextCursor }) => [data, Option.fromNullOr(nextCursor)] as const
    ))
  return (yield* Stream.runCollect(pages)).filter(({ kind }) => kind === "machine")
})

const list = Command.make("list", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const machines = yield* all
      yield* Output.result(
        machines.map(({ name, role, status, userId }) => ({ id: userId, name, role, status })),
        Output.table(
          ["ID", "NAME", "ROLE", "STATUS"],
          machines.map((one) => [one.userId, one.name, one.role, one.status])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("List the machine users of an organization"))

/** The machine user with the id. */
const found = Effect.fnUntraced(function*(text: string) {
  const userId = yield* named("machine", UserId, text)
  const member = yield* Memberships.use((memberships) => memberships.get(userId))
  return member.kind === "machine" ? member : yield* Output.fail(`${text} is a person`)
})

const key = Command.make("key", {
  org,
  id,
  name: Flag.String("name").pipe(Flag.withDescription("What the key is for")),
  scope: Flag.String("scope").pipe(
    Flag.withDescription("A permission, such as knowledge:read; may be repeated; all that it may do if absent"),
    Flag.atLeast(0)
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const machine = yield* found(flags.id)
      const held = yield* MemberAccess.use((access) => access.actor(machine.userId))
      const scopes = flags.scope.length > 0
        ? flags.scope
        : [...Option.match(held, { onNone: () => new Set<string>(), onSome: ({ permissions }) => permissions })]
      const made = yield* ApiKeys.use((keys) => keys.createOf(machine.userId, { name: flags.name, scopes }))
      yield* Output.result({ id: made.apiKey.id, key: made.key, scopes: made.apiKey.scopes }, [
        `Key (shown once): ${made.key}`,
        `Scopes: ${made.apiKey.scopes.join(", ")}`
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Create an API key of a machine user; it is shown once"))

const setStatus = (name: string, status: "active" | "suspended", description: string) =>
  Command.make(name, { org, id }, (flags) =>
    withServices(
      Effect.gen(function*() {
        const machine = yield* found(flags.id)
        yield* Memberships.use((memberships) => memberships.change(machine.userId, { status }))
        yield* Output.result({ id: machine.userId, status }, [`${machine.name} is ${status}`])
      }).pipe(within(flags.org))
    )).pipe(Command.withDescription(description))

const remove = Command.make("remove", { org, id }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const machine = yield* found(flags.id)
      yield* Memberships.use((memberships) => memberships.remove(machine.userId))
      yield* Output.result({ id: machine.userId }, [`${machine.name} is gone, and its keys are revoked`])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Remove a machine user and revoke its keys"))

/** @category commands @since 0.1.0 */
export const command = Command.make("machine").pipe(
  Command.withDescription("Machine users: members that are no people"),
  Command.withSubcommands([
    create,
    list,
    key,
    setStatus("suspend", "suspended", "Let a machine user do nothing until it is resumed"),
    setStatus("resume", "active", "Let a suspended machine user work again"),
    remove
  ])
)
