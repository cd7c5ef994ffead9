/**
 * Everything of this package that serves HTTP.
 *
 * @since 0.1.0
 */
import { Layer } from "effect"
import * as AccountHttp from "./Account/Http.ts"
import * as AgentProfilesHttp from "./AgentProfiles/Http.ts"
import * as ApiKeysHttp from "./ApiKeys/Http.ts"
import * as AuditHttp from "./Audit/Http.ts"
import * as AuthenticationHttp from "./Authentication/Http.ts"
import * as FactorRecoveriesHttp from "./FactorRecoveries/Http.ts"
import * as IdempotencyHttp from "./Idempotency/Http.ts"
import * as MemberAccessHttp from "./MemberAccess/Http.ts"
import * as InvitationsHttp from "./Invitations/Http.ts"
import * as JobBatchesHttp from "./JobBatches/Http.ts"
import * as MembershipsHttp from "./Memberships/Http.ts"
import * as OrganizationRolesHttp from "./OrganizationRoles/Http.ts"
import * as MessageTextsHttp from "./MessageTexts/Http.ts"
import * as ModulesHttp from "./Modules/Http.ts"
import * as MachineUsersHttp from "./MachineUsers/Http.ts"
import * as OrganizationsHttp from "./Organizations/Http.ts"
import * as PlatformHttp from "./PlatformAdmins/Http.ts"
import * as SettingsHttp from "./Settings/Http.ts"
import * as PermissionGroupsHttp from "./PermissionGroups/Http.ts"
import * as ProviderSignInHttp from "./ProviderSignIn/Http.ts"
import * as RequestLogHttp from "./RequestLog/Http.ts"
import * as RateLimitsHttp from "./RateLimits/Http.ts"
import { RequestProblems } from "./RequestProblems.ts"
import * as RoleAssignmentsHttp from "./RoleAssignments/Http.ts"
import * as SessionsHttp from "./Sessions/Http.ts"
import * as TeamsHttp from "./Teams/Http.ts"

/**
 * The handlers of `CoreApi`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerHandlers = Layer.mergeAll(
  SessionsHttp.layer,
  AccountHttp.layer,
  FactorRecoveriesHttp.layer,
  ProviderSignInHttp.layer,
  OrganizationsHttp.layer,
  MessageTextsHttp.layer,
  ModulesHttp.layer,
  SettingsHttp.layer,
  PlatformHttp.layer,
  MembershipsHttp.layer,
  InvitationsHttp.layer,
  MemberAccessHttp.layer,
  OrganizationRolesHttp.layer,
  PermissionGroupsHttp.layer,
  RoleAssignmentsHttp.layer,
  TeamsHttp.layer,
  AgentProfilesHttp.layer,
  ApiKeysHttp.layer,
  MachineUsersHttp.layer,
  AuditHttp.layer,
  RateLimitsHttp.layer,
  RequestLogHttp.layer,
  JobBatchesHttp.layer
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
