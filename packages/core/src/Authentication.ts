/**
 * The contract of signed-in endpoints: a bearer session token or API key (`wk_...`), from which the organization, the
 * actor and its permissions follow. The implementation is in `Authentication/Http.ts`; this module is safe in a
 * browser.
 *
 * @since 0.1.0
 */
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { Forbidden, Unauthorized } from "./Problem.ts"
import type { CurrentActor, CurrentOrganization } from "./Tenancy.ts"

/**
 * Put it on every group whose endpoints need a caller. It also checks the endpoint's `Permissions.Access` annotation.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Authentication extends HttpApiMiddleware.Service<Authentication, {
  provides: CurrentOrganization | CurrentActor
}>()("@wicara/core/Authentication", {
  requiredForClient: true,
  security: {
    bearer: HttpApiSecurity.bearer
  },
  error: [Unauthorized, Forbidden]
}) {}
