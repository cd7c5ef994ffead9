/**
 * What users say of outgoing webhooks (complaint 10): dropped, doubled, out of order. Each is a scenario that a sender
 * either stands or not, played against a `WebhookReceiver`.
 *
 * @since 0.1.0
 */
import { Effect, Exit, Fiber, Schema } from "effect"
import { holds } from "../channel/ChannelLaw.ts"
import type { LawBroken } from "../channel/ChannelLaw.ts"
import { isSigned } from "../../WebhookReceiver.ts"
import type { ReceivedRequest, WebhookReceiver } from "../../WebhookReceiver.ts"

/**
 * What posts events to addresses. The body of each is JSON with the event's word at `data.word`.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebhookSenderUnderTest {
  /** From now on everything that happens is posted there; the secret that it is signed with. */
  readonly subscribe: (url: string) => Effect.Effect<string>
  /** Something happens in a conversation. */
  readonly happens: (conversation: string, word: string) => Effect.Effect<void>
  /** Everything that can be posted now has been. */
  readonly settled: Effect.Effect<void>
  /** So much time passes that what waits for another attempt gets it. */
  readonly timePasses: Effect.Effect<void>
  /** Somebody has the latest event posted again. */
  readonly again: Effect.Effect<void>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Scenario {
  /** The number of the complaint in the list of those to beat. */
  readonly complaint: number
  /** What users say. */
  readonly title: string
  readonly play: (
    sender: WebhookSenderUnderTest,
    receiver: WebhookReceiver["Service"]
  ) => Effect.Effect<void, LawBroken>
}

const wordOf = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ data: Schema.Struct({ word: Schema.String }) }))
)

/** The words that came for a path. */
const words = (receiver: WebhookReceiver["Service"], path: string) =>
  receiver.at(path).map(({ body }) => wordOf(body).data.word)

const idOf = ({ headers }: ReceivedRequest) => headers["webhook-id"]

let paths = 0
const newPath = () => `/complaint/${++paths}`

/**
 * @category scenarios
 * @since 0.1.0
 */
export const all: ReadonlyArray<Scenario> = [
  {
    complaint: 10,
    title: "the receiver is down for a moment, and never hears of it",
    play: Effect.fnUntraced(function*(sender, receiver) {
      const path = newPath()
      receiver.plan(path, (_, n) => ({ status: n < 3 ? 503 : 204 }))
      yield* sender.subscribe(`${receiver.url}${path}`)
      yield* sender.happens("a", "one")
      for (let attempt = 0; attempt < 4; attempt++) yield* Effect.andThen(sender.settled, sender.timePasses)
      yield* holds(receiver.at(path).length === 3, "it is posted until it is taken", words(receiver, path))
    })
  },
  {
    complaint: 10,
    title: "the answer is lost on its way, and what was taken is taken for another thing the next time",
    play: Effect.fnUntraced(function*(sender, receiver) {
      const path = newPath()
      receiver.plan(path, (_, n) => n === 1 ? { fault: "cut" } : {})
      yield* sender.subscribe(`${receiver.url}${path}`)
      yield* sender.happens("a", "one")
      for (let attempt = 0; attempt < 3; attempt++) yield* Effect.andThen(sender.settled, sender.timePasses)
      const requests = receiver.at(path)
      yield* holds(requests.length === 2, "whether it was taken is not known, so it is posted again", requests.length)
      yield* holds(new Set(requests.map(idOf)).size === 1, "with the id that it had", requests.map(idOf))
      yield* holds(new Set(requests.map(({ body }) => body)).size === 1, "and the body that it had")
    })
  },
  {
    complaint: 10,
    title: "posted again by hand, it is taken for another thing",
    play: Effect.fnUntraced(function*(sender, receiver) {
      const path = newPath()
      yield* sender.subscribe(`${receiver.url}${path}`)
      yield* sender.happens("a", "one")
      yield* sender.settled
      yield* sender.again
      yield* sender.settled
      const ids = receiver.at(path).map(idOf)
      yield* holds(ids.length === 2 && ids[0] !== undefined && ids[0] === ids[1], "its id stays the same", ids)
    })
  },
  {
    complaint: 10,
    title: "of one conversation, what happened later arrives first",
    play: Effect.fnUntraced(function*(sender, receiver) {
      const path = newPath()
      let refused = false
      receiver.plan(path, ({ body }) => {
        const isRefused = !refused && wordOf(body).data.word === "opened"
        refused ||= isRefused
        return { status: isRefused ? 500 : 204 }
      })
      yield* sender.subscribe(`${receiver.url}${path}`)
      for (const word of ["opened", "answered", "closed"]) yield* sender.happens("a", word)
      yield* sender.happens("b", "another")
      yield* sender.settled
      const before = words(receiver, path)
      yield* holds(!before.includes("answered"), "what follows waits for what was not taken", before)
      yield* holds(before.includes("another"), "and another conversation does not", before)
      for (let attempt = 0; attempt < 2; attempt++) yield* Effect.andThen(sender.timePasses, sender.settled)
      const taken = words(receiver, path).filter((word) => word !== "another")
      yield* holds(
        taken.join() === "opened,opened,answered,closed",
        "all of it arrives, in the order in which it happened",
        taken
      )
    })
  },
  {
    complaint: 10,
    title: "one receiver hangs, and the others hear of nothing",
    play: Effect.fnUntraced(function*(sender, receiver) {
      const hanging = newPath()
      const other = newPath()
      receiver.plan(hanging, () => ({ fault: "silent" }))
      yield* sender.subscribe(`${receiver.url}${hanging}`)
      yield* sender.subscribe(`${receiver.url}${other}`)
      const working = yield* Effect.forkChild(Effect.andThen(sender.happens("a", "one"), sender.settled))
      const heard = yield* Effect.repeat(Effect.sleep("20 millis"), {
        until: () => receiver.at(other).length > 0
      }).pipe(Effect.timeoutOption("4 seconds"))
      yield* Fiber.interrupt(working)
      yield* holds(heard._tag === "Some", "an endpoint does not wait for another one")
    })
  },
  {
    complaint: 10,
    title: "anybody can post to the receiver, and is believed",
    play: Effect.fnUntraced(function*(sender, receiver) {
      const path = newPath()
      const secret = yield* sender.subscribe(`${receiver.url}${path}`)
      yield* sender.happens("a", "one")
      yield* sender.settled
      const [request] = receiver.at(path)
      yield* holds(request !== undefined && isSigned(request, secret), "what it posts is signed with the secret")
      yield* holds(
        request !== undefined && !isSigned({ ...request, body: `${request.body} ` }, secret),
        "and with nothing else"
      )
    })
  }
]

/**
 * The sender that is written first: what happens is posted at once, by who did it, to one address after the other, with a
 * timeout of 5 seconds and an id that is made for the request. What fails is lost.
 *
 * @category constructors
 * @since 0.1.0
 */
export const naive: Effect.Effect<WebhookSenderUnderTest> = Effect.sync(() => {
  const urls: Array<string> = []
  let latest: string | undefined
  const post = (word: string) =>
    Effect.forEach(urls, (url) =>
      Effect.tryPromise((signal) =>
        fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json", "webhook-id": crypto.randomUUID() },
          body: `{"data":{"word":"${word}"}}`,
          signal
        })
      ).pipe(Effect.timeout("5 seconds"), Effect.exit, Effect.map(Exit.isSuccess)), { discard: true })
  return {
    subscribe: (url) =>
      Effect.sync(() => {
        urls.push(url)
        return ""
      }),
    happens: (_, word) =>
      Effect.suspend(() => {
        latest = word
        return post(word)
      }),
    settled: Effect.void,
    timePasses: Effect.void,
    again: Effect.suspend(() => latest === undefined ? Effect.void : post(latest))
  }
})
