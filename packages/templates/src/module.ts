/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import * as events from "./events.ts"
import { notifications, notificationTexts } from "./notifications.ts"
import { permissions } from "./permissions.ts"
import { details } from "./ProblemDetails.ts"
import { migrations } from "./sql/migrations.ts"
import { TemplatesApi } from "./Templates/Api.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "templates",
  name: "Message templates",
  description: "WhatsApp message templates: created, kept in step with the provider, checked before they are sent.",
  requires: ["conversations", "files"],
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  messages: [details, notificationTexts],
  groups: [TemplatesApi],
  notifications,
  data: [
    TenantData.table("templates_templates", {
      except: ["natural_key", "listed_by", "submission", "due_at", "lease_id"]
    }),
    TenantData.table("templates_history"),
    TenantData.table("templates_runs"),
    TenantData.internal("templates_accounts"),
    TenantData.internal("templates_scopes")
  ]
})
