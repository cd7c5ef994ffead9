/**
 * The groups of a paired number. Each engine describes a group in its own words: these are read, none is relied on.
 *
 * @since 0.1.0
 */
import type { Address, Identity } from "@wicara/channels/Address"
import type { ChannelGroups, Group, GroupParticipant } from "@wicara/channels/ChannelGroups"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Effect, Option, Schema, Stream } from "effect"
import * as ChatId from "./ChatId.ts"
import * as Failure from "./Failure.ts"
import type { Account, Secrets, Settings } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"
import * as WahaGroup from "./WahaGroup.ts"

const pageSize = 100
const slowly = "60 seconds"

const groupsPath = ({ settings }: Account) => WahaApi.path`/api/${settings.session}/groups`

const pathOf = Effect.fnUntraced(function*(group: Address, account: Account) {
  const id = ChatId.fromAddress(group)
  return group.kind === "group" && id !== undefined
    ? WahaApi.path`/api/${account.settings.session}/groups/${id}`
    : yield* new ProviderFailure({ kind: "missing", code: "unsupported_address", reason: "That is no group's address" })
})

const toParticipant = (participant: WahaGroup.WahaParticipant): GroupParticipant | undefined => {
  const [first, ...rest] = WahaGroup.identitiesOf(participant)
  if (first === undefined) return undefined
  const role = WahaGroup.roleOf(participant)
  return role === undefined ? undefined : { identities: [first, ...rest], role }
}

const toGroup = (group: WahaGroup.WahaGroup, members = group.participants): Group | undefined => {
  const chat = ChatId.parse(group.id)
  if (chat?.kind !== "group") return undefined
  const { announceOnly, description, joinApproval, locked, subject } = group
  const participants = members?.map(toParticipant).filter((participant) => participant !== undefined)
  return {
    address: ChatId.toAddress(chat),
    subject: subject ?? "",
    ...(description === undefined ? {} : { description }),
    ...(participants === undefined ? {} : { participants }),
    ...(announceOnly === undefined ? {} : { announceOnly }),
    ...(locked === undefined ? {} : { locked }),
    ...(joinApproval === undefined ? {} : { joinApproval })
  }
}

const decodeParticipants = Schema.decodeUnknownOption(Schema.Array(WahaGroup.Participant))
// NOWEB answers with an object by id, the others with a list.
const decodePage = Schema.decodeUnknownEffect(Schema.Union([
  Schema.Array(Schema.Unknown),
  Schema.Record(Schema.String, Schema.Unknown)
]))

const groupOf = (body: unknown) => {
  const group = WahaGroup.decode(body)
  return group === undefined ? undefined : toGroup(group)
}

const list: ChannelGroups<Settings, Secrets>["list"] = (account) =>
  Stream.paginate(0, (offset: number) =>
    Effect.map(
      Failure.ask(account, {
        method: "GET",
        path: groupsPath(account),
        query: { limit: String(pageSize), offset: String(offset) },
        timeout: slowly
      }, decodePage),
      (body) => {
        const page = Object.values(body)
        return [
          page.map(groupOf).filter((group) => group !== undefined),
          page.length === pageSize ? Option.some(offset + pageSize) : Option.none()
        ] as const
      }
    ))

const get: ChannelGroups<Settings, Secrets>["get"] = Effect.fn("Waha.groups.get")(function*(address, account) {
  const path = yield* pathOf(address, account)
  const group = WahaGroup.decode(yield* Failure.call(account, { method: "GET", path }))
  const members = yield* Failure.reply(account, { method: "GET", path: `${path}/participants/v2` })
  const participants = members._tag === "Answered" && members.status === 200
    ? Option.getOrUndefined(decodeParticipants(members.body))
    : undefined
  const found = group === undefined ? undefined : toGroup(group, participants ?? group.participants)
  return found ??
    (yield* new ProviderFailure({ kind: "missing", code: "group_not_found", reason: "WAHA has no such group" }))
})

const membersOf = Effect.fnUntraced(function*(participants: ReadonlyArray<Identity>) {
  return yield* Effect.forEach(participants, (identity) => {
    const id = identity.kind === "phone" || identity.kind === "lid" ? ChatId.fromAddress(identity) : undefined
    return id === undefined
      ? new ProviderFailure({
        kind: "refused",
        code: "unsupported_identity",
        reason: `WAHA can't add a participant by ${identity.kind}`
      })
      : Effect.succeed({ id })
  })
})

const create: ChannelGroups<Settings, Secrets>["create"] = Effect.fn("Waha.groups.create")(
  function*({ description, participants, subject }, account) {
    const body = { name: subject, participants: yield* membersOf(participants) }
    const made = groupOf(
      yield* Failure.call(account, { method: "POST", path: groupsPath(account), body, timeout: slowly })
    )
    if (made === undefined || description === undefined) return made ?? null
    yield* update(made.address, { description }, account)
    return { ...made, description }
  }
)

const update: ChannelGroups<Settings, Secrets>["update"] = Effect.fn("Waha.groups.update")(
  function*(address, { announceOnly, description, locked, subject }, account) {
    const path = yield* pathOf(address, account)
    const put = (what: string, body: Readonly<Record<string, unknown>>) =>
      Failure.call(account, { method: "PUT", path: `${path}/${what}`, body })
    if (subject !== undefined) yield* put("subject", { subject })
    if (description !== undefined) yield* put("description", { description })
    if (announceOnly !== undefined) yield* put("settings/security/messages-admin-only", { adminsOnly: announceOnly })
    if (locked !== undefined) yield* put("settings/security/info-admin-only", { adminsOnly: locked })
  }
)

const actions = {
  add: "participants/add",
  remove: "participants/remove",
  promote: "admin/promote",
  demote: "admin/demote"
} as const

const changeParticipants: ChannelGroups<Settings, Secrets>["changeParticipants"] = Effect.fn(
  "Waha.groups.changeParticipants"
)(function*(address, { action, participants }, account) {
  yield* Failure.call(account, {
    method: "POST",
    path: `${yield* pathOf(address, account)}/${actions[action]}`,
    body: { participants: yield* membersOf(participants) },
    timeout: slowly
  })
})

const decodeInvite = Schema.decodeUnknownEffect(Schema.NonEmptyString)

const inviteLink: ChannelGroups<Settings, Secrets>["inviteLink"] = Effect.fn("Waha.groups.inviteLink")(
  function*(address, { reset }, account) {
    const path = `${yield* pathOf(address, account)}/invite-code`
    const code = yield* Failure.ask(
      account,
      reset ? { method: "POST", path: `${path}/revoke`, body: {} } : { method: "GET", path },
      decodeInvite
    )
    return code.startsWith("https://") ? code : `https://chat.whatsapp.com/${code}`
  }
)

const leave: ChannelGroups<Settings, Secrets>["leave"] = Effect.fn("Waha.groups.leave")(function*(address, account) {
  yield* Failure.call(account, { method: "POST", path: `${yield* pathOf(address, account)}/leave`, body: {} })
})

/**
 * The groups of a session.
 *
 * @category adapters
 * @since 0.1.0
 */
export const groups: ChannelGroups<Settings, Secrets> = {
  list,
  get,
  create,
  update,
  changeParticipants,
  inviteLink,
  leave
}
