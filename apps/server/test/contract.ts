/** Every endpoint of the API with a valid request for it, read from the contract itself. */
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { BotId } from "@wicara/bots/Bot"
import { Bots } from "@wicara/bots/Bots"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Api } from "@wicara/client/Api"
import { ContactId } from "@wicara/contacts/Contact"
import { Contacts } from "@wicara/contacts/Contacts"
import { ConversationId } from "@wicara/conversations/Conversation"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import * as Permissions from "@wicara/core/Permissions"
import { KnowledgeItems } from "@wicara/knowledge/KnowledgeItems"
import { KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import { Arbitrary, Context, Effect, Schema, SchemaAST } from "effect"
import type { Layer } from "effect"
import { HttpApi } from "effect/http-api"
import * as Harness from "./harness.ts"

/** What a running test server offers. */
export type Env = Layer.Success<ReturnType<typeof Harness.layer>>

/** A place in a request that names a thing by its id. */
export interface IdSlot {
  readonly slot: "path" | "query" | "body"
  /** Property names; `*` for the elements of a list. */
  readonly at: ReadonlyArray<string>
  readonly brand: string
  readonly optional: boolean
}

/** An endpoint as the suites need it. */
export interface Endpoint {
  readonly key: string
  readonly group: string
  readonly method: string
  readonly path: string
  readonly access: Permissions.Access["Service"]
  /** Whose token it asks for. */
  readonly credential: "member" | "visitor" | "none"
  readonly idempotent: boolean
  readonly stream: boolean
  readonly ids: ReadonlyArray<IdSlot>
  readonly query: Schema.Top | undefined
  readonly payload: { readonly contentType: string; readonly schema: Schema.Top } | undefined
}

const idsIn = (
  slot: IdSlot["slot"],
  ast: SchemaAST.AST,
  at: ReadonlyArray<string> = [],
  optional = false,
  depth = 0
): ReadonlyArray<IdSlot> => {
  if (depth > 8) return []
  const into = (type: SchemaAST.AST, name: string | undefined, isOptional: boolean) =>
    idsIn(slot, type, name === undefined ? at : [...at, name], optional || isOptional, depth + 1)
  switch (ast._tag) {
    case "String": {
      const brand = SchemaAST.resolveIdentifier(ast)
      return brand !== undefined && brand.endsWith("Id") ? [{ slot, at, brand, optional }] : []
    }
    case "Objects":
      return ast.propertySignatures.flatMap(({ name, type }) => into(type, String(name), SchemaAST.isOptional(type)))
    case "Arrays":
      return ast.rest.flatMap((type) => into(type, "*", false))
    case "Union":
      return ast.types.flatMap((type) => into(type, undefined, false))
    default:
      return []
  }
}

const slotsOf = (slot: IdSlot["slot"], schema: Schema.Top | undefined) => {
  const found = schema === undefined ? [] : idsIn(slot, Schema.toType(schema).ast)
  return found.filter((one, index) => found.findIndex((other) => other.at.join() === one.at.join()) === index)
}

const reflect = (): ReadonlyArray<Endpoint> => {
  const endpoints: Array<Endpoint> = []
  HttpApi.reflect(Api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, group, mergedAnnotations, middleware, successes }) => {
      const keys = [...middleware].map(({ key }) => key)
      const [payload] = [...endpoint.payload].flatMap(([contentType, { schemas }]) =>
        schemas.map((schema) => ({ contentType, schema }))
      )
      endpoints.push({
        key: `${group.identifier}.${endpoint.identifier}`,
        group: group.identifier,
        method: endpoint.method,
        path: endpoint.path,
        access: Context.getUnsafe(mergedAnnotations as Context.Context<Permissions.Access>, Permissions.Access),
        credential: keys.some((key) => key.endsWith("/VisitorAuthentication"))
          ? "visitor"
          : keys.some((key) => key.endsWith("/Authentication"))
          ? "member"
          : "none",
        idempotent: keys.some((key) => key.endsWith("/Idempotency")),
        stream: successes.size === 0,
        ids: [
          ...slotsOf("path", endpoint.params),
          ...slotsOf("query", endpoint.query),
          ...slotsOf("body", payload?.schema)
        ],
        query: endpoint.query,
        payload
      })
    }
  })
  return endpoints
}

/** Every endpoint of the API. */
export const endpoints = reflect()

/** Who sends a request. */
export interface Caller {
  readonly tenant: Harness.Tenant
  readonly user: { readonly id: string; readonly email: string }
  readonly token: string
}

/** Ids that clients choose: there is no other organization's thing behind them. */
const chosenByClients = new Set(["WidgetMessageId"])

const newContact = Effect.fnUntraced(function*(tenant: Harness.Tenant) {
  const contacts = yield* Contacts
  const account = yield* Harness.newWidgetAccount(tenant)
  const { id } = yield* contacts.resolve({
    channelAccountId: ChannelAccountId.make(account.id),
    identities: [{ kind: "phone", value: newNumber() }],
    displayName: "Sari"
  }).pipe(Harness.within(tenant.id))
  return id
})

/** A customer's number that nobody else has. */
const newNumber = () => String(6281200000000 + Harness.unique())

const wahaAccounts = new Map<string, string>()

/** A new chat on an account where one may always write. */
const newConversation = Effect.fnUntraced(function*(tenant: Harness.Tenant) {
  const conversations = yield* Conversations
  const id = wahaAccounts.get(tenant.id) ?? (yield* Harness.newWahaAccount(tenant)).id
  wahaAccounts.set(tenant.id, id)
  const conversation = yield* conversations.start({
    channelAccountId: ChannelAccountId.make(id),
    to: { kind: "phone", value: newNumber() },
    displayName: "Sari"
  }).pipe(Harness.within(tenant.id))
  return conversation.id
}, Effect.orDie)

const newBot = Effect.fnUntraced(function*(tenant: Harness.Tenant) {
  const bots = yield* Bots
  const account = yield* Harness.newWidgetAccount(tenant)
  const bot = yield* bots.create({
    persona: { name: "Wira", languages: ["en"] },
    channelAccountIds: [ChannelAccountId.make(account.id)]
  }).pipe(Harness.within(tenant.id))
  return bot.id
}, Effect.orDie)

/** A new thing of each kind in the caller's organization, by the name of its id. */
const makers: Readonly<Record<string, (caller: Caller) => Effect.Effect<string, never, Env>>> = {
  OrganizationId: ({ tenant }) => Effect.succeed(tenant.id),
  UserId: ({ tenant }) => Effect.map(Harness.newMember(tenant, "agent"), ({ id }) => id),
  SessionId: ({ tenant, user }) => Effect.map(Harness.newSession(tenant, user as never), ({ session }) => session.id),
  ApiKeyId: ({ tenant }) => Effect.map(Harness.newApiKey(tenant, ["members:read"]), ({ apiKey }) => apiKey.id),
  ChannelAccountId: ({ tenant }) => Effect.map(Harness.newCloudAccount(tenant), ({ id }) => id),
  ContactId: ({ tenant }) => newContact(tenant),
  ContactMergeId: Effect.fnUntraced(function*({ tenant }) {
    const contacts = yield* Contacts
    const [into, other] = yield* Effect.all([newContact(tenant), newContact(tenant)])
    const merge = yield* contacts.merge(ContactId.make(into), ContactId.make(other)).pipe(Harness.within(tenant.id))
    return merge.id
  }, Effect.orDie),
  AiProviderId: Effect.fnUntraced(function*({ tenant }) {
    const providers = yield* AiProviders
    const input = { kind: "extractive", name: `Model ${Harness.unique()}`, model: "", settings: {} }
    return (yield* providers.create(input).pipe(Harness.within(tenant.id))).id
  }, Effect.orDie),
  ConversationId: ({ tenant }) => newConversation(tenant),
  MessageId: Effect.fnUntraced(function*({ tenant }) {
    const messages = yield* Messages
    const conversationId = ConversationId.make(yield* newConversation(tenant))
    const sent = yield* messages.send({ conversationId, content: { type: "text", text: "Hello" } }).pipe(
      Harness.within(tenant.id)
    )
    return sent.messages[0].id
  }, Effect.orDie),
  BotId: ({ tenant }) => newBot(tenant),
  BotTurnId: Effect.fnUntraced(function*({ tenant }) {
    const bots = yield* Bots
    const botId = BotId.make(yield* newBot(tenant))
    return (yield* bots.ask({ botId, question: "Hello?" }).pipe(Harness.within(tenant.id))).id
  }, Effect.orDie),
  KnowledgeItemId: Effect.fnUntraced(function*({ tenant }) {
    const items = yield* KnowledgeItems
    const item = { kind: "question", title: `Question ${Harness.unique()}?`, body: "An answer." } as const
    return (yield* items.create(item).pipe(Harness.within(tenant.id))).id
  }, Effect.orDie),
  KnowledgeChunkId: Effect.fnUntraced(function*({ tenant }) {
    const title = `Question ${Harness.unique()}?`
    const found = Effect.gen(function*() {
      yield* KnowledgeItems.use((items) => items.create({ kind: "question", title, body: "An answer." }))
      return yield* KnowledgeSearch.use((search) => search.search({ text: title, limit: 50 }))
    })
    const hits = yield* found.pipe(Harness.within(tenant.id))
    return (yield* Effect.fromNullishOr(hits.find((hit) => hit.title === title))).chunkId
  }, Effect.orDie)
}

/** A new thing of the kind in the caller's organization. */
export const make = (brand: string, caller: Caller): Effect.Effect<string, never, Env> =>
  makers[brand]?.(caller) ?? Effect.die(new Error(`Say in contract.ts how a new ${brand} is made`))

/** The ids of an endpoint's request that name things of an organization. */
export const tenantIds = (endpoint: Endpoint): ReadonlyArray<IdSlot> =>
  endpoint.ids.filter(({ brand }) => !chosenByClients.has(brand))

interface Case {
  /** What a valid request has in its body, when the schema alone does not say it. */
  readonly body?: (caller: Caller) => unknown
  readonly query?: Readonly<Record<string, string>>
  /** The statuses of a valid request by someone who may; 2xx if absent. */
  readonly answers?: ReadonlyArray<number>
  /** Ids that are optional in the contract and always sent here, by their place. */
  readonly fill?: ReadonlyArray<string>
  /** Ids that must belong to another thing of the request: a new one is not accepted either. */
  readonly related?: ReadonlyArray<string>
  /** Only for people: the status of the refusal that an API key gets. */
  readonly personal?: number
}

/** What the contract does not say of valid requests. */
const cases: Readonly<Record<string, Case>> = {
  "sessions.changePassword": {
    body: () => ({ current: Harness.password, next: Harness.password }),
    personal: 403
  },
  "sessions.list": { personal: 403 },
  "sessions.switchOrganization": { personal: 403 },
  "sessions.logout": { personal: 403 },
  "sessions.revoke": { personal: 403 },
  "sessions.login": { body: ({ user }) => ({ email: user.email, password: Harness.password }) },
  "organizations.listMine": { personal: 403 },
  "members.add": { body: () => ({ email: `new-${Harness.unique()}@wicara.example`, name: "New", role: "viewer" }) },
  "members.change": { body: () => ({ role: "agent" }) },
  "apiKeys.create": { body: () => ({ name: "Key", scopes: ["organization:read"] }) },
  "channelAccounts.create": {
    body: () => ({ channel: "widget", name: "Site", settings: {}, secrets: { signingKey: "k".repeat(40) } })
  },
  "channelAccounts.update": { body: () => ({ name: "Renamed" }) },
  "aiProviders.create": { body: () => ({ kind: "extractive", name: "Model", model: "", settings: {} }) },
  "aiProviders.update": { body: () => ({ name: "Renamed" }) },
  "bots.create": { body: () => ({ persona: { name: "Wira", languages: ["en"] } }), fill: ["channelAccountIds.*"] },
  "bots.ask": { body: () => ({ question: "Hello?" }), fill: ["botId"] },
  "conversations.start": { body: () => ({ to: { kind: "phone", value: newNumber() } }) },
  "conversations.send": { body: () => ({ content: { type: "text", text: "Hello" } }), related: ["replyTo"] },
  "conversations.takeOver": { personal: 422 },
  "conversations.canSend": { body: () => ({ content: { type: "text", text: "Hello" } }) },
  "knowledge.import": { body: () => ({ files: [{ path: "faq.md", content: "# Opening hours\n\nFrom 9 to 5." }] }) }
}

/** Cases for endpoints that the API does not have: left over when one was renamed. */
export const staleCases = Object.keys(cases).filter((key) => !endpoints.some((endpoint) => endpoint.key === key))

/** What is known of an endpoint beyond its contract. */
export const caseOf = (endpoint: Endpoint): Case => cases[endpoint.key] ?? {}

/** Whether the status is what a valid request is answered with. */
export const isSuccess = (endpoint: Endpoint, status: number): boolean =>
  caseOf(endpoint).answers?.includes(status) ?? (status >= 200 && status < 300)

/** The JSON of a value that has the schema's type. */
export const encode = (schema: Schema.Top, value: unknown): Effect.Effect<unknown> =>
  Effect.orDie(Schema.encodeUnknownEffect(Schema.toCodecJson(schema) as Schema.Top as Schema.Codec<unknown>)(value))

const sample = (schema: Schema.Top, seed: string) =>
  Arbitrary.sampleEffect(Arbitrary.schema(schema), { count: 1, size: 4, seed }).pipe(
    Effect.flatMap(([value]) => encode(schema, value)),
    Effect.orDie
  )

/** Without what is optional. */
const required = (schema: Schema.Top, value: unknown): Record<string, unknown> => {
  const { ast } = Schema.toType(schema)
  if (ast._tag !== "Objects" || typeof value !== "object" || value === null) return {}
  const needed = ast.propertySignatures.filter(({ type }) => !SchemaAST.isOptional(type))
  const names = new Set(needed.map(({ name }) => name))
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)))
}

const put = (value: unknown, at: ReadonlyArray<string>, id: string): unknown => {
  const [name, ...rest] = at
  if (name === undefined) return id
  if (name === "*") return [put(Array.isArray(value) ? value[0] : undefined, rest, id)]
  const object = typeof value === "object" && value !== null ? value : {}
  return { ...object, [name]: put((object as Record<string, unknown>)[name], rest, id) }
}

/** Ids to name instead of new things of the caller's own. */
export type Naming = ReadonlyMap<IdSlot, string>

/** A valid request of the caller's, but for the ids that are named otherwise. */
export const requestFor = Effect.fnUntraced(function*(endpoint: Endpoint, caller: Caller, naming: Naming = new Map()) {
  const special = caseOf(endpoint)
  let query: unknown = endpoint.query === undefined
    ? {}
    : { ...required(endpoint.query, yield* sample(endpoint.query, endpoint.key)), ...special.query }
  let body: unknown = special.body?.(caller) ??
    (endpoint.payload === undefined
      ? undefined
      : required(endpoint.payload.schema, yield* sample(endpoint.payload.schema, endpoint.key)))
  let path = endpoint.path
  for (const slot of tenantIds(endpoint)) {
    const named = naming.get(slot)
    if (slot.optional && named === undefined && special.fill?.includes(slot.at.join(".")) !== true) continue
    const id = named ?? (yield* make(slot.brand, caller))
    if (slot.slot === "path") path = path.replace(`:${slot.at[0]}`, id)
    else if (slot.slot === "query") query = put(query, slot.at, id)
    else body = put(body, slot.at, id)
  }
  const search = new URLSearchParams(query as Record<string, string>).toString()
  return {
    path: search === "" ? path : `${path}?${search}`,
    options: {
      method: endpoint.method,
      token: caller.token,
      stream: endpoint.stream,
      ...(body === undefined ? {} : { json: body })
    } satisfies Harness.RequestOptions
  }
})

/** Whether the query has the `limit` and `cursor` of lists. */
export const takesLimit = (query: Schema.Top | undefined): boolean => {
  if (query === undefined) return false
  const { ast } = Schema.toType(query)
  return ast._tag === "Objects" && ast.propertySignatures.some(({ name }) => name === "limit")
}
