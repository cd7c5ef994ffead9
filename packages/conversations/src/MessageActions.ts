/**
 * What people and programs do to messages after they were sent, where the channel's provider lets that be done: edited
 * and deleted (the business's own), pinned, starred, reacted to, and voted in. The provider is asked first; what it did is what is
 * shown here. Silence is told as such: the same may be asked for again, and what the provider tells of it later counts.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { SendOutcome } from "@wicara/channels/ChannelAdapter"
import type { MessageAction } from "@wicara/channels/MessageAction"
import type { MessageContent } from "@wicara/channels/MessageContent"
import type { Contacts } from "@wicara/contacts/Contacts"
import { Audit } from "@wicara/core/Audit"
import type { Events } from "@wicara/core/Events"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, Forbidden, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import type { Signals } from "@wicara/core/Signals"
import { joinTransaction, orDieSql } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Context, Effect, Layer, Option } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { MessageMarked } from "./events.ts"
import * as Access from "./internal/conversationAccess.ts"
import { eventBase } from "./internal/conversationRows.ts"
import type { ConversationRow } from "./internal/conversationRows.ts"
import type { MessageRow } from "./internal/messageRow.ts"
import { makeReactions } from "./internal/reactions.ts"
import { makeTranscript } from "./internal/transcript.ts"
import type { MessageId } from "./Message.ts"
import * as MessageStatus from "./MessageStatus.ts"
import { permissions } from "./permissions.ts"

/** What stands in the way: the message is not there, the actor may not, it can't be done, or the provider is silent. */
type Refusal = NotFound | Forbidden | Conflict | Unavailable

type Acted = Effect.Effect<void, Refusal, CurrentOrganization | CurrentActor>

/**
 * @category services
 * @since 0.1.0
 */
export class MessageActions extends Context.Service<MessageActions, {
  /**
   * Puts other words in the place of a text that the business sent, or of what it said under a file. Another person's
   * needs `conversations:assign`.
   */
  readonly edit: (id: MessageId, text: string) => Acted
  /** Deletes a message of the business for everyone; what it said is kept here. Twice is once. */
  readonly remove: (id: MessageId) => Acted
  /** Shows a message on top of its chat for so many days; `null` takes it off. */
  readonly pin: (id: MessageId, days: number | null) => Acted
  /** Marks a message in the account's own list. */
  readonly star: (id: MessageId, on: boolean) => Acted
  /** Sets the business's reaction; `null` takes it back. */
  readonly react: (id: MessageId, emoji: string | null) => Acted
  /** Sets the business's whole choice in a poll; none takes it back. */
  readonly vote: (
    id: MessageId,
    options: ReadonlyArray<string>
  ) => Effect.Effect<void, Refusal | InvalidInput, CurrentOrganization | CurrentActor>
}>()("@wicara/conversations/MessageActions") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    MessageActions,
    never,
    SqlClient.SqlClient | Events | Signals | Contacts | ChannelAccounts | Audit | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(MessageActions, make))
}

const day = 86_400_000
const timeout = "1 minute"

const unsupported = new Conflict({ detail: "This channel can't do this to messages that were sent." })

/** What of a message can be edited, and the content with other words. */
const wordsOf = (content: MessageContent) => {
  switch (content.type) {
    case "text": {
      const { mentions: _, preview: __, ...rest } = content
      return { text: content.text, replaced: (text: string): MessageContent => ({ ...rest, text }) }
    }
    case "image":
    case "video":
    case "document":
      return { text: content.caption, replaced: (caption: string): MessageContent => ({ ...content, caption }) }
    default:
      return undefined
  }
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const audit = yield* Audit
  const http = yield* HttpClient.HttpClient
  const transcript = yield* makeTranscript
  const { apply, conversations, messages } = transcript
  const reactions = makeReactions(sql, transcript)

  /** A message that its provider has, in a conversation in which the actor may answer. */
  const found = Effect.fnUntraced(function*(id: MessageId) {
    const organization = yield* CurrentOrganization
    const message = Option.getOrUndefined(yield* messages.findById(organization.id, id, false))
    if (message === undefined) return yield* NotFound.of("message", id)
    const row = Option.getOrUndefined(yield* conversations.find(organization.id, message.conversationId, false))
    if (row === undefined) return yield* NotFound.of("message", id)
    yield* Access.check(permissions.reply, row, "message", id)
    return { message, row }
  })

  const sent = ({ providerMessageId, revokedAt, status }: MessageRow) =>
    providerMessageId === null || status === "failed" || (status !== null && !MessageStatus.isHandedOver(status))
      ? Effect.fail(new Conflict({ detail: "The message has not been sent." }))
      : revokedAt !== null
      ? Effect.fail(new Conflict({ detail: "The message was deleted." }))
      : Effect.succeed(providerMessageId)

  /** What another person wrote is theirs, and whoever answers for them. */
  const ownMessage = Effect.fnUntraced(function*(message: MessageRow, row: ConversationRow) {
    if (message.direction !== "outbound") {
      return yield* new Conflict({ detail: "Only messages of the business can be edited or deleted." })
    }
    const actor = yield* CurrentActor
    const isTheirs = actor.actor._tag === "User" && actor.actor.id === message.authorId
    if (message.author === "user" && !isTheirs && !Permissions.can(actor, permissions.assign, Access.resourceOf(row))) {
      return yield* Forbidden.of(permissions.assign.name)
    }
  })

  const settled = (outcome: SendOutcome): Effect.Effect<void, Conflict | Unavailable> => {
    switch (outcome._tag) {
      case "Accepted":
        return Effect.void
      case "Rejected":
        return Effect.fail(
          outcome.code === "not_supported"
            ? unsupported
            : new Conflict({ detail: `The provider refuses this: ${outcome.reason}` })
        )
      default:
        return Effect.fail(
          new Unavailable({ detail: `The provider did not answer as it should: ${outcome.reason}` })
        )
    }
  }

  const ask = (
    account: ResolvedAccount,
    effect: Effect.Effect<SendOutcome, never, HttpClient.HttpClient> | undefined
  ) =>
    effect === undefined ? Effect.fail(unsupported) : effect.pipe(
      Effect.provideService(HttpClient.HttpClient, http),
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => Effect.succeed<SendOutcome>({ _tag: "Unknown", reason: "No answer in time." })
      }),
      Effect.catchDefect((defect) =>
        Effect.as(
          Effect.logError(`The channel ${account.adapter.id} failed about a message`, defect),
          { _tag: "Unknown", reason: "The adapter failed." } satisfies SendOutcome
        )
      ),
      Effect.flatMap(settled)
    )

  const targetOf = (message: MessageRow, row: ConversationRow, providerMessageId: string) => ({
    chat: row.chat,
    providerMessageId,
    fromBusiness: message.direction === "outbound"
  })

  const act = Effect.fnUntraced(function*(message: MessageRow, row: ConversationRow, action: MessageAction) {
    const providerMessageId = yield* sent(message)
    const account = yield* accounts.resolve(message.channelAccountId)
    const { act, capabilities } = account.adapter
    const needed = action.type === "edit" && action.caption === true ? "editCaption" : action.type
    if (capabilities.actions?.has(needed) !== true) return yield* unsupported
    const now = yield* Clock.currentTimeMillis
    const { editWithin } = capabilities
    if (action.type === "edit" && editWithin !== undefined && now - message.sentAt >= editWithin) {
      return yield* new Conflict({
        detail: `The message is too old to be edited: ${Math.floor(editWithin / 60_000)} minutes are allowed.`
      })
    }
    yield* ask(account, act?.(targetOf(message, row, providerMessageId), action, account.account))
  })

  /** What the provider did is written down, with who asked for it. */
  const recorded = (
    { id }: MessageRow,
    action: string,
    change: (message: MessageRow, now: number) => Effect.Effect<void, unknown, CurrentOrganization>,
    about: { readonly before?: unknown; readonly after?: unknown } = {}
  ) =>
    Effect.orDie(joinTransaction(
      sql,
      Effect.gen(function*() {
        const organization = yield* CurrentOrganization
        const message = Option.getOrUndefined(yield* messages.findById(organization.id, id, true))
        if (message === undefined) return
        yield* change(message, yield* Clock.currentTimeMillis)
        yield* audit.record({ action: `message.${action}`, target: { type: "message", id }, ...about })
      })
    ))

  const marked = (row: ConversationRow, { id, pinnedUntil, starred }: MessageRow) =>
    transcript.events.append(MessageMarked, {
      aggregateId: row.id,
      payload: { ...eventBase(row), messageId: id, pinned: pinnedUntil !== null, starred }
    })

  return MessageActions.of({
    edit: Effect.fn("MessageActions.edit")(function*(id, text) {
      const { message, row } = yield* orDieSql(found(id))
      yield* ownMessage(message, row)
      const words = wordsOf(message.content)
      if (words === undefined) return yield* new Conflict({ detail: "Only texts can be edited." })
      if (words.text === text) return yield* Effect.asVoid(sent(message))
      yield* act(message, row, { type: "edit", text, ...(message.content.type === "text" ? {} : { caption: true }) })
      // What was said is in the message's versions, and not in the audit log.
      yield* recorded(
        message,
        "edited",
        (current, at) => apply(current, { _tag: "Edit", content: words.replaced(text), at })
      )
    }),
    remove: Effect.fn("MessageActions.remove")(function*(id) {
      const { message, row } = yield* orDieSql(found(id))
      yield* ownMessage(message, row)
      if (message.revokedAt !== null) return
      yield* act(message, row, { type: "delete" })
      yield* recorded(message, "deleted", (current, at) => apply(current, { _tag: "Revoke", at }))
    }),
    pin: Effect.fn("MessageActions.pin")(function*(id, days) {
      const { message, row } = yield* orDieSql(found(id))
      if (days === null && message.pinnedUntil === null) return
      yield* act(message, row, { type: "pin", seconds: days === null ? null : days * 86_400 })
      yield* recorded(
        message,
        days === null ? "unpinned" : "pinned",
        (current, now) =>
          Effect.andThen(
            messages.setPinned(current, days === null ? null : now + days * day),
            marked(row, { ...current, pinnedUntil: days })
          ),
        days === null ? {} : { after: { days } }
      )
    }),
    star: Effect.fn("MessageActions.star")(function*(id, on) {
      const { message, row } = yield* orDieSql(found(id))
      if (on === message.starred) return
      yield* act(message, row, { type: "star", on })
      yield* recorded(
        message,
        on ? "starred" : "unstarred",
        (current) => Effect.andThen(messages.setStarred(current, on), marked(row, { ...current, starred: on }))
      )
    }),
    react: Effect.fn("MessageActions.react")(function*(id, emoji) {
      const { message, row } = yield* orDieSql(found(id))
      const providerMessageId = yield* sent(message)
      const account = yield* accounts.resolve(message.channelAccountId)
      yield* ask(account, account.adapter.react?.({ chat: row.chat, providerMessageId, emoji }, account.account))
      yield* recorded(message, "reacted", (current, at) =>
        reactions.set({
          organizationId: current.organizationId,
          channelAccountId: current.channelAccountId,
          targetProviderMessageId: providerMessageId,
          reactor: "business",
          emoji,
          at
        }))
    }),
    vote: Effect.fn("MessageActions.vote")(function*(id, options) {
      const { message, row } = yield* orDieSql(found(id))
      const { content } = message
      if (content.type !== "poll") return yield* new Conflict({ detail: "Only polls can be voted in." })
      if (options.length > 1 && !content.multiple) {
        return yield* InvalidInput.of("/options", "Only one answer of this poll can be chosen.")
      }
      if (options.some((option) => !content.options.includes(option))) {
        return yield* InvalidInput.of("/options", "The poll has no such answer.")
      }
      const providerMessageId = yield* sent(message)
      yield* act(message, row, { type: "vote", options })
      yield* recorded(message, "voted", (current, at) =>
        reactions.vote({
          organizationId: current.organizationId,
          channelAccountId: current.channelAccountId,
          targetProviderMessageId: providerMessageId,
          reactor: "business",
          options,
          at
        }), { after: { options } })
    })
  })
})
