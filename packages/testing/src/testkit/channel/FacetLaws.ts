/**
 * Templates, groups, the profile and the past are what the provider has: whole, changed as asked, and never made of
 * silence.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Effect, Exit, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import type { Account } from "@wicara/channels/ChannelAdapter"
import type { ChannelGroups, Group, JoinRequest } from "@wicara/channels/ChannelGroups"
import type { ChannelHistory } from "@wicara/channels/ChannelHistory"
import type { ChannelProfile } from "@wicara/channels/ChannelProfile"
import * as Templates from "@wicara/channels/ChannelTemplates"
import type { MessageReceived } from "@wicara/channels/InboundEvent"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import type { AnyChannelAdapter } from "@wicara/channels/ChannelRegistry"
import type { ConnectedAccount } from "./ChannelHarness.ts"
import type { Bench, Law } from "./ChannelLaw.ts"
import { holds, law, LawBroken, leaves, mentions, show, strikeAll } from "./ChannelLaw.ts"

/** More than any provider tells at once. */
const many = 130

type Check<Facet> = (facet: Facet, bench: Bench) => Effect.Effect<void, LawBroken, HttpClient.HttpClient>

/** A law of a part that an adapter may have. */
const about =
  <Facet>(facetOf: (adapter: AnyChannelAdapter) => Facet | undefined, without: string) =>
  (id: string, title: string, check: Check<Facet>, needs: ReadonlyArray<string> = []): Law =>
    law(id, title, (bench) => {
      const facet = facetOf(bench.adapter)
      return facet === undefined ? Effect.void : check(facet, bench)
    }, { needs, exempt: (adapter) => facetOf(adapter) === undefined ? without : undefined })

/** Fails the law where the provider does not do it. */
const does = <A, R>(what: string, effect: Effect.Effect<A, ProviderFailure, R>) =>
  Effect.mapError(
    effect,
    ({ code, kind, reason }) => new LawBroken({ because: what, saw: `${kind} ${code}: ${reason}` })
  )

const read = <A, R>(what: string, stream: Stream.Stream<A, ProviderFailure, R>) => does(what, Stream.runCollect(stream))

/** What fails while the provider can't be heard fails as something to be tried later. */
const silent = Effect.fnUntraced(function*(
  bench: Bench,
  asked: Readonly<Record<string, Effect.Effect<unknown, ProviderFailure, HttpClient.HttpClient>>>
) {
  for (const fault of bench.network.faults) {
    for (const [what, ask] of Object.entries(asked)) {
      yield* strikeAll(bench, fault)
      const exit = yield* Effect.exit(ask)
      yield* strikeAll(bench, undefined)
      const isLater = Exit.isFailure(exit) &&
        exit.cause.reasons.every((reason) => Cause.isFailReason(reason) && reason.error.kind === "later")
      yield* holds(isLater, `${what} with ${fault}: it fails, to be tried later`, exit)
    }
  }
})

const isKind = (exit: Exit.Exit<unknown, ProviderFailure>, kind: ProviderFailure["kind"]) =>
  Exit.isFailure(exit) && exit.cause.reasons.some((reason) => Cause.isFailReason(reason) && reason.error.kind === kind)

const first = ({ harness }: Bench) => harness.accounts[0].account

type TemplatesFacet = Templates.ChannelTemplates<unknown, unknown>

const ofTemplates = about<TemplatesFacet>(({ templates }) => templates, "it has no templates")

const newTemplate = (bench: Bench): Templates.NewTemplate => ({
  name: `kit_${bench.next()}`,
  language: "id",
  category: "UTILITY",
  parameterFormat: "POSITIONAL",
  components: [{ type: "BODY", text: `Pesanan nomor ${bench.next()} sudah siap.` }]
})

const allTemplates = (facet: TemplatesFacet, account: Account<unknown, unknown>, name?: string) =>
  read("the templates are listed", Templates.list(facet, account, { name }))

/** Whether all the words of a definition are in a template. */
const says = (template: Templates.ProviderTemplate, components: Templates.NewTemplate["components"]) =>
  leaves(components).every((one) => mentions(template.components, one))

/** Until the provider has judged it. */
const judged = TestClock.adjust("5 minutes")

const templatesComplete = ofTemplates(
  "templates.complete",
  "the list of templates goes on to its end, and one name is found in it",
  Effect.fnUntraced(function*(facet, bench) {
    const account = first(bench)
    const made: Array<string> = []
    // Some providers let an account make only so many in an hour.
    for (let count = 0; count < many; count++) {
      if (count === 90) yield* TestClock.adjust("2 hours")
      const template = newTemplate(bench)
      yield* does("a template is made", facet.create(template, account))
      made.push(template.name)
    }
    const names = (yield* allTemplates(facet, account)).map(({ name }) => name)
    const missing = made.filter((name) => names.filter((one) => one === name).length !== 1)
    yield* holds(missing.length === 0, "every one of them is listed, once", { missing, listed: names.length })
    const [wanted = ""] = made
    const found = yield* allTemplates(facet, account, wanted)
    yield* holds(found.length === 1 && found[0]?.name === wanted, "the one with the name is found alone", found)
  })
)

const templatesChange = ofTemplates(
  "templates.change",
  "a template is made, edited and deleted as asked, and no other one is",
  Effect.fnUntraced(function*(facet, bench) {
    const account = first(bench)
    const [one, other] = [newTemplate(bench), newTemplate(bench)]
    const shown = ({ name }: Templates.NewTemplate) =>
      Effect.map(allTemplates(facet, account, name), ([found]) => found)
    const { id } = yield* does("one is made", facet.create(one, account))
    yield* does("another is made", facet.create(other, account))
    yield* judged
    const made = yield* shown(one)
    yield* holds(
      made?.id === id && made.language === one.language && made.category === one.category &&
        says(made, one.components),
      "it is there as it was made, under its id",
      made
    )
    const components = newTemplate(bench).components
    yield* does("it is edited", facet.edit(id, { components }, account))
    const edited = yield* shown(one)
    yield* holds(
      edited?.id === id && says(edited, components),
      "it has the new words",
      edited
    )
    yield* judged
    yield* does("it is deleted", facet.delete({ id, name: one.name }, account))
    yield* holds((yield* shown(one)) === undefined, "it is there no more", yield* shown(one))
    const left = yield* shown(other)
    yield* holds(
      left !== undefined && says(left, other.components),
      "the other one is as it was",
      left
    )
  }),
  ["templates.complete"]
)

const templatesFaults = ofTemplates(
  "templates.faults",
  "no list of templates is made of silence, and nothing is said to be done that may not be",
  (facet, bench) => {
    const account = first(bench)
    const { components } = newTemplate(bench)
    return silent(bench, {
      "a look": facet.page({}, account),
      "a new template": Effect.suspend(() => facet.create(newTemplate(bench), account)),
      "an edit": facet.edit("1", { components }, account),
      "a deletion": facet.delete({ id: "1", name: "kit_none" }, account)
    })
  }
)

type GroupsFacet = ChannelGroups<unknown, unknown>

const ofGroups = about<GroupsFacet>(({ groups }) => groups, "it has no groups")

/** A group; where the provider makes it later, as the list has it. */
const founded = Effect.fnUntraced(function*(facet: GroupsFacet, bench: Bench) {
  const account = first(bench)
  const subject = `Group ${bench.next()}`
  const made = yield* does("a group is made", facet.create({ subject, participants: [] }, account))
  const group = made ??
    (yield* read("the groups are listed", facet.list(account))).find((one) => one.subject === subject)
  if (group === undefined) return yield* new LawBroken({ because: "the group is in the list", saw: subject })
  return group
})

const groupsComplete = ofGroups(
  "groups.complete",
  "the list of groups goes on to its end",
  Effect.fnUntraced(function*(facet, bench) {
    const account = first(bench)
    const subjects: Array<string> = []
    for (let count = 0; count < many; count++) {
      const subject = `Group ${bench.next()}`
      yield* does("a group is made", facet.create({ subject, participants: [] }, account))
      subjects.push(subject)
    }
    const listed = (yield* read("the groups are listed", facet.list(account))).map(({ subject }) => subject)
    const missing = subjects.filter((subject) => listed.filter((one) => one === subject).length !== 1)
    yield* holds(missing.length === 0, "every one of them is listed, once", { missing, listed: listed.length })
  })
)

const groupsChange = ofGroups(
  "groups.change",
  "a group is made, renamed and left as asked, and what was not named stays",
  Effect.fnUntraced(function*(facet, bench) {
    const account = first(bench)
    const { address } = yield* founded(facet, bench)
    const other = yield* founded(facet, bench)
    yield* does("it is described", facet.update(address, { description: "Every Friday" }, account))
    yield* does("it is renamed", facet.update(address, { subject: "Renamed" }, account))
    const group: Group = yield* does("it is read", facet.get(address, account))
    yield* holds(group.subject === "Renamed", "it has its new name", group)
    yield* holds(group.description === "Every Friday", "and what was said of it before", group)
    yield* does("it is left", facet.leave(address, account))
    const gone = yield* Effect.exit(facet.get(address, account))
    yield* holds(isKind(gone, "missing"), "it is missing afterwards", gone)
    const left = yield* does("the other one is read", facet.get(other.address, account))
    yield* holds(left.subject === other.subject, "the other one is as it was", left)
  }),
  ["groups.complete"]
)

const groupsMembers = ofGroups(
  "groups.members",
  "people are added to a group, and taken out of it",
  Effect.fnUntraced(function*(facet, bench) {
    const [{ account, customer }] = bench.harness.accounts
    const { address } = yield* founded(facet, bench)
    const people = bench.harness.member ?? { kind: "phone", value: "6281300000077" }
    const change = (action: "add" | "remove") =>
      does(`a member: ${action}`, facet.changeParticipants(address, { action, participants: [people] }, account))
    const isIn = Effect.map(
      does("the group is read", facet.get(address, account)),
      ({ participants = [] }) =>
        participants.some(({ identities }) => identities.some(({ value }) => value === people.value))
    )
    yield* change("add")
    yield* holds(yield* isIn, "they are in it", customer)
    yield* change("remove")
    yield* holds(!(yield* isIn), "they are in it no more", customer)
  }),
  ["groups.change"]
)

const groupsInvite = ofGroups(
  "groups.invite",
  "a group keeps its link until there is a new one",
  Effect.fnUntraced(function*(facet, bench) {
    const account = first(bench)
    const { address } = yield* founded(facet, bench)
    const link = (reset: boolean) => does("the link is told", facet.inviteLink(address, { reset }, account))
    const before = yield* link(false)
    yield* holds(/^https:\/\/\S+$/.test(before), "it is a link", before)
    yield* holds((yield* link(false)) === before, "it stays")
    const after = yield* link(true)
    yield* holds(after !== before, "there is a new one", after)
    yield* holds((yield* link(false)) === after, "which stays", after)
  }),
  ["groups.complete"]
)

const ofJoins = about<GroupsFacet>(
  ({ groups }) => groups?.joinRequests === undefined ? undefined : groups,
  "nobody has to ask to join its groups"
)

const groupsJoins = ofJoins(
  "groups.joins",
  "who asks to join a group is listed to the end, let in or not as decided, and nothing is said to be decided that is not",
  Effect.fnUntraced(function*(facet, bench) {
    const [{ account, asksToJoin }] = bench.harness.accounts
    const joins = facet.joinRequests
    if (joins === undefined) return
    if (asksToJoin === undefined) {
      return yield* new LawBroken({ because: "the harness has people who ask to join (`asksToJoin`)", saw: "" })
    }
    const subject = `Group ${bench.next()}`
    yield* does("a group is made", facet.create({ subject, participants: [], joinApproval: true }, account))
    const group = (yield* read("the groups are listed", facet.list(account))).find((one) => one.subject === subject)
    if (group === undefined) return yield* new LawBroken({ because: "the group is in the list", saw: subject })
    const { address } = group
    const people = Array.from({ length: many }, (_, index) => `62813${String(10_000_000 + index)}`)
    for (const value of people) yield* asksToJoin(address, { kind: "phone", value })
    const waiting = read("the requests are listed", joins.list(address, account))
    const askedBy = (value: string) => (one: JoinRequest) => one.identities.some((known) => known.value === value)
    const asked = yield* waiting
    const missing = people.filter((value) => asked.filter(askedBy(value)).length !== 1)
    yield* holds(missing.length === 0, "every one of them is listed, once", { missing, listed: asked.length })
    const [welcome = "", unwanted = ""] = people
    const idOf = (value: string) => asked.find(askedBy(value))?.id ?? ""
    const decide = (approve: boolean, requests: ReadonlyArray<string>) =>
      does("they are decided on", joins.decide(address, { approve, requests }, account))
    const made = yield* decide(true, [idOf(welcome), "kit-nobody"])
    yield* holds(made.decided.includes(idOf(welcome)) && made.decided.length === 1, "one is let in", made)
    yield* holds(made.failed.some(({ id }) => id === "kit-nobody"), "nobody's request is said to be none", made)
    yield* decide(false, [idOf(unwanted)])
    const left = yield* waiting
    yield* holds(
      left.length === many - 2 && !left.some((one) => askedBy(welcome)(one) || askedBy(unwanted)(one)),
      "the others wait on",
      left.length
    )
    const { participants = [] } = yield* does("the group is read", facet.get(address, account))
    const isIn = (value: string) => participants.some(({ identities }) => identities.some((one) => one.value === value))
    yield* holds(isIn(welcome) && !isIn(unwanted), "who was let in is in it, who was not is not", participants)
    yield* silent(bench, {
      "a look at who asks": Stream.runCollect(joins.list(address, account)),
      "a decision": joins.decide(address, { approve: true, requests: [idOf(people.at(-1) ?? "")] }, account)
    })
  }),
  ["groups.members"]
)

const groupsFaults = ofGroups(
  "groups.faults",
  "no group is missing for silence, and nothing is said to be done that may not be",
  Effect.fnUntraced(function*(facet, bench) {
    const account = first(bench)
    const { address } = yield* founded(facet, bench)
    yield* silent(bench, {
      "a look": Stream.runCollect(facet.list(account)),
      "a look at one": facet.get(address, account),
      "a new group": Effect.suspend(() =>
        facet.create({ subject: `Group ${bench.next()}`, participants: [] }, account)
      ),
      "a new name": facet.update(address, { subject: "Renamed" }, account),
      "leaving it": facet.leave(address, account)
    })
  }),
  ["groups.complete"]
)

const ofProfile = about<ChannelProfile<unknown, unknown>>(
  ({ profile }) => profile,
  "its accounts have no profile"
)

const words = ["name", "about", "description", "address", "email"] as const

const profileUnchangeable = ofProfile(
  "profile.unchangeable",
  "a change of what can't be changed is refused, and not kept silent about",
  Effect.fnUntraced(function*(facet, bench) {
    for (const field of words.filter((one) => !facet.changeable.has(one))) {
      const exit = yield* Effect.exit(facet.update({ [field]: "Open from nine to five" }, first(bench)))
      yield* holds(isKind(exit, "refused"), `${field} is refused`, exit)
    }
  })
)

const profileFaults = ofProfile(
  "profile.faults",
  "no profile is empty for silence, and none is said to be changed that may not be",
  (facet, bench) => {
    const field = words.find((one) => facet.changeable.has(one))
    return silent(bench, {
      "a look": facet.get(first(bench)),
      ...(field === undefined ? {} : { "a change": facet.update({ [field]: "Open from nine to five" }, first(bench)) })
    })
  }
)

type HistoryFacet = ChannelHistory<unknown, unknown>

const ofHistory = about<HistoryFacet>(({ history }) => history, "its provider can't be asked about the past")

const began = TestClock.adjust("1 hour")

/** The customer writes, and nobody is told: the message as its webhook would have been decoded. */
const missed = Effect.fnUntraced(function*(bench: Bench, from: ConnectedAccount) {
  const body = yield* from.unheard?.(`Missed ${bench.next()}.`) ?? Effect.undefined
  if (body === undefined) {
    return yield* new LawBroken({ because: "the harness has customers that nobody hears (`unheard`)", saw: "" })
  }
  const events = yield* bench.adapter.decode(body, from.account)
  const event = events.find((one): one is MessageReceived => one._tag === "MessageReceived")
  if (event?.timestamp === undefined) {
    return yield* new LawBroken({ because: "its webhook tells of the message, and when it was written", saw: "" })
  }
  return { ...event, timestamp: event.timestamp }
})

const between = (facet: HistoryFacet, bench: Bench, message: MessageReceived, since: number, until: number) =>
  read("the chat is read", facet.messages({ chat: message.chat, since, until }, first(bench)))

const asText = ({ chat, content, providerMessageId, timestamp }: MessageReceived) =>
  show([providerMessageId, chat.kind, chat.value, content, timestamp])

const historyNames = ofHistory(
  "history.names",
  "the past is told as it would have been told at the time, of this account alone",
  Effect.fnUntraced(function*(facet, bench) {
    yield* began
    const message = yield* missed(bench, bench.harness.accounts[0])
    const foreign = yield* missed(bench, bench.harness.accounts[1])
    const told = yield* between(facet, bench, message, message.timestamp - 60_000, message.timestamp + 60_000)
    const same = told.filter((one) => one._tag === "MessageReceived" && asText(one) === asText(message))
    yield* holds(same.length === 1, "the message is there once, as its webhook has it", { message, told })
    const strange = told.filter(({ content }) => show(content) === show(foreign.content))
    yield* holds(strange.length === 0, "and none of the other account", strange)
  }),
  ["decode.message", "decode.address"]
)

const historySpan = ofHistory(
  "history.span",
  "both ends of a span are in it, and nothing beyond them",
  Effect.fnUntraced(function*(facet, bench) {
    const [account] = bench.harness.accounts
    yield* began
    const before = yield* missed(bench, account)
    yield* TestClock.adjust("1 minute")
    const from = yield* missed(bench, account)
    yield* TestClock.adjust("1 minute")
    const to = yield* missed(bench, account)
    yield* TestClock.adjust("1 minute")
    const after = yield* missed(bench, account)
    const told = (yield* between(facet, bench, from, from.timestamp, to.timestamp)).map((one) => one.providerMessageId)
    yield* holds([from, to].every((one) => told.includes(one.providerMessageId)), "both ends are in it", told)
    yield* holds(![before, after].some((one) => told.includes(one.providerMessageId)), "nothing else is", told)
  }),
  ["history.names"]
)

const historyComplete = ofHistory(
  "history.complete",
  "a long chat is read to its end",
  Effect.fnUntraced(function*(facet, bench) {
    yield* began
    const all: Array<MessageReceived & { readonly timestamp: number }> = []
    for (let count = 0; count < many; count++) all.push(yield* missed(bench, bench.harness.accounts[0]))
    const [one] = all
    if (one === undefined) return
    const told = (yield* between(facet, bench, one, one.timestamp - 60_000, one.timestamp + 60_000))
      .map(({ providerMessageId }) => providerMessageId)
    const missing = all.filter(({ providerMessageId: id }) => told.filter((known) => known === id).length !== 1)
    yield* holds(missing.length === 0, "every message is there, once", { missing: missing.length, told: told.length })
  }),
  ["history.names"]
)

const historyChats = ofHistory(
  "history.chats",
  "a chat is listed as long as something was written in it since",
  Effect.fnUntraced(function*(facet, bench) {
    yield* began
    const message = yield* missed(bench, bench.harness.accounts[0])
    const since = (at: number) => read("the chats are listed", facet.chats(at, first(bench)))
    const isIt = ({ chat }: { readonly chat: { readonly kind: string; readonly value: string } }) =>
      chat.kind === message.chat.kind && chat.value === message.chat.value
    const found = (yield* since(message.timestamp)).filter(isIt)
    yield* holds(found.length === 1, "it is listed, once", found)
    const at = found[0]?.lastMessageAt ?? null
    yield* holds(at === null || at === message.timestamp, "with the time of the last message", at)
    yield* TestClock.adjust("1 hour")
    const now = yield* Clock.currentTimeMillis
    const later = (yield* since(now)).filter(isIt)
    yield* holds(later.every(({ lastMessageAt }) => lastMessageAt === null), "and not for what is older", later)
  }),
  ["history.names"]
)

const historyAlive = ofHistory(
  "history.alive",
  "an account that works is alive, and one whose credentials are not taken is not",
  Effect.fnUntraced(function*(facet, bench) {
    yield* holds(yield* does("it is asked", facet.alive(first(bench))), "it is alive")
    const expired = yield* Effect.exit(facet.alive(bench.harness.expired))
    yield* holds(!(Exit.isSuccess(expired) && expired.value), "expired credentials are no life", expired)
  })
)

const historyFaults = ofHistory(
  "history.faults",
  "silence is no end of the past, and no life",
  Effect.fnUntraced(function*(facet, bench) {
    yield* began
    const message = yield* missed(bench, bench.harness.accounts[0])
    yield* silent(bench, {
      "the chats": Stream.runCollect(facet.chats(0, first(bench))),
      "a chat": Stream.runCollect(
        facet.messages({ chat: message.chat, since: 0, until: message.timestamp }, first(bench))
      )
    })
    for (const fault of bench.network.faults) {
      yield* strikeAll(bench, fault)
      const exit = yield* Effect.exit(facet.alive(first(bench)))
      yield* strikeAll(bench, undefined)
      yield* holds(!(Exit.isSuccess(exit) && exit.value), `${fault}: it is not alive`, exit)
    }
  }),
  ["history.names"]
)

/** @category laws @since 0.1.0 */
export const laws: ReadonlyArray<Law> = [
  templatesComplete,
  templatesChange,
  templatesFaults,
  groupsComplete,
  groupsChange,
  groupsMembers,
  groupsInvite,
  groupsJoins,
  groupsFaults,
  profileUnchangeable,
  profileFaults,
  historyNames,
  historySpan,
  historyComplete,
  historyChats,
  historyAlive,
  historyFaults
]
