/**
 * Where knowledge is kept: the port that an embedder implements to use a storage of their own. Every rule (versions,
 * chunks, language, ranking) lives above it.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Array as Arr, Effect, Option } from "effect"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type {
  KnowledgeChunk,
  KnowledgeChunkId,
  KnowledgeItem,
  KnowledgeItemId,
  KnowledgeKind,
  KnowledgeStatus,
  KnowledgeVersion
} from "./KnowledgeItem.ts"

/**
 * A chunk of what is published now, with what search needs of its item.
 *
 * @category models
 * @since 0.1.0
 */
export interface PublishedChunk {
  readonly chunk: KnowledgeChunk
  readonly kind: KnowledgeKind
  readonly title: string
  readonly variations: ReadonlyArray<string>
  readonly language: string
  readonly category: string | null
  readonly tags: ReadonlyArray<string>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ItemFilter {
  readonly status?: KnowledgeStatus | undefined
  readonly language?: string | undefined
  readonly kind?: KnowledgeKind | undefined
}

/**
 * The storage port. Operations get the organization first and never look beyond it.
 *
 * @category services
 * @since 0.1.0
 */
export class KnowledgeStore extends Context.Service<KnowledgeStore, {
  /** Runs the effect so that all of its writes happen, or none. */
  readonly atomically: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly find: (organizationId: OrganizationId, id: KnowledgeItemId) => Effect.Effect<Option.Option<KnowledgeItem>>
  readonly findByExternalKey: (
    organizationId: OrganizationId,
    externalKey: string
  ) => Effect.Effect<Option.Option<KnowledgeItem>>
  /** Items with an id below `before` (all when absent), the newest first; or above `after`, the oldest first. */
  readonly list: (
    organizationId: OrganizationId,
    query:
      & { readonly filter: ItemFilter; readonly limit: number }
      & ({ readonly before: KnowledgeItemId | undefined } | { readonly after: KnowledgeItemId | undefined })
  ) => Effect.Effect<ReadonlyArray<KnowledgeItem>>
  /** Adds an item; `false` when its external key is taken. */
  readonly insert: (organizationId: OrganizationId, item: KnowledgeItem) => Effect.Effect<boolean>
  /** Replaces an item if it still has the revision; `false` when somebody was faster, or it is gone. */
  readonly replace: (organizationId: OrganizationId, item: KnowledgeItem, revision: number) => Effect.Effect<boolean>
  /** Removes an item, not its versions; `false` when there is none. */
  readonly remove: (organizationId: OrganizationId, id: KnowledgeItemId) => Effect.Effect<boolean>
  readonly addVersion: (
    organizationId: OrganizationId,
    version: KnowledgeVersion,
    chunks: Arr.NonEmptyReadonlyArray<KnowledgeChunk>
  ) => Effect.Effect<void>
  /** The newest first. */
  readonly versions: (
    organizationId: OrganizationId,
    id: KnowledgeItemId
  ) => Effect.Effect<ReadonlyArray<KnowledgeVersion>>
  /** A chunk of any version: what a citation points to. */
  readonly chunk: (
    organizationId: OrganizationId,
    id: KnowledgeChunkId
  ) => Effect.Effect<Option.Option<KnowledgeChunk>>
  /** The chunks of every published item's current version, by item and ordinal. */
  readonly published: (organizationId: OrganizationId) => Effect.Effect<ReadonlyArray<PublishedChunk>>
  /** A number that grows whenever what is published changes. */
  readonly revision: (organizationId: OrganizationId) => Effect.Effect<number>
  /** Raises that number, in the same atomic write as the change. */
  readonly touch: (organizationId: OrganizationId) => Effect.Effect<void>
}>()("@wicara/knowledge/KnowledgeStore") {}
