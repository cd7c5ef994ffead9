/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { BotsApi } from "./Bots/Api.ts"
import * as events from "./events.ts"
import { permissions } from "./permissions.ts"
import { details } from "./ProblemDetails.ts"
import { migrations } from "./sql/migrations.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "bots",
  name: "Bots",
  description: "Answers customers from the knowledge, or hands over to people.",
  messages: [details],
  requires: ["conversations", "knowledge", "ai-providers"],
  optional: { enabledByDefault: true },
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  groups: [BotsApi],
  data: [
    TenantData.table("bots_bots"),
    TenantData.table("bots_accounts"),
    TenantData.table("bots_turn_log"),
    TenantData.internal("bots_turns"),
    TenantData.internal("bots_turn_messages")
  ]
})
