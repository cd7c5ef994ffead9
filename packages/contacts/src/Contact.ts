/**
 * A customer as one organization knows them. A phone number is one identity among several, and never a required one.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { IdentityKind } from "@wicara/channels/Address"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import type * as Sorting from "@wicara/core/Sorting"

/**
 * @category ids
 * @since 0.1.0
 */
export const ContactId = Id.make("ContactId", "A customer as one organization knows them.")
/** @since 0.1.0 */
export type ContactId = typeof ContactId.Type

/**
 * @category ids
 * @since 0.1.0
 */
export const ContactMergeId = Id.make("ContactMergeId", "One merge of two contacts; it can be undone.")
/** @since 0.1.0 */
export type ContactMergeId = typeof ContactMergeId.Type

/**
 * What a consent is about: `marketing`, or `all` messages that the customer did not ask for.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ConsentPurpose = Schema.Literals(["marketing", "all"])
/** @since 0.1.0 */
export type ConsentPurpose = typeof ConsentPurpose.Type

/**
 * How a consent was learned: a keyword the customer wrote, a setting on the platform, a form they sent, a person, a
 * program, an import.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ConsentSource = Schema.Literals(["keyword", "platform", "form", "person", "api", "import"])
/** @since 0.1.0 */
export type ConsentSource = typeof ConsentSource.Type

/**
 * @category models
 * @since 0.1.0
 */
export const Consent = Schema.Struct({
  state: Schema.Literals(["unknown", "granted", "denied"]),
  source: Schema.NullOr(ConsentSource),
  changedAt: Schema.NullOr(Schema.DateTimeUtcFromString)
}).annotate({ identifier: "Consent" })
/** @since 0.1.0 */
export type Consent = typeof Consent.Type

/**
 * An identity of a contact. Phone numbers and e-mail addresses are known to the whole organization, the others to one
 * channel account.
 *
 * @category models
 * @since 0.1.0
 */
export const ContactIdentity = Schema.Struct({
  kind: IdentityKind,
  value: Schema.String,
  channelAccountId: Schema.NullOr(ChannelAccountId)
}).annotate({ identifier: "ContactIdentity" })
/** @since 0.1.0 */
export type ContactIdentity = typeof ContactIdentity.Type

/**
 * What somebody vouched for with a signature, such as the backend of a site for who is signed in there. It is kept apart
 * from what anybody says or changes, and only another proof replaces it.
 *
 * @category models
 * @since 0.1.0
 */
export const Verified = Schema.Struct({
  displayName: Schema.NullOr(Schema.String),
  email: Schema.NullOr(Schema.String),
  attributes: Schema.JsonObject,
  /** When it was last another. */
  changedAt: Schema.DateTimeUtcFromString
}).annotate({ identifier: "VerifiedContact" })
/** @since 0.1.0 */
export type Verified = typeof Verified.Type

const Name = Schema.String.check(Schema.isTrimmed(), Schema.isMinLength(1), Schema.isMaxLength(500))

/**
 * @category models
 * @since 0.1.0
 */
export class Contact extends Schema.Class<Contact>("Contact")({
  id: ContactId,
  displayName: Schema.NullOr(Schema.String),
  /** E.164 with its plus sign. */
  phone: Schema.NullOr(Schema.String),
  email: Schema.NullOr(Schema.String),
  /** A name on the platform: a label, not an address. */
  username: Schema.NullOr(Schema.String),
  /** BCP 47. */
  language: Schema.NullOr(Schema.String),
  /** What is known; what customers say of themselves is under `stated`. */
  attributes: Schema.JsonObject,
  /** Null: nobody vouched for anything. */
  verified: Schema.NullOr(Verified),
  consent: Schema.Struct({ marketing: Consent, all: Consent }),
  /** The contact that this one became part of. */
  mergedInto: Schema.NullOr(ContactId),
  createdAt: Schema.DateTimeUtcFromString,
  updatedAt: Schema.DateTimeUtcFromString
}) {}

/**
 * A contact with its identities and those of the contacts merged into it.
 *
 * @category models
 * @since 0.1.0
 */
export class ContactDetail extends Contact.extend<ContactDetail>("ContactDetail")({
  identities: Schema.Array(ContactIdentity)
}) {}

/**
 * What to change; absent fields stay, `null` clears.
 *
 * @category models
 * @since 0.1.0
 */
export const UpdateContact = Schema.Struct({
  displayName: Schema.optionalKey(Schema.NullOr(Name)),
  email: Schema.optionalKey(Schema.NullOr(
    Schema.String.check(
      Schema.isPattern(/^[^\s@]+@[^\s@]+$/, { expected: "an e-mail address" }),
      Schema.isMaxLength(190)
    )
  )),
  language: Schema.optionalKey(Schema.NullOr(
    Schema.String.check(Schema.isPattern(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, { expected: "a BCP 47 language tag" }))
  )),
  /** Replaces all attributes. */
  attributes: Schema.optionalKey(Schema.JsonObject)
}).annotate({ identifier: "UpdateContact" })
/** @since 0.1.0 */
export type UpdateContact = typeof UpdateContact.Type

/**
 * @category models
 * @since 0.1.0
 */
export const ChangeConsent = Schema.Struct({
  purpose: ConsentPurpose,
  state: Schema.Literals(["granted", "denied"]),
  /** What it rests on: the customer's words, a form's address. */
  evidence: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(2000)))
}).annotate({ identifier: "ChangeConsent" })
/** @since 0.1.0 */
export type ChangeConsent = typeof ChangeConsent.Type

/**
 * Two contacts found to be one person. Undoing it restores both.
 *
 * @category models
 * @since 0.1.0
 */
export class ContactMerge extends Schema.Class<ContactMerge>("ContactMerge")({
  id: ContactMergeId,
  /** The one that stays. */
  contactId: ContactId,
  /** The one that became part of it. */
  mergedContactId: ContactId,
  /** Why: `identities` seen together in one payload, `identity_changed`, or `person`. */
  reason: Schema.Literals(["identities", "identity_changed", "person"]),
  evidence: Schema.JsonObject,
  mergedAt: Schema.DateTimeUtcFromString,
  undoneAt: Schema.NullOr(Schema.DateTimeUtcFromString)
}) {}

/**
 * What contacts are sorted by, with `-` before it the other way round.
 *
 * @category models
 * @since 0.1.0
 */
export type ContactSort = Sorting.Sort<typeof contactSorts[number]>

/**
 * @category constants
 * @since 0.1.0
 */
export const contactSorts = ["createdAt", "name"] as const
