/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { ConversationsApi } from "./Conversations/Api.ts"
import * as HistoryWatch from "./HistoryWatch.ts"
import { details } from "./ProblemDetails.ts"
import { MessageActionsApi } from "./MessageActions/Api.ts"
import { RealtimeApi } from "./Realtime/Api.ts"
import { AccountMovesApi } from "./AccountMoves/Api.ts"
import * as events from "./events.ts"
import { notifications, notificationTexts } from "./notifications.ts"
import { permissions } from "./permissions.ts"
import { problems } from "./problems.ts"
import { migrations } from "./sql/migrations.ts"
import { titles } from "./ProblemTitles.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "conversations",
  name: "Conversations",
  description: "Conversations with customers on every channel, and who answers them.",
  requires: ["contacts"],
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  messages: [details, titles, notificationTexts],
  groups: [ConversationsApi, MessageActionsApi, AccountMovesApi, RealtimeApi],
  problems,
  notifications,
  jobs: [HistoryWatch.checkJob, HistoryWatch.checkAllJob],
  schedules: [HistoryWatch.checkSchedule],
  data: [
    TenantData.table("conversations_conversations"),
    TenantData.table("conversations_joins"),
    TenantData.table("conversations_account_moves"),
    TenantData.table("conversations_messages"),
    TenantData.table("conversations_feedback"),
    TenantData.table("conversations_edits"),
    TenantData.table("conversations_reactions"),
    TenantData.table("conversations_votes"),
    TenantData.table("conversations_presences"),
    TenantData.internal("conversations_outbox"),
    TenantData.internal("conversations_early_changes"),
    TenantData.internal("conversations_lanes"),
    TenantData.internal("conversations_send_counts"),
    TenantData.internal("conversations_pairs"),
    TenantData.internal("conversations_history_checks"),
    TenantData.table("conversations_history_gaps"),
    TenantData.internal("conversations_awaited")
  ]
})
