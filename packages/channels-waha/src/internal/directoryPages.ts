import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Effect, Schema } from "effect"
import type { HttpClient } from "effect/http"
import * as ChatId from "../ChatId.ts"
import { DirectoryGroup } from "../Directory.ts"
import * as Failure from "../Failure.ts"
import type { Account } from "../Waha.ts"
import * as WahaApi from "../WahaApi.ts"
import { EngineId } from "../WahaEvent.ts"
import * as WahaGroup from "../WahaGroup.ts"
import { lenient } from "./lenient.ts"
import type { LidPair } from "./lidPages.ts"

export const pageSize = 100
const slowly = "60 seconds"

const text = lenient(Schema.String)
const flag = lenient(Schema.Boolean)

const decodeContacts = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({
  id: lenient(EngineId),
  name: text,
  pushname: text,
  isMe: flag,
  isMyContact: flag,
  isBlocked: flag
})))

/** A page of a list, as the columns of its table; `size` counts what is none of it, too. */
export interface DirectoryPage {
  readonly rows: ReadonlyArray<{ readonly chat_id: string; readonly [column: string]: string | number | null }>
  /** What people are called. */
  readonly names: ReadonlyArray<{ readonly chatId: string; readonly name: string }>
  readonly pairs: ReadonlyArray<LidPair>
  readonly size: number
  /** What its list began with, where no table tells whether a page was read before. */
  readonly first: string | undefined
}

export type ReadsPage = Effect.fn.Return<DirectoryPage, ProviderFailure, HttpClient.HttpClient>

export const contactsPage = Effect.fnUntraced(function*(account: Account, offset: number): ReadsPage {
  const found = yield* Failure.ask(account, {
    method: "GET",
    path: "/api/contacts/all",
    query: { session: account.settings.session, limit: String(pageSize), offset: String(offset) },
    timeout: slowly
  }, decodeContacts)
  const contacts = found.flatMap(({ id, isBlocked, isMe, isMyContact, name, pushname }) => {
    const chat = ChatId.parse(id)
    return isMe === true || (chat?.kind !== "phone" && chat?.kind !== "lid") ? [] : [{
      chat_id: chat.id,
      phone: chat.kind === "phone" ? chat.user : null,
      name: name?.slice(0, 190) ?? null,
      push_name: pushname?.slice(0, 190) ?? null,
      in_address_book: isMyContact === true ? 1 : 0,
      blocked: isBlocked === true ? 1 : 0
    }]
  })
  const names = contacts.flatMap(({ chat_id: chatId, name, push_name: pushName }) => {
    const called = name ?? pushName
    return called === null || called === "" ? [] : [{ chatId, name: called }]
  })
  return { rows: contacts, names, pairs: [], size: found.length, first: undefined }
})

// NOWEB answers with an object by id, the others with a list.
const decodeGroups = Schema.decodeUnknownEffect(Schema.Union([
  Schema.Array(Schema.Unknown),
  Schema.Record(Schema.String, Schema.Unknown)
]))

const encodeMembers = Schema.encodeSync(Schema.fromJsonString(DirectoryGroup.fields.members))

const flagOf = (value: boolean | undefined) => value === undefined ? null : value ? 1 : 0

export const groupsPage = Effect.fnUntraced(function*(account: Account, offset: number): ReadsPage {
  const found = Object.values(
    yield* Failure.ask(account, {
      method: "GET",
      path: WahaApi.path`/api/${account.settings.session}/groups`,
      query: { limit: String(pageSize), offset: String(offset) },
      timeout: slowly
    }, decodeGroups)
  )
  const groups = found.flatMap((body) => {
    const group = WahaGroup.decode(body)
    const chat = ChatId.parse(group?.id)
    if (group === undefined || chat?.kind !== "group") return []
    const members = (group.participants ?? []).flatMap((participant) => {
      const [identity] = WahaGroup.identitiesOf(participant)
      const role = WahaGroup.roleOf(participant)
      const chatId = identity === undefined ? undefined : ChatId.fromAddress(identity)
      return chatId === undefined || role === undefined ? [] : [{ chatId, role }]
    })
    return [{
      chat_id: chat.id,
      subject: (group.subject ?? "").slice(0, 190),
      description: group.description ?? null,
      announce_only: flagOf(group.announceOnly),
      locked: flagOf(group.locked),
      join_approval: flagOf(group.joinApproval),
      members: encodeMembers(members)
    }]
  })
  return { rows: groups, names: [], pairs: [], size: found.length, first: undefined }
})
