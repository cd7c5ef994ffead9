import { InboundEvents } from "@wicara/channels/InboundEvents"
import { Effect } from "effect"
import { CurrentVisitor } from "../Visitor.ts"
import * as WidgetInbound from "../WidgetInbound.ts"

/** Stores what the visitor did as webhooks are stored: once, and durable before it is answered. */
export const makeIngest = Effect.map(
  InboundEvents,
  (inbound) =>
    Effect.fnUntraced(function*(event: WidgetInbound.WidgetInbound) {
      const { account } = yield* CurrentVisitor
      yield* inbound.ingest({
        organizationId: account.organizationId,
        channelAccountId: account.id,
        dedupeKey: WidgetInbound.dedupeKey(event),
        body: WidgetInbound.toBody(event)
      })
    })
)
