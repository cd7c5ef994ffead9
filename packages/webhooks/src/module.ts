/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import * as events from "./events.ts"
import { notificationTexts, webhookStopped } from "./notifications.ts"
import { permissions } from "./permissions.ts"
import { details } from "./ProblemDetails.ts"
import { migrations } from "./sql/migrations.ts"
import { cleanupJob, cleanupSchedule, forgetJob, replayJob } from "./WebhookJobs.ts"
import { WebhooksApi } from "./Webhooks/Api.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "webhooks",
  name: "Webhooks",
  description: "What happens, posted to other systems: signed, in order, tried until it arrives.",
  requires: ["core"],
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  jobs: [replayJob, forgetJob, cleanupJob],
  schedules: [cleanupSchedule],
  notifications: [webhookStopped],
  messages: [details, notificationTexts],
  groups: [WebhooksApi],
  data: [
    TenantData.table("webhooks_endpoints", {
      except: ["slot", "headers", "secret", "previous_secret", "not_before", "due_at", "lease_id"]
    }),
    TenantData.table("webhooks_deliveries", { except: ["lane"] }),
    TenantData.table("webhooks_attempts")
  ]
})
