/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import * as events from "./events.ts"
import { accountBraked, notificationTexts } from "./notifications.ts"
import { details } from "./ProblemDetails.ts"
import { migrations } from "./sql/migrations.ts"
import { WahaActivityApi } from "./WahaActivity/Api.ts"
import { rejectJob } from "./WahaCalls.ts"
import { cleanupJob, cleanupSchedule, figuresJob, figuresSchedule } from "./WahaMaintenance.ts"
import { WahaDirectoryApi } from "./WahaDirectory/Api.ts"
import { allJob, allSchedule, pageJob } from "./WahaDirectory.ts"
import { WahaGroupsApi } from "./WahaGroups/Api.ts"
import { WahaManagementApi } from "./WahaManagement/Api.ts"
import { WahaOperationsApi } from "./WahaOperations/Api.ts"
import { WahaPacingApi } from "./WahaPacing/Api.ts"
import { followJob } from "./WahaPresences.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "channels-waha",
  name: "WhatsApp through WAHA",
  description: "Numbers that are paired through a WAHA server.",
  requires: ["channels"],
  migrations: [migrations],
  events: Object.values(events),
  messages: [details, notificationTexts],
  notifications: [accountBraked],
  groups: [WahaPacingApi, WahaActivityApi, WahaDirectoryApi, WahaManagementApi, WahaGroupsApi, WahaOperationsApi],
  jobs: [cleanupJob, figuresJob, allJob, pageJob, followJob, rejectJob],
  schedules: [cleanupSchedule, figuresSchedule, allSchedule],
  data: [
    TenantData.table("waha_pacing"),
    TenantData.table("waha_first_contacts"),
    TenantData.internal("waha_sockets"),
    TenantData.table("waha_lids"),
    TenantData.table("waha_api_requests"),
    TenantData.internal("waha_rate_limits"),
    TenantData.table("waha_analytics_daily"),
    TenantData.table("waha_contacts"),
    TenantData.table("waha_groups"),
    TenantData.table("waha_syncs"),
    TenantData.table("waha_business_features"),
    TenantData.table("waha_followed_chats"),
    TenantData.table("waha_chats"),
    TenantData.table("waha_labels"),
    TenantData.table("waha_chat_labels")
  ]
})
