/**
 * The permissions of this package's resources.
 *
 * @since 0.1.0
 */
import * as Permissions from "./Permissions.ts"

/**
 * @category permissions
 * @since 0.1.0
 */
export const organization = Permissions.define("organization", {
  read: "See the organization's name, address, time zone and language",
  write: "Change the organization's name, address, time zone and language",
  transfer: "Make members owners, and owners members"
})

/**
 * @category permissions
 * @since 0.1.0
 */
export const members = Permissions.define("members", {
  read: "See who is a member and with which role",
  write: "Add members, change their roles and remove them"
})

/**
 * @category permissions
 * @since 0.1.0
 */
export const apiKeys = Permissions.define("api-keys", {
  read: "See the API keys, without their secret",
  write: "Create and revoke API keys"
})

/**
 * @category permissions
 * @since 0.1.0
 */
export const audit = Permissions.define("audit", {
  read: "Read the audit log"
})

/**
 * @category permissions
 * @since 0.1.0
 */
export const permissions = [organization, members, apiKeys, audit] as const
