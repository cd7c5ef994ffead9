/**
 * Permissions, declared by the package that owns the resource, required by endpoints, granted by roles.
 *
 * @since 0.1.0
 */
import { Context, Effect } from "effect"
import * as PermissionBits from "./internal/permissionBits.ts"
import { Forbidden } from "./Problem.ts"
import * as Scope from "./Scope.ts"
import type { Reach, Resource, ScopeKind } from "./Scope.ts"
import { CurrentActor } from "./Tenancy.ts"
import type { Holdings } from "./Tenancy.ts"

/**
 * A permission's name: `resource:action`. A resource of which there are many has its plural (`conversations`, `api-keys`);
 * one that there is once, or that can't be counted, its singular (`organization`, `knowledge`).
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
  /** The key of the group that the resource's own group is in. */
  readonly group: string
  /** What it can be limited by; none: who holds it holds it in the whole organization. */
  readonly scopes: ReadonlyArray<ScopeKind>
  /** Its place in the bits of `Holdings`: the same for the same name, in this process. */
  readonly index: number
}

/**
 * @category models
 * @since 0.1.0
 */
export interface DefineOptions {
  /** The key of a group of `PermissionGroup.system`; `other` by default. */
  readonly group?: string | undefined
  /** What the permissions can be limited by: the endpoints that ask for them with `requireScoped` see to it. */
  readonly scopes?: ReadonlyArray<ScopeKind> | undefined
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
  actions: Actions,
  options: DefineOptions = {}
): { readonly [A in keyof Actions & string]: Permission<`${Resource}:${A}`> } =>
  Object.fromEntries(
    Object.entries(actions).map(([action, description]) => {
      const name = `${resource}:${action}`
      return [action, {
        name,
        description,
        group: options.group ?? "other",
        scopes: options.scopes ?? [],
        index: PermissionBits.indexOf(name)
      }]
    })
  ) as never

/**
 * What an endpoint asks of its caller; every endpoint of the HTTP API carries one, and the server is not built with an
 * endpoint that has none: `endpoint.annotate(Access, Permissions.require(permissions.read))`.
 *
 * @category annotations
 * @since 0.1.0
 */
export class Access extends Context.Service<Access, {
  /** `null`: open to anyone (login, health, a visitor's signed token checked by the handler). */
  readonly permission: PermissionName | null
  /** Signed in is enough; no single permission is asked for. */
  readonly anyMember: boolean
  /** Held for some of the organization's things is enough: the service looks at which. */
  readonly scoped?: boolean | undefined
}>()("@wicara/core/Permissions/Access") {}

/**
 * The caller must hold the permission in the whole current organization.
 *
 * @category annotations
 * @since 0.1.0
 */
export const require = (permission: Permission): Access["Service"] => ({
  permission: permission.name,
  anyMember: false
})

/**
 * The caller must hold the permission for at least some things of the current organization. Only for endpoints whose
 * service narrows what it does to them (`can`, `reach`): what is let through here may hold it for nothing of what the
 * request names.
 *
 * @category annotations
 * @since 0.1.0
 */
export const requireScoped = (permission: Permission): Access["Service"] => ({
  permission: permission.name,
  anyMember: false,
  scoped: true
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
 * Whether members of a suspended or cancelled organization may call the endpoint although it changes something: sign
 * out, call off the deletion. Reading (GET) they may always.
 *
 * @category annotations
 * @since 0.1.0
 */
export const AllowInactive = Context.Reference<boolean>("@wicara/core/Permissions/AllowInactive", {
  defaultValue: () => false
})

/**
 * Whether people may call the endpoint who have yet to set up the second factor that the organization wants; no, unless
 * annotated: who am I, setting it up, sign out.
 *
 * @category annotations
 * @since 0.1.0
 */
export const AllowOneFactor = Context.Reference<boolean>("@wicara/core/Permissions/AllowOneFactor", {
  defaultValue: () => false
})

const nameOf = (permission: Permission | string): string =>
  typeof permission === "string" ? permission : permission.name

/**
 * Whether the actor holds the permission in the whole organization. Asked with the permission itself rather than its
 * name, it costs a look at one bit.
 *
 * @category guards
 * @since 0.1.0
 */
export const holds = (actor: Holdings, permission: Permission | string): boolean => {
  if (typeof permission === "string") return actor.permissions.has(permission) || actor.permissions.has("*")
  return actor.bits === undefined
    ? actor.permissions.has(permission.name) || actor.permissions.has("*")
    : PermissionBits.has(actor.bits, permission.index)
}

/**
 * Whether the actor holds the permission for anything at all.
 *
 * @category guards
 * @since 0.1.0
 */
export const holdsSomewhere = (actor: Holdings, permission: Permission | string): boolean =>
  holds(actor, permission) || actor.scoped?.has(nameOf(permission)) === true

/**
 * Whether the actor holds the permission for this thing.
 *
 * @category guards
 * @since 0.1.0
 */
export const can = (actor: Holdings, permission: Permission | string, resource: Resource): boolean => {
  if (holds(actor, permission)) return true
  const scoped = actor.scoped?.get(nameOf(permission))
  if (scoped === undefined) return false
  for (const reach of scoped.deny) if (Scope.includes(reach, resource)) return false
  for (const reach of scoped.allow) if (Scope.includes(reach, resource)) return true
  return false
}

/**
 * How far the actor's permission reaches, to filter a list by: `all` of the organization's things, or those within
 * `allow` and not within `deny`.
 *
 * @category accessors
 * @since 0.1.0
 */
export const reach = (
  actor: Holdings,
  permission: Permission | string
): "all" | { readonly allow: ReadonlyArray<Reach>; readonly deny: ReadonlyArray<Reach> } =>
  holds(actor, permission) ? "all" : actor.scoped?.get(nameOf(permission)) ?? { allow: [], deny: [] }

/**
 * Whether the actor holds the permission for everything within reach.
 *
 * @category guards
 * @since 0.1.0
 */
export const covers = (actor: Holdings, permission: Permission | string, within: Reach): boolean => {
  if (holds(actor, permission)) return true
  const scoped = actor.scoped?.get(nameOf(permission))
  return scoped !== undefined && scoped.allow.some((reach) => Scope.covers(reach, within)) &&
    !scoped.deny.some((reach) => Scope.overlaps(reach, within))
}

/**
 * Fails unless the current actor holds the permission in the whole organization; for what an endpoint's annotation can't
 * say.
 *
 * @category guards
 * @since 0.1.0
 */
export const check = (permission: Permission): Effect.Effect<void, Forbidden, CurrentActor> =>
  Effect.flatMap(
    CurrentActor,
    (actor) => holds(actor, permission) ? Effect.void : Effect.fail(Forbidden.of(permission.name))
  )

/**
 * Fails unless the current actor holds the permission for this thing.
 *
 * @category guards
 * @since 0.1.0
 */
export const checkFor = (permission: Permission, resource: Resource): Effect.Effect<void, Forbidden, CurrentActor> =>
  Effect.flatMap(
    CurrentActor,
    (actor) => can(actor, permission, resource) ? Effect.void : Effect.fail(Forbidden.of(permission.name))
  )
