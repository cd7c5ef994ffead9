/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { AccountGroupsApi } from "./AccountGroups/Api.ts"
import { ChannelAccountsApi } from "./ChannelAccounts/Api.ts"
import { ChannelChecksApi } from "./ChannelChecks/Api.ts"
import { ChannelConnectionsApi } from "./ChannelConnections/Api.ts"
import * as events from "./events.ts"
import { notifications, notificationTexts } from "./notifications.ts"
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
  id: "channels",
  name: "Channels",
  description: "Accounts on WhatsApp, the web and other channels, and what they deliver.",
  requires: ["core"],
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  messages: [details, titles, notificationTexts],
  groups: [ChannelAccountsApi, ChannelConnectionsApi, ChannelChecksApi, AccountGroupsApi],
  problems,
  notifications,
  data: [
    TenantData.table("channels_accounts", { except: ["secrets"] }),
    TenantData.internal("channels_inbound_events"),
    TenantData.internal("channels_account_holds"),
    TenantData.table("channels_account_facts"),
    TenantData.table("channels_account_states", { except: ["lease_id"] }),
    TenantData.table("channels_account_checks"),
    TenantData.table("channels_account_days"),
    TenantData.internal("channels_account_rotations")
  ]
})
