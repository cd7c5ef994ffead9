/**
 * The HTTP API of this package: its groups, to be added to a server's API or called as they are.
 *
 * @since 0.1.0
 */
import { HttpApi } from "effect/http-api"
import { AccountApi } from "./Account/Api.ts"
import { AgentsApi } from "./AgentProfiles/Api.ts"
import { ApiKeysApi } from "./ApiKeys/Api.ts"
import { AuditApi } from "./Audit/Api.ts"
import { MemberAccessApi } from "./MemberAccess/Api.ts"
import { FactorRecoveriesApi } from "./FactorRecoveries/Api.ts"
import { InvitationsApi, ReceivedInvitationsApi } from "./Invitations/Api.ts"
import { MembersApi } from "./Memberships/Api.ts"
import { RolesApi } from "./OrganizationRoles/Api.ts"
import { MachineUsersApi } from "./MachineUsers/Api.ts"
import { MessageTextsApi } from "./MessageTexts/Api.ts"
import { ModulesApi } from "./Modules/Api.ts"
import { OrganizationsApi, PublicOrganizationsApi } from "./Organizations/Api.ts"
import { PlatformApi } from "./PlatformAdmins/Api.ts"
import { JobBatchesApi } from "./JobBatches/Api.ts"
import { SettingsApi } from "./Settings/Api.ts"
import { PermissionsApi } from "./PermissionGroups/Api.ts"
import { RoleAssignmentsApi } from "./RoleAssignments/Api.ts"
import { ProviderSignInApi } from "./ProviderSignIn/Api.ts"
import { RequestLogApi } from "./RequestLog/Api.ts"
import { RateLimitsApi } from "./RateLimits/Api.ts"
import { SessionsApi } from "./Sessions/Api.ts"
import { TeamsApi } from "./Teams/Api.ts"

/**
 * `HttpApi.make("wicara").addHttpApi(CoreApi)` adds its groups to an API.
 *
 * @category api
 * @since 0.1.0
 */
export class CoreApi extends HttpApi.make("wicara").add(
  SessionsApi,
  AccountApi,
  FactorRecoveriesApi,
  ProviderSignInApi,
  OrganizationsApi,
  PublicOrganizationsApi,
  SettingsApi,
  MessageTextsApi,
  ModulesApi,
  PlatformApi,
  MembersApi,
  InvitationsApi,
  ReceivedInvitationsApi,
  MemberAccessApi,
  RolesApi,
  PermissionsApi,
  RoleAssignmentsApi,
  TeamsApi,
  AgentsApi,
  ApiKeysApi,
  MachineUsersApi,
  AuditApi,
  RateLimitsApi,
  RequestLogApi,
  JobBatchesApi
) {}
