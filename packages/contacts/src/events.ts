/**
 * What happens to contacts, for consumers of the event log. Payloads name contacts, not people.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Events from "@wicara/core/Events"
import { ConsentPurpose, ConsentSource, ContactId, ContactMergeId } from "./Contact.ts"

/** @category events @since 0.1.0 */
export const ContactCreated = Events.define("contact.created", Schema.Struct({ contactId: ContactId }))

/** @category events @since 0.1.0 */
export const ContactUpdated = Events.define(
  "contact.updated",
  Schema.Struct({
    contactId: ContactId,
    /** The names of the fields that changed. */
    fields: Schema.Array(Schema.String)
  })
)

/** @category events @since 0.1.0 */
export const ContactMerged = Events.define(
  "contact.merged",
  Schema.Struct({ contactId: ContactId, mergedContactId: ContactId, mergeId: ContactMergeId })
)

/** @category events @since 0.1.0 */
export const ContactUnmerged = Events.define(
  "contact.unmerged",
  Schema.Struct({ contactId: ContactId, restoredContactId: ContactId, mergeId: ContactMergeId })
)

/** @category events @since 0.1.0 */
export const ConsentChanged = Events.define(
  "contact.consent_changed",
  Schema.Struct({
    contactId: ContactId,
    purpose: ConsentPurpose,
    state: Schema.Literals(["granted", "denied"]),
    source: ConsentSource
  })
)
