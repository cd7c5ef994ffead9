/**
 * What the core's problems say beyond what people meet most (`ProblemTexts.details`), and the words for what is named in
 * them. A detail is written where the problem arises, in English, and is told by those words.
 *
 * @since 0.1.0
 */
import { access } from "./internal/problemDetails/access.ts"
import { expectations } from "./internal/problemDetails/expectations.ts"
import { organizations } from "./internal/problemDetails/organizations.ts"
import { requests } from "./internal/problemDetails/requests.ts"
import { signIn } from "./internal/problemDetails/signIn.ts"
import { things } from "./internal/problemDetails/things.ts"
import * as MessageCatalogue from "./MessageCatalogue.ts"

/**
 * @category texts
 * @since 0.1.0
 */
export const details = MessageCatalogue.define("core-problem-details", {
  ...signIn,
  ...organizations,
  ...access,
  ...requests
}, { use: "problem-details" })

/**
 * What stands in a detail's `{resource}`, `{caller}`, `{type}` or `{what}`: the kinds of things, and what is expected
 * of a value.
 *
 * @category texts
 * @since 0.1.0
 */
export const words = MessageCatalogue.define("problem-words", { ...things, ...expectations }, { use: "problem-words" })
