/**
 * The reading half of the emulated WAHA API: sessions, chats, contacts, LIDs, files and the server itself.
 *
 * @since 0.1.0
 */
import { Clock, DateTime, Effect, Schema } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as Failure from "./WahaFailure.ts"
import * as Http from "./WahaHttp.ts"
import * as Message from "./WahaMessage.ts"
import type { WahaMessage } from "./WahaMessage.ts"
import type { Person } from "./WahaPeople.ts"
import type { WahaServer } from "./WahaServer.ts"
import * as Session from "./WahaSession.ts"
import type { WahaSession } from "./WahaSession.ts"

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const Name = Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9_-]{1,54}$/))
const CreateSession = Schema.Struct({
  name: optional(Name),
  start: optional(Schema.Boolean),
  config: optional(Session.SessionConfig)
})
const UpdateSession = Schema.Struct({ config: optional(Session.SessionConfig) })

const brief = (session: WahaSession) => ({ name: session.name, status: session.status, config: session.config })

const info = (session: WahaSession) => ({
  ...brief(session),
  me: Session.me(session),
  assignedWorker: null,
  presence: null,
  timestamps: { activity: session.history.at(-1)?.timestamp ?? null },
  engine: { engine: session.engine }
})

const contact = (session: WahaSession, person: Person) => {
  const id = person.phone === undefined ? `${person.lid}@lid` : `${person.phone}@c.us`
  const bookName = session.bookNames.get(id)
  return {
    id,
    number: person.phone ?? null,
    name: bookName ?? person.name ?? null,
    pushname: person.name ?? null,
    shortName: bookName ?? person.name ?? null,
    isMe: person.lid === session.lid,
    isGroup: false,
    isWAContact: true,
    isMyContact: bookName !== undefined,
    isBlocked: session.blocked.has(id)
  }
}

const lidOf = (person: Person) => ({
  lid: `${person.lid}@lid`,
  pn: person.phone === undefined ? null : `${person.phone}@c.us`
})

/**
 * Everything that does not send.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = (server: WahaServer): Layer.Layer<never, never, HttpRouter.HttpRouter> => {
  const { chats, people, sessions } = server
  const { phones } = server.control

  const messagesOf = (session: WahaSession, chatId: string): ReadonlyArray<WahaMessage> => {
    const customer = chats.customerOf(chatId)
    return Array.from(session.messages.values()).filter((message) => message.customer === customer)
  }

  return HttpRouter.use(Effect.fnUntraced(function*(router) {
    const get = (path: `/${string}`, handler: Http.Handler) =>
      router.add("GET", path, Http.guarded(server, 200, handler))
    const post = (path: `/${string}`, handler: Http.Handler) =>
      router.add("POST", path, Http.guarded(server, 201, handler))
    const withSession = (answer: (session: WahaSession, call: Http.Call) => unknown): Http.Handler => (call) =>
      Effect.map(Http.sessionOf(server, call), (session) => answer(session, call))
    const withWorking = (answer: (session: WahaSession, call: Http.Call) => unknown): Http.Handler => (call) =>
      Effect.map(Http.workingSession(server, call), (session) => answer(session, call))

    // --- the server

    yield* router.add("GET", "/ping", HttpServerResponse.jsonUnsafe({ message: "pong" }))
    yield* router.add(
      "GET",
      "/health",
      HttpServerResponse.jsonUnsafe({ status: "ok", info: {}, error: {}, details: {} })
    )
    const version = {
      version: Failure.version,
      engine: "GOWS",
      tier: "PLUS",
      browser: null,
      platform: "linux/x64",
      worker: { id: null }
    }
    yield* get("/api/server/version", () => Effect.succeed(version))
    yield* get("/api/version", () => Effect.succeed(version))
    yield* get(
      "/api/server/environment",
      (call) => call.scope === "*" ? Effect.succeed(server.environment) : Effect.fail(Failure.forbidden)
    )
    yield* get("/api/server/status", () => Effect.succeed({ startTimestamp: 0, uptime: 0, worker: { id: null } }))

    // --- sessions

    const decodeCreate = Http.decode(CreateSession)
    yield* post(
      "/api/sessions",
      Effect.fnUntraced(function*(call) {
        const input = yield* decodeCreate(call)
        const name = input.name ?? `session_${chats.newMessageId()}`
        if (sessions.get(name) !== undefined) {
          return yield* Effect.fail(
            Failure.nest(422, `Session '${name}' already exists. Use PUT to update it.`, "Unprocessable Entity")
          )
        }
        const session = yield* sessions.create(name, input.config ?? {})
        if (input.start !== false) yield* sessions.start(session)
        return brief(session)
      })
    )
    yield* get("/api/sessions", (call) =>
      Effect.succeed(
        sessions.all().filter((session) =>
          (call.scope === "*" || call.scope === session.name) &&
          (call.query("all") === "true" || session.status !== "STOPPED")
        ).map(info)
      ))
    yield* get("/api/sessions/:session", withSession(info))
    yield* get("/api/sessions/:session/me", withSession((session) => Session.me(session)))
    const decodeUpdate = Http.decode(UpdateSession)
    yield* router.add(
      "PUT",
      "/api/sessions/:session",
      Http.guarded(
        server,
        200,
        Effect.fnUntraced(function*(call) {
          const { config } = yield* decodeUpdate(call)
          const session = yield* Http.sessionOf(server, call)
          session.config = config ?? {}
          if (session.status !== "STOPPED") {
            yield* sessions.stop(session)
            yield* sessions.start(session)
          }
          return brief(session)
        })
      )
    )
    yield* router.add(
      "DELETE",
      "/api/sessions/:session",
      Http.guarded(server, 200, (call) => {
        const session = sessions.get(call.sessionName ?? "")
        return Effect.as(session === undefined ? Effect.void : sessions.remove(session), undefined)
      })
    )
    const move = (path: `/${string}`, change: (session: WahaSession) => Effect.Effect<void>) =>
      post(
        path,
        (call) =>
          Effect.flatMap(Http.sessionOf(server, call), (session) => Effect.map(change(session), () => brief(session)))
      )
    yield* move("/api/sessions/:session/start", sessions.start)
    yield* move("/api/sessions/:session/stop", sessions.stop)
    yield* move(
      "/api/sessions/:session/restart",
      (session) => Effect.andThen(sessions.stop(session), sessions.start(session))
    )
    yield* move("/api/sessions/:session/logout", sessions.logout)

    // --- chats

    yield* get(
      "/api/:session/new-message-id",
      Effect.fnUntraced(function*(call) {
        const session = yield* Http.workingSession(server, call)
        return session.engine === "GOWS" || session.engine === "NOWEB"
          ? { id: chats.newMessageId() }
          : yield* Effect.fail(Failure.notImplemented(session.engine))
      })
    )
    const overview = (session: WahaSession, call: Http.Call) =>
      Http.page(
        call,
        Array.from(
          new Set(
            Array.from(session.messages.values()).toSorted((one, another) => another.at - one.at).map(({ chatId }) =>
              chatId
            )
          )
        )
      ).map((id) => {
        const last = messagesOf(session, id).at(-1)
        return {
          id,
          name: people.ofKey(chats.customerOf(id))?.name ?? null,
          picture: null,
          lastMessage: last === undefined ? null : Message.payload(session, last),
          _chat: {}
        }
      })
    yield* get(
      "/api/:session/chats",
      withWorking((session, call) =>
        overview(session, call).map(({ id, lastMessage, name }) => ({
          id,
          name,
          conversationTimestamp: lastMessage?.timestamp ?? null
        }))
      )
    )
    yield* get("/api/:session/chats/overview", withWorking(overview))
    yield* get(
      "/api/:session/chats/:chatId/messages",
      withWorking((session, call) => {
        const fromMe = call.query("filter.fromMe")
        const after = Http.integer(call.query("filter.timestamp.gte"), 0)
        const before = Http.integer(call.query("filter.timestamp.lte"), Number.MAX_SAFE_INTEGER)
        const found = messagesOf(session, call.params["chatId"] ?? "").filter((message) =>
          (fromMe === undefined || String(message.fromMe) === fromMe) &&
          Math.floor(message.at / 1000) >= after && Math.floor(message.at / 1000) <= before
        ).toSorted((one, another) => another.at - one.at)
        return Http.page(call, found).map((message) => Message.payload(session, message))
      })
    )
    yield* get(
      "/api/:session/chats/:chatId/messages/:messageId",
      Effect.fnUntraced(function*(call) {
        const session = yield* Http.workingSession(server, call)
        const message = session.messages.get(Message.bareId(call.params["messageId"] ?? ""))
        if (message === undefined) return null
        if (call.query("downloadMedia") !== "false") yield* chats.reload(message)
        return Message.payload(session, message)
      })
    )
    yield* post(
      "/api/:session/chats/:chatId/messages/read",
      Effect.fnUntraced(function*(call) {
        const session = yield* Http.workingSession(server, call)
        const { chatId = "" } = call.params
        const since = (yield* Clock.currentTimeMillis) - Http.integer(call.query("days"), 7) * 86_400_000
        const read = messagesOf(session, chatId)
          .filter(({ at, fromMe, id }) => !fromMe && at >= since && !session.seen.has(id))
          .slice(-Http.integer(call.query("messages"), Number.MAX_SAFE_INTEGER))
        yield* Effect.forEach(read, ({ customer, id }) => phones.read(session.name, customer, id), { discard: true })
        for (const { id } of read) session.seen.add(id)
        session.unread.delete(chatId)
        return { ids: read.map(Message.fullId) }
      })
    )

    // --- people

    yield* get(
      "/api/contacts/all",
      withWorking((session, call) => Http.page(call, people.all()).map((person) => contact(session, person)))
    )
    yield* get(
      "/api/contacts",
      withWorking((session, call) => {
        const person = people.ofKey(chats.customerOf(call.query("contactId") ?? ""))
        return person === undefined ? null : contact(session, person)
      })
    )
    yield* get(
      "/api/contacts/about",
      withWorking((session, call) => ({
        about: call.query("contactId") === `${session.phone}@c.us` ? session.about : null
      }))
    )
    yield* get(
      "/api/contacts/check-exists",
      Effect.fnUntraced(function*(call) {
        const session = yield* Http.workingSession(server, call)
        if (session.hangs) {
          const at = DateTime.formatIso(DateTime.makeUnsafe(yield* Clock.currentTimeMillis))
          return yield* Effect.fail(
            Failure.exception("Timed Out", { path: "/api/contacts/check-exists", engine: session.engine, at })
          )
        }
        const phone = (call.query("phone") ?? "").replaceAll(/[^\d]/g, "")
        return phone === "" || session.unreachable.has(phone)
          ? { numberExists: false }
          : { numberExists: true, chatId: `${people.registered(phone)}@c.us` }
      })
    )
    yield* get("/api/:session/lids", withWorking((_, call) => Http.page(call, people.all()).map(lidOf)))
    yield* get("/api/:session/lids/count", withWorking(() => ({ count: people.all().length })))
    yield* get("/api/:session/lids/:lid", withWorking((_, call) => lidOf(people.ofLid(call.params["lid"] ?? ""))))
    yield* get(
      "/api/:session/lids/pn/:phone",
      withWorking((_, call) => {
        const phone = call.params["phone"] ?? ""
        const person = people.all().find((one) => one.phone === phone.replace(/@.*$/, ""))
        return person === undefined ? { lid: null, pn: phone } : lidOf(person)
      })
    )

    // --- files

    yield* get(
      "/api/files/:session/:file",
      Effect.fnUntraced(function*(call) {
        const file = chats.files.get(`${call.params["session"]}/${call.params["file"]}`)
        const now = yield* Clock.currentTimeMillis
        if (file === undefined || now - file.at > server.mediaLifetime) return yield* Effect.fail(Failure.fileNotFound)
        return HttpServerResponse.uint8Array(file.bytes, { contentType: file.mimetype })
      })
    )
  }))
}
