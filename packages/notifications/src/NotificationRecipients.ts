/**
 * Who gets a notification: active members who hold what its kind asks for.
 *
 * @since 0.1.0
 */
import { AccessStore } from "@wicara/core/AccessStore"
import { MemberAccess } from "@wicara/core/MemberAccess"
import type { MembershipOf } from "@wicara/core/Memberships"
import { Memberships } from "@wicara/core/Memberships"
import type { NotificationDefinition, NotificationRecipients as To } from "@wicara/core/Notification"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import type { Permission } from "@wicara/core/Permissions"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { platformAdmin } from "@wicara/core/PlatformPermission"
import type { Resource } from "@wicara/core/Scope"
import { Teams } from "@wicara/core/Teams"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { Holdings, UserId } from "@wicara/core/Tenancy"
import { Context, Effect, Layer, Option } from "effect"

/**
 * What a notification is about, and what its kind asks for.
 *
 * @category models
 * @since 0.1.0
 */
export interface About {
  readonly definition: Pick<NotificationDefinition, "permission">
  readonly resource: Resource | null
}

/**
 * @category services
 * @since 0.1.0
 */
export class NotificationRecipients extends Context.Service<NotificationRecipients, {
  /** Those who are to get it, each once. */
  readonly resolve: (to: To, about: About) => Effect.Effect<ReadonlyArray<UserId>, never, CurrentOrganization>
  /** What somebody holds as an active member, and as one of those who run the server; none for everybody else. */
  readonly holdings: (userId: UserId) => Effect.Effect<Option.Option<Holdings>, never, CurrentOrganization>
}>()("@wicara/notifications/NotificationRecipients") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<
    NotificationRecipients,
    never,
    Memberships | MemberAccess | AccessStore | Teams | PlatformAdmins
  > = Layer.suspend(() => Layer.effect(NotificationRecipients, make))
}

/**
 * Whether somebody with these holdings may get, or go on seeing, a notification.
 *
 * @category guards
 * @since 0.1.0
 */
export const mayGet = (held: Holdings, { definition, resource }: About): boolean =>
  definition.permission === null || isHeld(held, definition.permission, resource)

const isHeld = (held: Holdings, permission: Permission, resource: Resource | null): boolean =>
  resource === null ? Permissions.holds(held, permission) : Permissions.can(held, permission, resource)

const make = Effect.gen(function*() {
  const memberships = yield* Memberships
  const access = yield* MemberAccess
  const store = yield* AccessStore
  const teams = yield* Teams
  const admins = yield* PlatformAdmins

  /** All pages of a list. */
  const everyone = Effect.fnUntraced(function*<A, E, R>(
    list: (query: Pagination.PageQuery) => Effect.Effect<Pagination.Page<A>, E, R>
  ) {
    const all: Array<A> = []
    let cursor: string | undefined
    while (true) {
      const page = yield* list({ limit: Pagination.maximumLimit, ...(cursor === undefined ? {} : { cursor }) })
      all.push(...page.data)
      if (page.nextCursor === null) return all
      cursor = page.nextCursor
    }
  })

  const holdingsOf = Effect.fnUntraced(function*(userId: UserId, member: MembershipOf, accessVersion: number) {
    const { id } = yield* CurrentOrganization
    if (member.status !== "active") return Option.none<Holdings>()
    return Option.some<Holdings>(
      yield* access.holdings({ organizationId: id, userId, role: member.role, accessVersion })
    )
  })

  const holdings = Effect.fn("NotificationRecipients.holdings")(function*(userId: UserId) {
    const { id } = yield* CurrentOrganization
    const member = yield* memberships.find(id, userId)
    if (Option.isNone(member)) return Option.none<Holdings>()
    const held = yield* holdingsOf(userId, member.value, yield* store.version(id))
    if (Option.isNone(held) || !(yield* admins.has(userId))) return held
    const { permissions, scoped } = held.value
    return Option.some<Holdings>({ permissions: new Set([...permissions, platformAdmin.name]), scoped })
  })

  const candidates = Effect.fnUntraced(function*(to: To) {
    const { id } = yield* CurrentOrganization
    // Nobody reads what a machine user is told.
    const named = (userIds: ReadonlyArray<UserId>) =>
      Effect.forEach([...new Set(userIds)], (userId) =>
        memberships.get(userId).pipe(
          Effect.flatMap(({ kind }) => kind === "person" ? holdings(userId) : Effect.succeed(Option.none<Holdings>())),
          Effect.catchTag("NotFound", () => Effect.succeed(Option.none<Holdings>())),
          Effect.map((held) => ({ userId, held }))
        ))
    switch (to._tag) {
      case "Users":
        return yield* named(to.userIds)
      case "Team": {
        const members = yield* everyone((query) => teams.members(to.teamId, query)).pipe(
          Effect.provideService(CurrentActor, systemActor("notifications")),
          Effect.catchTag("NotFound", () => Effect.succeed([])),
          Effect.orDie
        )
        return yield* named(members.map(({ userId }) => userId))
      }
      case "Holders": {
        const version = yield* store.version(id)
        const members = yield* Effect.orDie(everyone(memberships.list))
        return yield* Effect.forEach(
          members.filter(({ kind }) => kind === "person"),
          (member) =>
            Effect.map(holdingsOf(member.userId, member, version), (held) => ({ userId: member.userId, held }))
        )
      }
    }
  })

  return NotificationRecipients.of({
    holdings,
    resolve: Effect.fn("NotificationRecipients.resolve")(function*(to, about) {
      const all = yield* candidates(to)
      return all.flatMap(({ held, userId }) =>
        Option.isSome(held) && mayGet(held.value, about) &&
          (to._tag !== "Holders" || isHeld(held.value, to.permission, about.resource))
          ? [userId]
          : []
      )
    })
  })
})
