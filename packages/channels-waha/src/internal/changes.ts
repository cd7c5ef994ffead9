/**
 * What WAHA's events say beside messages: votes, answers to invitations, groups and calls.
 *
 * @since 0.1.0
 */
import type * as InboundEvent from "@wicara/channels/InboundEvent"
import { Option } from "effect"
import * as ChatId from "../ChatId.ts"
import * as MessageId from "../MessageId.ts"
import * as WahaEvent from "../WahaEvent.ts"
import * as WahaGroup from "../WahaGroup.ts"
import { chatsOf, participantOf, placeOf, timestampOf, unknown } from "./place.ts"
import type { Events, Incoming } from "./place.ts"

/** A vote that WAHA could not decrypt (`failed`) is told of as well: the customer did answer. */
export const onPollVote = (incoming: Incoming, failed: boolean): Events => {
  const { poll, vote } = Option.getOrUndefined(WahaEvent.decodePollVote(incoming.payload)) ?? {}
  const providerMessageId = MessageId.canonical(vote?.id)
  const place = vote === undefined ? undefined : placeOf(vote, incoming)
  const selected = vote?.selectedOptions
  if (providerMessageId === undefined || place === undefined || selected === undefined) return unknown(incoming)
  const pollId = MessageId.canonical(poll?.id)
  const at = timestampOf(WahaEvent.toMillis(vote?.timestamp) ?? incoming.sentAt)
  const voted: Events = failed || pollId === undefined ? [] : [{
    _tag: "PollVoted",
    targetProviderMessageId: pollId,
    options: selected,
    chat: ChatId.toAddress(place.chat),
    sender: place.sender,
    fromBusiness: place.fromMe,
    raw: incoming.payload,
    ...at
  }]
  if (place.fromMe) return voted.length > 0 ? voted : unknown(incoming)
  return [...voted, {
    _tag: "MessageReceived",
    providerMessageId,
    chat: ChatId.toAddress(place.chat),
    sender: place.sender,
    content: failed
      ? { type: "unsupported", kind: "poll_vote", reason: "WAHA could not read the vote" }
      : {
        type: "flow_reply",
        name: "poll_vote",
        body: selected.join(", "),
        data: { pollId: pollId ?? null, selected }
      },
    raw: incoming.payload,
    ...at,
    ...(pollId === undefined ? {} : { replyTo: pollId })
  }]
}

/** The customer's answer to an invitation to an event. */
export const onEventResponse = (incoming: Incoming): Events => {
  const answer = Option.getOrUndefined(WahaEvent.decodeEventResponse(incoming.payload))
  const providerMessageId = MessageId.canonical(answer?.id)
  const place = answer === undefined ? undefined : placeOf(answer, incoming)
  if (answer === undefined || providerMessageId === undefined || place === undefined || place.fromMe) {
    return unknown(incoming)
  }
  const eventId = MessageId.canonical(answer.eventCreationKey?.id)
  const { extraGuestCount = 0, response } = answer.eventResponse ?? {}
  return [{
    _tag: "MessageReceived",
    providerMessageId,
    chat: ChatId.toAddress(place.chat),
    sender: place.sender,
    content: response === undefined
      ? { type: "unsupported", kind: "event_response", reason: "WAHA could not read the answer" }
      : {
        type: "flow_reply",
        name: "event_response",
        body: response,
        data: { eventId: eventId ?? null, response, extraGuestCount }
      },
    raw: incoming.payload,
    ...timestampOf(WahaEvent.toMillis(answer.timestamp) ?? incoming.sentAt),
    ...(eventId === undefined ? {} : { replyTo: eventId })
  }]
}

const callStatuses = { "call.received": "ringing", "call.accepted": "accepted", "call.rejected": "rejected" } as const

/** A call; only incoming ones are told of. */
export const onCall = (incoming: Incoming, event: keyof typeof callStatuses): Events => {
  const call = Option.getOrUndefined(WahaEvent.decodeCall(incoming.payload))
  const [caller] = chatsOf(call?.from)
  if (call?.id === undefined || caller === undefined) return unknown(incoming)
  return [{
    _tag: "CallChanged",
    callId: call.id,
    chat: ChatId.toAddress(caller),
    participant: participantOf([caller], caller),
    direction: "inbound",
    status: callStatuses[event],
    video: call.isVideo ?? false,
    raw: incoming.payload,
    ...timestampOf(WahaEvent.toMillis(call.timestamp) ?? incoming.sentAt)
  }]
}

const memberChanges: Readonly<Record<string, InboundEvent.GroupChanged["kind"]>> = {
  join: "joined",
  leave: "left",
  promote: "promoted",
  demote: "demoted"
}

const membersOf = (members: ReadonlyArray<unknown>): ReadonlyArray<InboundEvent.Participant> =>
  members.flatMap((member) => {
    const participant = Option.getOrUndefined(WahaGroup.decodeParticipant(member))
    const [first, ...rest] = participant === undefined ? [] : WahaGroup.identitiesOf(participant)
    return first === undefined ? [] : [{ identities: [first, ...rest] }]
  })

/** `kind: undefined`: the payload says what became of which members. */
export const onGroup = (incoming: Incoming, kind: InboundEvent.GroupChanged["kind"] | undefined): Events => {
  const event = Option.getOrUndefined(WahaEvent.decodeGroupEvent(incoming.payload))
  const group = WahaGroup.decode(event?.group)
  const [chat] = chatsOf(group?.id, event?.chatId)
  const change = kind ?? memberChanges[event?.type ?? ""]
  if (event === undefined || chat?.kind !== "group" || change === undefined) return unknown(incoming)
  const me = chatsOf(incoming.me?.id, incoming.me?.lid)
  const [own] = me
  const named = event.recipientIds?.map((id) => ({ id })) ?? event.participants
  return [{
    _tag: "GroupChanged",
    group: ChatId.toAddress(chat),
    kind: change,
    // What says nothing of others is about the account itself.
    participants: named !== undefined
      ? membersOf(named)
      : change === "updated" || own === undefined
      ? []
      : [participantOf(me, own)],
    raw: incoming.payload,
    ...(group?.subject === undefined ? {} : { subject: group.subject }),
    ...(group?.description === undefined ? {} : { description: group.description }),
    ...timestampOf(WahaEvent.toMillis(event.timestamp) ?? incoming.sentAt)
  }]
}

/** Two identities of one person, found by asking WAHA. */
export const onLidResolved = (incoming: Incoming): Events => {
  const found = Option.getOrUndefined(WahaEvent.decodeLidResolved(incoming.payload))
  return found === undefined ? unknown(incoming) : [{
    _tag: "ContactChanged",
    participant: { identities: [{ kind: "lid", value: found.lid }, { kind: "phone", value: found.phone }] },
    raw: incoming.payload
  }]
}

/** What somebody is called, read from the phone's address book. */
export const onContactSynced = (incoming: Incoming): Events => {
  const found = Option.getOrUndefined(WahaEvent.decodeContactSynced(incoming.payload))
  const chat = ChatId.parse(found?.chatId)
  return found === undefined || chat === undefined ? unknown(incoming) : [{
    _tag: "ContactChanged",
    participant: { identities: [ChatId.toIdentity(chat)], displayName: found.name },
    raw: incoming.payload
  }]
}
