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
export const permissions = Permissions.define("files", {
  read: "See and load files, and make links to them",
  write: "Store files, describe and delete them"
}, { group: "service" })
