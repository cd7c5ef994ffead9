/**
 * An organization's knowledge: written, published in versions, cut into the chunks that answers cite.
 *
 * @since 0.1.0
 */
import { Array as Arr, Context, DateTime, Effect, Layer, Option } from "effect"
import { createHash } from "node:crypto"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, NotFound } from "@wicara/core/Problem"
import type { InvalidInput } from "@wicara/core/Problem"
import type { RevisionMismatch } from "@wicara/core/Revision"
import * as Revision from "@wicara/core/Revision"
import * as Sorting from "@wicara/core/Sorting"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import * as Chunking from "./Chunking.ts"
import * as KnowledgeEvents from "./events.ts"
import { KnowledgeChunk, KnowledgeChunkId, KnowledgeItem, KnowledgeItemId, KnowledgeVersion } from "./KnowledgeItem.ts"
import type { KnowledgeItemChanges, NewKnowledgeItem } from "./KnowledgeItem.ts"
import { KnowledgeStore } from "./KnowledgeStore.ts"
import type { ItemFilter } from "./KnowledgeStore.ts"
import * as Language from "./Language.ts"

/**
 * What became of an item that was imported by its external key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Upserted {
  readonly outcome: "imported" | "updated" | "skipped"
  readonly item: KnowledgeItem
}

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class KnowledgeItems extends Context.Service<KnowledgeItems, {
  readonly create: (input: NewKnowledgeItem) => Effect.Effect<KnowledgeItem, Conflict, Acting>
  readonly get: (id: KnowledgeItemId) => Effect.Effect<KnowledgeItem, NotFound, CurrentOrganization>
  /** The newest first, unless it is asked for the other way round. */
  readonly list: (
    query: Pagination.PageQuery & ItemFilter & { readonly sort?: Sorting.Sort<"createdAt"> | undefined }
  ) => Effect.Effect<Pagination.Page<KnowledgeItem>, InvalidInput, CurrentOrganization>
  /** A published item is published again, as its next version, when its content changed. */
  readonly update: (
    id: KnowledgeItemId,
    changes: KnowledgeItemChanges,
    expectedRevision?: number
  ) => Effect.Effect<KnowledgeItem, NotFound | RevisionMismatch, Acting>
  readonly publish: (id: KnowledgeItemId) => Effect.Effect<KnowledgeItem, NotFound, Acting>
  readonly unpublish: (id: KnowledgeItemId) => Effect.Effect<KnowledgeItem, NotFound, Acting>
  /** Its published versions stay, so that what was cited can still be read. */
  readonly delete: (id: KnowledgeItemId) => Effect.Effect<void, NotFound, Acting>
  /** The newest first. */
  readonly versions: (
    id: KnowledgeItemId
  ) => Effect.Effect<ReadonlyArray<KnowledgeVersion>, NotFound, CurrentOrganization>
  /** The chunk that a citation points to, of whatever version. */
  readonly chunk: (id: KnowledgeChunkId) => Effect.Effect<KnowledgeChunk, NotFound, CurrentOrganization>
  /**
   * Creates or updates the item with the key; `skipped` when it says the same already. Of an item that exists, what is
   * absent stays as it is: an unpublished one is not published, its category and tags are not cleared.
   */
  readonly upsert: (externalKey: string, input: NewKnowledgeItem) => Effect.Effect<Upserted, never, Acting>
}>()("@wicara/knowledge/KnowledgeItems") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<KnowledgeItems, never, KnowledgeStore | Events | Audit> = Layer.suspend(() =>
    Layer.effect(KnowledgeItems, make)
  )
}

const sha256 = (...parts: ReadonlyArray<string>): string => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part).update("\u0000")
  return hash.digest("hex")
}

type Content = Pick<KnowledgeItem, "kind" | "title" | "variations" | "body" | "language">

const contentHash = (content: Content): string =>
  sha256(content.kind, content.language, content.title, ...content.variations, "", content.body)

const languageOf = (input: { readonly title: string; readonly body: string }): string =>
  Language.tagOf(`${input.title}\n${input.body}`)

// Whenever an attempt fails somebody else's change has succeeded: so many in a row means that the store is broken.
const attempts = 1000

const make = Effect.gen(function*() {
  const store = yield* KnowledgeStore
  const events = yield* Events
  const audit = yield* Audit

  const find = Effect.fnUntraced(function*(id: KnowledgeItemId) {
    const organization = yield* CurrentOrganization
    const item = yield* store.find(organization.id, id)
    return Option.isSome(item) ? item.value : yield* NotFound.of("knowledge item", id)
  })

  const happened = (event: KnowledgeEvents.ItemEvent, { id, version }: KnowledgeItem) =>
    events.append(event, { aggregateId: id, payload: { itemId: id, version } })

  const record = (action: string, item: KnowledgeItem) =>
    audit.record({
      action,
      target: { type: "knowledge_item", id: item.id },
      after: { title: item.title, status: item.status, version: item.version }
    })

  /** Stores the item's content as its current version, cut into chunks. */
  const addVersion = Effect.fnUntraced(function*(item: KnowledgeItem) {
    const organization = yield* CurrentOrganization
    const { actor } = yield* CurrentActor
    const chunks = Chunking.chunk(item.body)
    const version = new KnowledgeVersion({
      itemId: item.id,
      version: item.version,
      kind: item.kind,
      title: item.title,
      variations: item.variations,
      body: item.body,
      language: item.language,
      contentHash: contentHash(item),
      publishedAt: item.updatedAt,
      publishedBy: actor
    })
    // An item without text still has its title to be found by.
    const parts: Arr.NonEmptyReadonlyArray<Chunking.ChunkOf> = Arr.isReadonlyArrayNonEmpty(chunks)
      ? chunks
      : [{ headingPath: [], text: item.title }]
    const stored = yield* Effect.forEach(
      parts,
      ({ headingPath, text }, ordinal) =>
        Effect.map(Id.next(KnowledgeChunkId), (id) =>
          new KnowledgeChunk({
            id,
            itemId: item.id,
            version: item.version,
            ordinal,
            contentHash: sha256(...headingPath, "", text),
            headingPath,
            text
          }))
    )
    yield* store.addVersion(organization.id, version, stored)
    yield* store.touch(organization.id)
    yield* happened(KnowledgeEvents.ItemPublished, item)
  })

  const insert = Effect.fnUntraced(function*(input: NewKnowledgeItem) {
    const organization = yield* CurrentOrganization
    const now = yield* DateTime.now
    const status = input.status ?? "published"
    const item = new KnowledgeItem({
      id: yield* Id.next(KnowledgeItemId),
      kind: input.kind,
      title: input.title.trim(),
      variations: input.variations ?? [],
      body: input.body,
      language: input.language ?? languageOf(input),
      category: input.category ?? null,
      tags: input.tags ?? [],
      status,
      version: status === "published" ? 1 : 0,
      revision: 1,
      // MySQL takes a key that ends in spaces for the one that doesn't, SQLite does not.
      externalKey: input.externalKey?.trim() ?? null,
      createdAt: now,
      updatedAt: now
    })
    if (!(yield* store.insert(organization.id, item))) return Option.none<KnowledgeItem>()
    yield* happened(KnowledgeEvents.ItemCreated, item)
    if (status === "published") yield* addVersion(item)
    yield* record("knowledge.item.created", item)
    return Option.some(item)
  })

  /** Replaces what `change` makes of the item; `undefined` leaves it as it is. Somebody faster makes it start again. */
  const change = Effect.fnUntraced(function*<E>(
    id: KnowledgeItemId,
    action: string,
    decide: (item: KnowledgeItem) => Effect.Effect<Partial<KnowledgeItem> | undefined, E>
  ) {
    const organization = yield* CurrentOrganization
    for (let attempt = 0; attempt < attempts; attempt++) {
      const item = yield* find(id)
      const changes = yield* decide(item)
      if (changes === undefined) return item
      const done = yield* store.atomically(Effect.gen(function*() {
        const merged = new KnowledgeItem({
          ...item,
          ...changes,
          title: (changes.title ?? item.title).trim(),
          revision: item.revision + 1,
          updatedAt: yield* DateTime.now
        })
        const publishes = merged.status === "published" &&
          (item.status !== "published" || contentHash(merged) !== contentHash(item))
        const next = publishes ? new KnowledgeItem({ ...merged, version: item.version + 1 }) : merged
        if (!(yield* store.replace(organization.id, next, item.revision))) return Option.none<KnowledgeItem>()
        if (publishes) yield* addVersion(next)
        else {
          if (item.status === "published") yield* store.touch(organization.id)
          const unpublished = item.status === "published" && next.status !== "published"
          yield* happened(unpublished ? KnowledgeEvents.ItemUnpublished : KnowledgeEvents.ItemUpdated, next)
        }
        yield* record(action, next)
        return Option.some(next)
      }))
      if (Option.isSome(done)) return done.value
    }
    return yield* Effect.die(new Error(`The item ${id} could not be changed in ${attempts} attempts`))
  })

  const upsert = Effect.fn("KnowledgeItems.upsert")(function*(key: string, input: NewKnowledgeItem) {
    const organization = yield* CurrentOrganization
    const externalKey = key.trim()
    const existing = yield* store.findByExternalKey(organization.id, externalKey)
    if (Option.isNone(existing)) {
      const made = yield* store.atomically(insert({ ...input, externalKey }))
      if (Option.isSome(made)) return { outcome: "imported", item: made.value } satisfies Upserted
    }
    const known = Option.isSome(existing) ? existing : yield* store.findByExternalKey(organization.id, externalKey)
    if (Option.isNone(known)) {
      return yield* Effect.die(new Error(`The item "${externalKey}" can neither be made nor found`))
    }
    const wanted = (item: KnowledgeItem) =>
      ({
        kind: input.kind,
        title: input.title.trim(),
        variations: input.variations ?? item.variations,
        body: input.body,
        language: input.language ?? item.language,
        category: input.category === undefined ? item.category : input.category,
        tags: input.tags ?? item.tags,
        status: input.status ?? item.status
      }) as const
    const changes = (item: KnowledgeItem) => {
      const next = wanted(item)
      const differs = contentHash(item) !== contentHash(next) || item.status !== next.status ||
        item.category !== next.category || item.tags.join("\u0000") !== next.tags.join("\u0000")
      return differs ? next : undefined
    }
    if (changes(known.value) === undefined) return { outcome: "skipped", item: known.value } satisfies Upserted
    const item = yield* change(
      known.value.id,
      "knowledge.item.updated",
      (item) => Effect.succeed(changes(item))
    ).pipe(Effect.orDie)
    return { outcome: "updated", item } satisfies Upserted
  })

  return KnowledgeItems.of({
    create: Effect.fn("KnowledgeItems.create")(function*(input) {
      const made = yield* store.atomically(insert(input))
      return Option.isSome(made)
        ? made.value
        : yield* new Conflict({ detail: `There is an item with the key "${input.externalKey ?? ""}" already.` })
    }),
    get: Effect.fn("KnowledgeItems.get")(find),
    list: Effect.fn("KnowledgeItems.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const sort = query.sort ?? "-createdAt"
      const position = yield* Sorting.position(query, sort)
      const id = position === undefined ? undefined : KnowledgeItemId.make(position.id)
      const limit = Pagination.limit(query)
      const rows = yield* store.list(organization.id, {
        filter: query,
        limit: limit + 1,
        ...(Sorting.parts(sort).isDescending ? { before: id } : { after: id })
      })
      return Pagination.page(rows, limit, Sorting.Position, (item) => ({ sort, key: null, id: item.id }))
    }),
    update: Effect.fn("KnowledgeItems.update")((id, changes, expectedRevision) =>
      change(
        id,
        "knowledge.item.updated",
        (item) => Effect.as(Revision.check(expectedRevision, item.revision), changes)
      )
    ),
    publish: Effect.fn("KnowledgeItems.publish")((id) =>
      change(
        id,
        "knowledge.item.published",
        (item) => Effect.succeed(item.status === "published" ? undefined : { status: "published" as const })
      )
    ),
    unpublish: Effect.fn("KnowledgeItems.unpublish")((id) =>
      change(
        id,
        "knowledge.item.unpublished",
        (item) => Effect.succeed(item.status === "draft" ? undefined : { status: "draft" as const })
      )
    ),
    delete: Effect.fn("KnowledgeItems.delete")(function*(id) {
      const organization = yield* CurrentOrganization
      const item = yield* find(id)
      yield* store.atomically(Effect.gen(function*() {
        if (!(yield* store.remove(organization.id, id))) return
        yield* store.touch(organization.id)
        yield* happened(KnowledgeEvents.ItemDeleted, item)
        yield* record("knowledge.item.deleted", item)
      }))
    }),
    versions: Effect.fn("KnowledgeItems.versions")(function*(id) {
      const organization = yield* CurrentOrganization
      const versions = yield* store.versions(organization.id, id)
      if (versions.length === 0) yield* find(id)
      return versions
    }),
    chunk: Effect.fn("KnowledgeItems.chunk")(function*(id) {
      const organization = yield* CurrentOrganization
      const chunk = yield* store.chunk(organization.id, id)
      return Option.isSome(chunk) ? chunk.value : yield* NotFound.of("knowledge chunk", id)
    }),
    upsert
  })
})
