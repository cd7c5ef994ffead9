/**
 * The kinds of mail that there are templates for.
 *
 * @since 0.1.0
 */
import * as CoreMail from "@wicara/core/CoreMail"
import type { MailDefinition } from "@wicara/core/Mail"
import { Context } from "effect"
import * as NotificationMail from "./NotificationMail.ts"

/**
 * Those of the core and of this package, unless a server names those of its other packages too.
 *
 * @category references
 * @since 0.1.0
 */
export const MailKinds = Context.Reference<ReadonlyArray<MailDefinition>>("@wicara/notifications/MailKinds", {
  defaultValue: () => [...CoreMail.all, ...NotificationMail.all]
})
