/**
 * The groups of an account, read and managed at its provider.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { Audit } from "@wicara/core/Audit"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, NotFound } from "@wicara/core/Problem"
import type { InvalidInput, Unavailable } from "@wicara/core/Problem"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { Address } from "./Address.ts"
import { ChannelAccounts } from "./ChannelAccounts.ts"
import type { ChannelAccountId } from "./ChannelAdapter.ts"
import type { Group, JoinDecision, JoinRequest } from "./ChannelGroups.ts"
import { makeProviderCalls, toProblem } from "./internal/providerCalls.ts"
import type { ChangeParticipants, CreateGroup, DecideJoinRequests, UpdateGroup } from "./GroupRequests.ts"
import type { ProviderFailure } from "./ProviderFailure.ts"

type Reads<A, E = never> = Effect.Effect<A, NotFound | Conflict | Unavailable | E, CurrentOrganization>
type Changes<A> = Effect.Effect<A, NotFound | Conflict | Unavailable, CurrentOrganization | CurrentActor>

/**
 * `Conflict`: the channel has no groups, or the provider refuses; `NotFound`: it has no such group. Every change is
 * audited.
 *
 * @category services
 * @since 0.1.0
 */
export class AccountGroups extends Context.Service<AccountGroups, {
  readonly list: (
    id: ChannelAccountId,
    query: Pagination.PageQuery
  ) => Reads<Pagination.Page<Group>, InvalidInput>
  readonly get: (id: ChannelAccountId, group: string) => Reads<Group>
  /** `null` where the provider makes it later: it is in the list then. */
  readonly create: (id: ChannelAccountId, group: CreateGroup) => Changes<Group | null>
  readonly update: (id: ChannelAccountId, group: string, change: UpdateGroup) => Changes<void>
  readonly changeParticipants: (id: ChannelAccountId, group: string, change: ChangeParticipants) => Changes<void>
  /** Who asks to join; `Conflict` where the channel does not let the account decide. */
  readonly joinRequests: (
    id: ChannelAccountId,
    group: string,
    query: Pagination.PageQuery
  ) => Reads<Pagination.Page<JoinRequest>, InvalidInput>
  readonly decideJoinRequests: (
    id: ChannelAccountId,
    group: string,
    decision: DecideJoinRequests
  ) => Changes<JoinDecision>
  readonly inviteLink: (id: ChannelAccountId, group: string) => Reads<string>
  /** A new link; the former one is void. */
  readonly resetInviteLink: (id: ChannelAccountId, group: string) => Changes<string>
  /** The account leaves it, or deletes it where it is its own. */
  readonly leave: (id: ChannelAccountId, group: string) => Changes<void>
}>()("@wicara/channels/AccountGroups") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<AccountGroups, never, ChannelAccounts | Audit | HttpClient.HttpClient> = Layer
    .suspend(() => Layer.effect(AccountGroups, make))
}

/** Providers list groups by cursors of their own: a page is found by how many come before it. */
const Skipped = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

const addressOf = (group: string): Address => ({ kind: "group", value: group })

const make = Effect.gen(function*() {
  const accounts = yield* ChannelAccounts
  const audit = yield* Audit
  const calls = makeProviderCalls(yield* HttpClient.HttpClient)

  /** `group`: the one that it is about, if any. */
  const own = Effect.fnUntraced(function*(id: ChannelAccountId, group?: string) {
    const account = yield* accounts.resolve(id)
    const { groups } = account.adapter
    if (groups === undefined) return yield* new Conflict({ detail: "Accounts of this channel have no groups." })
    const ask = <A>(effect: Effect.Effect<A, ProviderFailure, HttpClient.HttpClient>) =>
      Effect.mapError(
        calls.ask(account, effect, "60 seconds"),
        (failure) =>
          failure.kind === "missing" && group !== undefined ? NotFound.of("group", group) : toProblem(failure)
      )
    return { account: account.account, groups, ask }
  })

  const ownJoins = Effect.fnUntraced(function*(id: ChannelAccountId, group: string) {
    const { account, ask, groups: { joinRequests } } = yield* own(id, group)
    if (joinRequests === undefined) {
      return yield* new Conflict({ detail: "Nobody asks this account to join its groups." })
    }
    return { account, ask, joinRequests }
  })

  const audited = (id: ChannelAccountId, action: string, after: object) =>
    audit.record({ action: `channel.group.${action}`, target: { type: "channel_account", id }, after })

  return AccountGroups.of({
    list: Effect.fn("AccountGroups.list")(function*(id, query) {
      const skipped = (yield* Pagination.position(Skipped, query)) ?? 0
      const limit = Pagination.limit(query)
      const { account, ask, groups } = yield* own(id)
      const rows = yield* ask(
        groups.list(account).pipe(Stream.drop(skipped), Stream.take(limit + 1), Stream.runCollect)
      )
      return Pagination.page([...rows], limit, Skipped, () => skipped + limit)
    }),
    get: Effect.fn("AccountGroups.get")(function*(id, group) {
      const { account, ask, groups } = yield* own(id, group)
      return yield* ask(groups.get(addressOf(group), account))
    }),
    create: Effect.fn("AccountGroups.create")(function*(id, wanted) {
      const { account, ask, groups } = yield* own(id)
      if (wanted.joinApproval === true && groups.joinRequests === undefined) {
        return yield* new Conflict({ detail: "Nobody asks this account to join its groups." })
      }
      const made = yield* ask(groups.create(wanted, account))
      yield* audited(id, "created", { ...wanted, group: made?.address.value ?? null })
      return made
    }),
    update: Effect.fn("AccountGroups.update")(function*(id, group, change) {
      const { account, ask, groups } = yield* own(id, group)
      yield* ask(groups.update(addressOf(group), change, account))
      yield* audited(id, "changed", { group, ...change })
    }),
    changeParticipants: Effect.fn("AccountGroups.changeParticipants")(function*(id, group, change) {
      const { account, ask, groups } = yield* own(id, group)
      yield* ask(groups.changeParticipants(addressOf(group), change, account))
      yield* audited(id, "participants_changed", { group, ...change })
    }),
    joinRequests: Effect.fn("AccountGroups.joinRequests")(function*(id, group, query) {
      const skipped = (yield* Pagination.position(Skipped, query)) ?? 0
      const limit = Pagination.limit(query)
      const { account, ask, joinRequests } = yield* ownJoins(id, group)
      const rows = yield* ask(
        joinRequests.list(addressOf(group), account).pipe(
          Stream.drop(skipped),
          Stream.take(limit + 1),
          Stream.runCollect
        )
      )
      return Pagination.page([...rows], limit, Skipped, () => skipped + limit)
    }),
    decideJoinRequests: Effect.fn("AccountGroups.decideJoinRequests")(function*(id, group, decision) {
      const { account, ask, joinRequests } = yield* ownJoins(id, group)
      const done = yield* ask(joinRequests.decide(addressOf(group), decision, account))
      yield* audited(id, decision.approve ? "joins_approved" : "joins_rejected", { group, ...done })
      return done
    }),
    inviteLink: Effect.fn("AccountGroups.inviteLink")(function*(id, group) {
      const { account, ask, groups } = yield* own(id, group)
      return yield* ask(groups.inviteLink(addressOf(group), { reset: false }, account))
    }),
    resetInviteLink: Effect.fn("AccountGroups.resetInviteLink")(function*(id, group) {
      const { account, ask, groups } = yield* own(id, group)
      const link = yield* ask(groups.inviteLink(addressOf(group), { reset: true }, account))
      yield* audited(id, "invite_link_reset", { group })
      return link
    }),
    leave: Effect.fn("AccountGroups.leave")(function*(id, group) {
      const { account, ask, groups } = yield* own(id, group)
      yield* ask(groups.leave(addressOf(group), account))
      yield* audited(id, "left", { group })
    })
  })
})
