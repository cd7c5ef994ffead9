/**
 * The HTTP API of this package: its groups, to be added to a server's API or called as they are.
 *
 * @since 0.1.0
 */
import { HttpApi } from "effect/http-api"
import { ApiKeysApi } from "./ApiKeys/Api.ts"
import { AuditApi } from "./Audit/Api.ts"
import { MembersApi } from "./Memberships/Api.ts"
import { OrganizationsApi } from "./Organizations/Api.ts"
import { SessionsApi } from "./Sessions/Api.ts"

/**
 * `HttpApi.make("wicara").addHttpApi(CoreApi)` adds its groups to an API.
 *
 * @category api
 * @since 0.1.0
 */
export class CoreApi
  extends HttpApi.make("wicara").add(SessionsApi, OrganizationsApi, MembersApi, ApiKeysApi, AuditApi)
{}
