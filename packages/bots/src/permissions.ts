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
export const permissions = Permissions.define("bots", {
  read: "See bots and the log of their turns",
  write: "Create, change and pause bots, and ask them trial questions"
}, { group: "content" })
