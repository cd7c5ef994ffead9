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
export const permissions = Permissions.define("knowledge", {
  read: "Read and search knowledge",
  write: "Change and import knowledge"
}, { group: "content" })
