import { assert, describe, it, layer } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import { Context, Effect, Layer, Schedule, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import * as Contract from "./contract.ts"
import type { Caller, Endpoint } from "./contract.ts"
import * as Harness from "./harness.ts"
import type { Tenant } from "./harness.ts"

class Acme extends Context.Service<Acme, Tenant>()("test/Acme") {
  static readonly layer = Layer.effect(Acme, Harness.newTenant("Acme"))
}

/** Why a POST takes no key. A new one has to be entered here, or take one. */
const without: Readonly<Record<string, string>> = {
  "apiKeys.create": "its answer is a secret, which is not to be kept",
  "apiKeys.rotate": "its answer is a secret",
  "machineUsers.createKey": "its answer is a secret",
  "files.link": "its answer is a secret, and it changes nothing",
  "files.upload": "it honours a key by itself, as its body is a stream: packages/files",
  "providers.confirmLink": "its token or code is used up by it",
  "providers.link": "its token or code is used up by it",
  "providers.signIn": "its token or code is used up by it",
  "providers.start": "its answer is a challenge for one use",
  "providers.startLink": "its answer is a challenge for one use",
  "receivedInvitations.accept": "its token or code is used up by it",
  "receivedInvitations.decline": "its token or code is used up by it",
  "receivedInvitations.received": "it changes nothing",
  "sessions.login": "its answer is a secret, and nobody is signed in yet",
  "sessions.switchOrganization": "its answer is a secret",
  "factorRecoveries.confirm": "its token or code is used up by it",
  "factorRecoveries.request": "its token or code is used up by it",
  "factorRecoveries.stop": "its token or code is used up by it",
  "account.addPasskey": "its token or code is used up by it",
  "account.beginPasskey": "its answer is a challenge for one use",
  "account.beginTwoFactor": "its answer is a secret",
  "account.changeEmail": "it sends a mail, at a limited rate",
  "account.changePassword": "the second time the first password is wrong",
  "account.confirmTwoFactor": "its token or code is used up by it",
  "account.renewRecoveryCodes": "its answer is a secret",
  "account.requestPasswordReset": "it sends a mail, at a limited rate",
  "account.requestVerification": "it sends a mail, at a limited rate",
  "account.resetPassword": "its token or code is used up by it",
  "account.verifyEmail": "its token or code is used up by it",
  "sessions.continue": "its answer is a secret",
  "sessions.reauthenticate": "it changes nothing but the session's own time",
  "sessions.refresh": "its answer is a secret",
  "sessions.requestPasskey": "its answer is a challenge for one use",
  "sessions.requestReauthentication": "its answer is a challenge for one use",
  "channelAccounts.test": "it changes nothing, and waits for a provider",
  "aiProviders.test": "it changes nothing, and waits for a provider",
  "bots.ask": "it changes nothing, and waits for a model",
  "conversations.canSend": "it changes nothing",
  "conversations.showTyping": "it has no lasting effect",
  "knowledge.search": "it changes nothing",
  "mail.preview": "it changes nothing",
  "webhooks.create": "its answer is a secret",
  "webhooks.rotate": "its answer is a secret",
  "media.link": "its answer is a secret, and it changes nothing",
  "widget.openSession": "its answer is a secret, and the visitor brings the old one to keep it",
  "widget.postMessage": "the message brings its own id",
  "widget.setTyping": "it has no lasting effect",
  "widget.markRead": "what was read stays read",
  "templates.preview": "it changes nothing",
  "widget.describeVisitor": "what is said brings its own id",
  "widget.rateConversation": "a rating brings its own id, and is the conversation's only one",
  "widget.signOutVisitor": "a session that ended stays so",
  "widget.uploadFile": "the file brings its own id"
}

/** Reading is not recorded, a new notification is unread already, a new item is published already, a file that is there is not fetched again, an account without a life cycle is not restarted, and a new organization has a record of its own. */
const unrecorded = new Set([
  "channelConnections.inspect",
  "channelConnections.restart",
  "conversations.markRead",
  "knowledge.publish",
  "media.retry",
  "messageActions.resendAll",
  "notifications.markAllRead",
  "notifications.markUnread",
  "organizations.create",
  "batches.retry",
  "platform.changeBatch",
  "platform.changeQueue",
  "platform.changeSchedule",
  "platform.retryQueue",
  "wahaManagement.checkNumber"
])

/** What only the owner may, in an organization that nothing else is tried in. */
const ofOwner: Readonly<Record<string, (tenant: Tenant) => object>> = {
  "organizations.transferOwnership": ({ users }) => ({ to: users.admin.id, keep: "admin" }),
  "organizations.requestDeletion": ({ slug }) => ({ confirm: slug })
}

const handsOn = new Set(["organizations.transferOwnership"])

const isDone = (endpoint: Endpoint, { status }: Harness.Answer) =>
  endpoint.key in ofOwner || ofPlatform(endpoint.key) ? status < 300 : Contract.isSuccess(endpoint, status)

/** What only those may who run the server. */
const ofPlatform = (key: string) => key === "organizations.create" || key.startsWith("platform.")

/** They need a job that failed, and are tried with one in `jobs` of core. */
const withJob = new Set(["platform.retryJob", "platform.discardJob"])

const posts = Contract.endpoints.filter(({ method }) => method === "POST")
/** Their provider asks the webhook's address, at which nobody listens here; a refusal is not kept. */
const refused = new Set([
  "channelConnections.connect",
  "channelConnections.repair",
  "messageActions.forward",
  "messageActions.resend"
])
const idempotent = posts.filter(({ idempotent, key }) => idempotent && !withJob.has(key) && !refused.has(key))

describe("the contract", () => {
  it("every POST takes an idempotency key, or this suite says why not", () => {
    assert.deepStrictEqual(
      posts.filter((endpoint) => !endpoint.idempotent).map(({ key }) => key).toSorted(),
      Object.keys(without).toSorted()
    )
  })
})

/** Somebody new who may do it: an admin, where that is enough. */
const newCaller = Effect.fnUntraced(function*({ key }: Endpoint) {
  const isOwner = key in ofOwner
  const tenant = isOwner ? yield* Harness.newTenant("Own") : yield* Acme
  const user = isOwner ? tenant.users.owner : yield* Harness.newMember(tenant, "admin")
  if (ofPlatform(key)) {
    const admins = yield* PlatformAdmins
    yield* admins.grant(user.id).pipe(Effect.provideService(CurrentActor, systemActor("test")))
  }
  const { token } = yield* Harness.newSession(tenant, user)
  const caller: Caller = { tenant, user, token }
  return caller
})

const replayed = (answer: Harness.Answer) => answer.headers.get("idempotency-replayed") === "true"

const isInFlight = (answer: Harness.Answer) =>
  answer.status === 409 && String(answer.body?.type).endsWith("/idempotency-key-in-flight")

const uuid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g

/** What goes on in the background, in the caller's name: only that it began is the request's doing. */
const begins: Readonly<Record<string, string>> = { "knowledge.changeMany": "audit: knowledge.batch.started" }

/** Workers send, look after accounts and take what providers tell, when they come to it. */
const ofWorkers = new Set([
  "channel.account.connection_changed",
  "channel.account.health_changed",
  "channel.account.label_changed",
  "channel.account.setup_changed",
  "conversation.message.sent",
  "conversation.message.status_changed",
  "template.status_changed"
])

/** What the caller did: the entries of the audit log, and the events of the things that the texts name. */
const effectsOf = Effect.fnUntraced(function*(caller: Caller, since: string, texts: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const organizationId = Id.toBytes(caller.tenant.id)
  const entries = yield* sql<{ readonly action: string }>`SELECT action FROM core_audit
    WHERE organization_id = ${organizationId} AND id > ${Id.toBytes(since)} AND actor LIKE ${`%${caller.user.id}%`}`
  const events = yield* sql<{ readonly type: string }>`SELECT type FROM core_events
    WHERE organization_id = ${organizationId} AND id > ${Id.toBytes(since)}
    AND ${sql.in("aggregate_id", [...new Set(texts.join(" ").match(uuid))])}`
  return [
    ...entries.map(({ action }) => `audit: ${action}`),
    ...events.filter(({ type }) => !ofWorkers.has(type)).map(({ type }) => `event: ${type}`)
  ].toSorted()
})

const said = ({ status, text }: Harness.Answer) => `${status} ${text.slice(0, 300)}`

const requestWith = Effect.fnUntraced(function*(endpoint: Endpoint, caller: Caller, key: string) {
  const { options: drawn, path } = yield* Contract.requestFor(endpoint, caller)
  const json = ofOwner[endpoint.key]?.(caller.tenant)
  const options: Harness.RequestOptions = json === undefined ? drawn : { ...drawn, json }
  const send = (change: Harness.RequestOptions = {}) =>
    Harness.request(path, { ...options, headers: { "idempotency-key": key }, within: 20_000, ...change })
  return { options, path, send, since: yield* Id.next(Schema.String) }
})

for (const database of Harness.databases) {
  const server = Acme.layer.pipe(Layer.provideMerge(Harness.layer(database)))

  layer(server, { excludeTestServices: true, timeout: "60 seconds" })(`idempotency keys on ${database}`, (it) => {
    it.effect.each(idempotent)(
      "32 requests at once take effect once and get one answer: $key",
      (endpoint) =>
        Effect.gen(function*() {
          const key = SecureRandom.uuidV7Unsafe()
          const once = yield* newCaller(endpoint)
          const often = yield* newCaller(endpoint)
          const alone = yield* requestWith(endpoint, once, key)
          const single = yield* alone.send()
          assert.isTrue(isDone(endpoint, single), said(single))
          assert.isFalse(replayed(single))

          // The same key of somebody else is another key.
          const { options, path, send, since } = yield* requestWith(endpoint, often, key)
          const all = yield* Effect.forEach(
            Array.from({ length: 32 }),
            () => Effect.repeat(send(), { while: isInFlight, schedule: Schedule.spaced("20 millis") }),
            { concurrency: "unbounded" }
          )
          // Whoever is no longer the owner is told so before a key is looked at.
          const answers = handsOn.has(endpoint.key) ? all.filter(({ status }) => status !== 403) : all
          const [first] = answers
          assert.isTrue(first !== undefined && isDone(endpoint, first), first && said(first))
          assert.deepStrictEqual([...new Set(answers.map(said))], [first && said(first)])
          assert.deepStrictEqual([...new Set(answers.map(({ text }) => text))], [first?.text])
          assert.strictEqual(answers.filter((answer) => !replayed(answer)).length, 1)
          const begun = begins[endpoint.key]
          const counted = (effects: ReadonlyArray<string>) =>
            begun === undefined ? effects : effects.filter((effect) => effect === begun)
          const effects = counted(yield* effectsOf(once, alone.since, [alone.path, single.text]))
          if (!unrecorded.has(endpoint.key)) assert.isNotEmpty(effects)
          assert.deepStrictEqual(counted(yield* effectsOf(often, since, [path, first?.text ?? ""])), effects)

          if (handsOn.has(endpoint.key)) return
          const another = yield* send({
            json: { ...options.json as object, another: true }
          })
          yield* Harness.expectProblem(another, 422, "another body")
          assert.match(another.body.type, /\/idempotency-key-reused$/)
          const later = yield* send()
          assert.strictEqual(later.text, first?.text)
          assert.isTrue(replayed(later))
        }).pipe(Effect.orDie)
    )

    it.effect("the server met no bug", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual((yield* Harness.TestServer).errors, [])
      }))
  })
}
