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
export const permissions = Permissions.define("conversations", {
  read: "Read conversations and their messages",
  reply: "Write messages, take conversations over, hand them back and resolve them",
  assign: "Assign conversations to other people"
}, { group: "service", scopes: ["team", "channel", "own"] })
