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
export const permissions = Permissions.define("ai", {
  read: "See which language models are configured",
  write: "Configure language models and their keys"
}, { group: "content" })
