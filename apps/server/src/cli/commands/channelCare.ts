/**
 * `wicara channel status`, `restart`, `disconnect`, `inspect`, `repair`, `rotate`, `profile` and `move`: looking after
 * accounts.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelChecks } from "@wicara/channels/ChannelChecks"
import type { ChannelConnection, ChannelSetup } from "@wicara/channels/ChannelConnection"
import { ChannelConnections } from "@wicara/channels/ChannelConnections"
import { ChannelProfiles } from "@wicara/channels/ChannelProfiles"
import { ChannelRotations } from "@wicara/channels/ChannelRotations"
import { AccountMoves } from "@wicara/conversations/AccountMoves"
import { DateTime, Effect, FileSystem, Option, Redacted, Schedule } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { named } from "../Input.ts"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { pairs } from "../Pairs.ts"
import { withServices } from "../WithServices.ts"

const id = Argument.String("id").pipe(Argument.withDescription("The account's id (wicara channel list)"))

const accountId = (text: string) => named("id", ChannelAccountId, text)

const saying = ({ problem, state }: ChannelConnection) => {
  const said = state === null
    ? "nobody has asked its provider yet"
    : "reason" in state
    ? `${state._tag}: ${state.reason}`
    : state._tag
  return problem === null ? said : `${said} (now: ${problem.reason})`
}

const status = Command.make("status", { id, org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const accounts = yield* ChannelAccounts
      const connections = yield* ChannelConnections
      const checks = yield* ChannelChecks
      const key = yield* accountId(flags.id)
      const account = yield* accounts.get(key)
      const connection = yield* connections.get(key)
      const setup = yield* connections.setup(key)
      const uptime = yield* checks.uptime(key)
      yield* Output.result({ account, connection, setup, uptime }, [
        `${account.name} (${account.channel}), ${account.status}`,
        saying(connection),
        ...(connection.credentialsExpireAt === null
          ? []
          : [`Its credentials end ${DateTime.formatIso(connection.credentialsExpireAt)}`]),
        ...setup.findings.map(({ message, severity }) => `${severity}: ${message}`),
        ...uptime.filter(({ checks }) => checks > 0).map(({ days, failed, checks, uptime }) =>
          `last ${days} ${days === 1 ? "day" : "days"}: ${
            ((uptime ?? 0) * 100).toFixed(2)
          } % of ${checks} looks, ${failed} failed`
        )
      ])
      if (connection.state?._tag !== "Connected") return yield* Output.fail(`The account is not connected`)
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("How an account stands with its provider, and how it did"))

const restart = Command.make("restart", { id, org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const connections = yield* ChannelConnections
      const connection = yield* connections.restart(yield* accountId(flags.id))
      yield* Output.result(connection, [saying(connection)])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Start a connection that failed or hangs once more"))

const disconnect = Command.make("disconnect", {
  id,
  org,
  forget: Flag.Boolean("forget").pipe(
    Flag.withDescription("The provider also drops the pairing or the subscription"),
    Flag.withDefault(false)
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const connections = yield* ChannelConnections
      const connection = yield* connections.disconnect(yield* accountId(flags.id), { forget: flags.forget })
      yield* Output.result(connection, [saying(connection)])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("End the connection of an account"))

const told = ({ findings }: ChannelSetup) =>
  Effect.gen(function*() {
    yield* Output.result(
      { findings },
      findings.length === 0
        ? ["Nothing is wrong with the set-up"]
        : findings.map(({ code, message, repairable, severity }) =>
          `${severity}  ${code}: ${message}${repairable ? " (repair mends it)" : ""}`
        )
    )
    if (findings.some(({ severity }) => severity === "fail")) {
      return yield* Output.fail("The set-up of the account loses or doubles messages")
    }
  })

const inspect = Command.make("inspect", { id, org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const connections = yield* ChannelConnections
      yield* told(yield* connections.inspect(yield* accountId(flags.id)))
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Look for what is wrong with an account's set-up at its provider"))

const repair = Command.make("repair", { id, org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const connections = yield* ChannelConnections
      yield* told(yield* connections.repair(yield* accountId(flags.id)))
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Mend what can be mended in an account's set-up"))

const rotate = Command.make("rotate", {
  id,
  org,
  secret: Flag.Redacted("secret").pipe(
    Flag.withDescription("key=value of the credentials to replace; may be repeated"),
    Flag.atLeast(0)
  ),
  generate: Flag.Boolean("generate").pipe(
    Flag.withDescription("Make new ones of the secrets that this side chooses"),
    Flag.withDefault(false)
  ),
  url: Flag.Boolean("url").pipe(Flag.withDescription("Another address for webhooks"), Flag.withDefault(false)),
  overlapHours: Flag.Int("overlap-hours").pipe(
    Flag.withDescription("Until when the old is taken at most (24); 0 ends it at once"),
    Flag.withDefault(24)
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const rotations = yield* ChannelRotations
      const secrets = yield* pairs(flags.secret.map(Redacted.value))
      const rotation = yield* rotations.rotate(yield* accountId(flags.id), {
        ...(flags.secret.length === 0 ? {} : { secrets }),
        generate: flags.generate,
        url: flags.url,
        overlapHours: flags.overlapHours
      })
      yield* Output.result(rotation, [
        `Webhook address: ${rotation.webhookUrl}`,
        rotation.registered ? "The provider was told" : `Enter it at the provider: ${rotation.problem ?? ""}`,
        rotation.previousUntil === null
          ? "What was valid is refused now"
          : `What was valid is taken until ${DateTime.formatIso(rotation.previousUntil)} at most`
      ])
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Replace credentials, webhook secrets or the webhook's address, without losing a message")
  )

const words = ["name", "about", "description", "address", "email", "vertical"] as const

const optionalText = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const fileOf = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.mapError(fs.readFile(path), () => Output.wrongUsage(`${path} can't be read`))
})

const profile = Command.make("profile", {
  id,
  org,
  name: optionalText("name", "The name that customers see"),
  about: optionalText("about", "One line about it"),
  description: optionalText("description", "What the business does"),
  address: optionalText("address", "Where it is"),
  email: optionalText("email", "How to write to it otherwise"),
  vertical: optionalText("vertical", "The provider's word for the line of business"),
  website: Flag.String("website").pipe(Flag.withDescription("Its address; may be repeated"), Flag.atLeast(0)),
  picture: optionalText("picture", "A PNG or JPEG file to show"),
  removePicture: Flag.Boolean("remove-picture").pipe(
    Flag.withDescription("Show no picture any more"),
    Flag.withDefault(false)
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const profiles = yield* ChannelProfiles
      const key = yield* accountId(flags.id)
      const change = {
        ...Object.fromEntries(
          words.flatMap((field) => Option.isSome(flags[field]) ? [[field, flags[field].value]] : [])
        ),
        ...(flags.website.length === 0 ? {} : { websites: flags.website })
      }
      if (Object.keys(change).length > 0) yield* profiles.update(key, change)
      if (Option.isSome(flags.picture)) yield* profiles.setPicture(key, yield* fileOf(flags.picture.value))
      else if (flags.removePicture) yield* profiles.setPicture(key, null)
      const known = yield* profiles.get(key)
      yield* Output.result(
        known,
        Object.entries(known).map(([field, value]) => `${field}: ${Array.isArray(value) ? value.join(", ") : value}`)
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("What customers see of an account; with flags, change it"))

const move = Command.make("move", {
  id,
  org,
  to: Flag.String("to").pipe(Flag.withDescription("The id of the account that goes on with its conversations")),
  timeout: Flag.Int("timeout").pipe(
    Flag.withDescription("Seconds to wait for its end (600); it goes on without"),
    Flag.withDefault(600)
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const moves = yield* AccountMoves
      const from = yield* accountId(flags.id)
      yield* moves.start(from, yield* named("--to", ChannelAccountId, flags.to))
      const move = yield* moves.advance(from).pipe(
        Effect.repeat({ until: ({ state }) => state === "done", schedule: Schedule.spaced("2 seconds") }),
        Effect.timeoutOrElse({ duration: flags.timeout * 1000, orElse: () => moves.get(from) })
      )
      yield* Output.result(move, [
        `${move.moved} ${move.moved === 1 ? "conversation goes" : "conversations go"} on under ${move.to}`,
        ...(move.left === 0
          ? ["The old account is disabled"]
          : [`${move.left} stay, without an address at the new one`]),
        ...(move.waiting === 0 ? [] : [`${move.waiting} wait for the outcome of what is being sent`])
      ])
      if (move.state !== "done") return yield* Output.fail("The move is not at its end; it goes on in the server")
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Move an account's conversations to another account"))

/** @category commands @since 0.1.0 */
export const care = [status, restart, disconnect, inspect, repair, rotate, profile, move] as const
