/**
 * This package as a part of a server.
 *
 * @since 0.1.0
 */
import * as Module from "@wicara/core/Module"
import * as PersonData from "@wicara/core/PersonData"
import * as TenantData from "@wicara/core/TenantData"
import * as events from "./events.ts"
import { MailApi } from "./Mail/Api.ts"
import { watchJob, watchSchedule } from "./JobWatch.ts"
import * as MailNotifications from "./MailNotifications.ts"
import { texts } from "./MailTexts.ts"
import { cleanupJob, cleanupSchedule, mailJob, pushJob } from "./NotificationJobs.ts"
import * as NotificationMail from "./NotificationMail.ts"
import { NotificationsApi } from "./Notifications/Api.ts"
import { permissions } from "./permissions.ts"
import { details } from "./ProblemDetails.ts"
import { migrations } from "./sql/migrations.ts"

/**
 * @category modules
 * @since 0.1.0
 */
export const module: Module.Module = Module.make({
  id: "notifications",
  name: "Notifications and mail",
  description: "What people are told, in the console and by mail, and what that says.",
  requires: ["core"],
  migrations: [migrations],
  permissions: [permissions],
  events: Object.values(events),
  jobs: [mailJob, pushJob, cleanupJob, watchJob],
  schedules: [cleanupSchedule, watchSchedule],
  mails: NotificationMail.all,
  notifications: MailNotifications.all,
  messages: [details, texts, MailNotifications.texts],
  groups: [MailApi, NotificationsApi],
  people: [
    PersonData.ofMember("notifications_items"),
    PersonData.ofMember("notifications_preferences"),
    PersonData.ofMember("notifications_digest_hours"),
    PersonData.ofMember("notifications_push_subscriptions", { except: ["endpoint_hash", "sealed"] }),
    PersonData.ofMember("notifications_mail", { column: "to_user", except: ["sealed", "lease_id", "lease_until"] })
  ],
  data: [
    TenantData.table("notifications_mail", { except: ["sealed", "lease_id", "lease_until"] }),
    TenantData.table("notifications_mail_templates"),
    TenantData.table("notifications_items"),
    TenantData.internal("notifications_told"),
    TenantData.internal("notifications_due"),
    TenantData.table("notifications_preferences"),
    TenantData.table("notifications_digest_hours"),
    TenantData.table("notifications_push_subscriptions", { except: ["endpoint_hash", "sealed"] })
  ]
})
