/**
 * Everything of this package that serves HTTP.
 *
 * @since 0.1.0
 */
import { Layer } from "effect"
import * as ApiKeysHttp from "./ApiKeys/Http.ts"
import * as AuditHttp from "./Audit/Http.ts"
import * as AuthenticationHttp from "./Authentication/Http.ts"
import * as IdempotencyHttp from "./Idempotency/Http.ts"
import * as MembershipsHttp from "./Memberships/Http.ts"
import * as OrganizationsHttp from "./Organizations/Http.ts"
import { RequestProblems } from "./RequestProblems.ts"
import * as SessionsHttp from "./Sessions/Http.ts"

/**
 * The handlers of `CoreApi`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerHandlers = Layer.mergeAll(
  SessionsHttp.layer,
  OrganizationsHttp.layer,
  MembershipsHttp.layer,
  ApiKeysHttp.layer,
  AuditHttp.layer
)

/**
 * The middleware that every package's endpoints use.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMiddleware = Layer.mergeAll(
  AuthenticationHttp.layer,
  IdempotencyHttp.layerSql,
  RequestProblems.layer
)
