import { Effect } from "effect"
import * as Permissions from "@wicara/core/Permissions"
import { Forbidden, NotFound } from "@wicara/core/Problem"
import type { Reach, Resource } from "@wicara/core/Scope"
import { CurrentActor } from "@wicara/core/Tenancy"
import { permissions } from "../permissions.ts"
import type { ConversationRow } from "./conversationRows.ts"

/** What permissions on a conversation can be limited by. */
export const resourceOf = (row: Pick<ConversationRow, "channelAccountId" | "ownerId" | "teamId">): Resource => ({
  teamId: row.teamId,
  channelAccountId: row.channelAccountId,
  ownerId: row.ownerId
})

/** Whether the actor may read every conversation, so that none has to be looked at. */
export const readsAll: Effect.Effect<boolean, never, CurrentActor> = Effect.map(
  CurrentActor,
  (actor) => Permissions.holds(actor, permissions.read)
)

/** Fails unless the actor may do this in the conversation. What they may not even read is not there. */
export const check = Effect.fnUntraced(function*(
  permission: Permissions.Permission,
  row: Pick<ConversationRow, "id" | "channelAccountId" | "ownerId" | "teamId">,
  resource = "conversation",
  id: string = row.id
) {
  const actor = yield* CurrentActor
  const of = resourceOf(row)
  if (!Permissions.can(actor, permissions.read, of)) return yield* NotFound.of(resource, id)
  if (!Permissions.can(actor, permission, of)) return yield* Forbidden.of(permission.name)
})

const maximumQueries = 8

/**
 * What the actor may read, as reaches that a list is asked for one after another; `all` when it is everything. A reach
 * of several teams becomes one of each, which an index answers, unless there would be too many.
 */
export const readable: Effect.Effect<
  "all" | { readonly allow: ReadonlyArray<Reach>; readonly deny: ReadonlyArray<Reach> },
  never,
  CurrentActor
> = Effect.map(CurrentActor, (actor) => {
  const reach = Permissions.reach(actor, permissions.read)
  if (reach === "all") return "all"
  const single = reach.allow.flatMap((one) =>
    one.teamIds === undefined ? [one] : one.teamIds.map((teamId): Reach => ({ ...one, teamIds: [teamId] }))
  )
  return { allow: single.length <= maximumQueries ? single : reach.allow, deny: reach.deny }
})
