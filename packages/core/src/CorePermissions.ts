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
  transfer: "Make members owners, and owners members",
  export: "Download all data of the organization",
  delete: "Delete the organization with all its data, and call that off"
}, { group: "administration" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const members = Permissions.define("members", {
  read: "See who is a member, with which roles, and what they may do",
  write: "Add members, change their roles and remove them"
}, { group: "administration" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const roles = Permissions.define("roles", {
  read: "See roles, permission groups and what they grant",
  write: "Create, change and remove roles and permission groups"
}, { group: "administration" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const teams = Permissions.define("teams", {
  read: "See teams and who is in them",
  write: "Create, change and remove teams, and say who is in them"
}, { group: "administration", scopes: ["team"] })

/**
 * @category permissions
 * @since 0.1.0
 */
export const agents = Permissions.define("agents", {
  read: "See what the people who answer know, speak and have time for",
  write: "Change what is said of the people who answer"
}, { group: "administration" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const apiKeys = Permissions.define("api-keys", {
  read: "See the API keys, without their secret",
  write: "Create, rotate and revoke API keys",
  machine: "Create API keys that belong to the organization and outlive who made them"
}, { group: "security" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const settings = Permissions.define("settings", {
  read: "See the organization's settings, feature switches and modules",
  write: "Change the organization's settings, feature switches and modules"
}, { group: "administration" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const texts = Permissions.define("texts", {
  read: "See what the platform says to people, in which languages",
  write: "Replace what the platform says by the organization's own words"
}, { group: "administration" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const audit = Permissions.define("audit", {
  read: "Read the audit log",
  export: "Take the audit log away as a file"
}, { group: "security" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const security = Permissions.define("security", {
  read: "See what the organization asks of its members' sign-in, and which callers are kept out",
  write: "Ask for a second factor of all members, end a member's sessions, and keep callers out",
  recover: "Let members back in who lost their second factor"
}, { group: "security" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const jobs = Permissions.define("jobs", {
  read: "See what is done in the background on many things at once, how far it is and what failed",
  write: "Cancel it, and try again what failed"
}, { group: "administration" })

/**
 * @category permissions
 * @since 0.1.0
 */
export const permissions = [
  organization,
  members,
  roles,
  teams,
  agents,
  apiKeys,
  settings,
  texts,
  audit,
  security,
  jobs
] as const
