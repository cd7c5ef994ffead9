import { Option, Schema } from "effect"
import type { GroupChanged, InboundEvent, Participant } from "@wicara/channels/InboundEvent"
import * as Webhook from "../Webhook.ts"
import { firstProblem } from "./decodeMessages.ts"
import { baseOf, unknown } from "./event.ts"
import type { Decode } from "./event.ts"
import { optional } from "./optional.ts"
import { idIdentity, nonEmpty, phoneIdentity, username } from "./people.ts"

const decodeGroup = Schema.decodeUnknownOption(Webhook.GroupNews)
const decodeMember = Schema.decodeUnknownOption(Webhook.GroupMember)

/** What happened to a group; one webhook may tell of members that came and of others that went. @internal */
export const groupChanged: Decode = (raw) => {
  const news = Option.getOrUndefined(decodeGroup(raw))
  const error = firstProblem(news?.errors)
  if (news?.group_id === undefined) {
    return error === undefined
      ? [unknown(news?.type === undefined ? "group" : `group.${news.type}`, raw)]
      : [{
        _tag: "AccountChanged",
        ...baseOf(raw, news?.timestamp),
        kind: news?.type ?? "group",
        detail: `${error.code}: ${error.details ?? error.title}`
      }]
  }
  const base = { ...baseOf(raw, news.timestamp), group: { kind: "group" as const, value: news.group_id } }
  const subject = news.subject ?? news.group_subject?.text
  const description = news.description ?? news.group_description?.text
  const changed = (kind: GroupChanged["kind"], participants: ReadonlyArray<Participant>): InboundEvent => ({
    _tag: "GroupChanged",
    ...base,
    kind,
    ...optional("subject", subject),
    ...optional("description", description),
    participants
  })
  const added = (news.added_participants ?? []).flatMap(member)
  const removed = (news.removed_participants ?? []).flatMap(member)
  const requesting = news.wa_id === undefined && news.user_id === undefined ? [] : member(raw)
  const isAboutMembers = added.length + removed.length > 0
  if (isAboutMembers && !(news.type === "group_create" && removed.length === 0)) {
    return [
      ...(added.length === 0 ? [] : [changed("joined", added)]),
      ...(removed.length === 0 ? [] : [changed("left", removed)])
    ]
  }
  switch (news.type) {
    case "group_create":
      return [changed("created", added)]
    case "group_delete":
      return [changed("deleted", [])]
    case "group_join_request_created":
      return [changed("join_requested", requesting)]
    case "group_join_request_revoked":
      return [changed("join_withdrawn", requesting)]
    default:
      return [changed("updated", requesting)]
  }
}

const member = (raw: unknown): ReadonlyArray<Participant> => {
  const one = Option.getOrUndefined(decodeMember(raw))
  const identities = nonEmpty([
    ...phoneIdentity(one?.wa_id ?? one?.input),
    ...idIdentity("bsuid", one?.user_id),
    ...idIdentity("parent_bsuid", one?.parent_user_id),
    ...username(one?.username)
  ])
  return identities === undefined ? [] : [{ identities }]
}
