/**
 * Domain events with a transactional outbox: a state change appends its event in the same transaction; consumers read
 * them in order, at least once, each with a cursor of its own.
 *
 * @since 0.1.0
 */
import { Context, Schema } from "effect"
import type { DateTime, Effect } from "effect"
import * as Id from "./Id.ts"
import { CurrentOrganization, OrganizationId } from "./Tenancy.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const EventId = Id.make("EventId", "One event; consumers are idempotent by it.")
/** @since 0.1.0 */
export type EventId = typeof EventId.Type

/**
 * An event type with the schema of its payload. Payloads carry ids and small facts, not bodies.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventDefinition<Type extends string = string, Payload extends Schema.Codec<any, any> = Schema.Codec<any, any>> {
  /** Dotted and past tense: `conversation.message.received`. */
  readonly type: Type
  readonly payload: Payload
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const define = <const Type extends string, Payload extends Schema.Codec<any, any>>(
  type: Type,
  payload: Payload
): EventDefinition<Type, Payload> => ({ type, payload })

/**
 * An event as consumers receive it.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredEvent {
  readonly id: EventId
  readonly organizationId: OrganizationId
  readonly type: string
  /** The entity whose events are ordered: a conversation, a user. */
  readonly aggregateId: string
  /** The encoded payload; decode it with its definition's schema. */
  readonly payload: unknown
  readonly occurredAt: DateTime.Utc
  /** Gapless per server, in commit order: the cursor of consumers. */
  readonly position: number
}

/**
 * @category services
 * @since 0.1.0
 */
export class Events extends Context.Service<Events, {
  /** Appends within the ambient transaction. */
  readonly append: <Type extends string, Payload extends Schema.Codec<any, any>>(
    definition: EventDefinition<Type, Payload>,
    event: { readonly aggregateId: string; readonly payload: Payload["Type"] }
  ) => Effect.Effect<void, never, CurrentOrganization>
}>()("@wicara/core/Events") {}
