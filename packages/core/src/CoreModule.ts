/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import { accountMail } from "./AccountJobs.ts"
import { CoreApi } from "./Api.ts"
import * as CoreEvents from "./CoreEvents.ts"
import * as CoreMail from "./CoreMail.ts"
import * as CoreNotifications from "./CoreNotifications.ts"
import { permissions } from "./CorePermissions.ts"
import { problems } from "./CoreProblems.ts"
import * as PersonData from "./PersonData.ts"
import { settings } from "./CoreSettings.ts"
import { dueJob, erasureJob, erasureSchedule } from "./Deletions.ts"
import { recoveryJob, recoverySchedule } from "./FactorRecoverySweep.ts"
import { forgetOrganization, keepHead, pseudonymiseAudit, pseudonymiseDeletion } from "./internal/pseudonymise.ts"
import { sweepJob, sweepSchedule } from "./JobBatchSweep.ts"
import { cleanupJob, cleanupSchedule } from "./Maintenance.ts"
import { texts as mailTexts } from "./MailTexts.ts"
import * as Module from "./Module.ts"
import * as ProblemDetails from "./ProblemDetails.ts"
import * as ProblemTexts from "./ProblemTexts.ts"
import { migrations } from "./sql/migrations.ts"
import * as TenantData from "./TenantData.ts"
import { trialJob, trialSchedule } from "./Trials.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "core",
  name: "Core",
  description: "Organizations, people, access, settings, events and jobs.",
  migrations: [migrations],
  permissions,
  events: CoreEvents.all,
  jobs: [cleanupJob, erasureJob, dueJob, accountMail, sweepJob, recoveryJob, trialJob],
  schedules: [cleanupSchedule, erasureSchedule, sweepSchedule, recoverySchedule, trialSchedule],
  mails: CoreMail.all,
  notifications: CoreNotifications.all,
  settings,
  messages: [
    ProblemTexts.titles,
    ProblemTexts.details,
    ProblemDetails.details,
    ProblemDetails.words,
    CoreNotifications.texts,
    mailTexts
  ],
  groups: Object.values(CoreApi.groups),
  problems,
  people: [
    PersonData.ofAccount("core_users", { column: "id", except: ["password_hash"] }),
    PersonData.ofAccount("core_avatars"),
    PersonData.ofAccount("core_user_identities"),
    PersonData.ofAccount("core_passkeys", { except: ["credential_hash", "credential_id", "public_key", "counter"] }),
    PersonData.ofAccount("core_totp", { except: ["sealed_key", "last_step"] }),
    PersonData.ofAccount("core_recovery_codes", { except: ["code_hash"] }),
    PersonData.ofAccount("core_factor_recoveries"),
    PersonData.byActor("core_factor_recovery_approvals", { column: "approved_by" }),
    PersonData.ofAccount("core_platform_admins"),
    PersonData.ofAccount("core_sessions", { except: ["token_hash"] }),
    PersonData.ofSignIns("core_authentication_events", { except: ["account"] }),
    PersonData.ofMember("core_memberships"),
    PersonData.ofMember("core_role_assignments"),
    PersonData.ofMember("core_team_members"),
    PersonData.ofMember("core_agent_profiles"),
    PersonData.ofMember("core_api_keys", { column: "created_by_user", except: ["key_hash", "previous_hash"] }),
    PersonData.byActor("core_invitations", { column: "invited_by", except: ["token_hash"] }),
    PersonData.byActor("core_job_batches", { except: ["next_job"] }),
    PersonData.byText("core_audit"),
    PersonData.byText("core_requests")
  ],
  data: [
    TenantData.table("core_memberships"),
    TenantData.table("core_roles"),
    TenantData.table("core_permission_groups"),
    TenantData.table("core_role_assignments"),
    TenantData.table("core_teams"),
    TenantData.table("core_team_members"),
    TenantData.table("core_agent_profiles"),
    TenantData.table("core_settings"),
    TenantData.table("core_module_states"),
    TenantData.table("core_message_overrides"),
    TenantData.internal("core_message_changes"),
    TenantData.table("core_invitations", { except: ["token_hash"] }),
    TenantData.table("core_api_keys", { except: ["key_hash", "previous_hash"] }),
    TenantData.table("core_factor_recovery_approvals"),
    TenantData.table("core_events"),
    TenantData.internal("core_sessions"),
    // Without its data keys nothing that was sealed for the organization can be opened, in backups neither.
    TenantData.internal("core_data_keys"),
    TenantData.internal("core_events_pending"),
    TenantData.internal("core_event_positions"),
    TenantData.internal("core_idempotency"),
    TenantData.table("core_rate_limit_violations"),
    TenantData.table("core_blocks"),
    TenantData.table("core_requests"),
    TenantData.table("core_seeds"),
    TenantData.table("core_job_batches", { except: ["next_job"] }),
    TenantData.table("core_job_batch_jobs"),
    TenantData.kept("core_audit", "Who did what must be provable after the organization is gone.", pseudonymiseAudit),
    TenantData.kept("core_audit_heads", "The end of the chain that proves the audit log whole.", keepHead),
    // Sign-ins belong to the person's account, which outlives the organization.
    TenantData.kept("core_authentication_events", "They belong to the person's own account.", forgetOrganization),
    TenantData.kept("core_deletions", "The receipt of the deletion.", pseudonymiseDeletion)
  ]
})
