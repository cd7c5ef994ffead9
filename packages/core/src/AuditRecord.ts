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
  before: Schema.Json,
  after: Schema.Json,
  requestId: Schema.NullOr(Schema.String),
  address: Schema.NullOr(Schema.String).annotate({ description: "From where it was asked for." }),
  userAgent: Schema.NullOr(Schema.String),
  at: Instant,
  sequence: Schema.NullOr(Schema.Int).annotate({
    description: "Its place in the organization's chain; null for records from before there was one."
  }),
  hash: Schema.NullOr(Schema.String).annotate({
    description: "The SHA-256, in hexadecimal, of this record and the hash before it."
  })
}, { description: "Who did what to which thing, and what it was before and after." }) {}

/**
 * Which records are wanted; all that is given must hold.
 *
 * @category models
 * @since 0.1.0
 */
export const auditFilter = {
  actor: Schema.optional(
    Schema.String.check(Schema.isMaxLength(190)).annotate({
      description: "The id of the user or API key that acted, or the name of the part of the system."
    })
  ),
  action: Schema.optional(
    Schema.String.check(Schema.isMaxLength(120)).annotate({
      description: "An action (`member.changed`), or the beginning of several with an asterisk (`member.*`)."
    })
  ),
  targetType: Schema.optional(Schema.String.check(Schema.isMaxLength(63))),
  targetId: Schema.optional(Schema.String.check(Schema.isMaxLength(190))),
  from: Schema.optional(Instant.pipe(Schema.annotateEncoded({ description: "Not before." }))),
  to: Schema.optional(Instant.pipe(Schema.annotateEncoded({ description: "Before." })))
}

const AuditFilter = Schema.Struct(auditFilter)
/** @since 0.1.0 */
export type AuditFilter = typeof AuditFilter.Type

/**
 * Whether an organization's chain holds.
 *
 * @category models
 * @since 0.1.0
 */
export class AuditVerification extends Schema.Class<AuditVerification>("AuditVerification")({
  isIntact: Schema.Boolean,
  records: Schema.Int.annotate({ description: "Records in the chain." }),
  unchained: Schema.Int.annotate({ description: "Records from before there was a chain, which nothing proves." }),
  erased: Schema.Int.annotate({
    description:
      "Records whose people were taken out when the organization was erased: their place is proven, not what they said."
  }),
  head: Schema.NullOr(Schema.Struct({ sequence: Schema.Int, hash: Schema.String })).annotate({
    description: "The end of the chain. Kept elsewhere, it proves later that nothing before it was changed or removed."
  }),
  problems: Schema.Array(Schema.Struct({
    kind: Schema.Literals(["changed", "missing", "moved", "inserted", "head"]),
    sequence: Schema.NullOr(Schema.Int),
    detail: Schema.String
  })).annotate({ description: "What is wrong, at most a hundred." })
}) {}
