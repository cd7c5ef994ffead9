/**
 * What an organization can ask and change about the people, chats and labels of its paired numbers.
 *
 * @since 0.1.0
 */
import type { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { Audit } from "@wicara/core/Audit"
import * as Pagination from "@wicara/core/Pagination"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import type { HttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import * as ChatId from "./ChatId.ts"
import { lenient } from "./internal/lenient.ts"
import { makeManaged } from "./internal/managed.ts"
import type { Changes, Reads } from "./internal/managed.ts"
import type {
  ChatPresence,
  ChatRead,
  ChatReadInput,
  Label,
  LabelInput,
  ManagedChat,
  ManagedContact,
  NumberCheck,
  OwnPresence
} from "./ManagedAccount.ts"
import type { Account } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"
import * as WahaEvent from "./WahaEvent.ts"
import { WahaChats } from "./WahaChats.ts"
import type { WahaLimits } from "./WahaLimits.ts"

/**
 * Every change is audited. `Conflict`: the account is of another channel, WAHA refuses the account itself, or its engine
 * can't do it; `InvalidInput`: WAHA refuses this request; `TooManyRequests`: so much of it is dangerous for the number;
 * `Unavailable`: WAHA does not answer now.
 *
 * @category services
 * @since 0.1.0
 */
export class WahaManagement extends Context.Service<WahaManagement, {
  readonly contact: (id: ChannelAccountId, person: string) => Reads<ManagedContact>
  /** What the phone's address book calls somebody. */
  readonly nameContact: (
    id: ChannelAccountId,
    person: string,
    name: { readonly firstName: string; readonly lastName?: string }
  ) => Changes<void>
  readonly checkNumber: (id: ChannelAccountId, phone: string) => Changes<NumberCheck>
  readonly block: (id: ChannelAccountId, person: string) => Changes<void>
  readonly unblock: (id: ChannelAccountId, person: string) => Changes<void>
  /** As the phone orders them. */
  readonly chats: (id: ChannelAccountId, query: Pagination.PageQuery) => Reads<Pagination.Page<ManagedChat>>
  readonly archive: (id: ChannelAccountId, chatId: string, archived: boolean) => Changes<void>
  readonly markUnread: (id: ChannelAccountId, chatId: string) => Changes<void>
  /** The phone shows the chat as read, and its customer that they were read. */
  readonly markRead: (id: ChannelAccountId, chatId: string, input: ChatReadInput) => Changes<ChatRead>
  /** Deletes a chat on the phone, not here. `confirm` repeats its id. */
  readonly deleteChat: (id: ChannelAccountId, chatId: string, confirm: string) => Changes<void>
  readonly labels: (id: ChannelAccountId) => Reads<ReadonlyArray<Label>>
  /** Changes the one with the id, or makes a new one. */
  readonly writeLabel: (id: ChannelAccountId, labelId: string | undefined, input: LabelInput) => Changes<Label>
  readonly deleteLabel: (id: ChannelAccountId, labelId: string) => Changes<void>
  readonly labelledChats: (
    id: ChannelAccountId,
    labelId: string
  ) => Reads<ReadonlyArray<{ readonly chatId: string }>>
  readonly chatLabels: (id: ChannelAccountId, chatId: string) => Reads<ReadonlyArray<Label>>
  readonly setChatLabels: (
    id: ChannelAccountId,
    chatId: string,
    labelIds: ReadonlyArray<string>
  ) => Changes<ReadonlyArray<Label>>
  readonly setPresence: (id: ChannelAccountId, presence: OwnPresence["presence"]) => Changes<void>
  readonly presence: (id: ChannelAccountId, chatId: string) => Reads<ChatPresence>
  /** WAHA tells of the chat's presence from now on. */
  readonly followPresence: (id: ChannelAccountId, chatId: string) => Changes<void>
}>()("@wicara/channels-waha/WahaManagement") {
  /**
   * Over the organization's accounts.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<
    WahaManagement,
    never,
    ChannelAccounts | Audit | WahaChats | WahaLimits | SqlClient.SqlClient | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(WahaManagement, make))
}

const text = lenient(Schema.String)
const flag = lenient(Schema.Boolean)

const Contact = Schema.Struct({
  id: lenient(WahaEvent.EngineId),
  name: text,
  pushname: text,
  isMyContact: flag,
  isBlocked: flag
})
const decodeContact = Schema.decodeUnknownOption(Contact)
const decodeAbout = Schema.decodeUnknownOption(Schema.Struct({ about: text }))
const decodePicture = Schema.decodeUnknownOption(Schema.Struct({ profilePictureURL: text }))
const Existence = Schema.Struct({ numberExists: Schema.Boolean, chatId: text })

const Chats = Schema.Array(Schema.Struct({
  id: WahaEvent.EngineId,
  name: text,
  picture: text,
  lastMessage: lenient(Schema.Struct({
    body: text,
    fromMe: flag,
    timestamp: lenient(WahaEvent.LenientNumber)
  }))
}))

const RawLabel = Schema.Struct({
  id: Schema.Union([Schema.String, Schema.Finite]),
  name: Schema.String,
  color: lenient(Schema.Finite),
  colorHex: text
})
const RawLabels = Schema.Array(RawLabel)
const LabelledChats = Schema.Array(Schema.Struct({ id: WahaEvent.EngineId }))

const ReadMessages = Schema.Struct({ ids: lenient(Schema.Array(Schema.String)) })

const Presences = Schema.Struct({
  presences: lenient(Schema.Array(Schema.Struct({
    participant: Schema.String,
    lastKnownPresence: text,
    lastSeen: lenient(WahaEvent.LenientNumber)
  })))
})

const Offset = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))

const slowly = "60 seconds"

const instantOf = (timestamp: number | undefined) => {
  const millis = WahaEvent.toMillis(timestamp)
  return millis === undefined ? null : DateTime.makeUnsafe(millis)
}

const toLabel = ({ color, colorHex, id, name }: typeof RawLabel.Type): Label => ({
  id: String(id),
  name,
  color: color === undefined ? null : Math.trunc(color),
  colorHex: colorHex ?? null
})

const make = Effect.gen(function*() {
  const { ask, audited, call, limits, own, reply } = yield* makeManaged
  const states = yield* WahaChats

  const keyOf = ({ id, organizationId }: Account) => ({ organizationId, channelAccountId: id })
  const chatPath = (account: Account, chatId: string) => WahaApi.path`/api/${account.settings.session}/chats/${chatId}`
  const labelsPath = (account: Account) => WahaApi.path`/api/${account.settings.session}/labels`

  const contact = Effect.fn("WahaManagement.contact")(function*(id: ChannelAccountId, person: string) {
    const account = yield* own(id)
    const query = { contactId: person, session: account.settings.session }
    const known = Option.getOrUndefined(
      decodeContact(yield* call(account, { method: "GET", path: "/api/contacts", query }))
    )
    if (known === undefined) return yield* NotFound.of("WAHA contact", person)
    // Not every engine tells these, and nobody has to.
    const about = yield* reply(account, { method: "GET", path: "/api/contacts/about", query })
    const picture = yield* reply(account, { method: "GET", path: "/api/contacts/profile-picture", query })
    const bodyOf = (answer: WahaApi.Reply) =>
      answer._tag === "Answered" && answer.status === 200 ? answer.body : undefined
    const chat = ChatId.parse(known.id ?? person)
    return {
      chatId: chat?.id ?? person,
      phone: chat?.kind === "phone" ? chat.user : null,
      name: known.name ?? null,
      pushName: known.pushname ?? null,
      about: Option.getOrUndefined(decodeAbout(bodyOf(about)))?.about ?? null,
      pictureUrl: Option.getOrUndefined(decodePicture(bodyOf(picture)))?.profilePictureURL ?? null,
      inAddressBook: known.isMyContact ?? false,
      blocked: known.isBlocked ?? false
    }
  })

  const blocking = (action: "block" | "unblock") =>
    Effect.fn(`WahaManagement.${action}`)(function*(id: ChannelAccountId, person: string) {
      const account = yield* own(id)
      yield* call(account, {
        method: "POST",
        path: `/api/contacts/${action}`,
        body: { contactId: person, session: account.settings.session }
      })
      yield* audited(id, `person_${action}ed`, { person })
    })

  const onChat = Effect.fnUntraced(function*(id: ChannelAccountId, chatId: string, action: string, done: string) {
    const account = yield* own(id)
    yield* call(account, { method: "POST", path: `${chatPath(account, chatId)}/${action}`, body: {} })
    yield* audited(id, done, { chatId })
  })

  const labelsOf = (account: Account, chatId: string) =>
    Effect.map(
      ask(account, RawLabels, {
        method: "GET",
        path: `${labelsPath(account)}/chats/${encodeURIComponent(chatId)}`
      }),
      (found) => found.map(toLabel)
    )

  return WahaManagement.of({
    contact,
    nameContact: Effect.fn("WahaManagement.nameContact")(function*(id, person, { firstName, lastName = "" }) {
      const account = yield* own(id)
      yield* call(account, {
        method: "PUT",
        path: WahaApi.path`/api/${account.settings.session}/contacts/${person}`,
        body: { firstName, lastName }
      })
      yield* audited(id, "person_named", { person, firstName, lastName })
    }),
    checkNumber: Effect.fn("WahaManagement.checkNumber")(function*(id, phone) {
      const account = yield* own(id)
      // Whoever tries many numbers is taken for somebody who makes them up.
      yield* limits.take(keyOf(account), "number_checks")
      const { chatId, numberExists } = yield* ask(account, Existence, {
        method: "GET",
        path: "/api/contacts/check-exists",
        query: { phone: phone.replaceAll(/\D/g, ""), session: account.settings.session }
      })
      return { exists: numberExists, chatId: (numberExists ? ChatId.parse(chatId)?.id : undefined) ?? null }
    }),
    block: blocking("block"),
    unblock: blocking("unblock"),
    chats: Effect.fn("WahaManagement.chats")(function*(id, query) {
      const offset = (yield* Pagination.position(Offset, query)) ?? 0
      const limit = Pagination.limit(query)
      const account = yield* own(id)
      const found = yield* ask(account, Chats, {
        method: "GET",
        path: WahaApi.path`/api/${account.settings.session}/chats/overview`,
        query: { limit: String(limit), offset: String(offset) },
        timeout: slowly
      })
      const ids = found.map(({ id: chatId }) => ChatId.parse(chatId)?.id ?? chatId)
      const kept = yield* states.of(keyOf(account), ids)
      return {
        data: found.map(({ id: chatId, lastMessage, name, picture }, index) => ({
          chatId: ids[index] ?? chatId,
          archived: kept[index]?.archived ?? false,
          labels: kept[index]?.labels ?? [],
          name: name ?? null,
          pictureUrl: picture ?? null,
          lastMessage: lastMessage === undefined ? null : {
            text: lastMessage.body ?? "",
            fromMe: lastMessage.fromMe ?? false,
            at: instantOf(lastMessage.timestamp)
          }
        })),
        nextCursor: found.length < limit ? null : Pagination.encodeCursor(Offset, offset + limit)
      }
    }),
    archive: (id, chatId, archived) =>
      archived ? onChat(id, chatId, "archive", "chat_archived") : onChat(id, chatId, "unarchive", "chat_unarchived"),
    markUnread: (id, chatId) => onChat(id, chatId, "unread", "chat_marked_unread"),
    markRead: Effect.fn("WahaManagement.markRead")(function*(id, chatId, { days, messages }) {
      const account = yield* own(id)
      const { ids = [] } = yield* ask(account, ReadMessages, {
        method: "POST",
        path: `${chatPath(account, chatId)}/messages/read`,
        query: {
          ...(messages === undefined ? {} : { messages: String(messages) }),
          ...(days === undefined ? {} : { days: String(days) })
        },
        body: {}
      })
      yield* audited(id, "chat_marked_read", { chatId, messages: ids.length })
      return { messageIds: ids }
    }),
    deleteChat: Effect.fn("WahaManagement.deleteChat")(function*(id, chatId, confirm) {
      if (confirm !== chatId) return yield* InvalidInput.of("confirm", "Repeat the id of the chat to delete it.")
      const account = yield* own(id)
      yield* call(account, { method: "DELETE", path: chatPath(account, chatId), timeout: slowly })
      yield* audited(id, "chat_deleted", { chatId })
    }),
    labels: Effect.fn("WahaManagement.labels")(function*(id) {
      const account = yield* own(id)
      return (yield* ask(account, RawLabels, { method: "GET", path: labelsPath(account) })).map(toLabel)
    }),
    writeLabel: Effect.fn("WahaManagement.writeLabel")(function*(id, labelId, input) {
      const account = yield* own(id)
      const path = labelsPath(account)
      const written = toLabel(
        yield* ask(
          account,
          RawLabel,
          labelId === undefined
            ? { method: "POST", path, body: input }
            : { method: "PUT", path: `${path}/${encodeURIComponent(labelId)}`, body: input }
        )
      )
      yield* audited(id, labelId === undefined ? "label_created" : "label_changed", written)
      return written
    }),
    deleteLabel: Effect.fn("WahaManagement.deleteLabel")(function*(id, labelId) {
      const account = yield* own(id)
      yield* call(account, { method: "DELETE", path: `${labelsPath(account)}/${encodeURIComponent(labelId)}` })
      yield* audited(id, "label_deleted", { labelId })
    }),
    labelledChats: Effect.fn("WahaManagement.labelledChats")(function*(id, labelId) {
      const account = yield* own(id)
      const found = yield* ask(account, LabelledChats, {
        method: "GET",
        path: `${labelsPath(account)}/${encodeURIComponent(labelId)}/chats`
      })
      return found.map(({ id: chatId }) => ({ chatId: ChatId.parse(chatId)?.id ?? chatId }))
    }),
    chatLabels: Effect.fn("WahaManagement.chatLabels")(function*(id, chatId) {
      return yield* labelsOf(yield* own(id), chatId)
    }),
    setChatLabels: Effect.fn("WahaManagement.setChatLabels")(function*(id, chatId, labelIds) {
      const account = yield* own(id)
      yield* call(account, {
        method: "PUT",
        path: `${labelsPath(account)}/chats/${encodeURIComponent(chatId)}`,
        body: { labels: labelIds.map((labelId) => ({ id: labelId })) }
      })
      yield* audited(id, "chat_labelled", { chatId, labelIds })
      return yield* labelsOf(account, chatId)
    }),
    setPresence: Effect.fn("WahaManagement.setPresence")(function*(id, presence) {
      const account = yield* own(id)
      const path = WahaApi.path`/api/${account.settings.session}/presence`
      yield* call(account, { method: "POST", path, body: { presence } })
      yield* audited(id, "presence_set", { presence })
    }),
    presence: Effect.fn("WahaManagement.presence")(function*(id, chatId) {
      const account = yield* own(id)
      const path = WahaApi.path`/api/${account.settings.session}/presence/${chatId}`
      const { presences = [] } = yield* ask(account, Presences, { method: "GET", path })
      return {
        chatId,
        people: presences.map(({ lastKnownPresence, lastSeen, participant }) => ({
          participant,
          presence: lastKnownPresence ?? null,
          lastSeenAt: instantOf(lastSeen)
        }))
      }
    }),
    followPresence: Effect.fn("WahaManagement.followPresence")(function*(id, chatId) {
      const account = yield* own(id)
      yield* limits.take(keyOf(account), "presence_subscriptions")
      const path = WahaApi.path`/api/${account.settings.session}/presence/${chatId}/subscribe`
      yield* call(account, { method: "POST", path, body: {} })
      yield* audited(id, "presence_followed", { chatId })
    })
  })
})
