/**
 * Templates, groups and the past of the channel in memory: the provider's side, which keeps them, and the adapter's.
 *
 * @since 0.1.0
 */
import { Effect, Option, Schema, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { Group, JoinDecision, JoinRequest } from "@wicara/channels/ChannelGroups"
import type { ChannelGroups, GroupParticipant } from "@wicara/channels/ChannelGroups"
import type { ChannelHistory } from "@wicara/channels/ChannelHistory"
import { ProviderTemplate } from "@wicara/channels/ChannelTemplates"
import type { ChannelTemplates } from "@wicara/channels/ChannelTemplates"
import { ChangeParticipants, CreateGroup, UpdateGroup } from "@wicara/channels/GroupRequests"
import { Identity } from "@wicara/channels/Address"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { answered, failed } from "./MemoryLifecycle.ts"
import type { call, MemoryAccount, Reply, Secrets, Settings } from "./MemoryChannel.ts"

/** How many things the provider tells at once. @category constants @since 0.1.0 */
export const pageSize = 50

/** How long the provider lets a text be edited, in milliseconds. @category constants @since 0.1.0 */
export const editWithin = 600_000

/** A message of a customer's as the provider keeps it. @category schemas @since 0.1.0 */
export const Kept = Schema.Struct({
  type: Schema.Literal("message"),
  id: Schema.NonEmptyString,
  from: Schema.NonEmptyString,
  text: Schema.String,
  at: Schema.Int
})
/** @since 0.1.0 */
export type Kept = typeof Kept.Type

/**
 * What the provider keeps of a number.
 *
 * @category models
 * @since 0.1.0
 */
export interface Shelf {
  readonly templates: Map<string, ProviderTemplate>
  readonly groups: Map<string, { group: Group; link: string; joins: ReadonlyArray<JoinRequest> }>
  readonly past: Array<Kept>
  /** The words of texts that were edited, by the message's id. */
  readonly edited: Map<string, string>
  made: number
}

/** @category constructors @since 0.1.0 */
export const shelf = (): Shelf => ({ templates: new Map(), groups: new Map(), past: [], edited: new Map(), made: 0 })

const NewTemplate = Schema.Struct({
  name: Schema.NonEmptyString,
  language: Schema.NonEmptyString,
  category: Schema.String,
  parameterFormat: Schema.Literals(["POSITIONAL", "NAMED"]),
  components: Schema.Array(Schema.JsonObject)
})
const decodeTemplate = Schema.decodeUnknownOption(NewTemplate)
const decodeChange = Schema.decodeUnknownOption(Schema.Struct({
  category: Schema.optionalKey(Schema.String),
  components: Schema.optionalKey(Schema.Array(Schema.JsonObject))
}))
const decodeGroup = Schema.decodeUnknownOption(CreateGroup)
const decodeUpdate = Schema.decodeUnknownOption(UpdateGroup)
const decodeMembers = Schema.decodeUnknownOption(ChangeParticipants)
const encodeJoin = Schema.encodeSync(JoinRequest)
const decodeDecision = Schema.decodeUnknownOption(
  Schema.Struct({ approve: Schema.Boolean, requests: Schema.Array(Schema.String) })
)
const decodeLink = Schema.decodeUnknownOption(Schema.Struct({ reset: Schema.Boolean }))

interface Answer {
  readonly status: number
  readonly body: unknown
}

const ok = (body: unknown = {}): Answer => ({ status: 200, body })
const notThere: Answer = { status: 404, body: { error: "not there" } }
const malformed: Answer = { status: 422, body: { error: "malformed" } }

const page = <A>(all: ReadonlyArray<A>, query: URLSearchParams): Answer => {
  const start = Number(query.get("after") ?? 0)
  const end = start + pageSize
  return ok({ items: all.slice(start, end), ...(end < all.length ? { next: String(end) } : {}) })
}

const withMembers = (
  group: Group,
  action: ChangeParticipants["action"],
  participants: ReadonlyArray<Identity>
): Group => {
  const named = new Set(participants.map(({ value }) => value))
  const isNamed = ({ identities: [{ value }] }: GroupParticipant) => named.has(value)
  const known = group.participants ?? []
  const rest = known.filter((one) => !isNamed(one))
  if (action === "remove") return { ...group, participants: rest }
  const role = action === "promote" ? "admin" : "member"
  return {
    ...group,
    participants: [...rest, ...participants.map((one) => ({ identities: [one] as const, role }) as const)]
  }
}

/** A request about what is kept. */
interface About {
  readonly method: string
  readonly resource: string
  readonly what: string
  readonly further: string
  readonly query: URLSearchParams
  readonly body: unknown
}

const templateAnswer = (of: Shelf, { body, method, query, further, what }: About): Answer => {
  if (method === "GET") {
    const name = query.get("name")
    return page(Array.from(of.templates.values()).filter((one) => name === null || one.name === name), query)
  }
  if (what === "") {
    const wanted = decodeTemplate(body)
    if (Option.isNone(wanted)) return malformed
    const template = { ...wanted.value, id: `t${++of.made}`, status: "APPROVED" }
    of.templates.set(template.id, template)
    return ok(template)
  }
  const known = of.templates.get(what)
  if (known === undefined) return notThere
  if (further === "delete") of.templates.delete(what)
  else of.templates.set(what, { ...known, ...Option.getOrElse(decodeChange(body), () => ({})) })
  return ok()
}

const groupAnswer = (number: string, of: Shelf, { body, method, query, further, what }: About): Answer => {
  if (what === "") {
    if (method === "GET") return page(Array.from(of.groups.values(), ({ group }) => group), query)
    const wanted = decodeGroup(body)
    if (Option.isNone(wanted)) return malformed
    const { participants, ...words } = wanted.value
    const owner = { identities: [{ kind: "phone", value: number }], role: "owner" } as const
    const group = withMembers(
      { address: { kind: "group", value: `g${++of.made}` }, ...words, participants: [owner] },
      "add",
      participants
    )
    of.groups.set(group.address.value, { group, link: `https://memory.example/join/${of.made}`, joins: [] })
    return ok(group)
  }
  const known = of.groups.get(what)
  if (known === undefined) return notThere
  if (method === "GET") {
    return further === "joins"
      ? page(known.joins.map((one) => encodeJoin(one)), query)
      : ok(known.group)
  }
  switch (further) {
    case "leave":
      of.groups.delete(what)
      return ok()
    case "link":
      if (Option.exists(decodeLink(body), ({ reset }) => reset)) known.link = `https://memory.example/join/${++of.made}`
      return ok({ link: known.link })
    case "joins":
      return Option.match(decodeDecision(body), {
        onNone: () => malformed,
        onSome: ({ approve, requests }) => {
          const decided = known.joins.filter(({ id }) => requests.includes(id))
          known.joins = known.joins.filter((one) => !decided.includes(one))
          if (approve) known.group = withMembers(known.group, "add", decided.map(({ identities: [one] }) => one))
          const ids = decided.map(({ id }) => id)
          return ok({
            decided: ids,
            failed: requests.filter((id) => !ids.includes(id)).map((id) => ({
              id,
              code: "not_there",
              reason: "Nobody asks so."
            }))
          })
        }
      })
    case "members":
      return Option.match(decodeMembers(body), {
        onNone: () => malformed,
        onSome: (change) => {
          known.group = withMembers(known.group, change.action, change.participants)
          return ok()
        }
      })
    default:
      known.group = { ...known.group, ...Option.getOrElse(decodeUpdate(body), () => ({})) }
      return ok()
  }
}

const pastAnswer = (of: Shelf, { query, what }: About): Answer => {
  const since = Number(query.get("since"))
  if (what === "messages") {
    const until = Number(query.get("until"))
    return page(of.past.filter(({ at, from }) => from === query.get("chat") && at >= since && at <= until), query)
  }
  const last = new Map(of.past.map(({ at, from }) => [from, at]))
  return page(
    Array.from(last, ([chat, at]) => ({ chat, at })).filter(({ at }) => at >= since)
      .toSorted((one, another) => another.at - one.at),
    query
  )
}

/**
 * The provider's answer about templates, groups or the past of a number; `undefined`: it is about something else.
 *
 * @category running
 * @since 0.1.0
 */
export const respond = (number: string, of: Shelf, about: About): Answer | undefined => {
  switch (about.resource) {
    case "templates":
      return templateAnswer(of, about)
    case "groups":
      return groupAnswer(number, of, about)
    case "past":
      return pastAnswer(of, about)
    default:
      return undefined
  }
}

type Ask = typeof call

/** What an answer says, as its schema has it. */
const told = <A, I>(
  schema: Schema.Codec<A, I>
): (reply: Effect.Effect<Reply, never, HttpClient.HttpClient>) => Effect.Effect<
  A,
  ProviderFailure,
  HttpClient.HttpClient
> => {
  const decode = Schema.decodeUnknownOption(schema)
  return (reply) =>
    Effect.flatMap(Effect.flatMap(reply, answered), (body) =>
      Option.match(decode(body), {
        onNone: () => failed("later", "answer", "The provider's answer can't be read."),
        onSome: (value) => Effect.succeed(value)
      }))
}

const done = told(Schema.Unknown)

const pathOf = (...parts: ReadonlyArray<string>) => parts.map((part) => `/${encodeURIComponent(part)}`).join("")

/** Everything that a path lists, page by page. */
const listed = <A, I>(
  ask: Ask,
  schema: Schema.Codec<A, I>,
  path: string,
  query: Readonly<Record<string, string>>
) => {
  const read = told(Schema.Struct({ items: Schema.Array(schema), next: Schema.optionalKey(Schema.String) }))
  return {
    page: (account: MemoryAccount, after: string | undefined) =>
      read(
        ask(account, "GET", `${path}?${new URLSearchParams({ ...query, ...(after === undefined ? {} : { after }) })}`)
      ),
    all(account: MemoryAccount): Stream.Stream<A, ProviderFailure, HttpClient.HttpClient> {
      return Stream.paginate(
        undefined,
        (after: string | undefined) =>
          Effect.map(this.page(account, after), ({ items, next }) => [items, Option.fromUndefinedOr(next)] as const)
      )
    }
  }
}

/** @category constructors @since 0.1.0 */
export const templates = (ask: Ask): ChannelTemplates<Settings, Secrets> => ({
  scope: ({ number }) => number,
  page: ({ after, name }, account) =>
    Effect.map(
      listed(ask, ProviderTemplate, "/templates", name === undefined ? {} : { name }).page(account, after),
      ({ items, next }) => ({ templates: items, next })
    ),
  create: (template, account) =>
    told(Schema.Struct({ id: Schema.String, status: Schema.String, category: Schema.String }))(
      ask(account, "POST", "/templates", template)
    ),
  edit: (id, change, account) => Effect.asVoid(done(ask(account, "POST", pathOf("templates", id), change))),
  delete: ({ id }, account) => Effect.asVoid(done(ask(account, "POST", pathOf("templates", id, "delete"), {})))
})

/** @category constructors @since 0.1.0 */
export const groups = (ask: Ask): ChannelGroups<Settings, Secrets> => {
  const read = told(Group)
  const change = (account: MemoryAccount, group: { readonly value: string }, what: string, body: object) =>
    done(ask(account, "POST", pathOf("groups", group.value, ...(what === "" ? [] : [what])), body))
  return {
    list: (account) => listed(ask, Group, "/groups", {}).all(account),
    get: ({ value }, account) => read(ask(account, "GET", pathOf("groups", value))),
    create: (group, account) => read(ask(account, "POST", "/groups", group)),
    update: (group, changed, account) => Effect.asVoid(change(account, group, "", changed)),
    changeParticipants: (group, changed, account) => Effect.asVoid(change(account, group, "members", changed)),
    inviteLink: (group, options, account) =>
      Effect.map(
        told(Schema.Struct({ link: Schema.String }))(
          ask(account, "POST", pathOf("groups", group.value, "link"), options)
        ),
        ({ link }) => link
      ),
    joinRequests: {
      list: ({ value }, account) => listed(ask, JoinRequest, pathOf("groups", value, "joins"), {}).all(account),
      decide: (group, decision, account) =>
        told(JoinDecision)(ask(account, "POST", pathOf("groups", group.value, "joins"), decision))
    },
    leave: (group, account) => Effect.asVoid(change(account, group, "leave", {}))
  }
}

/** @category constructors @since 0.1.0 */
export const history = (
  ask: Ask,
  toEvent: (message: Kept) => Option.Option<Stream.Success<ReturnType<ChannelHistory<Settings, Secrets>["messages"]>>>
): ChannelHistory<Settings, Secrets> => ({
  chats: (since, account) =>
    Stream.map(
      listed(ask, Schema.Struct({ chat: Identity.fields.value, at: Schema.Int }), "/past/chats", {
        since: String(since)
      }).all(account),
      ({ at, chat }) => ({ chat: { kind: "phone", value: chat }, lastMessageAt: at })
    ),
  messages: ({ chat, since, until }, account) =>
    Stream.flatMap(
      listed(ask, Kept, "/past/messages", { chat: chat.value, since: String(since), until: String(until) }).all(
        account
      ),
      (message) => Stream.fromIterable(Option.toArray(toEvent(message)))
    ),
  alive: (account) =>
    Effect.map(
      told(Schema.Struct({ status: Schema.String }))(ask(account, "GET", "/session")),
      ({ status }) => status === "connected"
    )
})
