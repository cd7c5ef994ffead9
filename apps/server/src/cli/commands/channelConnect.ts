/**
 * `wicara channel connect`: the way from nothing to a connected account, asked for step by step.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ChannelConnection, ChannelKind } from "@wicara/channels/ChannelConnection"
import { ChannelConnections } from "@wicara/channels/ChannelConnections"
import type { ConnectMethod } from "@wicara/channels/ChannelLifecycle"
import * as QrCode from "@wicara/channels/QrCode"
import { newSigningKey } from "@wicara/channels-widget/WidgetSettings"
import { Console, Effect, Option, Redacted, Schema, Stream } from "effect"
import { Argument, Command, Flag, Prompt } from "effect/cli"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { named } from "../Input.ts"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { pairs, value } from "../Pairs.ts"
import { withServices } from "../WithServices.ts"

const Field = Schema.Struct({
  description: Schema.optionalKey(Schema.String),
  enum: Schema.optionalKey(Schema.Array(Schema.Unknown))
})

const Form = Schema.Struct({
  properties: Schema.optionalKey(Schema.Record(Schema.String, Field)),
  required: Schema.optionalKey(Schema.Array(Schema.String)),
  $ref: Schema.optionalKey(Schema.String),
  $defs: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))
})
const decodeForm = Schema.decodeUnknownEffect(Form)

/** The fields that an account can't do without. */
const requiredOf = Effect.fnUntraced(function*(schema: Schema.JsonObject) {
  const form = yield* Effect.orDie(decodeForm(schema))
  const target = form.$ref?.split("/").at(-1)
  const root = target === undefined ? form : yield* Effect.orDie(decodeForm(form.$defs?.[target]))
  return (root.required ?? []).map((name) => ({ name, ...root.properties?.[name] }))
})

/** Somebody is there to be asked. */
const isInteractive = Effect.map(Output.Json, (json) => !json && process.stdin.isTTY && process.stdout.isTTY)

type Fields = Record<string, Schema.Json>

const asked = Effect.fnUntraced(function*(
  what: "setting" | "secret",
  schema: Schema.JsonObject,
  given: Fields,
  interactive: boolean
) {
  const fields: Fields = { ...given }
  for (const { description, enum: choices, name } of yield* requiredOf(schema)) {
    if (fields[name] !== undefined) continue
    if (!interactive) return yield* Output.wrongUsage(`--${what} ${name}=... is missing`)
    const message = description === undefined ? name : `${name}: ${description}`
    if (what === "secret") fields[name] = Redacted.value(yield* Prompt.Hidden({ message }))
    else if (choices === undefined) fields[name] = value(yield* Prompt.String({ message }))
    else {
      fields[name] = yield* Prompt.Select({
        message,
        choices: choices.map((choice) => ({ title: String(choice), value: String(choice) }))
      })
    }
  }
  return fields
})

/** What this side chooses is chosen here, and registered at the provider. */
const generated = (kind: ChannelKind, given: Fields) =>
  Effect.gen(function*() {
    const fields: Fields = { ...given }
    for (const name of kind.ownSecrets) {
      fields[name] ??= Base64Url.encode(SecureRandom.randomBytesUnsafe(32))
    }
    if (kind.id === "widget") fields["signingKey"] ??= Redacted.value(yield* newSigningKey)
    return fields
  })

const methodOf = Effect.fnUntraced(function*(
  kind: ChannelKind,
  given: Option.Option<ConnectMethod>,
  phone: Option.Option<string>,
  interactive: boolean
) {
  if (Option.isSome(given)) {
    if (kind.methods.includes(given.value)) return given.value
    return yield* Output.wrongUsage(`--method: this channel connects by ${kind.methods.join(", ")}`)
  }
  if (Option.isSome(phone) && kind.methods.includes("code")) return "code" as const
  const [first = "credentials" as const, ...others] = kind.methods
  return interactive && others.length > 0
    ? yield* Prompt.Select<ConnectMethod>({
      message: "How to connect",
      choices: kind.methods.map((method) => ({ title: titles[method], value: method }))
    })
    : first
})

const titles: Record<ConnectMethod, string> = {
  qr: "scan a QR code with the phone",
  code: "type a code on the phone",
  credentials: "with the credentials alone"
}

/** What somebody reads while it connects. */
const lines = ({ problem, state }: ChannelConnection): string => {
  if (problem !== null) return `The provider does not answer as it should: ${problem.reason}`
  if (state === null) return "The provider is asked"
  switch (state._tag) {
    case "ScanQr":
      return `Scan this with the phone (linked devices):\n\n${QrCode.terminal(state.qr)}\n`
    case "EnterCode":
      return `Type this on the phone (linked devices, with the phone number): ${state.code}`
    case "Connected":
      return `Connected${state.as === null ? "" : ` as ${state.as}`}`
    default:
      return state.reason
  }
}

const shown = (connection: ChannelConnection) =>
  Effect.flatMap(Output.Json, (json) => json ? Effect.void : Console.log(lines(connection)))

/** Follows the connection to its end. */
const followed = Effect.fnUntraced(function*(id: ChannelAccountId, seconds: number) {
  const connections = yield* ChannelConnections
  const changes = yield* connections.changes(id)
  const last = yield* changes.pipe(
    Stream.tap(shown),
    Stream.takeUntil(({ state }) =>
      state?._tag === "Connected" || state?._tag === "Failed" || state?._tag === "Reauthorize" ||
      state?._tag === "Disconnected"
    ),
    Stream.runLast,
    Effect.timeoutOrElse({
      duration: seconds * 1000,
      orElse: () =>
        Effect.fail(Output.fail(`It was not connected within ${seconds} seconds; go on with --account ${id}`))
    })
  )
  return Option.getOrUndefined(last)?.state
})

/** @category commands @since 0.1.0 */
export const connect = Command.make("connect", {
  channel: Argument.String("channel").pipe(Argument.withDescription("whatsapp_cloud, waha, widget or another channel")),
  org,
  name: Flag.String("name").pipe(Flag.withDescription("What people call the account"), Flag.optional),
  account: Flag.String("account").pipe(
    Flag.withDescription("An account that is there already (its id), in place of a new one"),
    Flag.optional
  ),
  setting: Flag.String("setting").pipe(
    Flag.withDescription("key=value of the channel's settings; may be repeated"),
    Flag.atLeast(0)
  ),
  secret: Flag.Redacted("secret").pipe(
    Flag.withDescription("key=value of the channel's credentials; may be repeated. Asked for unseen when absent"),
    Flag.atLeast(0)
  ),
  method: Flag.Literals("method", ["qr", "code", "credentials"]).pipe(
    Flag.withDescription("How to connect"),
    Flag.optional
  ),
  phone: Flag.String("phone").pipe(Flag.withDescription("The number that gets a code to type"), Flag.optional),
  timeout: Flag.Int("timeout").pipe(
    Flag.withDescription("Seconds to wait for somebody at the phone (300)"),
    Flag.withDefault(300)
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const accounts = yield* ChannelAccounts
      const connections = yield* ChannelConnections
      const interactive = yield* isInteractive
      const kind = connections.kinds.find(({ id }) => id === flags.channel)
      if (kind === undefined) {
        const known = connections.kinds.map(({ id }) => id).join(", ")
        return yield* Output.wrongUsage(`There is no channel "${flags.channel}". Known: ${known}`)
      }
      const method = yield* methodOf(kind, flags.method, flags.phone, interactive)
      const phone = Option.isSome(flags.phone) || method !== "code" || !interactive
        ? flags.phone
        : Option.some(yield* Prompt.String({ message: "The phone's number, with its country" }))
      if (method === "code" && Option.isNone(phone)) return yield* Output.wrongUsage("--phone is missing")
      const id = Option.isSome(flags.account)
        ? yield* named("--account", ChannelAccountId, flags.account.value)
        : yield* Effect.gen(function*() {
          const settings = yield* asked("setting", kind.settings, yield* pairs(flags.setting), interactive)
          const own = yield* generated(kind, yield* pairs(flags.secret.map(Redacted.value)))
          const secrets = yield* asked("secret", kind.secrets, own, interactive)
          const name = Option.isSome(flags.name)
            ? flags.name.value
            : interactive
            // A default would have to be deleted before another name is typed.
            ? (yield* Prompt.String({ message: `What people call the account (${kind.name})` })).trim() || kind.name
            : kind.name
          const made = yield* accounts.create({ channel: kind.id, name, settings, secrets })
          return made.id
        })
      yield* connections.connect(id, {
        method,
        ...(Option.isSome(phone) ? { phone: phone.value.replaceAll(/[\s()-]/g, "") } : {})
      })
      const state = yield* followed(id, flags.timeout)
      if (state?._tag !== "Connected") {
        const reason = state !== undefined && state !== null && "reason" in state ? `: ${state.reason}` : ""
        return yield* Output.fail(`It is not connected${reason} (go on with --account ${id})`)
      }
      const { findings } = yield* connections.inspect(id)
      const { webhookUrl } = yield* accounts.resolve(id)
      yield* Output.result({ id, channel: kind.id, state, findings, webhookUrl }, [
        `The account's id: ${id}`,
        ...(kind.id === "widget" ? [] : [`Webhook address: ${webhookUrl}`]),
        ...findings.map(({ message, severity }) => `${severity}: ${message}`)
      ])
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Connect a number or a session step by step, with a QR code in the terminal"),
    Command.withExamples([{
      command: "wicara channel connect waha --org acme",
      description: "Be asked for what is needed, then scan the QR code"
    }, {
      command:
        "wicara channel connect waha --org acme --setting baseUrl=http://localhost:3001 --setting session=support --secret apiKey=... --method code --phone +6281300000042 --json",
      description: "The same from a script, with a code to type"
    }])
  )
