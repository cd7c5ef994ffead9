/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { AiProvidersApi } from "./AiProviders/Api.ts"
import * as events from "./events.ts"
import { permissions } from "./permissions.ts"
import { phrases } from "./Phrases.ts"
import { details } from "./ProblemDetails.ts"
import { migrations } from "./sql/migrations.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "ai-providers",
  name: "AI providers",
  description: "The organization's own language models beside the built-in one.",
  requires: ["core"],
  optional: { enabledByDefault: true },
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  messages: [details, phrases],
  groups: [AiProvidersApi],
  data: [
    TenantData.table("ai_providers", { except: ["secret"] })
  ]
})
