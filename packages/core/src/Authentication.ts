/**
 * The contract of signed-in endpoints: a bearer session token or API key (`wk_...`), or a session's cookie in a browser,
 * from which the organization, the actor and its permissions follow. The implementation is in `Authentication/Http.ts`; this module is safe in a
 * browser.
 *
 * @since 0.1.0
 */
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { Forbidden, ModuleDisabled, OrganizationInactive, TooManyRequests, Unauthorized } from "./Problem.ts"
import { TwoFactorSetupRequired } from "./Session.ts"
import type { CurrentActor, CurrentOrganization } from "./Tenancy.ts"

/**
 * The cookie of a browser's session: of this host alone, over TLS alone, out of reach of scripts, and never sent by
 * another site's page.
 *
 * @category constants
 * @since 0.1.0
 */
export const sessionCookie = "__Host-wicara"

/**
 * The header with the id of the organization in which a platform administrator acts.
 *
 * @category constants
 * @since 0.1.0
 */
export const organizationHeader = "wicara-organization"

/**
 * The header that says why, 3 to 500 characters; other than ASCII ones percent-encoded. Anybody may send it: the log of
 * requests keeps it as the purpose of those that are about somebody's personal data.
 *
 * @category constants
 * @since 0.1.0
 */
export const reasonHeader = "wicara-reason"

/**
 * Put it on every group whose endpoints need a caller. It also checks the endpoint's `Permissions.Access` annotation,
 * that the organization's state allows it (`Standing`) and that the organization uses the module (`Modules`), and counts
 * the request for its caller (`RateLimits`).
 *
 * A platform administrator acts in any organization by naming it (`organizationHeader`) and saying why
 * (`reasonHeader`); the organization's audit log tells each such request.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Authentication extends HttpApiMiddleware.Service<Authentication, {
  provides: CurrentOrganization | CurrentActor
}>()("@wicara/core/Authentication", {
  requiredForClient: true,
  security: {
    cookie: HttpApiSecurity.apiKey({ in: "cookie", key: sessionCookie }),
    bearer: HttpApiSecurity.bearer
  },
  error: [Unauthorized, Forbidden, TwoFactorSetupRequired, OrganizationInactive, ModuleDisabled, TooManyRequests]
}) {}
