import type { OrganizationId } from "@wicara/core/Tenancy"
import type { KnowledgeChunk, KnowledgeItem, KnowledgeVersion } from "@wicara/knowledge/KnowledgeItem"
import { KnowledgeStore } from "@wicara/knowledge/KnowledgeStore"
import { Effect, Layer, Option, Semaphore } from "effect"

interface Shelf {
  readonly items: ReadonlyArray<KnowledgeItem>
  readonly versions: ReadonlyArray<KnowledgeVersion>
  readonly chunks: ReadonlyArray<KnowledgeChunk>
  readonly revision: number
}
const empty: Shelf = { items: [], versions: [], chunks: [], revision: 0 }

/** Where this application keeps knowledge: one immutable value per organization, so that undoing is putting it back. */
export const layer = Layer.sync(KnowledgeStore, () => {
  let shelves: ReadonlyMap<OrganizationId, Shelf> = new Map()
  const oneAtATime = Semaphore.makeUnsafe(1)
  const get = <A>(id: OrganizationId, read: (shelf: Shelf) => A) => Effect.sync(() => read(shelves.get(id) ?? empty))
  const set = (id: OrganizationId, change: (shelf: Shelf) => Partial<Shelf>) =>
    get(id, (shelf) => void (shelves = new Map(shelves).set(id, { ...shelf, ...change(shelf) })))

  return KnowledgeStore.of({
    atomically: (effect) =>
      oneAtATime.withPermits(1)(Effect.suspend(() => {
        const before = shelves
        return Effect.onError(effect, () => Effect.sync(() => void (shelves = before)))
      })),
    find: (org, id) => get(org, ({ items }) => Option.fromUndefinedOr(items.find((item) => item.id === id))),
    findByExternalKey: (org, key) =>
      get(org, ({ items }) => Option.fromUndefinedOr(items.find((item) => item.externalKey === key))),
    list: (org, { filter, limit, ...position }) =>
      get(org, ({ items }) => {
        const sign = "before" in position ? -1 : 1
        const from = "before" in position ? position.before : position.after
        return items.filter((item) =>
          (from === undefined || (sign < 0 ? item.id < from : item.id > from)) &&
          (filter.status ?? item.status) === item.status &&
          (filter.kind ?? item.kind) === item.kind && (filter.language ?? item.language) === item.language
        ).sort((a, b) => a.id < b.id ? -sign : sign).slice(0, limit)
      }),
    insert: Effect.fnUntraced(function*(org, item) {
      const taken = yield* get(
        org,
        ({ items }) => item.externalKey !== null && items.some(({ externalKey }) => externalKey === item.externalKey)
      )
      if (!taken) yield* set(org, ({ items }) => ({ items: [...items, item] }))
      return !taken
    }),
    replace: Effect.fnUntraced(function*(org, item, revision) {
      const current = yield* get(org, ({ items }) => items.find(({ id }) => id === item.id)?.revision === revision)
      if (current) yield* set(org, ({ items }) => ({ items: items.map((old) => old.id === item.id ? item : old) }))
      return current
    }),
    remove: Effect.fnUntraced(function*(org, id) {
      const known = yield* get(org, ({ items }) => items.some((item) => item.id === id))
      yield* set(org, ({ items }) => ({ items: items.filter((item) => item.id !== id) }))
      return known
    }),
    addVersion: (org, version, chunks) =>
      set(org, (shelf) => ({ versions: [version, ...shelf.versions], chunks: [...shelf.chunks, ...chunks] })),
    versions: (org, id) => get(org, ({ versions }) => versions.filter(({ itemId }) => itemId === id)),
    chunk: (org, id) => get(org, ({ chunks }) => Option.fromUndefinedOr(chunks.find((chunk) => chunk.id === id))),
    published: (org) =>
      get(
        org,
        ({ chunks, items }) =>
          items.filter(({ status }) => status === "published").flatMap((item) =>
            chunks.filter(({ itemId, version }) => itemId === item.id && version === item.version)
              .map((chunk) => ({ ...item, chunk }))
          )
      ),
    revision: (org) => get(org, ({ revision }) => revision),
    touch: (org) => set(org, ({ revision }) => ({ revision: revision + 1 }))
  })
})
