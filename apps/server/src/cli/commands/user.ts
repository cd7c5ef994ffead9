/**
 * `wicara user`: people who sign in.
 *
 * @since 0.1.0
 */
import { AccountSecurity } from "@wicara/core/AccountSecurity"
import { Audit } from "@wicara/core/Audit"
import { FactorRecoveries } from "@wicara/core/FactorRecoveries"
import { Identification } from "@wicara/core/FactorRecovery"
import { Memberships } from "@wicara/core/Memberships"
import { PasswordReset } from "@wicara/core/PasswordReset"
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { Organizations } from "@wicara/core/Organizations"
import { onPlatform } from "@wicara/core/PlatformAdmins"
import { lines, PersonData } from "@wicara/core/PersonData"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { User } from "@wicara/core/User"
import { Users } from "@wicara/core/Users"
import { DateTime, Effect, FileSystem, Option, Redacted, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { named } from "../Input.ts"
import { actor, org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { findOrCreateUser } from "../Users.ts"
import { withServices } from "../WithServices.ts"

const create = Command.make("create", {
  org,
  email: Flag.String("email").pipe(Flag.withDescription("The address to sign in with")),
  name: Flag.String("name").pipe(Flag.optional),
  role: Flag.String("role").pipe(
    Flag.withDescription("owner, admin, manager, agent, viewer or one of its own (wicara role list)"),
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
      const roles = yield* OrganizationRoles.use((service) => service.list)
      if (!roles.some(({ key }) => key === flags.role)) {
        return yield* Output.wrongUsage(`--role: There is no role "${flags.role}"`)
      }
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

const email = Flag.String("email").pipe(Flag.withDescription("The address that they sign in with"))

/** The account with the address, acted on as the command line: recorded in each of its organizations. */
const onAccount = <A, E, R>(address: string, use: (user: User) => Effect.Effect<A, E, R>) =>
  withServices(Effect.gen(function*() {
    const users = yield* Users
    const user = yield* users.findByEmail(address)
    if (Option.isNone(user)) return yield* Output.fail(`Nobody signs in with "${address}"`)
    return yield* Effect.provideService(use(user.value), CurrentActor, actor)
  }))

const resetPassword = Command.make(
  "reset-password",
  { email },
  (flags) =>
    onAccount(flags.email, (user) =>
      Effect.gen(function*() {
        const link = Redacted.value(yield* PasswordReset.use((reset) => reset.link(user)))
        yield* Output.result({ email: user.email, link }, [
          `For ${user.email} alone, once, within 30 minutes:`,
          link
        ])
      }))
).pipe(Command.withDescription("Make a link with which a person chooses a new password"))

const disableTwoFactor = Command.make(
  "disable-2fa",
  {
    email,
    identifiedBy: Flag.String("identified-by").pipe(
      Flag.withDescription("How you made sure that it is them, by another way than their mail: kept in the audit log")
    ),
    now: Flag.Boolean("now").pipe(
      Flag.withDescription("Without the day in which the person is told and may stop it"),
      Flag.withDefault(false)
    )
  },
  (flags) =>
    onAccount(flags.email, (user) =>
      Effect.gen(function*() {
        const identifiedBy = yield* named("--identified-by", Identification, flags.identifiedBy)
        if (flags.now) {
          yield* onPlatform(Audit.use((audit) =>
            audit.record({
              action: "user.factor_recovery_forced",
              target: { type: "user", id: user.id },
              after: { identifiedBy }
            })
          ))
          const removed = yield* AccountSecurity.use((security) => security.resetSecondFactor(user))
          return yield* Output.result({ email: user.email, removed }, [
            removed
              ? `${user.email} has no second factor and no passkey any more, and is signed out everywhere`
              : `${user.email} has no second factor`
          ])
        }
        const recovery = Option.getOrUndefined(
          yield* FactorRecoveries.use((recoveries) => recoveries.begin(user, identifiedBy))
        )
        const dueAt = recovery?.dueAt === null || recovery === undefined ? null : DateTime.formatIso(recovery.dueAt)
        yield* Output.result({ email: user.email, dueAt }, [
          dueAt === null
            ? `${user.email} has no second factor`
            : `${user.email} was told; one-time codes and passkeys are taken away at ${dueAt} unless they stop it`
        ])
      }))
).pipe(Command.withDescription("Take one-time codes and passkeys away from a person who lost theirs, a day later"))

const exportAll = Command.make("export", {
  email,
  output: Flag.String("output").pipe(Flag.withAlias("o"), Flag.withDescription("The file to write, one JSON a line"))
}, (flags) =>
  onAccount(flags.email, (user) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const data = yield* PersonData
      const organizations = yield* Organizations
      const audit = yield* Audit
      let rows = 0
      const body = Stream.tap(data.export(user.id), () => Effect.sync(() => rows++))
      yield* Stream.run(lines(body), fs.sink(flags.output, { mode: 0o600 })).pipe(
        Effect.mapError(() => Output.wrongUsage(`--output: ${flags.output} can't be written`))
      )
      const { data: theirs } = yield* organizations.listOf(user.id, { limit: 200 })
      yield* Effect.forEach(theirs, ({ organization: { id } }) =>
        audit.record({ action: "user.exported", target: { type: "user", id: user.id } }).pipe(
          Effect.provideService(CurrentOrganization, { id })
        ), { discard: true })
      yield* Output.result({ file: flags.output, rows }, [`Wrote ${rows} rows to ${flags.output}`])
    }))).pipe(Command.withDescription("Write all that is kept of a person to a file"))

const signOut = Command.make("sign-out", { email }, (flags) =>
  onAccount(flags.email, (user) =>
    Effect.gen(function*() {
      const sessions = yield* AccountSecurity.use((security) => security.signOutEverywhere(user, {}))
      yield* Output.result({ email: user.email, sessions }, [
        `Ended ${sessions} session${sessions === 1 ? "" : "s"} of ${user.email}`
      ])
    }))).pipe(Command.withDescription("End all sessions of a person"))

const setStatus = (name: string, status: User["status"], description: string) =>
  Command.make(name, { email }, (flags) =>
    onAccount(flags.email, (user) =>
      Effect.gen(function*() {
        yield* AccountSecurity.use((security) => security.setStatus(user, status))
        yield* Output.result({ email: user.email, status }, [`${user.email} is ${status}`])
      }))).pipe(Command.withDescription(description))

/** @category commands @since 0.1.0 */
export const command = Command.make("user").pipe(
  Command.withDescription("People who sign in"),
  Command.withSubcommands([
    create,
    list,
    resetPassword,
    disableTwoFactor,
    signOut,
    exportAll,
    setStatus("suspend", "suspended", "End all sessions of a person, and let them sign in nowhere"),
    setStatus("activate", "active", "Let a suspended person sign in again")
  ])
)
