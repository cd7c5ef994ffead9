/**
 * A machine user: a member of one organization that is no person, for programs that outlive who set them up.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "./Id.ts"
import { RoleKey } from "./Membership.ts"
import { Name } from "./Organization.ts"

/**
 * The same id as the member's.
 *
 * @category ids
 * @since 0.1.0
 */
export const MachineUserId = Id.make("MachineUserId", "A machine user of one organization; as a member it has this id.")
/** @since 0.1.0 */
export type MachineUserId = typeof MachineUserId.Type

/**
 * @category models
 * @since 0.1.0
 */
export const NewMachineUser = Schema.Struct({
  name: Name,
  role: RoleKey.annotate({ description: "What it may do; it is never an owner." })
})
/** @since 0.1.0 */
export type NewMachineUser = typeof NewMachineUser.Type
