import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import * as Id from "@wicara/core/Id"
import { CurrentOrganization, OrganizationId } from "@wicara/core/Tenancy"
import { KnowledgeChunk, KnowledgeChunkId, KnowledgeItemId } from "@wicara/knowledge/KnowledgeItem"
import { KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import type { KnowledgeQuery } from "@wicara/knowledge/KnowledgeSearch"
import { KnowledgeStore } from "@wicara/knowledge/KnowledgeStore"
import type { PublishedChunk } from "@wicara/knowledge/KnowledgeStore"

/** What several processes share, and how often they read all of it. */
const makeStorage = () => {
  const published = new Map<OrganizationId, Map<KnowledgeItemId, PublishedChunk>>()
  const revisions = new Map<OrganizationId, number>()
  const reads: Array<OrganizationId> = []
  const touch = (id: OrganizationId) => revisions.set(id, (revisions.get(id) ?? 0) + 1)
  const publish = Effect.fnUntraced(function*(
    id: OrganizationId,
    text: string,
    options: { readonly itemId?: KnowledgeItemId; readonly version?: number; readonly tags?: ReadonlyArray<string> } =
      {}
  ) {
    const itemId = options.itemId ?? (yield* Id.next(KnowledgeItemId))
    const version = options.version ?? 1
    const chunk = new KnowledgeChunk({
      id: yield* Id.next(KnowledgeChunkId),
      itemId,
      version,
      ordinal: 0,
      contentHash: text,
      headingPath: [],
      text
    })
    const items = published.get(id) ?? new Map<KnowledgeItemId, PublishedChunk>()
    const { tags = [] } = options
    items.set(itemId, { chunk, kind: "article", title: "Title", variations: [], language: "en", category: null, tags })
    published.set(id, items)
    touch(id)
    return itemId
  })
  const layer = Layer.mock(KnowledgeStore, {
    revision: (id) => Effect.sync(() => revisions.get(id) ?? 0),
    published: (id) =>
      Effect.gen(function*() {
        reads.push(id)
        const seen = [...(published.get(id)?.values() ?? [])]
        yield* Effect.yieldNow
        return seen
      })
  })
  return {
    layer,
    publish,
    reads,
    remove: (id: OrganizationId, itemId: KnowledgeItemId) => {
      published.get(id)?.delete(itemId)
      touch(id)
    },
    retag: (id: OrganizationId, itemId: KnowledgeItemId, tags: ReadonlyArray<string>) => {
      const known = published.get(id)?.get(itemId)
      if (known !== undefined) published.get(id)?.set(itemId, { ...known, tags })
      touch(id)
    }
  }
}

type Storage = ReturnType<typeof makeStorage>

/** A process of its own over the storage. */
const processOn = ({ layer }: Storage, maxChunks?: number) =>
  Effect.map(
    Layer.build(Layer.fresh(KnowledgeSearch.layerWith({ maxChunks })).pipe(Layer.provide(layer))),
    (context) => (id: OrganizationId, text: string, query: Partial<KnowledgeQuery> = {}) =>
      KnowledgeSearch.use((search) => search.search({ text, limit: 50, ...query })).pipe(
        Effect.map((hits) => hits.map((hit) => hit.text)),
        Effect.provideService(CurrentOrganization, { id }),
        Effect.provide(context)
      )
  )

const newOrganization = Id.next(OrganizationId)

describe("What search knows", () => {
  it.live("is read once while nothing changes, also by many at once", () =>
    Effect.gen(function*() {
      const storage = makeStorage()
      const id = yield* newOrganization
      yield* storage.publish(id, "The router blinks")
      const find = yield* processOn(storage)
      const all = yield* Effect.forEach(Array.from({ length: 20 }), () => find(id, "router"), {
        concurrency: "unbounded"
      })
      for (const found of all) assert.deepStrictEqual(found, ["The router blinks"])
      yield* find(id, "modem")
      assert.lengthOf(storage.reads, 1)
    }).pipe(Effect.scoped))

  it.live("is what is published now, in every process", () =>
    Effect.gen(function*() {
      const storage = makeStorage()
      const id = yield* newOrganization
      const itemId = yield* storage.publish(id, "The router blinks red")
      const kept = yield* storage.publish(id, "The modem is silent")
      const processes = [yield* processOn(storage), yield* processOn(storage)]
      for (const find of processes) assert.deepStrictEqual(yield* find(id, "router"), ["The router blinks red"])
      yield* storage.publish(id, "The gateway blinks green", { itemId, version: 2 })
      for (const find of processes) {
        assert.deepStrictEqual(yield* find(id, "router red"), [])
        assert.deepStrictEqual(yield* find(id, "gateway"), ["The gateway blinks green"])
        assert.deepStrictEqual(yield* find(id, "modem"), ["The modem is silent"])
      }
      storage.remove(id, kept)
      for (const find of processes) assert.deepStrictEqual(yield* find(id, "modem silent"), [])
      storage.remove(id, itemId)
      for (const find of processes) assert.deepStrictEqual(yield* find(id, "gateway"), [])
    }).pipe(Effect.scoped))

  it.live("follows tags that change without a new version", () =>
    Effect.gen(function*() {
      const storage = makeStorage()
      const id = yield* newOrganization
      const itemId = yield* storage.publish(id, "The router blinks", { tags: ["home"] })
      const find = yield* processOn(storage)
      assert.lengthOf(yield* find(id, "router", { tags: ["home"] }), 1)
      storage.retag(id, itemId, ["business"])
      assert.lengthOf(yield* find(id, "router", { tags: ["home"] }), 0)
      assert.lengthOf(yield* find(id, "router", { tags: ["business"] }), 1)
    }).pipe(Effect.scoped))

  it.live("has what is published while it is being read", () =>
    Effect.gen(function*() {
      const storage = makeStorage()
      const id = yield* newOrganization
      yield* storage.publish(id, "First text")
      const find = yield* processOn(storage)
      const reading = yield* Effect.forkChild(find(id, "text"), { startImmediately: true })
      assert.lengthOf(storage.reads, 1)
      yield* storage.publish(id, "Second text")
      yield* Fiber.join(reading)
      assert.sameMembers([...(yield* find(id, "text"))], ["First text", "Second text"])
    }).pipe(Effect.scoped))

  it.live("is whole after somebody gave up waiting for it", () =>
    Effect.gen(function*() {
      const storage = makeStorage()
      const id = yield* newOrganization
      for (let n = 0; n < 1000; n++) yield* storage.publish(id, `Text of item${n}`)
      const find = yield* processOn(storage)
      const impatient = yield* Effect.forkChild(find(id, "text"), { startImmediately: true })
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      yield* Fiber.interrupt(impatient)
      for (const n of [0, 199, 200, 201, 999]) assert.include(yield* find(id, `item${n}`), `Text of item${n}`)
    }).pipe(Effect.scoped))

  it.live("makes room for the organizations that ask, and has those that come back again", () =>
    Effect.gen(function*() {
      const storage = makeStorage()
      const [one, two, three] = [yield* newOrganization, yield* newOrganization, yield* newOrganization]
      for (const id of [one, two, three]) {
        for (const text of ["The first router", "The second router"]) yield* storage.publish(id, `${text} of ${id}`)
      }
      const find = yield* processOn(storage, 4)
      const asks = Effect.fnUntraced(function*(id: OrganizationId) {
        const found = yield* find(id, "router")
        assert.lengthOf(found, 2)
        assert.isTrue(found.every((text) => text.endsWith(id)))
      })
      for (const id of [one, two, one, three, one]) yield* asks(id)
      assert.deepStrictEqual(storage.reads, [one, two, three])
      yield* asks(two)
      assert.deepStrictEqual(storage.reads, [one, two, three, two])
    }).pipe(Effect.scoped))
})
