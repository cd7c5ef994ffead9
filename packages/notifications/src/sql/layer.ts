/**
 * Notifications on a SQL database: what is told, to whom and how.
 *
 * @since 0.1.0
 */
import { Layer } from "effect"
import { NotificationKinds } from "../NotificationKinds.ts"
import { NotificationMailer } from "../NotificationMailer.ts"
import { NotificationPreferences } from "../NotificationPreferences.ts"
import { NotificationRecipients } from "../NotificationRecipients.ts"
import { Notifications } from "../Notifications.ts"
import { NotificationStream } from "../NotificationStream.ts"
import { layerNotifier } from "../NotificationWriter.ts"
import { PushSender } from "../PushSender.ts"
import { PushSubscriptions } from "../PushSubscriptions.ts"

/**
 * The core's `Notifier` and all that becomes of what it is told. It needs the core's services, the queue of jobs and the
 * ports to e-mail and push.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNotifications = Layer.mergeAll(
  layerNotifier,
  NotificationStream.layer,
  NotificationMailer.layerSql,
  PushSender.layerSql
)
  .pipe(
    Layer.provideMerge(
      Layer.mergeAll(Notifications.layerSql(), NotificationPreferences.layerSql, PushSubscriptions.layerSql)
    ),
    Layer.provideMerge(Layer.merge(NotificationKinds.layer, NotificationRecipients.layer))
  )
