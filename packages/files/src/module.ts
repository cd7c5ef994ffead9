/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as PersonData from "@wicara/core/PersonData"
import * as TenantData from "@wicara/core/TenantData"
import { FileLinksApi, FilesApi } from "./Files/Api.ts"
import { cleanupJob, schedules, sweepJob } from "./FileCleanup.ts"
import * as events from "./events.ts"
import { permissions } from "./permissions.ts"
import { details } from "./ProblemDetails.ts"
import { problems } from "./problems.ts"
import { migrations } from "./sql/migrations.ts"
import { titles } from "./ProblemTitles.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "files",
  name: "Files",
  description: "Documents and media of the organization.",
  requires: ["core"],
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  jobs: [cleanupJob, sweepJob],
  schedules,
  messages: [details, titles],
  groups: [FilesApi, FileLinksApi],
  problems,
  people: [
    PersonData.byActor("files_files", {
      except: ["search_key", "upload_key", "reserved", "lease_id", "lease_until"]
    })
  ],
  data: [
    TenantData.table("files_files", {
      except: ["search_key", "upload_key", "reserved", "lease_id", "lease_until"]
    }),
    TenantData.internal("files_usage"),
    TenantData.internal("files_holds"),
    TenantData.internal("files_removals"),
    TenantData.internal("files_link_keys")
  ]
})
