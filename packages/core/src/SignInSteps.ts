/**
 * What people answer with when signing in asks for more.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { PasskeyResponse } from "./Passkey.ts"
import * as Secret from "./Secret.ts"
import { OrganizationId } from "./Tenancy.ts"

/**
 * The answer to a challenge.
 *
 * @category models
 * @since 0.1.0
 */
export const ChallengeAnswer = Schema.Union([
  Schema.Struct({ type: Schema.Literal("totp"), code: Schema.String.check(Schema.isMaxLength(16)) }),
  Schema.Struct({ type: Schema.Literal("recovery_code"), code: Schema.String.check(Schema.isMaxLength(64)) }),
  Schema.Struct({ type: Schema.Literal("passkey"), response: PasskeyResponse }),
  Schema.Struct({ type: Schema.Literal("organization"), organizationId: OrganizationId })
]).annotate({ identifier: "ChallengeAnswer", description: "The answer to a challenge, by its kind." })
/** @since 0.1.0 */
export type ChallengeAnswer = typeof ChallengeAnswer.Type

/**
 * How somebody proves once more who they are: all that signing in would ask of them. A passkey stands for both factors.
 *
 * @category models
 * @since 0.1.0
 */
export const Reauthentication = Schema.Struct({
  password: Schema.optionalKey(Secret.Input),
  code: Schema.optionalKey(
    Schema.String.check(Schema.isMaxLength(16)).annotate({ description: "Of the authenticator app, if there is one." })
  ),
  passkey: Schema.optionalKey(Schema.Struct({ challenge: Schema.String, response: PasskeyResponse }))
})
/** @since 0.1.0 */
export type Reauthentication = typeof Reauthentication.Type
