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
export const permissions = Permissions.define("contacts", {
  read: "See contacts, their identities and their consent",
  write: "Change contacts and their consent, merge and unmerge them"
}, { group: "service" })
