/**
 * Who or where a provider says someone is. A phone number is only one kind of identity, and never a required one.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * The kinds of identity that channels know.
 *
 * - `phone`: digits of an E.164 number without the plus sign
 * - `lid`: WhatsApp's hidden linked id, digits (WAHA: `<digits>@lid`)
 * - `bsuid`, `parent_bsuid`: business-scoped user ids of the Cloud API (`US.1349…`, `US.ENT.…`)
 * - `username`: a WhatsApp username; a label, never a key to send to
 * - `visitor`: a widget visitor
 * - `email`, `external`: known by other means
 *
 * @category schemas
 * @since 0.1.0
 */
export const IdentityKind = Schema.Literals([
  "phone",
  "lid",
  "bsuid",
  "parent_bsuid",
  "username",
  "visitor",
  "email",
  "external"
])
/** @since 0.1.0 */
export type IdentityKind = typeof IdentityKind.Type

/**
 * One identity of a person, as one channel account sees it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Identity = Schema.Struct({
  kind: IdentityKind,
  value: Schema.String
}).annotate({ identifier: "Identity" })
/** @since 0.1.0 */
export type Identity = typeof Identity.Type

/**
 * Where a message came from and where an answer goes: a person's identity, or a group.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Address = Schema.Struct({
  kind: Schema.Literals([...IdentityKind.literals, "group", "newsletter", "broadcast"]),
  value: Schema.String
}).annotate({ identifier: "Address" })
/** @since 0.1.0 */
export type Address = typeof Address.Type
