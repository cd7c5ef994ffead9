/**
 * Handlers of `PlatformApi`.
 *
 * @since 0.1.0
 */
import { Effect, Option } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Audit } from "../Audit.ts"
import { FactorRecoveries } from "../FactorRecoveries.ts"
import * as Caller from "../internal/caller.ts"
import { JobBatches } from "../JobBatches.ts"
import { JobQueues } from "../JobQueues.ts"
import { ModuleRegistry } from "../Module.ts"
import { ModuleDescription } from "../ModuleState.ts"
import { Organizations } from "../Organizations.ts"
import { onPlatform, PlatformAdmins } from "../PlatformAdmins.ts"
import { Conflict, InvalidInput, NotFound } from "../Problem.ts"
import { RemovedAddons } from "../RemovedAddons.ts"
import { Schedules } from "../Schedules.ts"
import { Settings } from "../Settings.ts"
import { CurrentOrganization } from "../Tenancy.ts"
import type { OrganizationId } from "../Tenancy.ts"
import { endOf } from "../Trials.ts"
import { PlatformApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(PlatformApi),
  "platform",
  Effect.fnUntraced(function*(handlers) {
    const organizations = yield* Organizations
    const settings = yield* Settings
    const admins = yield* PlatformAdmins
    const audit = yield* Audit
    const registry = yield* ModuleRegistry
    const removedAddons = yield* RemovedAddons
    const queues = yield* JobQueues
    const schedules = yield* Schedules
    const batches = yield* JobBatches
    const recoveries = yield* FactorRecoveries

    const find = Effect.fnUntraced(function*(id: OrganizationId) {
      const found = yield* organizations.find(id)
      if (Option.isSome(found)) return found.value
      return yield* new NotFound({ resource: "organization", id, detail: `There is no organization "${id}".` })
    })

    return handlers.handleAll({
      listOrganizations: ({ query }) => organizations.list(query),
      getOrganization: ({ params }) => find(params.organizationId),
      setStatus: Effect.fnUntraced(function*({ params, payload }) {
        const organization = yield* find(params.organizationId)
        if (organization.status === "cancelled") {
          return yield* new Conflict({ detail: "Its deletion is scheduled: call that off first." })
        }
        const { reason, status } = payload
        if (payload.trialEndsAt !== undefined && status !== "trial") {
          return yield* InvalidInput.of("/trialEndsAt", "Only a trial has an end.")
        }
        const trialEndsAt = status === "trial"
          ? yield* Effect.provideService(endOf(payload.trialEndsAt), Settings, settings)
          : null
        return yield* organizations.setStatus(status, { reason, trialEndsAt }).pipe(
          Effect.provideService(CurrentOrganization, { id: organization.id })
        )
      }),
      listSettings: () => Effect.map(settings.listPlatform, (data) => ({ data })),
      setSetting: ({ params, payload }) => settings.setPlatform(params.key, payload.value),
      resetSetting: ({ params }) => settings.resetPlatform(params.key),
      listModules: () =>
        Effect.map(removedAddons.list, (removed) => ({ data: registry.all.map(ModuleDescription.of), removed })),
      listAdmins: () => Effect.map(admins.list, (data) => ({ data })),
      grantAdmin: ({ params }) => admins.grant(params.userId),
      revokeAdmin: ({ params }) => admins.revoke(params.userId),
      listFactorRecoveries: ({ query }) => recoveries.listAll(query),
      approveFactorRecovery: ({ params, payload }) =>
        Effect.flatMap(
          Caller.session,
          (session) => recoveries.approveForAll(session, params.factorRecoveryId, payload.identifiedBy)
        ),
      listQueues: () => Effect.map(queues.list, (data) => ({ data })),
      listJobs: ({ query }) => queues.jobs(query),
      retryJob: ({ payload }) => queues.retry(payload.queue, payload.id),
      retryQueue: ({ payload }) => Effect.map(queues.retryFailed(payload.queue), (retried) => ({ retried })),
      changeQueue: ({ payload: { action, queue } }) => queues[action](queue),
      discardJob: ({ payload }) => queues.discard(payload.queue, payload.id),
      listBatches: ({ query }) => onPlatform(batches.list(query)),
      getBatch: ({ params }) => onPlatform(batches.get(params.batchId)),
      listBatchJobs: ({ params, query }) => onPlatform(batches.jobs(params.batchId, query)),
      changeBatch: ({ params, payload }) => onPlatform(batches[payload.action](params.batchId)),
      listSchedules: () => Effect.map(schedules.list, (data) => ({ data })),
      changeSchedule: ({ params: { schedule }, payload: { action } }) =>
        action === "run"
          ? schedules.runNow(schedule)
          : action === "pause"
          ? schedules.pause(schedule)
          : schedules.resume(schedule),
      audit: ({ query }) => onPlatform(audit.list(query))
    })
  })
)
