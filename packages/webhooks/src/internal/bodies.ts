import type { EventLog } from "@wicara/core/EventLog"
import * as Id from "@wicara/core/Id"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { DateTime, Effect } from "effect"
import { bodyOf, bodyOfEvent } from "../WebhookEventTypes.ts"
import type { DeliveryRow } from "./rows.ts"

/** What is posted of a delivery; `undefined` when its event was erased. */
export const makeBodies = (log: EventLog["Service"]) => ({
  of: Effect.fnUntraced(function*(row: DeliveryRow): Effect.fn.Return<string | undefined> {
    const organizationId = Id.fromBytes<OrganizationId>(row.organization_id)
    if (row.event_id === null) {
      return bodyOf({
        id: Id.fromBytes(row.id),
        type: row.type,
        organizationId,
        orderingKey: row.ordering_key,
        occurredAt: DateTime.makeUnsafe(Number(row.created_at)),
        data: { endpointId: Id.fromBytes(row.endpoint_id) }
      })
    }
    const position = Number(row.position)
    const [event] = yield* log.read({ organizationId, after: position - 1, limit: 1 })
    return event?.position === position ? bodyOfEvent(event) : undefined
  })
})
