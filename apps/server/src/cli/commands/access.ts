/**
 * `wicara access`: what people may do, and why.
 *
 * @since 0.1.0
 */
import { MemberAccess } from "@wicara/core/MemberAccess"
import type { NamedResource } from "@wicara/core/MemberAccess"
import { ChannelAccountId, TeamId } from "@wicara/core/Scope"
import { UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { input } from "../Input.ts"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const user = Flag.String("user").pipe(Flag.withDescription("A member's e-mail address or id"))

const isId = Schema.is(UserId)

/** The member's id, by address or as it is. */
const userId = Effect.fnUntraced(function*(text: string) {
  if (isId(text)) return text
  const found = yield* Users.use((users) => users.findByEmail(text))
  if (Option.isNone(found)) return yield* Output.fail(`There is no user "${text}" (wicara user list)`)
  return found.value.id
})

const Thing = Schema.Struct({
  team: Schema.optionalKey(TeamId),
  channel: Schema.optionalKey(ChannelAccountId)
})

const named = (name: string, value: Option.Option<string>) => Option.isSome(value) ? { [name]: value.value } : {}

const explain = Command.make("explain", {
  org,
  user,
  permission: Flag.String("permission").pipe(Flag.withDescription("A permission, such as conversations:reply")),
  team: Flag.String("team").pipe(Flag.withDescription("To something of this team, by its id"), Flag.optional),
  channel: Flag.String("channel").pipe(
    Flag.withDescription("To something that came through this channel account, by its id"),
    Flag.optional
  ),
  owner: Flag.String("owner").pipe(
    Flag.withDescription("To something that is this member's, by address or id"),
    Flag.optional
  ),
  address: Flag.String("address").pipe(Flag.withDescription("Asked from this IP address"), Flag.optional)
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const access = yield* MemberAccess
      const { channel, team } = yield* input(Thing, {
        ...named("team", flags.team),
        ...named("channel", flags.channel)
      })
      const resource: NamedResource = {
        teamId: team,
        channelAccountId: channel,
        ownerId: Option.isSome(flags.owner) ? yield* userId(flags.owner.value) : undefined
      }
      const explanation = yield* access.explain({
        userId: yield* userId(flags.user),
        permission: flags.permission,
        resource,
        address: Option.getOrUndefined(flags.address)
      })
      yield* Output.result(explanation, [
        explanation.sentence,
        ...explanation.rules.map(({ sentence, verdict }) => `  ${verdict === "counts" ? "*" : " "} ${sentence}`)
      ])
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Say why a member may or may not do something"),
    Command.withExamples([{
      command: "wicara access explain --org acme --user rani@acme.example --permission conversations:reply",
      description: "Why Rani may, or may not, answer customers everywhere"
    }])
  )

const scopeText = (scope: { readonly _tag: string } & Record<string, unknown>): string => {
  switch (scope._tag) {
    case "Organization":
      return ""
    case "Own":
      return "their own"
    default:
      return `${scope._tag === "Team" ? "team" : "channel"} ${String(scope["teamId"] ?? scope["channelAccountId"])}`
  }
}

const show = Command.make("show", { org, user }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const access = yield* MemberAccess
      const effective = yield* access.effective(yield* userId(flags.user))
      yield* Output.result(effective, [
        ...Output.table(
          ["ROLE", "FOR", "ACTIVE"],
          effective.roles.map((role) => [role.role, scopeText(role.scope), role.active ? "yes" : "no"])
        ),
        "",
        ...Output.table(
          ["PERMISSION", "WHERE"],
          effective.permissions.map((one) => [one.permission, one.everywhere ? "everywhere" : "in part"])
        )
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Show what a member may do now"))

/** @category commands @since 0.1.0 */
export const command = Command.make("access").pipe(
  Command.withDescription("What people may do, and why"),
  Command.withSubcommands([explain, show])
)
