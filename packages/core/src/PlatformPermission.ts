/**
 * The permission of those who run the server. No role grants it: it comes from being a platform administrator
 * (`PlatformAdmins`), so it is not in the registry of permissions.
 *
 * @since 0.1.0
 */
import * as Permissions from "./Permissions.ts"

/**
 * @category permissions
 * @since 0.1.0
 */
export const platformAdmin = Permissions.define("platform", {
  admin: "Run the server, and act in every organization with a reason"
}, { group: "administration" }).admin
