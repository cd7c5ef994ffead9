/**
 * Handlers of `JobBatchesApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { JobBatches } from "../JobBatches.ts"
import { JobBatchesApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(JobBatchesApi),
  "batches",
  Effect.fnUntraced(function*(handlers) {
    const batches = yield* JobBatches
    return handlers.handleAll({
      list: ({ query }) => batches.list(query),
      get: ({ params }) => batches.get(params.batchId),
      jobs: ({ params, query }) => batches.jobs(params.batchId, query),
      cancel: ({ params }) => batches.cancel(params.batchId),
      retry: ({ params }) => batches.retryFailed(params.batchId)
    })
  })
)
