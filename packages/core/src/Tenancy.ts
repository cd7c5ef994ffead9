/**
 * Who is asking, and for which organization. Both come from authentication only (a session, an API key, a channel
 * account, a job's envelope), never from a request's body.
 *
 * @since 0.1.0
 */
import { Context, Schema } from "effect"
import * as Id from "./Id.ts"
import type { Reach } from "./Scope.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const OrganizationId = Id.make("OrganizationId", "A tenant: one company with its members and data.")
/** @since 0.1.0 */
export type OrganizationId = typeof OrganizationId.Type

/**
 * @category ids
 * @since 0.1.0
 */
export const UserId = Id.make("UserId", "A person who signs in; may be a member of several organizations.")
/** @since 0.1.0 */
export type UserId = typeof UserId.Type

/**
 * @category ids
 * @since 0.1.0
 */
export const ApiKeyId = Id.make("ApiKeyId", "An API key of one organization.")
/** @since 0.1.0 */
export type ApiKeyId = typeof ApiKeyId.Type

/**
 * The organization that the running code acts for. Service methods on tenant data require it in `R`, so code that
 * forgot where it acts does not compile.
 *
 * @category services
 * @since 0.1.0
 */
export class CurrentOrganization extends Context.Service<CurrentOrganization, {
  readonly id: OrganizationId
}>()("@wicara/core/CurrentOrganization") {}

/**
 * Who acts: a person, an API key, or a named part of the system (a bot, a worker, the CLI).
 *
 * @category models
 * @since 0.1.0
 */
export const Actor = Schema.Union([
  Schema.TaggedStruct("User", { id: UserId }),
  Schema.TaggedStruct("ApiKey", { id: ApiKeyId }),
  Schema.TaggedStruct("System", { name: Schema.String })
])
/** @since 0.1.0 */
export type Actor = typeof Actor.Type

/**
 * How far one permission reaches: to what is within one of `allow` and within none of `deny`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ScopedHolding {
  readonly allow: ReadonlyArray<Reach>
  readonly deny: ReadonlyArray<Reach>
}

/**
 * Effective permissions, resolved when a member's roles change: asking for one costs a look into a set.
 *
 * @category models
 * @since 0.1.0
 */
export interface Holdings {
  /** `resource:action` permissions held in the whole organization; `*` for the system itself. */
  readonly permissions: ReadonlySet<string>
  /** The same permissions, one bit each; only of what was resolved from roles. */
  readonly bits?: Uint32Array | undefined
  /** Permissions held for some of the organization's things only; none when absent. */
  readonly scoped?: ReadonlyMap<string, ScopedHolding> | undefined
}

/**
 * The acting party with its effective permissions, resolved when it authenticated.
 *
 * @category services
 * @since 0.1.0
 */
export class CurrentActor extends Context.Service<
  CurrentActor,
  Holdings & {
    readonly actor: Actor
    /**
     * What it may give to others: what it holds for good and without a condition. The same as it holds when absent.
     */
    readonly grantable?: Holdings | undefined
  }
>()("@wicara/core/CurrentActor") {}

/**
 * The actor for work that no person asked for.
 *
 * @category constructors
 * @since 0.1.0
 */
export const systemActor = (name: string): CurrentActor["Service"] => ({
  actor: { _tag: "System", name },
  permissions: new Set(["*"])
})
