/**
 * An account elsewhere that signs in here, and what may come of signing in with one.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import { Instant } from "./Instant.ts"
import { typeUri } from "./Problem.ts"
import { titles } from "./ProblemTexts.ts"

/**
 * @category models
 * @since 0.1.0
 */
export class LinkedIdentity extends Schema.Class<LinkedIdentity>("LinkedIdentity")({
  provider: Schema.String,
  email: Schema.NullOr(Schema.String).annotate({ description: "The address that the provider named." }),
  createdAt: Instant,
  lastUsedAt: Schema.NullOr(Instant)
}, { description: "An account at a sign-in provider that signs in to the one here." }) {}

/**
 * Where to send the browser, and what the page keeps until it comes back.
 *
 * @category models
 * @since 0.1.0
 */
export const ProviderStart = Schema.Struct({
  url: Schema.String.annotate({ description: "Where to send the browser." }),
  flow: Schema.String.annotate({
    description: "What the page keeps (in its session storage) and answers with, within ten minutes, once."
  })
}).annotate({ identifier: "ProviderStart" })
/** @since 0.1.0 */
export type ProviderStart = typeof ProviderStart.Type

/**
 * The provider refused, does not answer, or said what does not hold.
 *
 * @category errors
 * @since 0.1.0
 */
export class ProviderRefused extends HttpApiError.Problem<ProviderRefused>()("ProviderRefused", {
  type: typeUri("provider-refused"),
  status: 422,
  title: titles.messages["provider-refused"].en
}, { provider: Schema.String }) {}

/**
 * There is an account here with the same proven address: confirm that the one elsewhere may sign in to it.
 *
 * @category errors
 * @since 0.1.0
 */
export class LinkConfirmationRequired
  extends HttpApiError.Problem<LinkConfirmationRequired>()("LinkConfirmationRequired", {
    type: typeUri("link-confirmation-required"),
    status: 422,
    title: titles.messages["link-confirmation-required"].en
  }, {
    provider: Schema.String,
    email: Schema.String,
    challenge: Schema.String.annotate({ description: "What to confirm with, within ten minutes, once." })
  })
{}
