/**
 * The permissions of this package. What is addressed to oneself needs none.
 *
 * @since 0.1.0
 */
import * as Permissions from "@wicara/core/Permissions"

/**
 * @category permissions
 * @since 0.1.0
 */
export const permissions = Permissions.define("mail", {
  read: "See which mail was sent to whom, and the templates of mail",
  write: "Change the templates of mail, and send mail again"
}, { group: "administration" })
