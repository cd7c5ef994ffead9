import { assert, layer } from "@effect/vitest"
import { Client } from "@wicara/client/Client"
import * as IdempotencyKey from "@wicara/client/IdempotencyKey"
import * as SendGate from "@wicara/channels/SendGate"
import { WidgetMessageId } from "@wicara/channels-widget/WidgetMessage"
import { content, defineTemplate } from "@wicara/templates/TypedTemplate"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Redacted, Ref, Schedule, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import * as Harness from "./harness.ts"

// The example of the client's README.
const invite = (name: string, email: string) =>
  Effect.gen(function*() {
    const client = yield* Client
    const me = yield* client.sessions.me()
    const member = yield* client.members.add({ payload: { name, email, role: "agent" } }).pipe(
      Effect.catchTag("Conflict", () => Effect.succeed(undefined))
    )
    return `${me.organization.name}: ${member === undefined ? "was a member already" : `added ${member.email}`}`
  })

const run = (baseUrl: string, apiKey: string) =>
  invite("Sari", "sari@example.com").pipe(
    Effect.provide(Client.layer({ baseUrl, token: Redacted.make(apiKey) })),
    Effect.provide(FetchHttpClient.layer),
    Effect.runPromise
  )

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "60 seconds" })(
    `the client on ${database}`,
    (it) => {
      it.effect("does what its README shows", () =>
        Effect.gen(function*() {
          const { url } = yield* Harness.TestServer
          const { key } = yield* Harness.newApiKey(yield* Harness.newTenant("Acme"))
          assert.strictEqual(yield* Effect.promise(() => run(url, key)), "Acme: added sari@example.com")
          assert.strictEqual(yield* Effect.promise(() => run(url, key)), "Acme: was a member already")
        }))

      it.effect("signs in without a token, and acts with the one it gets", () =>
        Effect.gen(function*() {
          const { url } = yield* Harness.TestServer
          const tenant = yield* Harness.newTenant("Acme")
          const token = yield* Ref.make<Redacted.Redacted<string> | undefined>(undefined)
          const client = yield* Client.make({ baseUrl: url, token: Ref.get(token) })
          const failure = yield* Effect.flip(client.sessions.me())
          assert.strictEqual(failure._tag, "Unauthorized")
          const { email } = tenant.users.owner
          const signedIn = yield* client.sessions.login({
            payload: { email, password: Redacted.make(Harness.password) }
          })
          yield* Ref.set(token, Redacted.make(signedIn.token))
          assert.strictEqual((yield* client.sessions.me()).organization.id, tenant.id)
        }).pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie))

      it.effect("gives a repeated call the first one's answer", () =>
        Effect.gen(function*() {
          const { url } = yield* Harness.TestServer
          const { key } = yield* Harness.newApiKey(yield* Harness.newTenant("Acme"))
          const client = yield* Client.make({ baseUrl: url, token: Redacted.make(key) })
          const payload = { name: "Rani", email: `rani-${Harness.unique()}@wicara.example`, role: "agent" }
          const add = client.members.add({ payload }).pipe(IdempotencyKey.withKey("invite-1"))
          const answers = yield* Effect.all(Array.from({ length: 8 }, () => add), { concurrency: "unbounded" })
          assert.strictEqual(new Set(answers.map(({ userId }) => userId)).size, 1)
          const other = client.members.add({ payload: { ...payload, role: "viewer" } })
          const failure = yield* Effect.flip(other.pipe(IdempotencyKey.withKey("invite-1")))
          assert.strictEqual(failure._tag, "IdempotencyKeyReused")
        }).pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie))

      it.effect("sends templates that are defined in the code", () =>
        Effect.gen(function*() {
          const { url } = yield* Harness.TestServer
          const tenant = yield* Harness.newTenant("Acme")
          const account = yield* Harness.newCloudAccount(tenant)
          const { key } = yield* Harness.newApiKey(tenant)
          const client = yield* Client.make({ baseUrl: url, token: Redacted.make(key) })
          const greeting = defineTemplate({
            name: "sapa",
            language: "id",
            category: "UTILITY",
            components: [{ type: "BODY", text: "Halo {{1}}, ada kabar baru.", example: { body_text: [["Sari"]] } }]
          })
          const { id } = yield* client.templates.create({ payload: { channelAccountId: account.id, ...greeting } })
          const emulator = yield* WhatsAppCloudEmulator
          yield* emulator.template(account.phoneNumberId, { name: "sapa", language: "id", event: "APPROVED" })
          yield* Effect.repeat(client.templates.get({ params: { id } }), {
            until: ({ usable }) => usable,
            schedule: Schedule.spaced("20 millis")
          })
          const { id: conversation } = yield* client.conversations.start({
            payload: { channelAccountId: account.id, to: { kind: "phone", value: "6281234500001" } }
          })
          const sent = yield* client.conversations.send({
            params: { id: conversation },
            payload: { content: content(greeting, { body: ["Sari"] }) }
          })
          // The gates that the server's sender asks.
          assert.deepStrictEqual((yield* SendGate.SendGates).map(({ channel }) => channel), [
            "waha",
            "whatsapp_cloud",
            undefined
          ])
          assert.deepInclude(sent.data[0].content, { type: "template", text: "Halo Sari, ada kabar baru." })
        }).pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie))

      it.effect("follows a visitor's conversation", () =>
        Effect.gen(function*() {
          const { url } = yield* Harness.TestServer
          const account = yield* Harness.newWidgetAccount(yield* Harness.newTenant("Acme"))
          const visitor = yield* Harness.newVisitor(account.id)
          const client = yield* Client.make({ baseUrl: url, visitorToken: Redacted.make(visitor.token) })
          const id = WidgetMessageId.make(SecureRandom.uuidV7Unsafe())
          // oxlint-disable-next-line unicorn/require-post-message-target-origin
          yield* client.widget.postMessage({ payload: { id, text: "Hello" } })
          const events = yield* client.widget.streamEvents({ query: { lastEventId: "0" }, headers: {} })
          const first = yield* events.pipe(Stream.filter(({ event }) => event === "message"), Stream.runHead)
          assert.strictEqual(first._tag === "Some" && first.value.event === "message" && first.value.data.id, id)
        }).pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie))
    }
  )
}
