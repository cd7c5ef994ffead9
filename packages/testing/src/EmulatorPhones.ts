/**
 * The customers' phones: every chat as the customer sees it, and the events that a phone on a page shows live.
 *
 * @since 0.1.0
 */
import { Effect, PubSub, Schema } from "effect"

/**
 * How far a message of the business came, as its ticks show it; `received` for what the customer wrote.
 *
 * @category models
 * @since 0.1.0
 */
export const BubbleStatus = Schema.Literals(["received", "accepted", "sent", "delivered", "read", "played", "failed"])
/** @since 0.1.0 */
export type BubbleStatus = typeof BubbleStatus.Type

/**
 * One message in a chat.
 *
 * @category models
 * @since 0.1.0
 */
export const Bubble = Schema.Struct({
  /** The provider's message id. */
  id: Schema.String,
  from: Schema.Literals(["customer", "business"]),
  /** How the business sent it: through the API, or by hand on its own phone. */
  source: Schema.Literals(["customer", "api", "phone"]),
  /** `text`, `image`, `interactive`, `template` … */
  kind: Schema.String,
  text: Schema.String,
  /** Epoch milliseconds. */
  at: Schema.Int,
  status: BubbleStatus,
  replyTo: Schema.optionalKey(Schema.String),
  edited: Schema.optionalKey(Schema.Boolean),
  revoked: Schema.optionalKey(Schema.Boolean),
  pinned: Schema.optionalKey(Schema.Boolean),
  /** On the business's own list. */
  starred: Schema.optionalKey(Schema.Boolean),
  /** The last reaction of each side. */
  reactions: Schema.Struct({
    customer: Schema.optionalKey(Schema.String),
    business: Schema.optionalKey(Schema.String)
  }),
  /** The message object as the provider has it. */
  native: Schema.Unknown
}).annotate({ identifier: "Bubble" })
/** @since 0.1.0 */
export type Bubble = typeof Bubble.Type

const where = { account: Schema.String, customer: Schema.String }

/**
 * What a phone shows live.
 *
 * @category models
 * @since 0.1.0
 */
export const PhoneEvent = Schema.Union([
  /** A new bubble, or one that changed (ticks, edit, reaction). */
  Schema.Struct({ type: Schema.Literal("bubble"), ...where, bubble: Bubble }),
  /** The business is typing, or stopped. */
  Schema.Struct({ type: Schema.Literal("typing"), ...where, on: Schema.Boolean }),
  /** The business has read the customer's message: its ticks turn blue. */
  Schema.Struct({ type: Schema.Literal("read"), ...where, messageId: Schema.String })
]).annotate({ identifier: "PhoneEvent" })
/** @since 0.1.0 */
export type PhoneEvent = typeof PhoneEvent.Type

/**
 * @category models
 * @since 0.1.0
 */
export interface Phones {
  /** Adds a bubble; one with the same id is left as it is. */
  readonly add: (account: string, customer: string, bubble: Bubble) => Effect.Effect<void>
  /** Changes a bubble, if it is there. Statuses only move forward. */
  readonly change: (
    account: string,
    customer: string,
    id: string,
    change: (bubble: Bubble) => Bubble
  ) => Effect.Effect<void>
  readonly typing: (account: string, customer: string, on: boolean) => Effect.Effect<void>
  readonly read: (account: string, customer: string, messageId: string) => Effect.Effect<void>
  /** Who the message with this id was exchanged with. */
  readonly customerOf: (account: string, messageId: string) => string | undefined
  readonly find: (account: string, messageId: string) => Bubble | undefined
  /** The customer's chat, oldest first; over every account when none is named. */
  readonly chat: (customer: string, account?: string | undefined) => ReadonlyArray<Bubble>
  /** The time of the customer's last message to the account, epoch milliseconds. */
  readonly lastFromCustomer: (account: string, customer: string) => number | undefined
  readonly events: PubSub.PubSub<PhoneEvent>
}

const rank: Record<BubbleStatus, number> = {
  received: 0,
  accepted: 0,
  sent: 1,
  delivered: 2,
  read: 3,
  played: 4,
  failed: 5
}

/**
 * A bubble with a status that is not behind the one it has.
 *
 * @category conversions
 * @since 0.1.0
 */
export const withStatus = (status: BubbleStatus) => (bubble: Bubble): Bubble =>
  rank[status] > rank[bubble.status] ? { ...bubble, status } : bubble

/**
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Phones> = Effect.gen(function*() {
  const events = yield* PubSub.sliding<PhoneEvent>(4096)
  const chats = new Map<string, Map<string, Bubble>>()
  const owners = new Map<string, string>()
  const lastInbound = new Map<string, number>()
  const key = (account: string, other: string) => `${account}\u0000${other}`

  const chatOf = (account: string, customer: string) => {
    const existing = chats.get(key(account, customer))
    if (existing !== undefined) return existing
    const made = new Map<string, Bubble>()
    chats.set(key(account, customer), made)
    return made
  }

  const publish = (event: PhoneEvent) => Effect.asVoid(PubSub.publish(events, event))

  return {
    add: (account, customer, bubble) =>
      Effect.suspend(() => {
        const chat = chatOf(account, customer)
        if (chat.has(bubble.id)) return Effect.void
        chat.set(bubble.id, bubble)
        owners.set(key(account, bubble.id), customer)
        if (bubble.from === "customer") {
          const chatKey = key(account, customer)
          lastInbound.set(chatKey, Math.max(bubble.at, lastInbound.get(chatKey) ?? 0))
        }
        return publish({ type: "bubble", account, customer, bubble })
      }),
    change: (account, customer, id, change) =>
      Effect.suspend(() => {
        const chat = chatOf(account, customer)
        const before = chat.get(id)
        if (before === undefined) return Effect.void
        const bubble = change(before)
        if (bubble === before) return Effect.void
        chat.set(id, bubble)
        return publish({ type: "bubble", account, customer, bubble })
      }),
    typing: (account, customer, on) => publish({ type: "typing", account, customer, on }),
    read: (account, customer, messageId) => publish({ type: "read", account, customer, messageId }),
    customerOf: (account, messageId) => owners.get(key(account, messageId)),
    find: (account, messageId) => {
      const customer = owners.get(key(account, messageId))
      return customer === undefined ? undefined : chats.get(key(account, customer))?.get(messageId)
    },
    chat: (customer, account) =>
      (account !== undefined
        ? [chats.get(key(account, customer))]
        : Array.from(chats).filter(([name]) => name.endsWith(`\u0000${customer}`)).map(([, chat]) => chat))
        .flatMap((chat) => chat === undefined ? [] : Array.from(chat.values()))
        .sort((one, other) => one.at - other.at),
    lastFromCustomer: (account, customer) => lastInbound.get(key(account, customer)),
    events
  }
})
