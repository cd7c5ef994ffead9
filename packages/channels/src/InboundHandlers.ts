/**
 * Who else acts on what providers tell: a port that packages fill beside conversations, each for the events that mean
 * something to it. A handler runs in the transaction that marks the webhook as done, so what it writes is there once or
 * not at all; if it dies, the webhook is tried again.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { CurrentActor, CurrentOrganization, OrganizationId } from "@wicara/core/Tenancy"
import type { ChannelAccountId } from "./ChannelAdapter.ts"
import type { InboundEvent } from "./InboundEvent.ts"

/**
 * Where an event came to.
 *
 * @category models
 * @since 0.1.0
 */
export interface InboundArrival {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  /** When its webhook was taken in, epoch milliseconds. */
  readonly receivedAt: number
}

/**
 * @category models
 * @since 0.1.0
 */
export interface InboundHandler {
  /** Events may come twice and in any order: a handler that ran for one already changes nothing. */
  readonly handle: (
    event: InboundEvent,
    arrival: InboundArrival
  ) => Effect.Effect<void, never, CurrentOrganization | CurrentActor>
}

/**
 * The handlers of the process, in the order in which they are asked.
 *
 * @category references
 * @since 0.1.0
 */
export const InboundHandlers = Context.Reference<ReadonlyArray<InboundHandler>>("@wicara/channels/InboundHandlers", {
  defaultValue: () => []
})

/**
 * A handler of some kinds of events.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * InboundHandlers.on(["TemplateChanged"], (event, arrival) => templates.changed(arrival.channelAccountId, event))
 */
export const on = <Tag extends InboundEvent["_tag"]>(
  tags: ReadonlyArray<Tag>,
  handle: (
    event: Extract<InboundEvent, { readonly _tag: Tag }>,
    arrival: InboundArrival
  ) => Effect.Effect<void, never, CurrentOrganization | CurrentActor>
): InboundHandler => {
  const isMine = (event: InboundEvent): event is Extract<InboundEvent, { readonly _tag: Tag }> =>
    tags.some((tag) => tag === event._tag)
  return { handle: (event, arrival) => isMine(event) ? handle(event, arrival) : Effect.void }
}

/**
 * Adds a handler to those of the layers beneath. Two of them are put one on the other with `Layer.provideMerge`: side by
 * side, one would take the other's place.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E, R>(handler: Effect.Effect<InboundHandler, E, R>): Layer.Layer<never, E, R> =>
  Layer.effect(InboundHandlers, Effect.zipWith(InboundHandlers, handler, (known, one) => [...known, one]))
