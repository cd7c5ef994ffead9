/**
 * The permissions of this package.
 *
 * @since 0.1.0
 */
import * as Permissions from "@wicara/core/Permissions"

/**
 * @category permissions
 * @since 0.1.0
 */
export const permissions = Permissions.define("templates", {
  read: "See message templates and what they are filled with",
  write: "Create, change and delete message templates"
}, { group: "outreach" })
