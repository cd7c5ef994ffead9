/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { ContactsApi } from "./Contacts/Api.ts"
import * as events from "./events.ts"
import { permissions } from "./permissions.ts"
import { details } from "./ProblemDetails.ts"
import { migrations } from "./sql/migrations.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "contacts",
  name: "Contacts",
  description: "The organization's customers, however they write, and what they consented to.",
  messages: [details],
  requires: ["channels"],
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  groups: [ContactsApi],
  data: [
    TenantData.table("contacts_contacts"),
    TenantData.table("contacts_identities"),
    TenantData.table("contacts_merges"),
    TenantData.table("contacts_consents")
  ]
})
