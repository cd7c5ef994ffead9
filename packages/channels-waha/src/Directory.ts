/**
 * What is kept here of a paired number's address book and groups.
 *
 * @since 0.1.0
 */
import { Instant } from "@wicara/core/Instant"
import { Schema } from "effect"

/**
 * Somebody in WAHA's list of contacts.
 *
 * @category models
 * @since 0.1.0
 */
export const DirectoryContact = Schema.Struct({
  chatId: Schema.String,
  phone: Schema.NullOr(Schema.String).annotate({ description: "Digits; null where WhatsApp hides the number." }),
  name: Schema.NullOr(Schema.String).annotate({ description: "In the phone's address book." }),
  pushName: Schema.NullOr(Schema.String).annotate({ description: "As they call themselves." }),
  inAddressBook: Schema.Boolean,
  blocked: Schema.Boolean,
  syncedAt: Instant
}).annotate({ identifier: "WahaDirectoryContact" })
/** @since 0.1.0 */
export type DirectoryContact = typeof DirectoryContact.Type

/** @category models @since 0.1.0 */
export const DirectoryMember = Schema.Struct({
  chatId: Schema.String,
  role: Schema.Literals(["owner", "admin", "member"])
}).annotate({ identifier: "WahaDirectoryMember" })

/**
 * A group that the number is in, with its settings; null for what the engine does not tell.
 *
 * @category models
 * @since 0.1.0
 */
export const DirectoryGroup = Schema.Struct({
  chatId: Schema.String,
  subject: Schema.String,
  description: Schema.NullOr(Schema.String),
  announceOnly: Schema.NullOr(Schema.Boolean).annotate({ description: "Only administrators write." }),
  locked: Schema.NullOr(Schema.Boolean).annotate({
    description: "Only administrators change what the group is called."
  }),
  joinApproval: Schema.NullOr(Schema.Boolean).annotate({ description: "Administrators let people in." }),
  members: Schema.Array(DirectoryMember),
  syncedAt: Instant
}).annotate({ identifier: "WahaDirectoryGroup" })
/** @since 0.1.0 */
export type DirectoryGroup = typeof DirectoryGroup.Type

/** @category models @since 0.1.0 */
export const SyncKind = Schema.Literals(["contacts", "groups", "lids"])
/** @since 0.1.0 */
export type SyncKind = typeof SyncKind.Type

/**
 * How far the reading of one list came.
 *
 * @category models
 * @since 0.1.0
 */
export const SyncState = Schema.Struct({
  kind: SyncKind,
  state: Schema.Literals(["running", "done", "failed"]),
  seen: Schema.Int,
  reason: Schema.NullOr(Schema.String).annotate({ description: "Why it failed, or waits." }),
  startedAt: Instant,
  finishedAt: Schema.NullOr(Instant)
}).annotate({ identifier: "WahaSyncState" })
/** @since 0.1.0 */
export type SyncState = typeof SyncState.Type
