/**
 * Roles given to members beside the one they have: for the organization, a team, a channel account or what is their
 * own, and for a time.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import * as AccessRules from "./AccessRules.ts"
import { AccessStore } from "./AccessStore.ts"
import type { StoredAssignment } from "./AccessStore.ts"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import { MemberAccess, ScopeTargets } from "./MemberAccess.ts"
import type { RoleKey } from "./Membership.ts"
import * as Pagination from "./Pagination.ts"
import { Conflict, InvalidInput, NotFound } from "./Problem.ts"
import type { Forbidden } from "./Problem.ts"
import { RoleAssignment, RoleAssignmentId } from "./Role.ts"
import type { NewRoleAssignment } from "./Role.ts"
import type { Scope } from "./Scope.ts"
import { CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { UserId } from "./Tenancy.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface RoleAssignmentQuery extends Pagination.PageQuery {
  readonly userId?: UserId | undefined
  readonly role?: RoleKey | undefined
}

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class RoleAssignments extends Context.Service<RoleAssignments, {
  /** In the order in which they were made, those that are over too. */
  readonly list: (
    query: RoleAssignmentQuery
  ) => Effect.Effect<Pagination.Page<RoleAssignment>, InvalidInput, CurrentOrganization>
  readonly get: (id: RoleAssignmentId) => Effect.Effect<RoleAssignment, NotFound, CurrentOrganization>
  readonly give: (
    assignment: NewRoleAssignment
  ) => Effect.Effect<RoleAssignment, InvalidInput | Conflict | Forbidden, Acting>
  readonly take: (id: RoleAssignmentId) => Effect.Effect<void, NotFound | Forbidden, Acting>
}>()("@wicara/core/RoleAssignments") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<
    RoleAssignments,
    never,
    AccessStore | MemberAccess | Events | Audit
  > = Layer.suspend(() => Layer.effect(RoleAssignments, make))
}

const maximumOfMember = 100

const make = Effect.gen(function*() {
  const store = yield* AccessStore
  const access = yield* MemberAccess
  const targets = yield* ScopeTargets
  const events = yield* Events
  const audit = yield* Audit

  const checkScope = Effect.fnUntraced(function*(scope: Scope) {
    const { id } = yield* CurrentOrganization
    if (scope._tag === "Team" && !(yield* store.hasTeam(id, scope.teamId))) {
      return yield* InvalidInput.of("/scope/teamId", "There is no such team.")
    }
    if (scope._tag === "ChannelAccount" && !(yield* targets.hasChannelAccount(scope.channelAccountId))) {
      return yield* InvalidInput.of("/scope/channelAccountId", "There is no such channel account.")
    }
  })

  const find = Effect.fnUntraced(function*(id: RoleAssignmentId) {
    const organization = yield* CurrentOrganization
    const found = yield* store.assignment(organization.id, id)
    return Option.isSome(found) ? found.value : yield* NotFound.of("role assignment", id)
  })

  return RoleAssignments.of({
    list: Effect.fn("RoleAssignments.list")(function*(query) {
      const { id } = yield* CurrentOrganization
      const after = yield* Pagination.position(RoleAssignmentId, query)
      const limit = Pagination.limit(query)
      const now = yield* Clock.currentTimeMillis
      const rows = yield* store.assignments(id, { userId: query.userId, role: query.role, after, limit: limit + 1 })
      return Pagination.page(rows.map((row) => toAssignment(row, now)), limit, RoleAssignmentId, (one) => one.id)
    }),
    get: Effect.fn("RoleAssignments.get")(function*(id) {
      return toAssignment(yield* find(id), yield* Clock.currentTimeMillis)
    }),
    give: Effect.fn("RoleAssignments.give")(function*(input) {
      const { id } = yield* CurrentOrganization
      const { actor } = yield* CurrentActor
      const now = yield* Clock.currentTimeMillis
      const validFrom = input.validFrom === undefined ? null : DateTime.toEpochMillis(input.validFrom)
      const validUntil = input.validUntil === undefined ? null : DateTime.toEpochMillis(input.validUntil)
      if (validUntil !== null && validUntil <= Math.max(now, validFrom ?? now)) {
        return yield* InvalidInput.of("/validUntil", "This is not after its beginning, or lies in the past.")
      }
      if (input.role === AccessRules.ownerKey) {
        return yield* InvalidInput.of(
          "/role",
          "Owners are owners of the whole organization: change their role as a member."
        )
      }
      return yield* store.changing(
        id,
        Effect.gen(function*() {
          const member = yield* store.member(id, input.userId)
          if (Option.isNone(member)) return yield* InvalidInput.of("/userId", "There is no such member.")
          const { roles } = yield* access.catalog
          if (!roles.has(input.role)) return yield* InvalidInput.of("/role", `There is no role "${input.role}".`)
          yield* checkScope(input.scope)
          if (member.value.assignments.length >= maximumOfMember) {
            return yield* new Conflict({ detail: `A member is given ${maximumOfMember} roles at most.` })
          }
          yield* access.checkManage(input.userId)
          yield* access.checkGive({ role: input.role, scope: input.scope, userId: input.userId })
          const assignment: StoredAssignment = {
            assignmentId: yield* Id.next(RoleAssignmentId),
            userId: input.userId,
            role: input.role,
            scope: input.scope,
            validFrom,
            validUntil,
            reason: input.reason ?? null,
            createdBy: actor,
            createdAt: now
          }
          yield* store.addAssignment(id, assignment)
          yield* events.append(CoreEvents.roleGiven, {
            aggregateId: input.userId,
            payload: { roleAssignmentId: assignment.assignmentId, userId: input.userId, role: input.role }
          })
          yield* audit.record({
            action: "role.given",
            target: { type: "member", id: input.userId },
            after: written(assignment)
          })
          return toAssignment(assignment, now)
        })
      )
    }),
    take: Effect.fn("RoleAssignments.take")(function*(id) {
      const organization = yield* CurrentOrganization
      yield* store.changing(
        organization.id,
        Effect.gen(function*() {
          const assignment = yield* find(id)
          yield* access.checkManage(assignment.userId)
          yield* store.removeAssignment(organization.id, id)
          yield* events.append(CoreEvents.roleTaken, {
            aggregateId: assignment.userId,
            payload: { roleAssignmentId: id, userId: assignment.userId, role: assignment.role }
          })
          yield* audit.record({
            action: "role.taken",
            target: { type: "member", id: assignment.userId },
            before: written(assignment)
          })
        })
      )
    })
  })
})

const toInstant = (millis: number | null) => millis === null ? null : DateTime.makeUnsafe(millis)

const written = (assignment: StoredAssignment) => ({
  id: assignment.assignmentId,
  role: assignment.role,
  scope: assignment.scope,
  validFrom: toInstant(assignment.validFrom),
  validUntil: toInstant(assignment.validUntil),
  reason: assignment.reason
})

const toAssignment = (assignment: StoredAssignment, now: number): RoleAssignment =>
  new RoleAssignment({
    id: assignment.assignmentId,
    userId: assignment.userId,
    role: assignment.role,
    scope: assignment.scope,
    validFrom: toInstant(assignment.validFrom),
    validUntil: toInstant(assignment.validUntil),
    active: AccessRules.isValidAt(assignment, now),
    reason: assignment.reason,
    createdBy: assignment.createdBy,
    createdAt: DateTime.makeUnsafe(assignment.createdAt)
  })
