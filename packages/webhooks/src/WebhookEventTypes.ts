/**
 * Every event type that the server's modules publish, and what is posted of each: a versioned envelope around the event's
 * own payload, with the event's Schema.
 *
 * @since 0.1.0
 */
import type { EventDefinition, StoredEvent } from "@wicara/core/Events"
import { ModuleRegistry } from "@wicara/core/Module"
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import { matches, payloadVersion, WebhookEventType } from "./WebhookEndpoint.ts"

/**
 * The type of what a test delivers.
 *
 * @category constants
 * @since 0.1.0
 */
export const testType = "webhook.test"

const envelope = {
  id: Schema.String.annotate({ description: "The event; the same as the header webhook-id." }),
  version: Schema.Literal(payloadVersion),
  timestamp: Schema.String.annotate({ description: "When it happened.", format: "date-time" }),
  organizationId: Schema.String,
  orderingKey: Schema.String.annotate({ description: "Events with the same one are delivered in order." })
}

const encodeBody = Schema.encodeSync(
  Schema.fromJsonString(Schema.Struct({ ...envelope, type: Schema.String, data: Schema.Json }))
)
const decodeJsonObject = Schema.decodeUnknownSync(Schema.JsonObject)
const decodeJson = Schema.decodeUnknownSync(Schema.Json)

/** What a body is made from. @category models @since 0.1.0 */
export interface WebhookContent {
  readonly id: string
  readonly type: string
  readonly organizationId: string
  readonly orderingKey: string
  readonly occurredAt: DateTime.Utc
  readonly data: Schema.Json
}

/**
 * The body that is posted, the same to the byte whenever it is made.
 *
 * @category encoding
 * @since 0.1.0
 */
export const bodyOf = ({ data, id, occurredAt, orderingKey, organizationId, type }: WebhookContent): string =>
  encodeBody({
    id,
    type,
    version: payloadVersion,
    timestamp: DateTime.formatIso(occurredAt),
    organizationId,
    orderingKey,
    data
  })

/** The body of an event. @category encoding @since 0.1.0 */
export const bodyOfEvent = (event: StoredEvent): string =>
  bodyOf({
    id: event.id,
    type: event.type,
    organizationId: event.organizationId,
    orderingKey: event.aggregateId,
    occurredAt: event.occurredAt,
    data: decodeJson(event.payload)
  })

const describe = (module: string, { payload, type }: EventDefinition): WebhookEventType => {
  const body = Schema.Struct({ ...envelope, type: Schema.Literal(type), data: payload })
  const { definitions, schema } = Schema.toJsonSchemaDocument(Schema.toCodecJson(body))
  return new WebhookEventType({
    type,
    module,
    payloadVersion,
    schema: decodeJsonObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      ...schema,
      ...(Object.keys(definitions).length === 0 ? undefined : { $defs: definitions })
    })
  })
}

/**
 * @category services
 * @since 0.1.0
 */
export class WebhookEventTypes extends Context.Service<WebhookEventTypes, {
  /** In the order of their names. */
  readonly all: ReadonlyArray<WebhookEventType>
  /** Whether a pattern names any of them. */
  readonly has: (pattern: string) => boolean
}>()("@wicara/webhooks/WebhookEventTypes") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<WebhookEventTypes, never, ModuleRegistry> = Layer.effect(
    WebhookEventTypes,
    Effect.map(ModuleRegistry, (registry) => {
      const types = registry.all.flatMap(({ events }) => events.map(({ type }) => type))
      let described: ReadonlyArray<WebhookEventType> | undefined
      return WebhookEventTypes.of({
        get all() {
          described ??= registry.all.flatMap(({ events, id }) => events.map((definition) => describe(id, definition)))
            .toSorted((one, other) => one.type < other.type ? -1 : 1)
          return described
        },
        has: (pattern) => types.some((type) => matches(pattern, type))
      })
    })
  )
}
