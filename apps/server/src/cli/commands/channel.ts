/**
 * `wicara channel`: connected numbers, sessions and websites.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { newSigningKey } from "@wicara/channels-widget/WidgetSettings"
import { Effect, Option, Redacted } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { ServerConfig } from "../../ServerConfig.ts"
import { org, within } from "../Organization.ts"
import { named } from "../Input.ts"
import * as Output from "../Output.ts"
import { pairs } from "../Pairs.ts"
import { withServices } from "../WithServices.ts"
import { care } from "./channelCare.ts"
import { connect } from "./channelConnect.ts"

const add = Command.make("add", {
  channel: Argument.String("channel").pipe(Argument.withDescription("whatsapp_cloud, waha or widget")),
  org,
  name: Flag.String("name").pipe(Flag.withDescription("What people call the account")),
  setting: Flag.String("setting").pipe(
    Flag.withDescription("key=value of the channel's settings; may be repeated"),
    Flag.atLeast(0)
  ),
  secret: Flag.Redacted("secret").pipe(
    Flag.withDescription("key=value of the channel's credentials; stored encrypted; may be repeated"),
    Flag.atLeast(0)
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const accounts = yield* ChannelAccounts
      const config = yield* ServerConfig
      const account = yield* accounts.create({
        channel: flags.channel,
        name: flags.name,
        settings: yield* pairs(flags.setting),
        secrets: flags.channel === "widget" && flags.secret.length === 0
          ? { signingKey: Redacted.value(yield* newSigningKey) }
          : yield* pairs(flags.secret.map(Redacted.value))
      })
      const base = Option.getOrElse(config.publicUrl, () => `http://${config.host}:${config.port}`)
      const webhook = account.channel === "widget" ? undefined : `${base}/v1/inbound/${account.id}`
      yield* Output.result({ id: account.id, channel: account.channel, name: account.name, webhook }, [
        `Added ${account.name} (${account.channel}), id ${account.id}`,
        ...(webhook === undefined ? [] : [`Webhook address: ${webhook}`])
      ])
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Connect an account of a channel"),
    Command.withExamples([{
      command:
        "wicara channel add waha --org acme --name \"Support\" --setting baseUrl=http://localhost:3001 --setting session=default --secret apiKey=... --secret hmacKey=...",
      description: "Connect a WAHA session"
    }])
  )

const list = Command.make("list", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const accounts = yield* ChannelAccounts
      const page = yield* accounts.list({ limit: 200 })
      yield* Output.result(
        page.data.map(({ channel, connection, id, name, status }) => ({ id, channel, name, status, connection })),
        Output.table(
          ["CHANNEL", "NAME", "STATUS", "CONNECTION", "ID"],
          page.data.map((one) => [one.channel, one.name, one.status, one.connection, one.id])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("List the accounts of an organization"))

const test = Command.make("test", {
  id: Argument.String("id").pipe(Argument.withDescription("The account's id (wicara channel list)")),
  org
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const accounts = yield* ChannelAccounts
      const health = yield* accounts.test(yield* named("id", ChannelAccountId, flags.id))
      yield* Output.result(health, [`${health.status}: ${health.message}`])
      if (health.status === "fail") return yield* Output.fail(`The account does not work: ${health.message}`)
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Make a round trip to the account's provider"))

/** @category commands @since 0.1.0 */
export const command = Command.make("channel").pipe(
  Command.withAlias("channels"),
  Command.withDescription("Connected numbers, sessions and websites"),
  Command.withSubcommands([connect, add, list, test, ...care])
)
