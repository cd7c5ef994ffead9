/**
 * Publishing, unpublishing and deleting many items as a batch of jobs: one job finds the items and one job for each does
 * it, so that thousands of them hold up no request, and none is lost or done for nothing when a process dies.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Audit } from "@wicara/core/Audit"
import type { JobBatch } from "@wicara/core/JobBatch"
import { JobBatchId } from "@wicara/core/JobBatch"
import { JobBatches } from "@wicara/core/JobBatches"
import * as Jobs from "@wicara/core/Jobs"
import { NotFound } from "@wicara/core/Problem"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { KnowledgeAction, KnowledgeBatchRequest } from "./KnowledgeBatch.ts"
import { KnowledgeItemId } from "./KnowledgeItem.ts"
import { KnowledgeItems } from "./KnowledgeItems.ts"
import { KnowledgeStore } from "./KnowledgeStore.ts"

/**
 * Fills a batch with the items that a request means.
 *
 * @category jobs
 * @since 0.1.0
 */
export const fillJob = Jobs.define({
  name: "knowledge.fill_batch",
  payload: Schema.Struct({ batchId: JobBatchId, upTo: KnowledgeItemId, request: KnowledgeBatchRequest })
})

/**
 * Does to an item what its batch is for.
 *
 * @category jobs
 * @since 0.1.0
 */
export const itemJob = Jobs.define({
  name: "knowledge.change_item",
  payload: Schema.Struct({ action: KnowledgeAction, itemId: KnowledgeItemId }),
  maxAttempts: 5
})

/**
 * @category services
 * @since 0.1.0
 */
export class KnowledgeBatches extends Context.Service<KnowledgeBatches, {
  /** Items that are written afterwards are left alone; one that is named has to be there. */
  readonly start: (
    request: KnowledgeBatchRequest
  ) => Effect.Effect<JobBatch, NotFound, CurrentOrganization | CurrentActor>
}>()("@wicara/knowledge/KnowledgeBatches") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<KnowledgeBatches, never, JobBatches | KnowledgeStore | Audit> = Layer.suspend(() =>
    Layer.effect(KnowledgeBatches, make)
  )

  /**
   * Does the jobs in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, JobBatches | Jobs.Jobs | KnowledgeItems | KnowledgeStore> =
    Layer.suspend(() =>
      Layer.mergeAll(
        Jobs.worker(fillJob, { handle: ({ payload }) => fill(payload) }),
        Jobs.worker(itemJob, { handle: ({ payload }) => change(payload), concurrency: 2 })
      )
    )
}

const make = Effect.gen(function*() {
  const batches = yield* JobBatches
  const store = yield* KnowledgeStore
  const audit = yield* Audit
  return KnowledgeBatches.of({
    start: Effect.fn("KnowledgeBatches.start")(function*(request) {
      const organization = yield* CurrentOrganization
      for (const id of request.filter.ids ?? []) {
        if (Option.isNone(yield* store.find(organization.id, id))) return yield* NotFound.of("knowledge item", id)
      }
      return yield* store.atomically(Effect.gen(function*() {
        const batch = yield* batches.create({ name: `knowledge.${request.action}` })
        yield* audit.record({
          action: "knowledge.batch.started",
          target: { type: "job_batch", id: batch.id },
          after: request
        })
        const [newest] = yield* store.list(organization.id, { filter: {}, before: undefined, limit: 1 })
        if (newest === undefined) return yield* Effect.orDie(batches.seal(batch.id))
        yield* Effect.orDie(batches.fillBy(batch.id, fillJob, { batchId: batch.id, upTo: newest.id, request }))
        return batch
      }))
    })
  })
})

const pageRows = 200

/** Begun again after its process died it adds what is missing: a batch takes an item once. */
const fill = Effect.fnUntraced(function*({ batchId, request, upTo }: typeof fillJob.payload.Type) {
  const organization = yield* CurrentOrganization
  const batches = yield* JobBatches
  const store = yield* KnowledgeStore
  const wanted = request.filter.ids === undefined ? undefined : new Set(request.filter.ids)
  let before: KnowledgeItemId | undefined
  while (true) {
    const items = yield* store.list(organization.id, { filter: request.filter, before, limit: pageRows })
    const meant = items.filter(({ id }) => id <= upTo && (wanted === undefined || wanted.has(id)))
    yield* batches.add(
      batchId,
      itemJob,
      meant.map(({ id }) => ({ key: id, payload: { action: request.action, itemId: id } }))
    )
    before = items.at(-1)?.id
    if (before === undefined) break
  }
  yield* batches.seal(batchId)
})

/** What is gone meanwhile needs nothing any more. */
const change = Effect.fnUntraced(function*({ action, itemId }: typeof itemJob.payload.Type) {
  const items = yield* KnowledgeItems
  const changes = { publish: items.publish, unpublish: items.unpublish, delete: items.delete }
  yield* Effect.catchTag(changes[action](itemId), "NotFound", () => Effect.void)
})
