/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { fillJob, itemJob } from "./KnowledgeBatches.ts"
import { KnowledgeApi } from "./KnowledgeItems/Api.ts"
import * as events from "./events.ts"
import { permissions } from "./permissions.ts"
import { details } from "./ProblemDetails.ts"
import { migrations } from "./sql/migrations.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "knowledge",
  name: "Knowledge",
  description: "Articles, questions and answers that people and bots answer from.",
  messages: [details],
  requires: ["core"],
  optional: { enabledByDefault: true },
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  jobs: [fillJob, itemJob],
  groups: [KnowledgeApi],
  data: [
    TenantData.table("knowledge_items"),
    TenantData.table("knowledge_versions"),
    TenantData.internal("knowledge_chunks"),
    TenantData.internal("knowledge_revisions")
  ]
})
