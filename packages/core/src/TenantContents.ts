/**
 * What organizations have outside of the database, such as the contents of files. Their erasure takes it away, after the
 * rows that name it and before it is over.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Effect } from "effect"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface TenantContent {
  /** How the receipt of an erasure names it. */
  readonly name: string
  /** Takes up to so many away and says how many; 0 when nothing is left. Repeat it from anywhere, in any process. */
  readonly remove: (
    organizationId: OrganizationId,
    limit: number
  ) => Effect.Effect<number, { readonly message: string }>
}

/**
 * All that a server has: none, unless it says otherwise.
 *
 * @category references
 * @since 0.1.0
 */
export const TenantContents = Context.Reference<ReadonlyArray<TenantContent>>("@wicara/core/TenantContents", {
  defaultValue: () => []
})
