/** Messages through WAHA from end to end: the API, the sender, an emulated WAHA server, its webhooks, and back. */
import { assert, layer } from "@effect/vitest"
import type { CustomerContent } from "@wicara/testing/Emulator"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { Effect } from "effect"
import * as Harness from "./harness.ts"

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "120 seconds" })(
    `messages through WAHA on ${database}`,
    (it) => {
      /** An organization with a number, and a customer who wrote to it. */
      const begun = Effect.fnUntraced(function*(engine: "GOWS" | "WEBJS" = "GOWS") {
        const waha = yield* WahaEmulator
        const tenant = yield* Harness.newTenant("Actions")
        const token = yield* Harness.tokenOf(tenant, "owner")
        const account = yield* Harness.newWahaAccount(tenant)
        yield* waha.setAccount(account.session, { engine, addressing: "phone" })
        const ask = (path: string, method = "GET", json?: unknown) =>
          Harness.request(path, { method, token, ...(json === undefined ? {} : { json }) })
        const conversations = new Map<string, string>()
        const customer = Effect.fnUntraced(function*(name: string) {
          const phone = `62812${String(Harness.unique()).padStart(8, "0")}`
          const writes = (content: string | CustomerContent) =>
            waha.customerWrites({ account: account.session, from: { phone, name }, content })
          yield* writes(`Halo, saya ${name}`)
          const inbox = yield* Harness.eventually(
            ask("/v1/conversations"),
            ({ body }) => body?.data?.length === conversations.size + 1
          )
          const conversation: string = inbox.body.data.map(({ id }: any) => id)
            .find((id: string) => !Array.from(conversations.values()).includes(id))
          conversations.set(phone, conversation)
          return { phone, conversation, writes }
        })
        const messages = (conversation: string, holds: (messages: ReadonlyArray<any>) => boolean) =>
          Effect.map(
            Harness.eventually(
              ask(`/v1/conversations/${conversation}/messages`),
              ({ body }) => holds(body?.data?.toReversed() ?? [])
            ),
            ({ body }): ReadonlyArray<any> => body.data.toReversed()
          )
        const sent = Effect.fnUntraced(function*(conversation: string, content: object) {
          const made = yield* ask(`/v1/conversations/${conversation}/messages`, "POST", { content })
          yield* Harness.expectStatus(made, 201)
          const { id } = made.body.data[0]
          const message = yield* Harness.eventually(
            ask(`/v1/messages/${id}`),
            ({ body }) => body?.providerMessageId !== null && body?.status !== "sending"
          )
          return { id, providerMessageId: message.body.providerMessageId }
        })
        const bubble = (providerMessageId: string) => waha.phones.find(account.session, providerMessageId)
        return { account, ask, bubble, customer, messages, sent, tenant, waha }
      })

      it.effect("are edited, deleted and forwarded on the customers' phones, and stay so when WAHA tells of it", () =>
        Effect.gen(function*() {
          const { account, ask, bubble, customer, messages, sent, waha } = yield* begun()
          const dewi = yield* customer("Dewi")
          const rina = yield* customer("Rina")
          const first = yield* sent(dewi.conversation, { type: "text", text: "Kami buka pukul 8." })
          assert.deepInclude({ ...bubble(first.providerMessageId) }, { text: "Kami buka pukul 8.", from: "business" })

          const edited = yield* ask(`/v1/messages/${first.id}`, "PATCH", { text: "Kami buka pukul 9." })
          yield* Harness.expectStatus(edited, 200)
          assert.deepInclude({ ...bubble(first.providerMessageId) }, { text: "Kami buka pukul 9.", edited: true })

          const forwarded = yield* ask(`/v1/messages/${first.id}/forward`, "POST", {
            conversationId: rina.conversation
          })
          yield* Harness.expectStatus(forwarded, 201)
          const copy = yield* Harness.eventually(
            ask(`/v1/messages/${forwarded.body.data[0].id}`),
            ({ body }) => body?.status === "delivered" || body?.status === "read"
          )
          assert.deepInclude(copy.body, { forwarded: true, conversationId: rina.conversation })
          const shown = waha.phones.chat(rina.phone, account.session).at(-1)
          assert.deepInclude({ ...shown }, { id: copy.body.providerMessageId, text: "Kami buka pukul 9." })
          assert.include(JSON.stringify(waha.ledger.all()), "/api/forwardMessage")

          yield* Harness.expectStatus(yield* ask(`/v1/messages/${first.id}`, "DELETE"), 200)
          assert.isTrue(bubble(first.providerMessageId)?.revoked)

          // What WAHA tells of all this is no news.
          yield* waha.idle
          yield* dewi.writes("Terima kasih")
          const mine = (yield* messages(dewi.conversation, (all) => all.length === 3)).find(({ id }) => id === first.id)
          assert.deepInclude(mine.content, { type: "text", text: "Kami buka pukul 9." })
          assert.isNotNull(mine.editedAt)
          assert.isNotNull(mine.revokedAt)
          const versions = yield* ask(`/v1/messages/${first.id}/versions`)
          assert.deepStrictEqual(versions.body.data.map(({ content }: any) => content.text), [
            "Kami buka pukul 8.",
            "Kami buka pukul 9."
          ])
          assert.lengthOf(yield* messages(rina.conversation, (all) => all.length > 1), 2)
          const requests = yield* Harness.eventually(
            ask(`/v1/channel-accounts/${account.id}/waha/requests?method=PUT`),
            ({ body }) => body.data.length > 0
          )
          assert.strictEqual(requests.body.data[0].path, "/api/{}/chats/{}/messages/{}")
          const gone = yield* ask(`/v1/messages/${first.id}`, "PATCH", { text: "Kami tutup." })
          yield* Harness.expectProblem(gone, 409)
        }))

      it.effect("with a file have their words edited where the engine does that, and keep the file", () =>
        Effect.gen(function*() {
          for (const engine of ["WEBJS", "GOWS"] as const) {
            const { ask, bubble, customer, messages, sent, waha } = yield* begun(engine)
            const dewi = yield* customer("Dewi")
            const media = { source: { type: "url", url: `${waha.url}/ping` }, mimeType: "image/png" }
            const image = yield* sent(dewi.conversation, { type: "image", media, caption: "Menu" })
            const edited = yield* ask(`/v1/messages/${image.id}`, "PATCH", { text: "Menu Mei" })
            if (engine === "GOWS") {
              yield* Harness.expectProblem(edited, 409)
              assert.strictEqual(bubble(image.providerMessageId)?.text, "Menu")
              continue
            }
            yield* Harness.expectStatus(edited, 200)
            assert.deepInclude({ ...bubble(image.providerMessageId) }, { text: "Menu Mei", edited: true })
            yield* waha.idle
            yield* dewi.writes("Enak")
            const all = yield* messages(dewi.conversation, (all) => all.length === 3)
            const message = all.find(({ id }) => id === image.id)
            assert.deepInclude(message.content, { type: "image", caption: "Menu Mei", media })
          }
        }))

      it.effect("are seen being written, without anybody asking for it, also after the session was restarted", () =>
        Effect.gen(function*() {
          const { account, ask, customer, waha } = yield* begun()
          const dewi = yield* customer("Dewi")
          const from = { phone: dewi.phone }
          const session = waha.account(account.session)
          const followed = Effect.sync(() => session?.subscriptions.size).pipe(
            Effect.repeat({ until: (count) => count === 1 }),
            Effect.timeout("10 seconds")
          )
          const typing = (on: boolean) =>
            Effect.andThen(
              waha.customerTypes({ account: account.session, from, on }),
              Harness.eventually(
                ask(`/v1/conversations/${dewi.conversation}/presence`),
                ({ body }) => body?.typing === on
              )
            )
          yield* followed
          yield* typing(true)
          yield* typing(false)
          yield* waha.setAccount(account.session, { status: "STOPPED" })
          session?.subscriptions.clear()
          yield* Effect.sleep("10 millis")
          yield* waha.setAccount(account.session, { status: "WORKING" })
          yield* followed
          yield* typing(true)
          const limits = yield* ask(`/v1/channel-accounts/${account.id}/waha/limits`)
          const counts = new Map(limits.body.data.map(({ kind, used }: any) => [kind, used]))
          assert.deepStrictEqual([counts.get("followed_chats"), counts.get("presence_subscriptions")], [2, 0])
        }))

      it.effect("belong to chats that are archived and labelled on the phone, of one organization alone", () =>
        Effect.gen(function*() {
          const { account, ask, customer, waha } = yield* begun()
          const other = yield* begun()
          const dewi = yield* customer("Dewi")
          const chatId = `${dewi.phone}@c.us`
          const at = `/v1/channel-accounts/${account.id}/waha`
          const made = yield* ask(`${at}/labels`, "POST", { name: "Lunas", color: 1 })
          yield* Harness.expectStatus(made, 201)
          const labels = { labelIds: [made.body.id] }
          yield* Harness.expectStatus(yield* ask(`${at}/chats/${chatId}/labels`, "PUT", labels), 200)
          yield* Harness.expectStatus(yield* ask(`${at}/chats/${chatId}/archive`, "PUT"), 204)
          const kept = { chatId, archived: true, labels: [{ id: made.body.id, name: "Lunas", color: "#64c4ff" }] }
          const isKept = ({ body }: Harness.Answer) => body?.archived === true && body.labels.length === 1
          const state = yield* Harness.eventually(ask(`${at}/chats/${chatId}/state`), isKept)
          assert.deepStrictEqual(state.body, kept)
          const ofConversation = yield* ask(`/v1/conversations/${dewi.conversation}/chat-state`)
          assert.deepStrictEqual(ofConversation.body, { archived: true, labels: kept.labels })
          yield* Harness.expectProblem(
            yield* other.ask(`/v1/conversations/${dewi.conversation}/chat-state`),
            404
          )
          const found = yield* ask(`${at}/chat-states?archived=true&labelId=${made.body.id}`)
          assert.deepStrictEqual(found.body, { data: [kept], nextCursor: null })
          const chats = yield* ask(`${at}/chats`)
          assert.deepInclude(chats.body.data[0], kept)
          for (const path of [`${at}/chats/${chatId}/state`, `${at}/chat-states`]) {
            yield* Harness.expectProblem(yield* other.ask(path), 404)
          }
          const theirs = yield* other.ask(`/v1/channel-accounts/${other.account.id}/waha/chat-states`)
          assert.deepStrictEqual(theirs.body.data, [])
          yield* Harness.expectProblem(yield* ask(`${at}/chat-states?archived=perhaps`), 400)
          yield* waha.idle
        }))

      it.effect("wait for as long as WhatsApp lets the number write to nobody new", () =>
        Effect.gen(function*() {
          const { account, ask, waha } = yield* begun()
          const until = Math.floor(Date.now() / 1000) + 48 * 3_600
          yield* waha.setAccount(account.session, { timelockedUntil: until })
          const pacing = ask(`/v1/channel-accounts/${account.id}/waha/pacing`)
          const braked = yield* Harness.eventually(pacing, ({ body }) => body?.brake != null)
          assert.strictEqual(braked.body.brake.code, "account_restricted")
          assert.strictEqual(Date.parse(braked.body.brake.until), until * 1000)
          yield* waha.setAccount(account.session, { timelockedUntil: null })
          yield* waha.idle
        }))

      it.effect("tell of calls, which are refused at once where the account takes none", () =>
        Effect.gen(function*() {
          const { account, ask, customer, messages, waha } = yield* begun()
          const dewi = yield* customer("Dewi")
          const settings = { baseUrl: waha.url, session: account.session, rejectCalls: true }
          const call = waha.customerCalls({ account: account.session, from: { phone: dewi.phone } })
          const isCall = (message: any) => message.content.type === "system" && message.content.call !== undefined
          const told = (count: number, status: string) =>
            Effect.map(
              messages(dewi.conversation, (all) => {
                const calls = all.filter(isCall)
                return calls.length === count && calls.at(-1).content.call.status === status
              }),
              (all) => all.filter(isCall)
            )
          const first = yield* call
          yield* told(1, "ringing")
          const path = `/v1/channel-accounts/${account.id}/waha/calls/${first.callId}/rejection`
          yield* Harness.expectStatus(yield* ask(path, "PUT", { from: `${dewi.phone}@c.us` }), 204)
          yield* told(1, "rejected")
          yield* Harness.expectStatus(yield* ask(`/v1/channel-accounts/${account.id}`, "PATCH", { settings }), 200)
          const second = yield* call
          const calls = yield* told(2, "rejected")
          assert.deepStrictEqual(calls.map(({ content }: any) => content.call.id), [first.callId, second.callId])
          assert.strictEqual(waha.account(account.session)?.calls.get(second.callId)?.status, "rejected")
          const other = yield* begun()
          const theirs = yield* other.ask(path, "PUT", { from: `${dewi.phone}@c.us` })
          yield* Harness.expectProblem(theirs, 404)
          yield* waha.idle
        }))

      it.effect("are polls of customers, with the votes in them", () =>
        Effect.gen(function*() {
          const { ask, bubble, customer, messages, waha } = yield* begun()
          const dewi = yield* customer("Dewi")
          const options = ["Senin", "Selasa", "Rabu"]
          const { providerMessageId } = yield* dewi.writes({
            type: "poll",
            question: "Kapan datang?",
            options,
            multiple: true
          })
          yield* dewi.writes({ type: "vote", messageId: providerMessageId, options: ["Senin", "Rabu"] })
          const isPoll = (message: any) => message.providerMessageId === providerMessageId
          const told = yield* messages(dewi.conversation, (all) => (all.find(isPoll)?.votes.length ?? 0) > 0)
          const poll = told.find(isPoll)
          assert.deepStrictEqual(poll.content, { type: "poll", question: "Kapan datang?", options, multiple: true })
          assert.deepStrictEqual(poll.votes.map(({ options }: any) => options), [["Senin", "Rabu"]])
          assert.strictEqual(bubble(providerMessageId)?.kind, "poll")
          // The business votes, and what WAHA tells of it is no news.
          const voted = yield* ask(`/v1/messages/${poll.id}/vote`, "PUT", { options: ["Selasa"] })
          yield* Harness.expectStatus(voted, 200)
          yield* waha.idle
          const both = yield* messages(dewi.conversation, (all) => (all.find(isPoll)?.votes.length ?? 0) === 2)
          assert.deepInclude(both.find(isPoll).votes, { contactId: null, options: ["Selasa"] })
          const wrong = yield* ask(`/v1/messages/${poll.id}/vote`, "PUT", { options: ["Minggu"] })
          yield* Harness.expectProblem(wrong, 422)
          yield* waha.idle
        }))
    }
  )
}
