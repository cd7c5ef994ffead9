/** The widget's store as a harness of the conformance kit: two websites of two organizations, each with a visitor. */
import { Effect, Layer, Redacted, Schema } from "effect"
import { HttpClient } from "effect/http"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { OutboundContent } from "@wicara/channels/MessageContent"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import type { ConnectedAccount } from "@wicara/testing/testkit/channel/ChannelHarness"
import type { Subject } from "@wicara/testing/testkit/channel/ChannelKit"
import type { Disturbance, Fault, Plan } from "@wicara/testing/testkit/channel/ChannelNetwork"
import type { WidgetAccount } from "../src/Visitor.ts"
import { VisitorId } from "../src/Visitor.ts"
import * as WidgetAdapter from "../src/WidgetAdapter.ts"
import { WidgetFeed } from "../src/WidgetFeed.ts"
import * as WidgetInbound from "../src/WidgetInbound.ts"
import { WidgetMessageId } from "../src/WidgetMessage.ts"
import { newSigningKey, WidgetSettings } from "../src/WidgetSettings.ts"
import { WidgetStore } from "../src/WidgetStore.ts"

const isOutbound = Schema.is(OutboundContent)
const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))
const bytes = (value: unknown) => new TextEncoder().encode(encode(value))

/** The store, failing before or after it did what it was asked to. */
const disturbed = (store: WidgetStore["Service"]) => {
  let plan: Plan = () => undefined
  let number = 0
  let underWay = 0
  const through = <A>(effect: Effect.Effect<A>): Effect.Effect<A> =>
    Effect.suspend(() => {
      const fault: Fault | undefined = plan(++number)
      underWay++
      const done = fault === "lost_request"
        ? Effect.die("the database is lost")
        : fault === "lost_answer"
        ? Effect.andThen(effect, Effect.die("the database is lost"))
        : effect
      return Effect.ensuring(
        done,
        Effect.sync(() => {
          underWay--
        })
      )
    })
  const disturbance: Disturbance = {
    faults: ["lost_request", "lost_answer"],
    plan: (next) => {
      plan = next
      number = 0
    },
    hanging: () => 0,
    underWay: () => underWay
  }
  const failing = WidgetStore.of({
    ...store,
    append: (...of) => through(store.append(...of)),
    find: (...of) => through(store.find(...of)),
    states: (...of) => through(store.states(...of)),
    // What is best effort is not disturbed: there is no telling it from a lost process.
    update: store.update
  })
  return { disturbance, failing }
}

const open = Effect.gen(function*() {
  const store = yield* WidgetStore
  const { disturbance, failing } = disturbed(store)
  const adapter = yield* Effect.provideService(WidgetAdapter.make, WidgetStore, failing)

  const connect = Effect.gen(function*() {
    const account: WidgetAccount = {
      id: yield* Id.next(ChannelAccountId),
      organizationId: yield* Id.next(OrganizationId),
      settings: Schema.decodeSync(WidgetSettings)({ allowedOrigins: ["https://shop.example"] }),
      secrets: { signingKey: yield* newSigningKey }
    }
    const visitorId = yield* Id.next(VisitorId)
    const visitor = { channelAccountId: account.id, visitorId }
    const connected: ConnectedAccount = {
      account,
      customer: { kind: "visitor", value: visitorId },
      taken: Effect.map(
        store.after(account.organizationId, visitor, 0, 10_000),
        (messages) =>
          messages.flatMap((message) =>
            message.from === "business" && isOutbound(message.content)
              ? [{ id: message.id, kind: message.content.type, raw: message.content }]
              : []
          )
      ),
      refuseNext: () => Effect.void,
      wrote: ({ at, id, text }) =>
        WidgetInbound.toBody({ type: "message", visitorId, id: WidgetMessageId.make(id), text, at }),
      unheardOf: (marker) => bytes({ type: "gesture", marker }),
      statusOf: (_, { id }) =>
        WidgetInbound.toBody({ type: "read", visitorId, ids: [WidgetMessageId.make(id)], upTo: 1, at: 1 }),
      signed: (body) => ({ headers: {}, query: {}, body })
    }
    return { account, connected }
  })

  const one = yield* connect
  const other = yield* connect
  return {
    adapter,
    client: HttpClient.make(() => Effect.die("the widget makes no requests")),
    disturbance,
    accounts: [one.connected, other.connected] as const,
    expired: { ...one.account, secrets: { signingKey: Redacted.make("too short") } },
    stranger: { kind: "phone", value: "6281234500001" } as const,
    statuses: ["read"] as const
  }
})

const token = "visitors write with a token of their own, not by webhook"
const here = "the widget's messages are stored here, without a provider in between"

/** The adapter with its store. */
export const subject: Subject<WidgetStore | WidgetFeed> = {
  adapter: Effect.runSync(WidgetAdapter.make.pipe(
    Effect.provide(Layer.mergeAll(Layer.mock(WidgetStore, {}), Layer.mock(WidgetFeed, {})))
  )),
  open,
  without: {
    "signature.bytes": token,
    "signature.missing": token,
    "signature.account": token,
    "decode.unknown": "it writes its own deliveries: one of another kind is malformed",
    "status.failed": "what is stored is there for the visitor, and can't fail afterwards",
    "outcome.rejected": here,
    "outcome.retryable": here,
    "outcome.account": here,
    "outcome.unsent": here,
    "outcome.timeout": here,
    "outcome.broken_answer": here,
    "outcome.isolation": here,
    "health.faults": "without its database the server can't be asked for an account's health"
  }
}
