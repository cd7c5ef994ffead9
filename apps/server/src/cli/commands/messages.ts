/**
 * `wicara messages`: what is sent to customers.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { MessageId } from "@wicara/conversations/Message"
import { MessageResends } from "@wicara/conversations/MessageResends"
import { Instant } from "@wicara/core/Instant"
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { named } from "../Input.ts"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const instantOf = (name: string, text: Option.Option<string>) =>
  Option.match(text, {
    onNone: () => Effect.succeed(undefined),
    onSome: (text) => Effect.map(named(name, Instant, text), ({ epochMilliseconds }) => epochMilliseconds)
  })

/** All of an account's that failed in the span, however many they are. */
const resendAll = Effect.fnUntraced(function*(
  channelAccountId: ChannelAccountId,
  span: { readonly from: number | undefined; readonly to: number | undefined }
) {
  const resends = yield* MessageResends
  const count = { resent: 0, skipped: 0 }
  let cursor: string | undefined
  do {
    const { nextCursor, resent, skipped } = yield* resends.resendAll({ channelAccountId, ...span, cursor })
    count.resent += resent
    count.skipped += skipped
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
  return count
})

const resend = Command.make("resend", {
  id: Argument.String("id").pipe(Argument.withDescription("One message; or none, with --account"), Argument.optional),
  account: Flag.String("account").pipe(
    Flag.withDescription("All of an account (its id) that failed before they were sent"),
    Flag.optional
  ),
  from: Flag.String("from").pipe(Flag.withDescription("Those that failed from then on (RFC 3339)"), Flag.optional),
  to: Flag.String("to").pipe(Flag.withDescription("Those that failed before"), Flag.optional),
  org
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      if (Option.isSome(flags.id) === Option.isSome(flags.account)) {
        return yield* Output.wrongUsage("Give the id of a message, or --account")
      }
      if (Option.isSome(flags.account)) {
        const account = yield* named("--account", ChannelAccountId, flags.account.value)
        const from = yield* instantOf("--from", flags.from)
        const to = yield* instantOf("--to", flags.to)
        const count = yield* resendAll(account, { from, to })
        return yield* Output.result(count, [
          `A server sends ${count.resent} again; ${count.skipped} can't be sent now`
        ])
      }
      if (Option.isSome(flags.from) || Option.isSome(flags.to)) {
        return yield* Output.wrongUsage("--from and --to are for the messages of an --account")
      }
      const id = yield* named("id", MessageId, Option.getOrUndefined(flags.id))
      yield* MessageResends.use((resends) => resends.resend(id))
      yield* Output.result({ id }, ["A server sends it again"])
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Send again what failed without having been sent"),
    Command.withExamples([{
      command: "wicara messages resend --account 019a... --from 2026-11-21T08:30:00Z --org acme",
      description: "All that failed since a number was blocked"
    }])
  )

/** @category commands @since 0.1.0 */
export const command = Command.make("messages").pipe(
  Command.withDescription("Messages to customers"),
  Command.withSubcommands([resend])
)
