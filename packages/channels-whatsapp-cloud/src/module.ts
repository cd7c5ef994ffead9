/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { details } from "./ProblemDetails.ts"
import { migrations } from "./sql/migrations.ts"
import { rejectJob } from "./WhatsAppCalls.ts"
import { WhatsAppManagementApi } from "./WhatsAppManagement/Api.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "channels-whatsapp-cloud",
  name: "WhatsApp Cloud API",
  description: "Numbers that are connected through Meta's WhatsApp Cloud API.",
  requires: ["channels"],
  messages: [details],
  migrations: [migrations],
  jobs: [rejectJob],
  groups: [WhatsAppManagementApi],
  data: [
    TenantData.internal("whatsapp_cloud_accounts"),
    TenantData.internal("whatsapp_cloud_portfolios"),
    TenantData.internal("whatsapp_cloud_reached")
  ]
})
