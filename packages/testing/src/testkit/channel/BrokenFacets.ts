/**
 * What proves the laws of templates, groups, profiles and the past: the channel in memory with one mistake each.
 *
 * @since 0.1.0
 */
import { Effect, Stream } from "effect"
import type { BrokenChannel } from "./BrokenChannels.ts"
import * as MemoryChannel from "./MemoryChannel.ts"
import * as MemoryFacets from "./MemoryFacets.ts"

const correct = MemoryChannel.make()
const templates = correct.templates!
const groups = correct.groups!
const joinRequests = groups.joinRequests!
const profile = correct.profile!
const history = correct.history!

const ofTemplates = (law: string, mistake: string, change: Partial<typeof templates>): BrokenChannel => ({
  law,
  mistake,
  adapter: { ...correct, templates: { ...templates, ...change } }
})

const ofGroups = (law: string, mistake: string, change: Partial<typeof groups>): BrokenChannel => ({
  law,
  mistake,
  adapter: { ...correct, groups: { ...groups, ...change } }
})

const ofProfile = (law: string, mistake: string, change: Partial<typeof profile>): BrokenChannel => ({
  law,
  mistake,
  adapter: { ...correct, profile: { ...profile, ...change } }
})

const ofHistory = (law: string, mistake: string, change: Partial<typeof history>): BrokenChannel => ({
  law,
  mistake,
  adapter: { ...correct, history: { ...history, ...change } }
})

const firstLinks = new Map<string, string>()

/**
 * One for every law of a part of an adapter, and for the time in which texts can be edited.
 *
 * @category constants
 * @since 0.1.0
 */
export const all: ReadonlyArray<BrokenChannel> = [
  {
    law: "actions.edit_within",
    mistake: "declares that texts can be edited for longer than they can",
    adapter: {
      ...correct,
      capabilities: { ...correct.capabilities, editWithin: MemoryFacets.editWithin * 2 }
    }
  },
  ofTemplates("templates.complete", "reads the first page of the templates", {
    page: (query, account) => Effect.map(templates.page(query, account), ({ templates }) => ({ templates }))
  }),
  ofTemplates("templates.change", "makes a new template of one that is edited", {
    edit: (id, { components = [] }, account) =>
      Effect.asVoid(templates.create({
        name: `copy_of_${id}`,
        language: "id",
        category: "UTILITY",
        parameterFormat: "POSITIONAL",
        components
      }, account))
  }),
  ofTemplates("templates.faults", "has no templates when nobody answers", {
    page: (query, account) =>
      Effect.catchIf(
        templates.page(query, account),
        ({ kind }) => kind === "later",
        () => Effect.succeed({ templates: [] })
      )
  }),
  ofGroups("groups.complete", "reads the first page of the groups", {
    list: (account) => Stream.take(groups.list(account), MemoryFacets.pageSize)
  }),
  ofGroups("groups.change", "clears what is said of a group when it is renamed", {
    update: (group, change, account) => groups.update(group, { description: "", ...change }, account)
  }),
  ofGroups("groups.members", "makes administrators of those who are taken out", {
    changeParticipants: (group, change, account) =>
      groups.changeParticipants(group, change.action === "remove" ? { ...change, action: "promote" } : change, account)
  }),
  ofGroups("groups.invite", "goes on telling the first link of a group", {
    inviteLink: (group, options, account) =>
      Effect.map(groups.inviteLink(group, options, account), (link) => {
        const key = `${account.id} ${group.value}`
        const first = firstLinks.get(key) ?? link
        firstLinks.set(key, first)
        return first
      })
  }),
  ofGroups("groups.joins", "lets in everybody whom it is asked about", {
    joinRequests: {
      ...joinRequests,
      decide: (group, { requests }, account) => joinRequests.decide(group, { approve: true, requests }, account)
    }
  }),
  ofGroups("groups.faults", "has left a group when nobody answers", {
    leave: (group, account) =>
      Effect.catchIf(groups.leave(group, account), ({ kind }) => kind === "later", () => Effect.void)
  }),
  ofProfile("profile.unchangeable", "keeps silent about what it can't change", {
    update: ({ about, name }, account) =>
      profile.update({ ...(about === undefined ? {} : { about }), ...(name === undefined ? {} : { name }) }, account)
  }),
  ofProfile("profile.faults", "shows an empty profile when nobody answers", {
    get: (account) => Effect.catchIf(profile.get(account), ({ kind }) => kind === "later", () => Effect.succeed({}))
  }),
  ofHistory("history.names", "tells of the past under other ids than at the time", {
    messages: (request, account) =>
      Stream.map(
        history.messages(request, account),
        (message) => ({ ...message, providerMessageId: `past:${message.providerMessageId}` })
      )
  }),
  ofHistory("history.span", "leaves out the last moment of a span", {
    messages: (request, account) => history.messages({ ...request, until: request.until - 1 }, account)
  }),
  ofHistory("history.complete", "reads the first page of a chat", {
    messages: (request, account) => Stream.take(history.messages(request, account), MemoryFacets.pageSize)
  }),
  ofHistory("history.chats", "takes the time of the first message for that of the last", {
    chats: (since, account) => Stream.map(history.chats(since, account), (chat) => ({ ...chat, lastMessageAt: 0 }))
  }),
  ofHistory("history.alive", "is alive when the provider answers, whatever it says", {
    alive: (account) =>
      Effect.catchIf(history.alive(account), ({ kind }) => kind === "account", () => Effect.succeed(true))
  }),
  ofHistory("history.faults", "has no past when nobody answers", {
    chats: (since, account) =>
      Stream.catchIf(history.chats(since, account), ({ kind }) => kind === "later", () => Stream.empty)
  })
]
