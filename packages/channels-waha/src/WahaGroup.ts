/**
 * A group as WAHA's engines describe it: WAHA's own form in its events, the engine's in its answers.
 *
 * @since 0.1.0
 */
import type { Identity } from "@wicara/channels/Address"
import { Option, Schema } from "effect"
import * as ChatId from "./ChatId.ts"
import { lenient } from "./internal/lenient.ts"
import { EngineId } from "./WahaEvent.ts"

const text = lenient(Schema.String)
const flag = lenient(Schema.Boolean)
const id = lenient(EngineId)

/**
 * A member: `role` in WAHA's form and NOWEB's `admin`, flags in those of the others; `pn` and `PhoneNumber` name the phone
 * of one that goes by a LID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Participant = Schema.Struct({
  id,
  JID: text,
  pn: text,
  phoneNumber: text,
  PhoneNumber: text,
  lid: text,
  LID: text,
  role: text,
  admin: text,
  isAdmin: flag,
  IsAdmin: flag,
  isSuperAdmin: flag,
  IsSuperAdmin: flag
})
/** @since 0.1.0 */
export type WahaParticipant = typeof Participant.Type

/** @category decoding @since 0.1.0 */
export const decodeParticipant = Schema.decodeUnknownOption(Participant)

const Fields = {
  id,
  JID: text,
  subject: text,
  name: text,
  Name: text,
  description: text,
  desc: text,
  Topic: text,
  announce: flag,
  IsAnnounce: flag,
  restrict: flag,
  IsLocked: flag,
  membersCanSendMessages: flag,
  newMembersApprovalRequired: flag,
  joinApprovalMode: flag,
  participants: lenient(Schema.Array(Participant)),
  Participants: lenient(Schema.Array(Participant))
}

const Raw = Schema.Struct({ ...Fields, groupMetadata: lenient(Schema.Struct(Fields)) })
const decodeRaw = Schema.decodeUnknownOption(Raw)

/**
 * A group, whatever engine described it; what it does not say is absent.
 *
 * @category models
 * @since 0.1.0
 */
export interface WahaGroup {
  readonly id: string
  readonly subject: string | undefined
  readonly description: string | undefined
  readonly announceOnly: boolean | undefined
  readonly locked: boolean | undefined
  readonly joinApproval: boolean | undefined
  readonly participants: ReadonlyArray<WahaParticipant> | undefined
}

/**
 * Reads a group; `undefined` for what names none.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (body: unknown): WahaGroup | undefined => {
  const raw = Option.getOrUndefined(decodeRaw(body))
  const inner = raw?.groupMetadata
  const found = raw?.id ?? raw?.JID ?? inner?.id
  if (raw === undefined || found === undefined) return undefined
  const open = raw.membersCanSendMessages ?? inner?.membersCanSendMessages
  return {
    id: found,
    subject: raw.subject ?? raw.name ?? raw.Name ?? inner?.subject ?? inner?.name,
    description: raw.description ?? raw.desc ?? raw.Topic ?? inner?.description ?? inner?.desc,
    announceOnly: raw.announce ?? raw.IsAnnounce ?? inner?.announce ?? (open === undefined ? undefined : !open),
    locked: raw.restrict ?? raw.IsLocked ?? inner?.restrict,
    joinApproval: raw.newMembersApprovalRequired ?? raw.joinApprovalMode ?? inner?.joinApprovalMode,
    participants: raw.participants ?? raw.Participants ?? inner?.participants
  }
}

/**
 * Everything that names a member, phone numbers first.
 *
 * @category getters
 * @since 0.1.0
 */
export const identitiesOf = (participant: WahaParticipant): ReadonlyArray<Identity> => {
  const { JID, LID, PhoneNumber, id, lid, phoneNumber, pn } = participant
  const found = [pn, phoneNumber, PhoneNumber, id, JID, lid, LID]
    .map(ChatId.parse)
    .filter((chat) => chat !== undefined)
    .filter(({ kind }) => kind === "phone" || kind === "lid")
    .map(ChatId.toIdentity)
  return found.filter((one, index) => found.findIndex((other) => other.kind === one.kind) === index)
    .toSorted((one, other) => Number(one.kind === "lid") - Number(other.kind === "lid"))
}

/**
 * What a member may do; `undefined` for one who left.
 *
 * @category getters
 * @since 0.1.0
 */
export const roleOf = (participant: WahaParticipant): "owner" | "admin" | "member" | undefined => {
  const { IsAdmin, IsSuperAdmin, admin, isAdmin, isSuperAdmin, role } = participant
  const word = role ?? admin
  if (word === "left") return undefined
  if (word === "superadmin" || isSuperAdmin === true || IsSuperAdmin === true) return "owner"
  return word === "admin" || isAdmin === true || IsAdmin === true ? "admin" : "member"
}
