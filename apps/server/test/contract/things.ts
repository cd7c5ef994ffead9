/** A new thing of each kind, by the name of its id. */
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { BotId } from "@wicara/bots/Bot"
import { Bots } from "@wicara/bots/Bots"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
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
import * as Tokens from "@wicara/core/Tokens"
import { PasskeyId } from "@wicara/core/Passkey"
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
import { WebhookDeliveries } from "@wicara/webhooks/WebhookDeliveries"
import { WebhookEndpoints } from "@wicara/webhooks/WebhookEndpoints"
import { Clock, Effect, Redacted, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { createECDH } from "node:crypto"
import { Memberships } from "@wicara/core/Memberships"
import * as Harness from "../harness.ts"
import type { Env } from "./endpoints.ts"

/** Who sends a request. */
export interface Caller {
  readonly tenant: Harness.Tenant
  readonly user: { readonly id: string; readonly email: string }
  readonly token: string
}

/** An account of the organization that its things share: each one that is connected is looked after by the server. */
const shared = <A>(make: (tenant: Harness.Tenant) => Effect.Effect<A, never, Env>) => {
  const made = new Map<string, A>()
  return Effect.fnUntraced(function*(tenant: Harness.Tenant) {
    const account = made.get(tenant.id) ?? (yield* make(tenant))
    made.set(tenant.id, account)
    return account
  })
}

const widgetAccountOf = shared((tenant) => Harness.newWidgetAccount(tenant))
const cloudAccountOf = shared((tenant) => Harness.newCloudAccount(tenant))
const sharedWahaAccount = shared((tenant) => Harness.newWahaAccount(tenant))

export const wahaAccountOf = (tenant: Harness.Tenant) => Effect.map(sharedWahaAccount(tenant), ({ id }) => id)

const newContact = Effect.fnUntraced(function*(tenant: Harness.Tenant) {
  const contacts = yield* Contacts
  const account = yield* widgetAccountOf(tenant)
  const { id } = yield* contacts.resolve({
    channelAccountId: ChannelAccountId.make(account.id),
    identities: [{ kind: "phone", value: newNumber() }],
    displayName: "Sari"
  }).pipe(Harness.within(tenant.id))
  return id
})

/** A customer's number that nobody else has. */
export const newNumber = () => String(6281200000000 + Harness.unique())

const newFile = (tenant: Caller["tenant"]) =>
  Files.use((files) => files.upload({ name: "file.txt", content: Stream.make(new TextEncoder().encode("A file")) }))
    .pipe(Harness.within(tenant.id), Effect.orDie)

/** A new chat on an account where one may always write. */
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
export const newTemplate = () => ({
  name: `template_${Harness.unique()}`,
  language: "id",
  category: "UTILITY" as const,
  components: [{ type: "BODY" as const, text: "Halo, tagihan sudah terbit." }]
})

/** Where webhooks go: nobody listens there. */
export const newHook = () => ({ url: "https://127.0.0.1:1/hooks", events: ["contact.created"] })

const newWebhookEndpoint = (tenant: Harness.Tenant) =>
  WebhookEndpoints.use((endpoints) => endpoints.create(newHook())).pipe(
    Effect.map(({ endpoint }) => endpoint.id),
    // An organization has a limit of them.
    Effect.catchTag("Conflict", () =>
      Effect.gen(function*() {
        const endpoints = yield* WebhookEndpoints
        for (const { id } of (yield* endpoints.list({ limit: 200 })).data) yield* endpoints.delete(id)
        return (yield* endpoints.create(newHook())).endpoint.id
      })),
    Harness.within(tenant.id),
    Effect.orDie
  )

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
  WebhookEndpointId: ({ tenant }) => newWebhookEndpoint(tenant),
  WebhookDeliveryId: ({ tenant }) =>
    Effect.flatMap(newWebhookEndpoint(tenant), (id) => WebhookDeliveries.use((deliveries) => deliveries.test(id))).pipe(
      Effect.map(({ id }) => id),
      Harness.within(tenant.id),
      Effect.orDie
    ),
  TemplateId: Effect.fnUntraced(function*({ tenant }) {
    const { id, phoneNumberId } = yield* cloudAccountOf(tenant)
    const template = yield* Templates.use((templates) =>
      templates.create({ channelAccountId: ChannelAccountId.make(id), ...newTemplate() })
    ).pipe(Harness.within(tenant.id))
    const emulator = yield* WhatsAppCloudEmulator
    const { language, name } = template
    yield* emulator.template(phoneNumberId, { name, language, event: "REJECTED", silent: true })
    const sql = yield* SqlClient.SqlClient
    // As of now: a look at the provider's list that began before does not write what it read then.
    yield* sql`UPDATE templates_templates SET status = 'REJECTED', updated_at = ${Date.now()}
      WHERE id = ${Id.toBytes(template.id)}`
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
  makers[brand]?.(caller) ?? Effect.die(new Error(`Say in contract/things.ts how a new ${brand} is made`))

/** As a browser gives it; each one is another. */
export const newPushSubscription = () => {
  const ecdh = createECDH("prime256v1")
  return {
    endpoint: `https://push.example.com/send/${Harness.unique()}`,
    keys: {
      p256dh: ecdh.generateKeys().toString("base64url"),
      auth: Buffer.alloc(16, Harness.unique()).toString("base64url")
    }
  }
}
