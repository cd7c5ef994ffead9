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
export const permissions = Permissions.define("channels", {
  read: "See channel accounts and their health",
  write: "Connect, change and remove channel accounts"
}, { group: "administration" })
