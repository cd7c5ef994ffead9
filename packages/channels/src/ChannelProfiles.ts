/**
 * What customers see of an account, read at its provider and changed there.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import { Audit } from "@wicara/core/Audit"
import { Conflict, InvalidInput } from "@wicara/core/Problem"
import type { NotFound, Unavailable } from "@wicara/core/Problem"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { ChannelAccounts } from "./ChannelAccounts.ts"
import type { ResolvedAccount } from "./ChannelAccounts.ts"
import type { ChannelAccountId } from "./ChannelAdapter.ts"
import type { ChangeProfile, Profile } from "./ChannelProfile.ts"
import { makeProviderCalls, toProblem } from "./internal/providerCalls.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class ChannelProfiles extends Context.Service<ChannelProfiles, {
  /** `Conflict` where the channel has no profiles, or the provider refuses. */
  readonly get: (
    id: ChannelAccountId
  ) => Effect.Effect<Profile, NotFound | Conflict | Unavailable, CurrentOrganization>
  /** Absent fields stay; an empty text clears one. */
  readonly update: (
    id: ChannelAccountId,
    change: ChangeProfile
  ) => Effect.Effect<Profile, NotFound | InvalidInput | Conflict | Unavailable, CurrentOrganization | CurrentActor>
}>()("@wicara/channels/ChannelProfiles") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<ChannelProfiles, never, ChannelAccounts | Audit | HttpClient.HttpClient> = Layer
    .suspend(() => Layer.effect(ChannelProfiles, make))
}

const make = Effect.gen(function*() {
  const accounts = yield* ChannelAccounts
  const audit = yield* Audit
  const calls = makeProviderCalls(yield* HttpClient.HttpClient)

  const facetOf = (account: ResolvedAccount) =>
    account.adapter.profile === undefined
      ? Effect.fail(new Conflict({ detail: "Accounts of this channel have no profile." }))
      : Effect.succeed(account.adapter.profile)

  return ChannelProfiles.of({
    get: Effect.fn("ChannelProfiles.get")(function*(id) {
      const account = yield* accounts.resolve(id)
      const profile = yield* facetOf(account)
      return yield* Effect.mapError(calls.ask(account, profile.get(account.account)), toProblem)
    }),
    update: Effect.fn("ChannelProfiles.update")(function*(id, change) {
      const account = yield* accounts.resolve(id)
      const profile = yield* facetOf(account)
      const changeable: ReadonlySet<string> = profile.changeable
      const other = Object.keys(change).find((field) => !changeable.has(field))
      if (other !== undefined) {
        return yield* InvalidInput.of(`/${other}`, `What can be changed here: ${[...changeable].join(", ")}.`)
      }
      const before = yield* Effect.mapError(calls.ask(account, profile.get(account.account)), toProblem)
      yield* Effect.mapError(calls.ask(account, profile.update(change, account.account)), toProblem)
      yield* audit.record({
        action: "channel.account.profile_changed",
        target: { type: "channel_account", id },
        before,
        after: change
      })
      return yield* Effect.mapError(calls.ask(account, profile.get(account.account)), toProblem)
    })
  })
})
