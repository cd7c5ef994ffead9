/**
 * Permissions, declared by the package that owns the resource, required by endpoints, granted by roles.
 *
 * @since 0.1.0
 */
import { Context, Effect } from "effect"
import { Forbidden } from "./Problem.ts"
import { CurrentActor } from "./Tenancy.ts"

/**
 * A permission's name: `resource:action`.
 *
 * @category models
 * @since 0.1.0
 */
export type PermissionName = `${string}:${string}`

/**
 * One permission as its package describes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Permission<Name extends PermissionName = PermissionName> {
  readonly name: Name
  /** What its holder may do, as a sentence for the people who grant it. */
  readonly description: string
}

/**
 * The permissions of one resource. The server collects every package's set in its registry.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const permissions = Permissions.define("knowledge", { read: "Read and search articles", write: "Change articles" })
 * // permissions.read.name => "knowledge:read"
 */
export const define = <const Resource extends string, const Actions extends Record<string, string>>(
  resource: Resource,
  actions: Actions
): { readonly [A in keyof Actions & string]: Permission<`${Resource}:${A}`> } =>
  Object.fromEntries(
    Object.entries(actions).map(([action, description]) => [action, { name: `${resource}:${action}`, description }])
  ) as never

/**
 * What an endpoint asks of its caller; every endpoint of the HTTP API carries one, and the server does not start with
 * an endpoint that has none: `endpoint.annotate(Access, Permissions.require(permissions.read))`.
 *
 * @category annotations
 * @since 0.1.0
 */
export class Access extends Context.Service<Access, {
  /** `null`: open to anyone (login, health, a visitor's signed token checked by the handler). */
  readonly permission: PermissionName | null
  /** Signed in is enough; no single permission is asked for. */
  readonly anyMember: boolean
}>()("@wicara/core/Permissions/Access") {}

/**
 * The caller must hold the permission in the current organization.
 *
 * @category annotations
 * @since 0.1.0
 */
export const require = (permission: Permission): Access["Service"] => ({
  permission: permission.name,
  anyMember: false
})

/**
 * Any signed-in member may call it.
 *
 * @category annotations
 * @since 0.1.0
 */
export const member: Access["Service"] = { permission: null, anyMember: true }

/**
 * Anyone may call it without a credential.
 *
 * @category annotations
 * @since 0.1.0
 */
export const open: Access["Service"] = { permission: null, anyMember: false }

/**
 * Whether members of a suspended or cancelled organization may call the endpoint too; no, unless annotated: who am I,
 * my organizations, sign out.
 *
 * @category annotations
 * @since 0.1.0
 */
export const AllowInactive = Context.Reference<boolean>("@wicara/core/Permissions/AllowInactive", {
  defaultValue: () => false
})

/**
 * Whether the actor's permissions include one.
 *
 * @category guards
 * @since 0.1.0
 */
export const holds = (actor: CurrentActor["Service"], name: string): boolean =>
  actor.permissions.has(name) || actor.permissions.has("*")

/**
 * Fails unless the current actor holds the permission; for what an endpoint's annotation can't say.
 *
 * @category guards
 * @since 0.1.0
 */
export const check = (permission: Permission): Effect.Effect<void, Forbidden, CurrentActor> =>
  Effect.flatMap(
    CurrentActor,
    (actor) => holds(actor, permission.name) ? Effect.void : Effect.fail(Forbidden.of(permission.name))
  )
