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
export const permissions = Permissions.define("webhooks", {
  read: "See webhook endpoints and what was delivered to them",
  write: "Create, change and delete webhook endpoints, and deliver again"
}, { group: "administration" })
