/**
 * `wicara limits`: who asks too often, and who is kept out.
 *
 * @since 0.1.0
 */
import { BlockId } from "@wicara/core/RateLimit"
import { RateLimits } from "@wicara/core/RateLimits"
import { networkOf, normalize } from "@wicara/core/RequestOrigin"
import { accounts } from "@wicara/core/Secrets"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { DateTime, Duration, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { actor, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const org = Flag.String("org").pipe(
  Flag.withDescription("An organization's own users and API keys, by its slug; without it addresses"),
  Flag.optional
)

const inScope = (slug: Option.Option<string>) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Option.match(slug, {
    onNone: () =>
      effect.pipe(Effect.provideService(CurrentOrganization, accounts), Effect.provideService(CurrentActor, actor)),
    onSome: (slug) => within(slug)(effect)
  })

const violations = Command.make("violations", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const limits = yield* RateLimits
      const { data } = yield* limits.violations({ limit: 200 })
      yield* Output.result(
        data,
        Output.table(
          ["LAST", "COUNTED", "WHO", "LIMIT", "REFUSED"],
          data.map(({ lastAt, limit, refused, scope, subject, windowSeconds }) => [
            DateTime.formatIso(lastAt),
            scope,
            subject,
            `${limit} in ${windowSeconds} s`,
            String(refused)
          ])
        )
      )
    }).pipe(inScope(flags.org))
  )).pipe(Command.withDescription("List who broke a limit, the newest first"))

const blocks = Command.make("blocks", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const limits = yield* RateLimits
      const { data } = yield* limits.blocks({ limit: 200 })
      yield* Output.result(
        data,
        Output.table(
          ["BLOCK", "KIND", "WHO", "UNTIL", "REASON"],
          data.map(({ expiresAt, id, reason, scope, subject }) => [
            id,
            scope,
            subject,
            expiresAt === null ? "it is lifted" : DateTime.formatIso(expiresAt),
            reason
          ])
        )
      )
    }).pipe(inScope(flags.org))
  )).pipe(Command.withDescription("List who is kept out"))

const block = Command.make("block", {
  address: Argument.String("address").pipe(Argument.withDescription("An IPv4 or IPv6 address")),
  reason: Flag.String("reason").pipe(
    Flag.withDescription("Why, for those who look later"),
    Flag.withDefault("by hand")
  ),
  minutes: Flag.Int("minutes").pipe(
    Flag.withDescription("For how long; without it until it is lifted"),
    Flag.optional
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const limits = yield* RateLimits
      const address = normalize(flags.address)
      if (address === undefined) return yield* Output.wrongUsage(`"${flags.address}" is not an address`)
      const made = yield* limits.block({
        scope: "address",
        subject: networkOf(address),
        reason: flags.reason,
        duration: Option.getOrUndefined(Option.map(flags.minutes, Duration.minutes))
      })
      yield* Output.result(made, [`${made.subject} is kept out from now on (${made.id})`])
    }).pipe(inScope(Option.none()))
  )).pipe(Command.withDescription("Keep an address out, in every process within five seconds"))

const unblock = Command.make("unblock", {
  org,
  id: Argument.String("block").pipe(Argument.withDescription("The block's id (wicara limits blocks)"))
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const limits = yield* RateLimits
      const id = yield* Effect.mapError(
        Schema.decodeUnknownEffect(BlockId)(flags.id),
        () => Output.wrongUsage(`"${flags.id}" is not the id of a block`)
      )
      yield* limits.unblock(id)
      yield* Output.result({ id }, ["Lifted"])
    }).pipe(inScope(flags.org))
  )).pipe(Command.withDescription("Let somebody in again"))

/** @category commands @since 0.1.0 */
export const command = Command.make("limits").pipe(
  Command.withDescription("Who asks too often, and who is kept out"),
  Command.withSubcommands([violations, blocks, block, unblock])
)
