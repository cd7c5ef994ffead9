/**
 * All services of this package on a SQL database.
 *
 * @since 0.1.0
 */
import { Layer } from "effect"
import { AccountNotices } from "../AccountNotices.ts"
import { AccountSecurity } from "../AccountSecurity.ts"
import { AgentProfiles } from "../AgentProfiles.ts"
import { ApiKeys } from "../ApiKeys.ts"
import { Avatars } from "../Avatars.ts"
import { Audit } from "../Audit.ts"
import { AuthenticationEvents } from "../AuthenticationEvents.ts"
import { Deletions } from "../Deletions.ts"
import { EmailVerification } from "../EmailVerification.ts"
import { EventConsumers } from "../EventConsumers.ts"
import { EventLog } from "../EventLog.ts"
import { Events } from "../Events.ts"
import { FactorRecoveries } from "../FactorRecoveries.ts"
import { Invitations } from "../Invitations.ts"
import { JobBatches } from "../JobBatches.ts"
import { JobQueues } from "../JobQueues.ts"
import { MemberAccess } from "../MemberAccess.ts"
import { Memberships } from "../Memberships.ts"
import { MessageTexts } from "../MessageTexts.ts"
import { Entitlements, Modules } from "../Modules.ts"
import { OrganizationRoles } from "../OrganizationRoles.ts"
import { Organizations } from "../Organizations.ts"
import { Ownership } from "../Ownership.ts"
import { Passkeys } from "../Passkeys.ts"
import { PasswordReset } from "../PasswordReset.ts"
import { Passwords } from "../Passwords.ts"
import { PermissionGroups } from "../PermissionGroups.ts"
import { PersonData } from "../PersonData.ts"
import { PlatformAdmins } from "../PlatformAdmins.ts"
import { RemovedAddons } from "../RemovedAddons.ts"
import { RoleAssignments } from "../RoleAssignments.ts"
import { ProviderSignIn } from "../ProviderSignIn.ts"
import { RateLimits } from "../RateLimits.ts"
import { RequestLog } from "../RequestLog.ts"
import { RateLimitStore } from "../RateLimitStore.ts"
import { PermissionRegistry, Roles } from "../Roles.ts"
import { Schedules } from "../Schedules.ts"
import { Secrets } from "../Secrets.ts"
import { Sessions } from "../Sessions.ts"
import { Settings } from "../Settings.ts"
import { Signals } from "../Signals.ts"
import { SignIn } from "../SignIn.ts"
import { SignInLimits } from "../SignInLimits.ts"
import { SignInPolicies } from "../SignInPolicies.ts"
import { Standing } from "../Standing.ts"
import { TenantData } from "../TenantData.ts"
import { TwoFactor } from "../TwoFactor.ts"
import { Teams } from "../Teams.ts"
import { Users } from "../Users.ts"
import * as SqlAccessStore from "./SqlAccessStore.ts"

/**
 * What members may do, from the tables. It needs a client and the registry of all packages' permissions.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerAccess = MemberAccess.layer.pipe(Layer.provideMerge(SqlAccessStore.layer))

/**
 * It needs the tables (`Migrations.run([migrations])`), a client, the master keys (`MasterKeys.layer`) and the modules of
 * the server (`ModuleRegistry.layer([module, ...])`), of which `CoreModule` is this package's, and a
 * `RateLimitStore`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.mergeAll(
  RateLimits.layer,
  RequestLog.layerSql,
  Sessions.layerSql,
  ApiKeys.layerSql,
  Secrets.layerSql,
  EventConsumers.layerSql,
  OrganizationRoles.layer,
  PermissionGroups.layer,
  RoleAssignments.layer,
  AgentProfiles.layerSql,
  Ownership.layerSql,
  Modules.layerSql,
  RemovedAddons.layerSql,
  MessageTexts.layerSql
).pipe(
  Layer.provideMerge(Layer.mergeAll(Memberships.layerSql, Organizations.layerSql, EventLog.layerSql, Teams.layerSql)),
  Layer.provideMerge(layerAccess),
  Layer.provideMerge(
    Layer.mergeAll(Entitlements.layerSettings, TenantData.layerSql, PersonData.layerSql, PlatformAdmins.layerSql)
  ),
  Layer.provideMerge(Settings.layerSql),
  Layer.provideMerge(
    Layer.mergeAll(Users.layerSql, Events.layerSql, Audit.layerSql, AuthenticationEvents.layerSql, Standing.layerSql)
  ),
  Layer.provideMerge(Layer.mergeAll(Passwords.layer, Roles.layer, Signals.layer)),
  Layer.provideMerge(PermissionRegistry.layerModules)
)

/**
 * What people sign in with, over `layerSql`. It needs the jobs' queue (`Jobs.layerSql`, and `AccountMailWorker.layer` in a
 * process that works), the port to e-mail (`Mail`) and the one to passkeys (`WebAuthn`).
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSignIn = Layer.mergeAll(
  FactorRecoveries.layerSql.pipe(Layer.provideMerge(AccountSecurity.layerSql)),
  PasswordReset.layerSql,
  SignInPolicies.layerSql,
  ProviderSignIn.layerSql,
  Avatars.layerSql
)
  .pipe(
    Layer.provideMerge(Layer.mergeAll(SignIn.layerSql, EmailVerification.layerSql)),
    Layer.provideMerge(
      Layer.mergeAll(TwoFactor.layerSql, Passkeys.layerSql, SignInLimits.layerSql, AccountNotices.layer)
    )
  )

/**
 * What becomes of organizations, who is invited to them, and the jobs as one sees them, over `layerSql`. It needs the jobs' queue (`Jobs.layerSql`,
 * and `Deletions.layerWorker` and `Schedules.layerWorker` in a process that works) and the port to e-mail (`Mail`).
 *
 * @category layers
 * @since 0.1.0
 */
export const layerOrganizations = Layer.mergeAll(
  Deletions.layerSql,
  Invitations.layerSql,
  JobBatches.layerSql,
  JobQueues.layerSql,
  Schedules.layerSql
)

/**
 * `layer` with the rate limits shared in the database.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql = layer.pipe(Layer.provide(RateLimitStore.layerSql))
