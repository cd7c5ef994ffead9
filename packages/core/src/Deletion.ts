/**
 * The deletion of an organization, from the request to the receipt.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "./Id.ts"
import { Instant } from "./Instant.ts"
import { Actor, OrganizationId } from "./Tenancy.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const DeletionId = Id.make("DeletionId", "One deletion of an organization.")
/** @since 0.1.0 */
export type DeletionId = typeof DeletionId.Type

/**
 * `scheduled` until it is due and may be called off; `erasing` from then on; `done` when nothing is left.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DeletionState = Schema.Literals(["scheduled", "cancelled", "erasing", "done"])
/** @since 0.1.0 */
export type DeletionState = typeof DeletionState.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Deletion extends Schema.Class<Deletion>("Deletion")({
  id: DeletionId,
  organizationId: OrganizationId,
  state: DeletionState,
  reason: Schema.NullOr(Schema.String),
  requestedBy: Actor,
  requestedAt: Instant,
  dueAt: Instant.annotate({ description: "When the erasure begins; until then it can be called off." }),
  erased: Schema.Record(Schema.String, Schema.Int).annotate({
    description:
      "How many rows of which table were deleted, or rewritten where they are kept, and how many contents of files " +
      "(`files_contents`): the receipt."
  }),
  endedAt: Schema.NullOr(Instant)
}, { description: "The deletion of an organization." }) {}
