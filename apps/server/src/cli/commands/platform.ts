/**
 * `wicara platform`: those who run the server, and what holds for all of it.
 *
 * @since 0.1.0
 */
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { Settings } from "@wicara/core/Settings"
import { CurrentActor } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { actor } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const asCli = Effect.provideService(CurrentActor, actor)

const email = Flag.String("email").pipe(Flag.withDescription("The person's address"))

const userOf = Effect.fnUntraced(function*(address: string) {
  const user = yield* Users.use((users) => users.findByEmail(address))
  return Option.isSome(user) ? user.value : yield* Output.fail(`There is no user "${address}" (wicara user create)`)
})

const grant = Command.make("grant", { email }, (flags) =>
  withServices(Effect.gen(function*() {
    const user = yield* userOf(flags.email)
    const admin = yield* PlatformAdmins.use((admins) => admins.grant(user.id)).pipe(asCli)
    yield* Output.result({ userId: admin.userId, email: admin.email }, [`${admin.email} runs this server`])
  }))).pipe(Command.withDescription("Make a person a platform administrator"))

const revoke = Command.make("revoke", { email }, (flags) =>
  withServices(Effect.gen(function*() {
    const user = yield* userOf(flags.email)
    yield* PlatformAdmins.use((admins) => admins.revoke(user.id)).pipe(asCli)
    yield* Output.result({ userId: user.id, email: user.email }, [`${user.email} no longer runs this server`])
  }))).pipe(Command.withDescription("A person is no platform administrator any more"))

const admins = Command.make("admins", {}, () =>
  withServices(Effect.gen(function*() {
    const all = yield* Effect.flatMap(PlatformAdmins, ({ list }) => list)
    yield* Output.result(
      all.map(({ email, name, userId }) => ({ userId, email, name })),
      Output.table(["EMAIL", "NAME", "ID"], all.map((one) => [one.email, one.name, one.userId]))
    )
  }))).pipe(Command.withDescription("List those who run the server"))

const settings = Command.make("settings", {}, () =>
  withServices(Effect.gen(function*() {
    const all = yield* Effect.flatMap(Settings, ({ listPlatform }) => listPlatform)
    yield* Output.result(
      all.map(({ default: byDefault, description, key, source, value }) => ({
        key,
        value,
        default: byDefault,
        source,
        description
      })),
      Output.table(
        ["SETTING", "VALUE", "SOURCE", "WHAT IT IS"],
        all.map((one) => [one.key, JSON.stringify(one.value), one.source, one.description])
      )
    )
  }))).pipe(Command.withDescription("List the settings with the platform's values"))

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Json))

const set = Command.make("set", {
  key: Argument.String("key").pipe(Argument.withDescription("The setting (wicara platform settings)")),
  value: Argument.String("value").pipe(Argument.withDescription("Its value, as JSON"))
}, (flags) =>
  withServices(Effect.gen(function*() {
    const value = decodeJson(flags.value)
    if (Option.isNone(value)) return yield* Output.wrongUsage("value: expected JSON (a text in quotation marks)")
    const after = yield* Settings.use((settings) => settings.setPlatform(flags.key, value.value)).pipe(asCli)
    yield* Output.result({ key: after.key, value: after.value }, [`${after.key} is ${JSON.stringify(after.value)}`])
  }))).pipe(Command.withDescription("Give a setting a value for all organizations that have none of their own"))

const reset = Command.make("reset", {
  key: Argument.String("key").pipe(Argument.withDescription("The setting (wicara platform settings)"))
}, (flags) =>
  withServices(Effect.gen(function*() {
    const after = yield* Settings.use((settings) => settings.resetPlatform(flags.key)).pipe(asCli)
    yield* Output.result({ key: after.key, value: after.value }, [`${after.key} is ${JSON.stringify(after.value)}`])
  }))).pipe(Command.withDescription("Take the platform's value of a setting away"))

/** @category commands @since 0.1.0 */
export const command = Command.make("platform").pipe(
  Command.withDescription("Who runs the server, and what holds for all organizations"),
  Command.withSubcommands([grant, revoke, admins, settings, set, reset])
)
