/** Every endpoint of the API with a valid request for it, read from the contract itself. */
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { BotId } from "@wicara/bots/Bot"
import { Bots } from "@wicara/bots/Bots"
import { AccountGroups } from "@wicara/channels/AccountGroups"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Api } from "@wicara/client/Api"
import { ContactId } from "@wicara/contacts/Contact"
import { Contacts } from "@wicara/contacts/Contacts"
import { ConversationId } from "@wicara/conversations/Conversation"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import * as Id from "@wicara/core/Id"
import { FactorRecoveryId } from "@wicara/core/FactorRecovery"
import { Invitations } from "@wicara/core/Invitations"
import * as CoreNotifications from "@wicara/core/CoreNotifications"
import { Notifier } from "@wicara/core/Notification"
import { JobBatches } from "@wicara/core/JobBatches"
import * as Permissions from "@wicara/core/Permissions"
import * as Tokens from "@wicara/core/Tokens"
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { PasskeyId } from "@wicara/core/Passkey"
import { platform } from "@wicara/core/PlatformAdmins"
import { PermissionGroups } from "@wicara/core/PermissionGroups"
import { RateLimits } from "@wicara/core/RateLimits"
import { RoleAssignments } from "@wicara/core/RoleAssignments"
import { Teams } from "@wicara/core/Teams"
import type { UserId } from "@wicara/core/Tenancy"
import { Files } from "@wicara/files/Files"
import { KnowledgeItems } from "@wicara/knowledge/KnowledgeItems"
import { KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import { MailQueue } from "@wicara/notifications/MailQueue"
import { PushSubscriptions } from "@wicara/notifications/PushSubscriptions"
import { Templates } from "@wicara/templates/Templates"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Arbitrary, Clock, Context, Effect, Redacted, Schema, SchemaAST, Stream } from "effect"
import type { Layer } from "effect"
import { HttpApi } from "effect/http-api"
import { SqlClient } from "effect/sql"
import { createECDH } from "node:crypto"
import { Memberships } from "@wicara/core/Memberships"
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
      // What is no JSON has a case of its own.
      const [payload] = [...endpoint.payload].flatMap(([contentType, { schemas }]) =>
        contentType === "application/json" ? schemas.map((schema) => ({ contentType, schema })) : []
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

const wahaAccountOf = Effect.fnUntraced(function*(tenant: Harness.Tenant) {
  const id = wahaAccounts.get(tenant.id) ?? (yield* Harness.newWahaAccount(tenant)).id
  wahaAccounts.set(tenant.id, id)
  return id
})

/** A request about a WAHA account, and what else its path names. */
const ofWaha = (more: Readonly<Record<string, string>> = {}) => ({ tenant }: Caller) =>
  Effect.map(wahaAccountOf(tenant), (id) => ({ id, ...more }))

/** One about an account whose key is that of the whole server. */
const ofWahaServer = ({ tenant }: Caller) =>
  Effect.map(Harness.newWahaAccount(tenant, undefined, Harness.wahaServerKey), ({ id }) => ({ id }))

const wahaPerson = "6281234500001@c.us"

/** A new chat on an account where one may always write. */
const newFile = (tenant: Caller["tenant"]) =>
  Files.use((files) => files.upload({ name: "file.txt", content: Stream.make(new TextEncoder().encode("A file")) }))
    .pipe(Harness.within(tenant.id), Effect.orDie)

const newConversation = Effect.fnUntraced(function*(tenant: Harness.Tenant) {
  const conversations = yield* Conversations
  const id = yield* wahaAccountOf(tenant)
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

/** As it may be created. */
const newTemplate = () => ({
  name: `template_${Harness.unique()}`,
  language: "id",
  category: "UTILITY" as const,
  components: [{ type: "BODY" as const, text: "Halo, tagihan sudah terbit." }]
})

/** A new thing of each kind in the caller's organization, by the name of its id. */
const makers: Readonly<Record<string, (caller: Caller) => Effect.Effect<string, never, Env>>> = {
  OrganizationId: ({ tenant }) => Effect.succeed(tenant.id),
  UserId: ({ tenant }) => Effect.map(Harness.newMember(tenant, "agent"), ({ id }) => id),
  SessionId: ({ tenant, user }) => Effect.map(Harness.newSession(tenant, user as never), ({ session }) => session.id),
  PasskeyId: Effect.fnUntraced(function*({ user }) {
    const sql = yield* SqlClient.SqlClient
    const id = yield* Id.next(PasskeyId)
    yield* sql`INSERT INTO core_passkeys ${
      sql.insert({
        user_id: Id.toBytes(user.id),
        id: Id.toBytes(id),
        credential_hash: Tokens.hash(id),
        credential_id: id,
        public_key: new Uint8Array(1),
        counter: 0,
        transports: "",
        backed_up: 0,
        name: "Phone",
        created_at: 0,
        last_used_at: null
      })
    }`
    return id
  }, Effect.orDie),
  ApiKeyId: ({ tenant }) => Effect.map(Harness.newApiKey(tenant, ["members:read"]), ({ apiKey }) => apiKey.id),
  MachineUserId: ({ tenant }) =>
    Effect.map(
      Effect.flatMap(Memberships, (all) => all.addMachine({ name: "Robot", role: "admin" })).pipe(
        Harness.within(tenant.id),
        Effect.orDie
      ),
      ({ userId }) => userId
    ),
  ChannelAccountId: ({ tenant }) => Effect.map(Harness.newCloudAccount(tenant), ({ id }) => id),
  TemplateId: Effect.fnUntraced(function*({ tenant }) {
    const { id, phoneNumberId } = yield* Harness.newCloudAccount(tenant)
    const template = yield* Templates.use((templates) =>
      templates.create({ channelAccountId: ChannelAccountId.make(id), ...newTemplate() })
    ).pipe(Harness.within(tenant.id))
    const emulator = yield* WhatsAppCloudEmulator
    const { language, name } = template
    yield* emulator.template(phoneNumberId, { name, language, event: "REJECTED", silent: true })
    const sql = yield* SqlClient.SqlClient
    yield* sql`UPDATE templates_templates SET status = 'REJECTED' WHERE id = ${Id.toBytes(template.id)}`
    return template.id
  }, Effect.orDie),
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
    const { channelAccountId } = yield* Conversations.use((conversations) => conversations.get(conversationId)).pipe(
      Harness.within(tenant.id)
    )
    const { contentType, id: fileId, name, size } = yield* newFile(tenant)
    const sql = yield* SqlClient.SqlClient
    yield* sql`INSERT INTO media_files ${
      sql.insert({
        organization_id: Id.toBytes(tenant.id),
        conversation_id: Id.toBytes(conversationId),
        message_id: Id.toBytes(sent.messages[0].id),
        channel_account_id: Id.toBytes(channelAccountId),
        state: "stored",
        kind: "document",
        request: "{}",
        file_id: Id.toBytes(fileId),
        name,
        content_type: contentType,
        size,
        attempts: 1,
        created_at: 0
      })
    }`
    yield* sql`INSERT INTO media_texts ${
      sql.insert({
        organization_id: Id.toBytes(tenant.id),
        conversation_id: Id.toBytes(conversationId),
        message_id: Id.toBytes(sent.messages[0].id),
        state: "ready",
        kind: "document",
        reader: "text",
        text: "Hello",
        truncated: 0,
        created_at: 0
      })
    }`
    return sent.messages[0].id
  }, Effect.orDie),
  TeamId: Effect.fnUntraced(function*({ tenant }) {
    const teams = yield* Teams
    return (yield* teams.create({ name: `Team ${Harness.unique()}` }).pipe(Harness.within(tenant.id))).id
  }, Effect.orDie),
  RoleAssignmentId: Effect.fnUntraced(function*({ tenant }) {
    const assignments = yield* RoleAssignments
    const member = yield* Harness.newMember(tenant, "viewer")
    const given = { userId: member.id, role: "agent", scope: { _tag: "Own" } } as const
    return (yield* assignments.give(given).pipe(Harness.within(tenant.id))).id
  }, Effect.orDie),
  BlockId: Effect.fnUntraced(function*({ tenant }) {
    const limits = yield* RateLimits
    const { apiKey } = yield* Harness.newApiKey(tenant)
    const block = { scope: "api-key", subject: apiKey.id, reason: "test" } as const
    return (yield* limits.block(block).pipe(Harness.within(tenant.id))).id
  }, Effect.orDie),
  BotId: ({ tenant }) => newBot(tenant),
  BotTurnId: Effect.fnUntraced(function*({ tenant }) {
    const bots = yield* Bots
    const botId = BotId.make(yield* newBot(tenant))
    return (yield* bots.ask({ botId, question: "Hello?" }).pipe(Harness.within(tenant.id))).id
  }, Effect.orDie),
  JobBatchId: ({ tenant }) =>
    Effect.map(JobBatches.use((all) => all.create({ name: "test" })).pipe(Harness.within(tenant.id)), ({ id }) => id),
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
  }, Effect.orDie),
  InvitationId: Effect.fnUntraced(function*({ tenant }) {
    const email = `invited-${Harness.unique()}@wicara.example`
    const invited = yield* Invitations.use((all) => all.invite({ email, role: "viewer" })).pipe(
      Harness.within(tenant.id)
    )
    // Long enough ago to be sent again.
    const sql = yield* SqlClient.SqlClient
    yield* sql`UPDATE core_invitations SET sent_at = 0 WHERE id = ${Id.toBytes(invited.id)}`
    return invited.id
  }, Effect.orDie),
  FactorRecoveryId: Effect.fnUntraced(function*({ tenant }) {
    const member = yield* Harness.newMember(tenant, "agent")
    const sql = yield* SqlClient.SqlClient
    const id = yield* Id.next(FactorRecoveryId)
    const now = yield* Clock.currentTimeMillis
    yield* sql`INSERT INTO core_factor_recoveries ${
      sql.insert({
        id: Id.toBytes(id),
        user_id: Id.toBytes(member.id),
        is_open: 1,
        state: "waiting",
        requested_at: now,
        expires_at: now + 86_400_000,
        by_platform: 0
      })
    }`
    return id
  }, Effect.orDie),
  MailId: Effect.fnUntraced(function*({ tenant }) {
    const id = yield* MailQueue.use((queue) =>
      queue.append({
        organizationId: tenant.id,
        kind: "test",
        to: { email: "nobody@wicara.example", name: null, userId: null },
        locale: "en",
        facts: {},
        secrets: {}
      })
    )
    // Whatever the sender makes of it meanwhile, it can be sent again.
    yield* SqlClient.SqlClient.use((sql) =>
      sql`UPDATE notifications_mail SET state = 'failed' WHERE id = ${Id.toBytes(id)}`
    )
    return id
  }, Effect.orDie),
  NotificationId: Effect.fnUntraced(function*({ tenant, user }) {
    const told = {
      to: { _tag: "Users", userIds: [user.id as UserId] },
      values: { role: "viewer", change: "given" },
      dedupeKey: `told-${Harness.unique()}`
    } as const
    yield* Notifier.use((notifier) => notifier.notify(CoreNotifications.accessChanged, told)).pipe(
      Harness.within(tenant.id)
    )
    const [row] = yield* SqlClient.SqlClient.use((sql) =>
      sql<{ readonly id: Uint8Array }>`SELECT id FROM notifications_items
        WHERE organization_id = ${Id.toBytes(tenant.id)} AND user_id = ${Id.toBytes(user.id)} ORDER BY id DESC LIMIT 1`
    )
    return Id.fromBytes(row!.id)
  }, Effect.orDie),
  PushSubscriptionId: Effect.fnUntraced(function*({ tenant, user }) {
    const { endpoint, keys } = newPushSubscription()
    const subscription = {
      endpoint: Redacted.make(endpoint),
      keys: { p256dh: keys.p256dh, auth: Redacted.make(keys.auth) }
    }
    const registered = yield* PushSubscriptions.use((all) => all.register(user.id as UserId, subscription, undefined))
      .pipe(Harness.within(tenant.id))
    return registered.id
  }, Effect.orDie),
  FileId: ({ tenant }) => Effect.map(newFile(tenant), ({ id }) => id)
}

/** A new thing of the kind in the caller's organization. */
export const make = (brand: string, caller: Caller): Effect.Effect<string, never, Env> =>
  makers[brand]?.(caller) ?? Effect.die(new Error(`Say in contract.ts how a new ${brand} is made`))

/** The ids of an endpoint's request that name things of an organization. */
export const tenantIds = (endpoint: Endpoint): ReadonlyArray<IdSlot> =>
  endpoint.ids.filter(({ brand }) => !chosenByClients.has(brand))

const newRole = Effect.fnUntraced(function*({ tenant }: Caller) {
  const roles = yield* OrganizationRoles
  const role = yield* roles.create({ key: `role-${Harness.unique()}`, name: "Role" }).pipe(Harness.within(tenant.id))
  return { role: role.key }
}, Effect.orDie)

/** A batch of the server's own. */
const platformBatch = () =>
  Effect.map(
    JobBatches.use((all) => all.create({ name: "test" })).pipe(Harness.within(platform)),
    ({ id }) => ({ batchId: id })
  )

/** A group chat of a number of its own. */
const newChatGroup = Effect.fnUntraced(function*({ tenant }: Caller) {
  const { id } = yield* Harness.newCloudAccount(tenant)
  const groups = yield* AccountGroups
  yield* groups.create(id, { subject: "Neighbours", participants: [] }).pipe(Harness.within(tenant.id))
  const { data } = yield* groups.list(id, {}).pipe(Harness.within(tenant.id))
  return { id, group: data[0]?.address.value ?? "" }
}, Effect.orDie)

const newGroup = Effect.fnUntraced(function*({ tenant }: Caller) {
  const groups = yield* PermissionGroups
  const key = `group-${Harness.unique()}`
  const made = yield* groups.create({ key, name: "Group", permissions: ["contacts:read"] }).pipe(
    Harness.within(tenant.id)
  )
  return { group: made.key }
}, Effect.orDie)

/** A role's scope is of the kind of the thing that it names. */
const scopeOf = (slot: IdSlot, body: unknown): unknown => {
  const [first, name] = slot.at
  if (first !== "scope" || name === undefined) return body
  const object = body as { readonly scope: Record<string, unknown> }
  return {
    ...object,
    scope: { _tag: name === "teamId" ? "Team" : "ChannelAccount", [name]: object.scope[name] }
  }
}

interface Case {
  /** What is not an id in its path. */
  readonly path?: (caller: Caller) => Effect.Effect<Readonly<Record<string, string>>, never, Env>
  /** Makes the body fit for the id that is named in it. */
  readonly fit?: (slot: IdSlot, body: unknown) => unknown
  /** What a valid request has in its body, when the schema alone does not say it. */
  readonly body?: (caller: Caller) => unknown
  /** A body that is no JSON. */
  readonly raw?: () => Uint8Array<ArrayBuffer>
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

const anyTemplate = () => Effect.succeed({ kind: "digest", locale: "en" })

/** As a browser gives it; each one is another. */
const newPushSubscription = () => {
  const ecdh = createECDH("prime256v1")
  return {
    endpoint: `https://push.example.com/send/${Harness.unique()}`,
    keys: {
      p256dh: ecdh.generateKeys().toString("base64url"),
      auth: Buffer.alloc(16, Harness.unique()).toString("base64url")
    }
  }
}

const anyKind = () => Effect.succeed({ kind: "conversation_assigned" })

/** What the contract does not say of valid requests. */
const cases: Readonly<Record<string, Case>> = {
  "account.updateProfile": { body: () => ({ timezone: "Asia/Jakarta" }), personal: 403 },
  "account.export": { personal: 403 },
  "account.preferences": { personal: 403 },
  "account.setPreferences": {
    body: () => ({ theme: "dark", newDeviceAlerts: true, console: { sidebar: "narrow" } }),
    personal: 403
  },
  "account.setAvatar": {
    body: () => ({ data: Buffer.from("\x89PNG\r\n\x1a\n", "latin1").toString("base64") }),
    personal: 403
  },
  "account.removeAvatar": { personal: 403 },
  // A new member has none.
  "account.avatar": { answers: [200, 404] },
  "account.changePassword": {
    body: () => ({ current: Harness.password, next: Harness.password }),
    personal: 403
  },
  "account.changeEmail": {
    body: () => ({ email: `changed-${Harness.unique()}@wicara.example` }),
    personal: 403
  },
  "account.requestVerification": { answers: [202, 429], personal: 403 },
  "account.twoFactor": { personal: 403 },
  "account.beginTwoFactor": { personal: 403 },
  // There is no code that is right before an app has the key.
  "account.confirmTwoFactor": { body: () => ({ code: "123456" }), answers: [409, 422, 429], personal: 403 },
  "account.disableTwoFactor": { personal: 403 },
  "account.renewRecoveryCodes": { answers: [409], personal: 403 },
  "account.listPasskeys": { personal: 403 },
  "account.beginPasskey": { answers: [200, 409], personal: 403 },
  // A response that no authenticator made.
  "account.addPasskey": {
    body: () => ({ challenge: "wc_unknown", response: { id: "AAAA" }, name: "Phone" }),
    answers: [422],
    personal: 403
  },
  "account.removePasskey": { personal: 403 },
  "account.events": { personal: 403 },
  "factorRecoveries.approve": { personal: 403 },
  "factorRecoveries.refuse": { personal: 403 },
  // Nobody's is under way.
  "factorRecoveries.own": { answers: [404], personal: 403 },
  "factorRecoveries.stopOwn": { answers: [404], personal: 403 },
  "factorRecoveries.request": { body: () => ({ challenge: "wc_unknown" }), answers: [401] },
  "factorRecoveries.confirm": { body: () => ({ token: "wl_unknown" }), answers: [422] },
  "factorRecoveries.stop": { body: () => ({ token: "wl_unknown" }), answers: [422] },
  "platform.approveFactorRecovery": { personal: 403 },
  "account.setSignInPolicy": { body: () => ({ twoFactorRequired: false }) },
  "providers.listLinked": { personal: 403 },
  // None is configured here.
  "providers.startLink": { answers: [404], personal: 403 },
  "providers.link": { answers: [401], personal: 403 },
  "providers.unlink": { answers: [404], personal: 403 },
  "sessions.requestReauthentication": { personal: 403 },
  "sessions.reauthenticate": { body: () => ({ password: Harness.password }), personal: 403 },
  "sessions.logoutEverywhere": { personal: 403 },
  "sessions.list": { personal: 403 },
  "sessions.switchOrganization": { personal: 403 },
  "sessions.logout": { personal: 403 },
  "sessions.revoke": { personal: 403 },
  "sessions.login": { body: ({ user }) => ({ email: user.email, password: Harness.password }) },
  "organizations.listMine": { personal: 403 },
  // Where the platform does not let people make organizations, they may not.
  "organizations.create": { body: () => ({ name: "Another" }), answers: [403], personal: 403 },
  // Whoever is drawn is owner or suspended or gone by then.
  "organizations.transferOwnership": { body: () => ({ keep: "owner" }), personal: 403 },
  "organizations.deletion": { answers: [200, 404] },
  "organizations.requestDeletion": { body: () => ({ confirm: "wrong" }), answers: [422] },
  "organizations.cancelDeletion": { answers: [404] },
  "settings.get": { path: () => Effect.succeed({ key: "invitations.days" }) },
  "settings.set": { path: () => Effect.succeed({ key: "invitations.days" }), body: () => ({ value: 7 }) },
  "texts.list": { query: { language: "en" } },
  "texts.get": { path: () => Effect.succeed({ catalogue: "bots", key: "greeting", language: "en" }) },
  "texts.set": {
    path: () => Effect.succeed({ catalogue: "bots", key: "greeting", language: "en" }),
    body: () => ({ text: "Hello from {name}" })
  },
  "texts.reset": { path: () => Effect.succeed({ catalogue: "bots", key: "greeting", language: "en" }) },
  "settings.reset": { path: () => Effect.succeed({ key: "invitations.days" }) },
  "modules.set": { path: () => Effect.succeed({ module: "bots" }), body: () => ({ enabled: true }) },
  "publicOrganizations.bySlug": { path: () => Effect.succeed({ slug: "nobody" }), answers: [404] },
  "members.add": { body: () => ({ email: `new-${Harness.unique()}@wicara.example`, name: "New", role: "viewer" }) },
  "invitations.invite": {
    body: () => ({ email: `invited-${Harness.unique()}@wicara.example`, role: "viewer" })
  },
  "platform.setSetting": { path: () => Effect.succeed({ key: "invitations.days" }), body: () => ({ value: 7 }) },
  "platform.resetSetting": { path: () => Effect.succeed({ key: "invitations.days" }) },
  "platform.getBatch": { path: platformBatch },
  "platform.listBatchJobs": { path: platformBatch },
  "platform.changeBatch": { path: platformBatch, body: () => ({ action: "retryFailed" }) },
  "platform.changeQueue": { body: () => ({ queue: "core.cleanup", action: "resume" }) },
  "platform.changeSchedule": { path: () => Effect.succeed({ schedule: "core.cleanup" }) },
  "receivedInvitations.received": { body: () => ({ token: "wi_unknown" }), answers: [422] },
  "receivedInvitations.accept": { body: () => ({ token: "wi_unknown" }), answers: [422] },
  "receivedInvitations.decline": { body: () => ({ token: "wi_unknown" }), answers: [422] },
  "members.change": { body: () => ({ role: "agent" }) },
  "memberAccess.explain": { query: { permission: "members:read" } },
  "roles.create": { body: () => ({ key: `role-${Harness.unique()}`, name: "Role" }) },
  "roles.get": { path: newRole },
  "roles.update": { path: newRole, body: () => ({ name: "Renamed" }) },
  "roles.remove": { path: newRole },
  "permissions.createGroup": {
    body: () => ({ key: `group-${Harness.unique()}`, name: "Group", permissions: ["contacts:read"] })
  },
  "permissions.getGroup": { path: newGroup },
  "permissions.updateGroup": { path: newGroup, body: () => ({ name: "Renamed" }) },
  "permissions.removeGroup": { path: newGroup },
  "roleAssignments.give": { body: () => ({ role: "viewer", scope: { _tag: "Organization" } }), fit: scopeOf },
  "teams.create": { body: () => ({ name: `Team ${Harness.unique()}` }) },
  "teams.update": { body: () => ({ name: `Team ${Harness.unique()}` }) },
  "agents.update": { body: () => ({ capacity: 3 }) },
  "agents.own": { personal: 403 },
  "agents.setAvailability": { personal: 403 },
  "machineUsers.create": { body: () => ({ name: "Robot", role: "viewer" }) },
  "machineUsers.createKey": { body: () => ({ name: "Key", scopes: ["organization:read"] }) },
  "apiKeys.create": { body: () => ({ name: "Key", scopes: ["organization:read"] }) },
  "channelAccounts.create": {
    body: () => ({ channel: "widget", name: "Site", settings: {}, secrets: { signingKey: "k".repeat(40) } })
  },
  "whatsappManagement.register": { body: () => ({ pin: "123456" }) },
  // Once it is off, it is off.
  "whatsappManagement.deregister": { answers: [204, 409] },
  "whatsappManagement.setPin": { body: () => ({ pin: "123456" }) },
  "whatsappManagement.block": { body: () => ({ people: ["6281234500001"] }) },
  "whatsappManagement.unblock": { path: () => Effect.succeed({ person: "6281234500001" }) },
  "whatsappManagement.createQrCode": { body: () => ({ message: "Hello" }) },
  "whatsappManagement.updateQrCode": {
    path: () => Effect.succeed({ code: "ABCDEFGHIJKLMN" }),
    body: () => ({ message: "Hello" }),
    answers: [404]
  },
  "whatsappManagement.deleteQrCode": { path: () => Effect.succeed({ code: "ABCDEFGHIJKLMN" }), answers: [404] },
  "whatsappManagement.setStarters": { body: () => ({ welcome: true, questions: ["Prices"], commands: [] }) },
  "whatsappManagement.analytics": { query: { kind: "messages", start: "1795000000", end: "1795086400" } },
  "whatsappManagement.setCalling": { body: () => ({ enabled: true }) },
  "whatsappManagement.deleteMedia": { path: () => Effect.succeed({ mediaId: "910000000001" }), answers: [404] },
  // No catalogue is connected there.
  "whatsappManagement.products": { path: () => Effect.succeed({ catalog: "500100" }), answers: [404] },
  "whatsappManagement.setCommerce": { body: () => ({ catalogVisible: true, cartEnabled: false }) },
  "accountGroups.create": { body: () => ({ subject: "Neighbours" }) },
  "accountGroups.get": { path: newChatGroup, related: ["id"] },
  "accountGroups.update": { path: newChatGroup, related: ["id"], body: () => ({ subject: "Others" }) },
  "accountGroups.leave": { path: newChatGroup, related: ["id"] },
  "accountGroups.changeParticipants": {
    path: newChatGroup,
    related: ["id"],
    body: () => ({ action: "add", participants: [{ kind: "phone", value: "6281234500001" }] })
  },
  "accountGroups.inviteLink": { path: newChatGroup, related: ["id"] },
  "accountGroups.resetInviteLink": { path: newChatGroup, related: ["id"] },
  // The account that they are asked about is of another channel.
  "wahaPacing.get": { answers: [409] },
  "wahaPacing.release": { answers: [409] },
  "wahaActivity.requests": { path: ofWaha() },
  "wahaActivity.limits": { path: ofWaha() },
  "wahaActivity.figures": { path: ofWaha() },
  "wahaDirectory.contacts": { path: ofWaha() },
  "wahaDirectory.groups": { path: ofWaha() },
  "wahaDirectory.states": { path: ofWaha() },
  "wahaDirectory.start": { path: ofWaha() },
  "wahaManagement.checkNumber": { path: ofWaha(), body: () => ({ phone: "6281234500001" }) },
  "wahaManagement.contact": { path: ofWaha({ person: wahaPerson }) },
  "wahaManagement.nameContact": { path: ofWaha({ person: wahaPerson }), body: () => ({ firstName: "Sari" }) },
  "wahaManagement.block": { path: ofWaha({ person: wahaPerson }) },
  "wahaManagement.unblock": { path: ofWaha({ person: wahaPerson }) },
  "wahaManagement.chats": { path: ofWaha() },
  // Nobody wrote to the session.
  "wahaManagement.deleteChat": {
    path: ofWaha({ chatId: wahaPerson }),
    query: { confirm: wahaPerson },
    answers: [404]
  },
  "wahaManagement.archive": { path: ofWaha({ chatId: wahaPerson }), answers: [404] },
  "wahaManagement.unarchive": { path: ofWaha({ chatId: wahaPerson }), answers: [404] },
  "wahaManagement.markUnread": { path: ofWaha({ chatId: wahaPerson }), answers: [404] },
  "wahaManagement.labels": { path: ofWaha() },
  "wahaManagement.createLabel": { path: ofWaha(), body: () => ({ name: `Label ${Harness.unique()}` }) },
  "wahaManagement.updateLabel": {
    path: ofWaha({ labelId: "999" }),
    body: () => ({ name: "Label" }),
    answers: [404]
  },
  "wahaManagement.deleteLabel": { path: ofWaha({ labelId: "999" }), answers: [404] },
  "wahaManagement.labelledChats": { path: ofWaha({ labelId: "999" }), answers: [404] },
  "wahaManagement.chatLabels": { path: ofWaha({ chatId: wahaPerson }) },
  "wahaManagement.setChatLabels": { path: ofWaha({ chatId: wahaPerson }), body: () => ({ labelIds: [] }) },
  "wahaManagement.setPresence": { path: ofWaha(), body: () => ({ presence: "offline" }) },
  "wahaManagement.presence": { path: ofWaha({ chatId: wahaPerson }) },
  // So much of it is dangerous for a number.
  "wahaManagement.followPresence": { path: ofWaha({ chatId: wahaPerson }), answers: [204, 429] },
  "wahaOperations.channels": { path: ofWaha() },
  "wahaOperations.channel": { path: ofWaha({ channelId: "120363@newsletter" }), answers: [404] },
  // The session's engine has no browser.
  "wahaOperations.screenshot": { path: ofWaha(), answers: [409] },
  "wahaOperations.features": { path: ofWaha() },
  "wahaOperations.server": { path: ofWaha() },
  // The account's key opens its session, and no list of keys.
  "wahaOperations.keys": { path: ofWaha(), answers: [409] },
  "wahaOperations.createKey": { path: ofWahaServer, body: () => ({ isActive: true }) },
  "wahaOperations.updateKey": {
    path: ofWaha({ keyId: "key_1" }),
    body: () => ({ isActive: false }),
    answers: [409]
  },
  "wahaOperations.deleteKey": { path: ofWaha({ keyId: "key_1" }), answers: [409] },
  "channelAccounts.update": { body: () => ({ name: "Renamed" }) },
  "channelAccounts.rotate": { body: () => ({ url: true, overlapHours: 0 }) },
  "channelAccounts.updateProfile": { body: () => ({ about: "Open from nine" }) },
  "channelAccounts.setPicture": {
    body: () => ({ data: Buffer.from("\x89PNG\r\n\x1a\n", "latin1").toString("base64") })
  },
  // WhatsApp Cloud replaces pictures, and removes none.
  "channelAccounts.removePicture": { answers: [409] },
  // Its provider asks the webhook's address, at which nobody listens here.
  "channelConnections.connect": { body: () => ({ method: "credentials" }), answers: [200, 409] },
  "channelConnections.repair": { answers: [200, 409] },
  "channelConnections.restart": { answers: [200, 409] },
  "channelConnections.disconnect": { answers: [200, 409] },
  "channelConnections.qr": { answers: [404] },
  "accountMoves.get": { answers: [404] },
  // Most messages here were not sent.
  "messageActions.edit": { body: () => ({ text: "Hello!" }), answers: [200, 409] },
  "messageActions.remove": { answers: [200, 409] },
  "messageActions.forward": { fill: ["conversationId"], answers: [201, 409] },
  "messageActions.pin": { body: () => ({ days: 7 }), answers: [200, 409] },
  "messageActions.star": { answers: [200, 409] },
  "messageActions.react": { body: () => ({ emoji: "🙏" }), answers: [200, 409] },
  "messageActions.takeBack": { answers: [200, 409] },
  "aiProviders.create": { body: () => ({ kind: "extractive", name: "Model", model: "", settings: {} }) },
  "aiProviders.update": { body: () => ({ name: "Renamed" }) },
  "bots.create": { body: () => ({ persona: { name: "Wira", languages: ["en"] } }), fill: ["channelAccountIds.*"] },
  "bots.ask": { body: () => ({ question: "Hello?" }), fill: ["botId"] },
  "conversations.start": {
    body: () => ({ to: { kind: "phone", value: newNumber() } }),
    fill: ["channelAccountId"]
  },
  "conversations.send": { body: () => ({ content: { type: "text", text: "Hello" } }), related: ["replyTo"] },
  "conversations.takeOver": { personal: 422 },
  "widget.postMessage": { body: () => ({ id: crypto.randomUUID(), text: "Hello" }) },
  // Nobody asked the visitor about it.
  "widget.rateConversation": { answers: [404] },
  "widget.uploadFile": { raw: () => new TextEncoder().encode("A file"), query: { name: "file.txt" } },
  "files.upload": { raw: () => new TextEncoder().encode("A file"), query: { name: "file.txt" } },
  "mail.template": { path: anyTemplate },
  "mail.versions": { path: anyTemplate },
  "mail.saveTemplate": { path: anyTemplate, body: () => ({ subject: "Digest", body: "{{items}}" }) },
  "mail.resetTemplate": { path: anyTemplate },
  "mail.preview": { path: anyTemplate },
  "mail.sendTest": { path: anyTemplate, personal: 403 },
  "notifications.list": { personal: 403 },
  "notifications.unread": { personal: 403 },
  "notifications.stream": { personal: 403 },
  "notifications.get": { personal: 403 },
  "notifications.markRead": { personal: 403 },
  "notifications.markUnread": { personal: 403 },
  "notifications.markAllRead": { personal: 403 },
  "notifications.remove": { personal: 403 },
  "notifications.preferences": { personal: 403 },
  "notifications.pushSubscriptions": { personal: 403 },
  "notifications.subscribe": { body: newPushSubscription, personal: 403 },
  "notifications.unsubscribe": { personal: 403 },
  "notifications.choose": { path: anyKind, personal: 403 },
  "notifications.reset": { path: anyKind, personal: 403 },
  "notifications.chooseDigestHour": { personal: 403 },
  "templates.list": { query: { status: "APPROVED" } },
  "templates.create": { body: newTemplate },
  "templates.update": { body: () => ({ components: newTemplate().components }) },
  "templates.duplicate": { body: () => ({ language: "en" }) },
  "templates.preview": { body: () => ({ parameters: {} }) },
  "files.link": { body: () => ({ expiresInSeconds: 60 }) },
  "conversations.canSend": { body: () => ({ content: { type: "text", text: "Hello" } }) },
  "knowledge.changeMany": { body: () => ({ action: "publish", filter: {} }) },
  "knowledge.import": {
    body: () => {
      const n = Harness.unique()
      return { files: [{ path: `faq-${n}.md`, content: `# Opening hours of shop ${n}\n\nFrom 9 to 5.` }] }
    }
  }
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
  const raw = special.raw?.()
  let body: unknown = special.body?.(caller) ??
    (endpoint.payload === undefined || raw !== undefined
      ? undefined
      : required(endpoint.payload.schema, yield* sample(endpoint.payload.schema, endpoint.key)))
  let path = endpoint.path
  const isNamed = (name: string) => [...naming.keys()].some(({ at, slot }) => slot === "path" && at[0] === name)
  for (const [name, value] of Object.entries(yield* special.path?.(caller) ?? Effect.succeed({}))) {
    if (!isNamed(name)) path = path.replace(`:${name}`, value)
  }
  for (const slot of tenantIds(endpoint)) {
    const named = naming.get(slot)
    if (slot.optional && named === undefined && special.fill?.includes(slot.at.join(".")) !== true) continue
    const id = named ?? (yield* make(slot.brand, caller))
    if (slot.slot === "path") path = path.replace(`:${slot.at[0]}`, id)
    else if (slot.slot === "query") query = put(query, slot.at, id)
    else body = put(body, slot.at, id)
  }
  for (const slot of naming.keys()) body = special.fit?.(slot, body) ?? body
  const search = new URLSearchParams(query as Record<string, string>).toString()
  return {
    path: search === "" ? path : `${path}?${search}`,
    options: {
      method: endpoint.method,
      token: caller.token,
      stream: endpoint.stream,
      ...(body === undefined ? {} : { json: body }),
      ...(raw === undefined ? {} : { body: raw })
    } satisfies Harness.RequestOptions
  }
})

/** Whether the query has the `limit` and `cursor` of lists. */
export const takesLimit = (query: Schema.Top | undefined): boolean => {
  if (query === undefined) return false
  const { ast } = Schema.toType(query)
  return ast._tag === "Objects" && ast.propertySignatures.some(({ name }) => name === "limit")
}
