/**
 * The second factor of an account, as its person sees it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"

/**
 * @category models
 * @since 0.1.0
 */
export class TwoFactorStatus extends Schema.Class<TwoFactorStatus>("TwoFactorStatus")({
  enabled: Schema.Boolean,
  enabledAt: Schema.NullOr(Instant),
  recoveryCodesLeft: Schema.Int
}, { description: "Whether signing in asks for a one-time code." }) {}

/**
 * What an authenticator app is set up with; shown this once.
 *
 * @category models
 * @since 0.1.0
 */
export class TwoFactorSetup extends Schema.Class<TwoFactorSetup>("TwoFactorSetup")({
  key: Schema.String.annotate({ description: "The key in base32, to be typed in." }),
  uri: Schema.String.annotate({ description: "The same as an `otpauth:` address, to be shown as a QR code." })
}) {}

/**
 * What an organization asks of its members' sign-in.
 *
 * @category models
 * @since 0.1.0
 */
export const SignInPolicy = Schema.Struct({
  twoFactorRequired: Schema.Boolean.annotate({
    description: "Members act in the organization only with a second factor or a passkey."
  })
}).annotate({ identifier: "SignInPolicy", description: "What an organization asks of its members' sign-in." })
/** @since 0.1.0 */
export type SignInPolicy = typeof SignInPolicy.Type
