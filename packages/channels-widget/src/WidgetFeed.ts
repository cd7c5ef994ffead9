/**
 * Tells open event streams that a visitor's state changed: at once when the change was made in this process, within a
 * second when it was made in another. However many streams are open, one query a second reads up to 200 states.
 *
 * @since 0.1.0
 */
import { Context, Effect, Latch, Layer } from "effect"
import type { Duration, Scope } from "effect"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { VisitorRef } from "./Visitor.ts"
import { WidgetStore } from "./WidgetStore.ts"
import type { VisitorState } from "./WidgetStore.ts"

/**
 * One open stream's ear.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subscription {
  /** Forgets the changes so far: call it before reading, so that none after it is missed. */
  readonly clear: Effect.Effect<void>
  /** Waits for a change since the last `clear`, or until `atMost` has passed without one, or for the feed to drain. */
  readonly next: (atMost: Duration.Input) => Effect.Effect<"changed" | "quiet" | "draining">
}

interface Topic {
  readonly organizationId: OrganizationId
  readonly visitor: VisitorRef
  readonly latches: Set<Latch.Latch>
  /** What the last poll saw. */
  version: string
}

const keyOf = (organizationId: OrganizationId, visitor: VisitorRef) =>
  `${organizationId}/${visitor.channelAccountId}/${visitor.visitorId}`

const versionOf = (state: VisitorState) =>
  `${state.lastSeq}:${state.businessReadSeq}:${state.businessTypingUntil}:${state.ratingFor}`

const batchSize = 200

/**
 * @category services
 * @since 0.1.0
 */
export class WidgetFeed extends Context.Service<WidgetFeed, {
  /** Wakes this process's streams of the visitor. */
  readonly wake: (organizationId: OrganizationId, visitor: VisitorRef) => Effect.Effect<void>
  readonly subscribe: (
    organizationId: OrganizationId,
    visitor: VisitorRef
  ) => Effect.Effect<Subscription, never, Scope.Scope>
  /** Ends every open stream, for good: a server that stops would wait for them. Browsers come back to the next one. */
  readonly drain: Effect.Effect<void>
}>()("@wicara/channels-widget/WidgetFeed") {
  /** With another pace of polling. */
  static readonly layerWith = (options: {
    /** How often changes by other processes are looked for. */
    readonly pollInterval: Duration.Input
  }): Layer.Layer<WidgetFeed, never, WidgetStore> =>
    Layer.effect(
      WidgetFeed,
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const topics = new Map<string, Topic>()
        let draining = false

        const wakeTopic = (topic: Topic) => {
          for (const latch of topic.latches) Latch.openUnsafe(latch)
        }

        const pollBatch = Effect.fnUntraced(function*(batch: ReadonlyArray<Topic>) {
          const [first] = batch
          if (first === undefined) return
          const states = yield* store.states(
            first.organizationId,
            first.visitor.channelAccountId,
            batch.map((topic) => topic.visitor.visitorId)
          )
          for (const state of states) {
            const topic = topics.get(
              keyOf(first.organizationId, { ...first.visitor, visitorId: state.visitorId })
            )
            const version = versionOf(state)
            if (topic === undefined || topic.version === version) continue
            topic.version = version
            wakeTopic(topic)
          }
        })

        const poll = Effect.suspend(() => {
          const batches = new Map<string, Array<Array<Topic>>>()
          for (const topic of topics.values()) {
            const account = `${topic.organizationId}/${topic.visitor.channelAccountId}`
            const ofAccount = batches.get(account) ?? []
            batches.set(account, ofAccount)
            const last = ofAccount[ofAccount.length - 1]
            if (last === undefined || last.length === batchSize) ofAccount.push([topic])
            else last.push(topic)
          }
          return Effect.forEach([...batches.values()].flat(), pollBatch, { discard: true })
        })

        yield* poll.pipe(
          // A database that is away is met again a second later; requests report it meanwhile.
          Effect.catchCause((cause) => Effect.logDebug("The widget feed could not be polled", cause)),
          Effect.andThen(Effect.sleep(options.pollInterval)),
          Effect.forever,
          Effect.forkScoped
        )

        const subscribe = (organizationId: OrganizationId, visitor: VisitorRef) =>
          Effect.acquireRelease(
            Effect.sync(() => {
              const key = keyOf(organizationId, visitor)
              const topic = topics.get(key) ?? { organizationId, visitor, latches: new Set<Latch.Latch>(), version: "" }
              topics.set(key, topic)
              const latch = Latch.makeUnsafe(false)
              topic.latches.add(latch)
              return { key, topic, latch }
            }),
            ({ key, latch, topic }) =>
              Effect.sync(() => {
                topic.latches.delete(latch)
                if (topic.latches.size === 0) topics.delete(key)
              })
          ).pipe(
            Effect.map(({ latch }): Subscription => ({
              clear: Effect.asVoid(latch.close),
              next: (atMost) =>
                Effect.map(
                  Effect.timeoutOption(draining ? Effect.void : latch.await, atMost),
                  (woken) => draining ? "draining" : woken._tag === "Some" ? "changed" : "quiet"
                )
            }))
          )

        return WidgetFeed.of({
          wake: (organizationId, visitor) =>
            Effect.sync(() => {
              const topic = topics.get(keyOf(organizationId, visitor))
              if (topic !== undefined) wakeTopic(topic)
            }),
          subscribe,
          drain: Effect.sync(() => {
            draining = true
            for (const topic of topics.values()) wakeTopic(topic)
          })
        })
      })
    )

  static readonly layer: Layer.Layer<WidgetFeed, never, WidgetStore> = this.layerWith({ pollInterval: "1 second" })

  /**
   * Drains the feed when it closes. Put it above the HTTP server (`layerDrain.pipe(Layer.provideMerge(server))`), so that
   * it closes first and the server has no open streams to wait for.
   */
  static readonly layerDrain: Layer.Layer<never, never, WidgetFeed> = Layer.effectDiscard(
    Effect.flatMap(WidgetFeed, (feed) => Effect.addFinalizer(() => feed.drain))
  )
}
