/**
 * A passkey, and what goes to and fro between a browser and the server with it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "./Id.ts"
import { Instant } from "./Instant.ts"
import { Name } from "./Organization.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const PasskeyId = Id.make("PasskeyId", "A passkey of one person.")
/** @since 0.1.0 */
export type PasskeyId = typeof PasskeyId.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Passkey extends Schema.Class<Passkey>("Passkey")({
  id: PasskeyId,
  name: Schema.String,
  backedUp: Schema.Boolean.annotate({ description: "Kept in an account of its maker's, and not on one device alone." }),
  createdAt: Instant,
  lastUsedAt: Schema.NullOr(Instant)
}, { description: "A passkey of one person." }) {}

/**
 * What a browser is asked with: `options` go to `PublicKeyCredential.parseCreationOptionsFromJSON` or
 * `parseRequestOptionsFromJSON`, the answer's `toJSON()` comes back with the challenge.
 *
 * @category models
 * @since 0.1.0
 */
export class PasskeyRequest extends Schema.Class<PasskeyRequest>("PasskeyRequest")({
  challenge: Schema.String.annotate({ description: "What to continue with, within ten minutes, once." }),
  options: Schema.Json
}) {}

/**
 * What the browser answered, as `PublicKeyCredential.toJSON()` has it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PasskeyResponse = Schema.StructWithRest(
  Schema.Struct({ id: Schema.String.check(Schema.isMaxLength(1400)) }),
  [Schema.Record(Schema.String, Schema.Json)]
).annotate({ identifier: "PasskeyResponse", description: "`PublicKeyCredential.toJSON()`." })
/** @since 0.1.0 */
export type PasskeyResponse = typeof PasskeyResponse.Type

/**
 * The name of a passkey.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PasskeyName = Name
