/** A website's visitor and the people who answer them, through everything in between. */
import { assert, layer } from "@effect/vitest"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { newSigningKey } from "@wicara/channels-widget/WidgetSettings"
import { Effect, Redacted } from "effect"
import { createHmac, randomUUID } from "node:crypto"
import * as Harness from "./harness.ts"

const png = Uint8Array.from(Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64"
))

const identityKey = "the key with which the site of the test signs"
const proofOf = (userId: string) => ({
  userId,
  hash: createHmac("sha256", identityKey).update(`user:${userId}`).digest("hex")
})

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

/** A token as the site's backend makes it. */
const tokenOf = (claims: object) => {
  const signed = `${base64({ alg: "HS256", typ: "JWT" })}.${base64(claims)}`
  return { token: `${signed}.${createHmac("sha256", identityKey).update(signed).digest("base64url")}` }
}

/** A website of an organization that asks, is offline while nobody is available, and knows who is signed in. */
const newSite = Effect.fnUntraced(function*(tenant: Harness.Tenant) {
  const accounts = yield* ChannelAccounts
  return yield* accounts.create({
    channel: "widget",
    name: "Site",
    settings: {
      allowedOrigins: ["https://shop.example"],
      form: {
        required: true,
        fields: [
          { key: "name", kind: "name", label: { en: "Name" }, required: true },
          { key: "email", kind: "email", label: { en: "E-mail" }, required: false }
        ]
      },
      offline: { whenNobodyIsThere: true, message: { en: "Nobody is here." }, askEmail: true }
    },
    secrets: { signingKey: Redacted.value(yield* newSigningKey), identityKey }
  }).pipe(Harness.within(tenant.id), Effect.orDie)
})

/** A stream of server-sent events, from now on. */
const follow = Effect.fnUntraced(function*(path: string, token: string) {
  const { url } = yield* Harness.TestServer
  const abort = new AbortController()
  yield* Effect.addFinalizer(() => Effect.sync(() => abort.abort()))
  const response = yield* Effect.promise(() =>
    fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` }, signal: abort.signal })
  )
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let seen = ""
  let position = 0
  const read = Effect.gen(function*() {
    const { done, value } = yield* Effect.promise(() => reader.read()).pipe(Effect.timeout("20 seconds"), Effect.orDie)
    if (done) return yield* Effect.die(`the stream ended: ${seen}`)
    seen += value
  })
  yield* read
  return {
    seen: () => seen,
    /** The data of the next event of a type. */
    next: Effect.fnUntraced(function*(type: string): Effect.fn.Return<any> {
      while (true) {
        const end = seen.indexOf("\n\n", position)
        if (end === -1) {
          yield* read
          continue
        }
        const lines = seen.slice(position, end).split("\n")
        position = end + 2
        const data = lines.find((line) => line.startsWith("data:"))?.slice(5)
        if (lines.some((line) => line.replace(": ", ":") === `event:${type}`) && data !== undefined) {
          return JSON.parse(data)
        }
      }
    })
  }
})

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "60 seconds" })(
    `a visitor on ${database}`,
    (it) => {
      const open = Effect.fnUntraced(function*(site: string, json: object = {}) {
        const answer = yield* Harness.request(`/v1/widget/${site}/sessions`, { json })
        yield* Harness.expectStatus(answer, 200)
        return answer.body
      })
      const post = (path: string, token: string, json: object = {}) =>
        Harness.request(`/v1/widget/${path}`, { token, json: { id: randomUUID(), ...json } })
      /** The only conversation of the organization, as its owner sees it. */
      const conversation = (token: string, holds: (one: any) => boolean = () => true) =>
        Effect.map(
          Harness.eventually(
            Harness.request("/v1/conversations", { token }),
            ({ body }) => body.data.length === 1 && holds(body.data[0])
          ),
          ({ body }) => body.data[0]
        )

      it.effect(
        "is known by what they say and by what their site proves, in one conversation",
        () =>
          Effect.gen(function*() {
            const tenant = yield* Harness.newTenant("Acme")
            const owner = yield* Harness.tokenOf(tenant, "owner")
            const site = yield* newSite(tenant)
            const anonymous = yield* open(site.id)
            yield* Harness.expectProblem(yield* post("messages", anonymous.token, { text: "Hi" }), 422)
            const answers = { name: "Budi", email: "budi@home.example" }
            yield* Harness.expectStatus(yield* post("profile", anonymous.token, { answers }), 204)
            const page = { url: "https://shop.example/orders", title: "Orders", referrer: "https://mail.example/" }
            yield* Harness.expectStatus(
              yield* post("messages", anonymous.token, { text: "Where is my order?", page, locale: "id" }),
              202
            )
            const first = yield* conversation(owner, ({ preview }) => preview === "Where is my order?")
            const contact = (token = owner) => Harness.request(`/v1/contacts/${first.contactId}`, { token })
            const stated = yield* Harness.eventually(
              contact(),
              ({ body }) => body.displayName === "Budi" && body.attributes.stated.visit !== undefined
            )
            assert.deepInclude(stated.body, {
              email: "budi@home.example",
              attributes: { stated: { ...answers, visit: { ...page, locale: "id" } } }
            })

            const signedIn = yield* open(site.id, { token: anonymous.token, identity: proofOf("user-7") })
            assert.strictEqual(signedIn.identity, "verified")
            assert.deepStrictEqual(signedIn.messages.map((one: any) => one.content.text), ["Where is my order?"])
            yield* Harness.expectStatus(yield* post("messages", signedIn.token, { text: "I am signed in now" }), 202)
            const second = yield* conversation(owner, ({ preview }) => preview === "I am signed in now")
            assert.deepStrictEqual([second.id, second.contactId], [first.id, first.contactId])
            assert.deepStrictEqual(second.chat, { kind: "visitor", value: signedIn.visitorId })
            const known = yield* contact()
            assert.includeDeepMembers(
              known.body.identities.map(({ kind, value }: any) => [kind, value]),
              [["visitor", anonymous.visitorId], ["visitor", signedIn.visitorId], ["external", "user-7"]]
            )

            // Who is there, and writes.
            const presence = Harness.request(`/v1/conversations/${first.id}/presence`, { token: owner })
            assert.strictEqual((yield* presence).body.typing, false)
            yield* Harness.expectStatus(
              yield* Harness.request("/v1/widget/typing", { token: signedIn.token, json: { on: true } }),
              204
            )
            assert.strictEqual((yield* presence).body.typing, true)

            // Another organization sees none of it.
            const other = yield* Harness.tokenOf(yield* Harness.newTenant("Other"), "owner")
            for (const path of ["presence", "feedback"]) {
              yield* Harness.expectProblem(
                yield* Harness.request(`/v1/conversations/${first.id}/${path}`, { token: other }),
                404
              )
            }
            yield* Harness.expectProblem(yield* contact(other), 404)
          }),
        60_000
      )

      it.effect(
        "is seen writing by the people who answer, and sees them",
        () =>
          Effect.gen(function*() {
            const tenant = yield* Harness.newTenant("Acme")
            const owner = yield* Harness.tokenOf(tenant, "owner")
            const site = yield* newSite(tenant)
            const visitor = yield* open(site.id, { identity: proofOf("user-9") })
            yield* Harness.expectStatus(yield* post("messages", visitor.token, { text: "Hello" }), 202)
            const { id } = yield* conversation(owner)
            const other = yield* Harness.tokenOf(yield* Harness.newTenant("Other"), "owner")

            const agents = yield* follow("/v1/events", owner)
            const strangers = yield* follow("/v1/events", other)
            const visitors = yield* follow("/v1/widget/events", visitor.token)
            const type = (on: boolean) => Harness.request("/v1/widget/typing", { token: visitor.token, json: { on } })
            yield* Harness.expectStatus(yield* type(true), 204)
            const begun = yield* agents.next("conversation.typing_changed")
            assert.deepStrictEqual([begun.payload.conversationId, begun.aggregateId], [id, id])
            assert.isAbove(Date.parse(begun.payload.until), Date.now())
            yield* type(false)
            assert.isNull((yield* agents.next("conversation.typing_changed")).payload.until)

            const answer = (on: boolean, token = owner) =>
              Harness.request(`/v1/conversations/${id}/typing`, { token, json: { on } })
            yield* Harness.expectStatus(yield* answer(true), 204)
            assert.isTrue((yield* visitors.next("typing")).on)
            yield* Harness.expectStatus(yield* answer(false), 204)
            assert.isFalse((yield* visitors.next("typing")).on)
            // Who may only read shows nothing, and another organization has no such conversation.
            const viewer = yield* Harness.tokenOf(tenant, "viewer")
            yield* Harness.expectProblem(yield* answer(true, viewer), 403)
            yield* Harness.expectProblem(yield* answer(true, other), 404)
            assert.notInclude(strangers.seen(), "typing_changed")
          }).pipe(Effect.scoped),
        60_000
      )

      it.effect(
        "is told apart by what their site proves and what they claim, and each conversation by where it was written from",
        () =>
          Effect.gen(function*() {
            const tenant = yield* Harness.newTenant("Acme")
            const owner = yield* Harness.tokenOf(tenant, "owner")
            const site = yield* newSite(tenant)
            const identity = tokenOf({
              sub: "user-3",
              exp: 4_000_000_000,
              name: "Sari",
              email: "sari@shop.example",
              attributes: { plan: "gold" }
            })
            const visitor = yield* open(site.id, { identity })
            assert.strictEqual(visitor.identity, "verified")
            const claims = {
              answers: { name: "The director", email: "director@else.example" },
              attributes: { plan: "diamond", verified: true }
            }
            yield* Harness.expectStatus(yield* post("profile", visitor.token, claims), 204)
            const entry = {
              url: "https://shop.example/spring?utm_source=news&utm_medium=email&utm_campaign=spring%20sale&utm_id=",
              referrer: "https://mail.example/"
            }
            const page = { url: "https://shop.example/plans", title: "Plans" }
            const message = { text: "Which one?", page, entry, locale: "id" }
            yield* Harness.expectStatus(yield* post("messages", visitor.token, message), 202)
            const visit = {
              ...page,
              locale: "id",
              entry,
              campaign: { source: "news", medium: "email", campaign: "spring sale" }
            }
            const one = yield* conversation(owner, ({ preview }) => preview === "Which one?")
            assert.deepStrictEqual(one.attributes, { stated: { visit } })
            const { body } = yield* Harness.eventually(
              Harness.request(`/v1/contacts/${one.contactId}`, { token: owner }),
              ({ body }) => body.attributes.stated?.visit !== undefined && body.verified !== null
            )
            const { changedAt: _, ...verified } = body.verified
            assert.deepStrictEqual(verified, {
              displayName: "Sari",
              email: "sari@shop.example",
              attributes: { plan: "gold" }
            })
            assert.deepStrictEqual([body.displayName, body.email], ["Sari", "sari@shop.example"])
            assert.deepStrictEqual(body.attributes, {
              plan: "gold",
              stated: { ...claims.answers, plan: "diamond", verified: true, visit }
            })
            // Nobody's request can make it look otherwise.
            const changed = yield* Harness.request(`/v1/contacts/${one.contactId}`, {
              method: "PATCH",
              token: owner,
              json: { attributes: {}, verified: null }
            })
            if (changed.status === 200) assert.deepStrictEqual(changed.body.verified, body.verified)
            else yield* Harness.expectProblem(changed, 400)
          }),
        60_000
      )

      it.effect("sends files that the people who answer can load, and gets theirs", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Acme")
          const owner = yield* Harness.tokenOf(tenant, "owner")
          const site = yield* newSite(tenant)
          const visitor = yield* open(site.id, { identity: proofOf("user-1") })
          const uploaded = yield* Harness.request(`/v1/widget/files?id=${randomUUID()}&name=router.jpg`, {
            token: visitor.token,
            body: png
          })
          yield* Harness.expectStatus(uploaded, 201)
          const { fileId } = uploaded.body
          yield* Harness.expectStatus(yield* post("messages", visitor.token, { text: "My router", fileId }), 202)
          const { id } = yield* conversation(owner)
          const messages = yield* Harness.request(`/v1/conversations/${id}/messages`, { token: owner })
          const message = messages.body.data[0]
          assert.deepInclude(message.content, { type: "image", caption: "My router" })
          const file = yield* Harness.eventually(
            Harness.request(`/v1/messages/${message.id}/file`, { token: owner }),
            ({ body, status }) => status === 200 && body.state === "stored"
          )
          assert.deepInclude(file.body, { fileId, contentType: "image/png", size: png.length })
          const content = yield* Harness.request(`/v1/messages/${message.id}/file/content`, { token: owner })
          yield* Harness.expectStatus(content, 200)
          assert.strictEqual(content.headers.get("content-length"), String(png.length))

          const own = yield* Harness.request("/v1/files?name=manual.pdf", {
            token: owner,
            body: new TextEncoder().encode("%PDF-1.7 how to")
          })
          const sent = yield* Harness.request(`/v1/conversations/${id}/messages`, {
            token: owner,
            headers: { "idempotency-key": randomUUID() },
            json: { content: { type: "document", media: { source: { type: "file", id: own.body.id } } } }
          })
          yield* Harness.expectStatus(sent, 201)
          const history = yield* Harness.eventually(
            Harness.request("/v1/widget/messages", { token: visitor.token }),
            ({ body }) => body.data.length === 2
          )
          const [reply] = history.body.data
          assert.deepInclude(reply.content.media, { fileName: "manual.pdf", mimeType: "application/pdf" })
          const address = reply.content.media.source.url
          const loaded = yield* Harness.request(address)
          assert.strictEqual(loaded.text, "%PDF-1.7 how to")
          assert.strictEqual(loaded.headers.get("cross-origin-resource-policy"), "cross-origin")
          assert.match(loaded.headers.get("content-security-policy") ?? "", /sandbox/)
          // Read by the visitor: so the people who answer see it.
          yield* Harness.request("/v1/widget/read", { token: visitor.token, json: { upTo: reply.eventId } })
          yield* Harness.eventually(
            Harness.request(`/v1/messages/${sent.body.data[0].id}`, { token: owner }),
            ({ body }) => body.status === "read"
          )
        }), 60_000)

      it.effect("is asked how it was when it is over, and told when nobody is there", () =>
        Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Acme")
          const owner = yield* Harness.tokenOf(tenant, "owner")
          const site = yield* newSite(tenant)
          const proof = proofOf("user-2")
          const visitor = yield* open(site.id, { identity: proof })
          assert.deepStrictEqual(visitor.offline, { message: "Nobody is here.", askEmail: true })
          const there = yield* Harness.request("/v1/me/availability", {
            method: "PUT",
            token: yield* Harness.tokenOf(tenant, "agent"),
            json: { availability: "available" }
          })
          yield* Harness.expectStatus(there, 200)
          assert.isNull((yield* open(site.id, { identity: proof })).offline)

          yield* Harness.expectStatus(yield* post("messages", visitor.token, { text: "Thanks" }), 202)
          const { id } = yield* conversation(owner)
          const resolved = yield* Harness.request(`/v1/conversations/${id}/resolve`, {
            token: owner,
            headers: { "idempotency-key": randomUUID() },
            json: {}
          })
          yield* Harness.expectStatus(resolved, 200)
          yield* Harness.eventually(
            Harness.request(`/v1/widget/${site.id}/sessions`, { json: { identity: proof } }),
            ({ body }) => body.ratingFor === id
          )
          yield* Harness.expectStatus(
            yield* post("rating", visitor.token, { conversationId: id, score: 5, comment: "Quick" }),
            204
          )
          const feedback = yield* Harness.eventually(
            Harness.request(`/v1/conversations/${id}/feedback`, { token: owner }),
            ({ body }) => body.score === 5
          )
          assert.deepInclude(feedback.body, { conversationId: id, score: 5, solved: null, comment: "Quick" })
        }), 60_000)
    }
  )
}
