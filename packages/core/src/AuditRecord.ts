/**
 * A record of the audit log.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import * as Id from "./Id.ts"
import { Actor } from "./Tenancy.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const AuditId = Id.make("AuditId", "One record of the audit log.")
/** @since 0.1.0 */
export type AuditId = typeof AuditId.Type

/**
 * @category models
 * @since 0.1.0
 */
export class AuditRecord extends Schema.Class<AuditRecord>("AuditRecord")({
  id: AuditId,
  actor: Actor,
  action: Schema.String,
  target: Schema.Struct({ type: Schema.String, id: Schema.String }),
  before: Schema.NullOr(Schema.Json),
  after: Schema.NullOr(Schema.Json),
  requestId: Schema.NullOr(Schema.String),
  at: Instant
}, { description: "Who did what to which thing, and what it was before and after." }) {}
