/**
 * What is managed on the emulated WAHA server beside messages and groups: contacts, chats, labels, presence, channels,
 * screenshots, keys.
 *
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"
import type { Layer } from "effect"
import { Base64 } from "effect/encoding"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as EmulatorFaults from "../EmulatorFaults.ts"
import * as SampleFiles from "../SampleFiles.ts"
import * as Failure from "./WahaFailure.ts"
import type { WahaFailure } from "./WahaFailure.ts"
import * as Http from "./WahaHttp.ts"
import * as Requests from "./WahaRequests.ts"
import type { WahaServer } from "./WahaServer.ts"
import type { WahaLabel, WahaSession } from "./WahaSession.ts"

const { bodies } = Requests

const palette = ["#ff9485", "#64c4ff", "#ffd429", "#dfaef0", "#99b6c1"]
const withHex = (label: WahaLabel) => ({ ...label, colorHex: palette[label.color % palette.length] })

/** A browser is needed for it. */
const browsers = new Set(["WEBJS", "WPP"])

/**
 * @category layers
 * @since 0.1.0
 */
export const routes = (server: WahaServer): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const { chats, people, sessions, webhooks } = server

    const on = (
      method: "GET" | "POST" | "PUT" | "DELETE",
      path: `/${string}`,
      status: number,
      act: (session: WahaSession, call: Http.Call) => Effect.Effect<unknown, WahaFailure>
    ) =>
      router.add(
        method,
        path,
        Http.guarded(
          server,
          status,
          (call) => Effect.flatMap(Http.workingSession(server, call), (session) => act(session, call))
        )
      )
    const seconds = Effect.map(Clock.currentTimeMillis, (at) => Math.floor(at / 1000))
    const tell = (session: WahaSession, event: string, lane: string, payload: unknown) =>
      webhooks.emitWhenWorking(session, event, payload, { lane })
    const param = (call: Http.Call, name: string) => call.params[name] ?? ""
    const done = (act: () => void) => Effect.sync(() => (act(), { success: true }))

    // --- people

    yield* on("GET", "/api/contacts/profile-picture", 200, (_, call) => {
      const person = people.ofKey(chats.customerOf(call.query("contactId") ?? ""))
      return Effect.succeed({
        profilePictureURL: person === undefined ? null : `https://pps.whatsapp.test/${person.key}.jpg`
      })
    })
    const decodeContact = Http.decode(bodies.person)
    for (const [what, change] of [["block", true], ["unblock", false]] as const) {
      yield* on(
        "POST",
        `/api/contacts/${what}`,
        201,
        (session, call) =>
          Effect.flatMap(
            decodeContact(call),
            ({ contactId }) => done(() => change ? session.blocked.add(contactId) : session.blocked.delete(contactId))
          )
      )
    }
    const decodeUpdate = Http.decode(bodies.personName)
    yield* on(
      "PUT",
      "/api/:session/contacts/:chatId",
      200,
      (session, call) =>
        Effect.flatMap(
          decodeUpdate(call),
          ({ firstName, lastName }) =>
            done(() => session.bookNames.set(param(call, "chatId"), `${firstName} ${lastName}`.trim()))
        )
    )

    // --- chats

    const chatIdsOf = (session: WahaSession) =>
      new Set(Array.from(session.messages.values(), ({ chatId }) => chats.customerOf(chatId)))
    const chat = Effect.fnUntraced(function*(session: WahaSession, call: Http.Call) {
      const id = param(call, "chatId")
      return chatIdsOf(session).has(chats.customerOf(id)) || session.groups.has(id)
        ? id
        : yield* Effect.fail(Failure.nest(404, "Chat not found", "Not Found"))
    })
    const change = (action: string, act: (session: WahaSession, id: string) => void) =>
      on(
        "POST",
        `/api/:session/chats/:chatId/${action}`,
        201,
        (session, call) => Effect.flatMap(chat(session, call), (id) => done(() => act(session, id)))
      )
    for (const [action, archived] of [["archive", true], ["unarchive", false]] as const) {
      yield* on("POST", `/api/:session/chats/:chatId/${action}`, 201, (session, call) =>
        Effect.gen(function*() {
          const id = yield* chat(session, call)
          if (archived) session.archived.add(id)
          else session.archived.delete(id)
          yield* tell(session, "chat.archive", id, { id, archived, timestamp: yield* seconds })
          return { success: true }
        }))
    }
    yield* change("unread", (session, id) => session.unread.add(id))
    yield* on(
      "DELETE",
      "/api/:session/chats/:chatId",
      200,
      (session, call) =>
        Effect.flatMap(chat(session, call), (id) =>
          done(() => {
            const customer = chats.customerOf(id)
            for (const message of session.messages.values()) {
              if (message.customer === customer) session.messages.delete(message.id)
            }
          }))
    )

    // --- labels

    const business = <A>(session: WahaSession, effect: Effect.Effect<A, WahaFailure>) =>
      session.isBusiness
        ? effect
        : Effect.fail(
          Failure.nest(422, "Labels are available only for WhatsApp Business accounts", "Unprocessable Entity")
        )
    const label = (session: WahaSession, call: Http.Call) => {
      const found = session.labels.get(param(call, "labelId"))
      return found === undefined
        ? Effect.fail(Failure.nest(404, "Label not found", "Not Found"))
        : Effect.succeed(found)
    }
    yield* on(
      "GET",
      "/api/:session/labels",
      200,
      (session) => business(session, Effect.sync(() => Array.from(session.labels.values(), withHex)))
    )
    const decodeLabel = Http.decode(bodies.label)
    const colorOf = ({ color, colorHex }: typeof bodies.label.Type, before: number) =>
      color ?? (colorHex == null ? before : Math.max(0, palette.indexOf(colorHex)))
    yield* on("POST", "/api/:session/labels", 201, (session, call) =>
      business(
        session,
        Effect.gen(function*() {
          const body = yield* decodeLabel(call)
          if ([...session.labels.values()].some(({ name }) => name === body.name)) {
            return yield* Effect.fail(Failure.nest(400, `Label with '${body.name}' name already exists`, "Bad Request"))
          }
          const id = String(1 + Math.max(0, ...Array.from(session.labels.keys(), Number)))
          const made = { id, name: body.name, color: colorOf(body, session.labels.size % 20) }
          session.labels.set(id, made)
          yield* tell(session, "label.upsert", "labels", withHex(made))
          return withHex(made)
        })
      ))
    yield* on("PUT", "/api/:session/labels/:labelId", 200, (session, call) =>
      Effect.gen(function*() {
        const body = yield* decodeLabel(call)
        const { color, id } = yield* label(session, call)
        const changed = { id, name: body.name, color: colorOf(body, color) }
        session.labels.set(id, changed)
        yield* tell(session, "label.upsert", "labels", withHex(changed))
        return withHex(changed)
      }))
    yield* on(
      "DELETE",
      "/api/:session/labels/:labelId",
      200,
      (session, call) =>
        Effect.gen(function*() {
          const found = yield* label(session, call)
          session.labels.delete(found.id)
          yield* tell(session, "label.deleted", "labels", withHex(found))
          return { success: true }
        })
    )
    yield* on(
      "GET",
      "/api/:session/labels/chats/:chatId",
      200,
      (session, call) =>
        business(
          session,
          Effect.sync(() =>
            (session.chatLabels.get(param(call, "chatId")) ?? []).flatMap((id) => {
              const found = session.labels.get(id)
              return found === undefined ? [] : [withHex(found)]
            })
          )
        )
    )
    const decodeSet = Http.decode(bodies.labels)
    yield* on(
      "PUT",
      "/api/:session/labels/chats/:chatId",
      200,
      (session, call) =>
        business(
          session,
          Effect.gen(function*() {
            const chatId = param(call, "chatId")
            const before = session.chatLabels.get(chatId) ?? []
            const after = (yield* decodeSet(call)).labels.map(({ id }) => id)
            session.chatLabels.set(chatId, after)
            const changed = (event: string, labelId: string) => {
              const known = session.labels.get(labelId)
              const label = known === undefined ? null : withHex(known)
              return tell(session, event, chatId, { labelId, chatId, label })
            }
            for (const id of before.filter((one) => !after.includes(one))) yield* changed("label.chat.deleted", id)
            for (const id of after.filter((one) => !before.includes(one))) yield* changed("label.chat.added", id)
            return { success: true }
          })
        )
    )
    yield* on(
      "GET",
      "/api/:session/labels/:labelId/chats",
      200,
      (session, call) =>
        Effect.map(
          label(session, call),
          ({ id }) => [...session.chatLabels].flatMap(([chatId, ids]) => ids.includes(id) ? [{ id: chatId }] : [])
        )
    )

    // --- presence

    const presenceOf = (session: WahaSession, id: string) => ({
      id,
      presences: session.subscriptions.has(id)
        ? [{ participant: id, lastKnownPresence: "online", lastSeen: null }]
        : []
    })
    const knowsPresence = <A>(session: WahaSession, effect: Effect.Effect<A, WahaFailure>) =>
      browsers.has(session.engine) ? Effect.fail(Failure.notImplemented(session.engine)) : effect
    yield* on(
      "GET",
      "/api/:session/presence/:chatId",
      200,
      (session, call) => knowsPresence(session, Effect.sync(() => presenceOf(session, param(call, "chatId"))))
    )
    yield* on(
      "POST",
      "/api/:session/presence/:chatId/subscribe",
      201,
      (session, call) => knowsPresence(session, done(() => session.subscriptions.add(param(call, "chatId"))))
    )

    // --- channels

    const channel = ({ id, ...rest }: { readonly id: string }) => ({
      id,
      ...rest,
      invite: `https://www.whatsapp.com/channel/${id.split("@")[0]}`,
      picture: null,
      preview: null,
      verified: false
    })
    yield* on(
      "GET",
      "/api/:session/channels",
      200,
      (session) => Effect.sync(() => Array.from(session.channels.values(), channel))
    )
    yield* on("GET", "/api/:session/channels/:id", 200, (session, call) => {
      const found = session.channels.get(param(call, "id"))
      return found === undefined
        ? Effect.fail(Failure.nest(404, "Channel not found", "Not Found"))
        : Effect.succeed(channel(found))
    })

    // --- screenshots and files

    yield* on("GET", "/api/screenshot", 200, (session, { request }) => {
      if (!browsers.has(session.engine)) return Effect.fail(Failure.notImplemented(session.engine))
      const { bytes } = SampleFiles.sample("image")
      return Effect.succeed(
        request.headers["accept"]?.includes("application/json") === true
          ? { mimetype: "image/png", data: Base64.encode(bytes) }
          : HttpServerResponse.uint8Array(bytes, { contentType: "image/png" })
      )
    })
    const decodeConvert = Http.decode(bodies.convert)
    for (const [what, mimetype] of [["voice", "audio/ogg; codecs=opus"], ["video", "video/mp4"]] as const) {
      yield* on(
        "POST",
        `/api/:session/media/convert/${what}`,
        201,
        (_, call) =>
          Effect.map(decodeConvert(call), () => {
            const sample = SampleFiles.sample(what === "voice" ? "audio" : "video")
            return { mimetype, data: Base64.encode(sample.bytes) }
          })
      )
    }

    // --- keys

    const admin = (path: `/${string}`, method: "GET" | "POST" | "PUT" | "DELETE", status: number, act: Http.Handler) =>
      router.add(
        method,
        path,
        Http.guarded(server, status, (call) => call.scope === "*" ? act(call) : Effect.fail(Failure.forbidden))
      )
    const decodeKey = Http.decode(bodies.key)
    const checked = Effect.fnUntraced(function*(call: Http.Call) {
      const { actions, ...body } = yield* decodeKey(call)
      return body.isAdmin === (body.session !== null)
        ? yield* Effect.fail(Failure.validation(["Either isAdmin or session must be set"]))
        : { ...body, actions: actions ?? null }
    })
    const found = (call: Http.Call) => {
      const key = sessions.apiKeys.get(param(call, "id"))
      return key === undefined
        ? Effect.fail(Failure.nest(404, "API key not found", "Not Found"))
        : Effect.succeed(key)
    }
    yield* admin("/api/keys", "GET", 200, () => Effect.sync(() => Array.from(sessions.apiKeys.values())))
    yield* admin("/api/keys", "POST", 201, (call) =>
      Effect.map(checked(call), (body) => {
        const name = EmulatorFaults.hex("key", `${sessions.apiKeys.size}:${body.session}:${chats.newMessageId()}`, 26)
        const made = { id: `key_id_${name}`, key: `key_${name.split("").toReversed().join("")}`, ...body }
        sessions.apiKeys.set(made.id, made)
        return made
      }))
    yield* admin("/api/keys/:id", "PUT", 200, (call) =>
      Effect.gen(function*() {
        const key = yield* found(call)
        const changed = { ...key, ...(yield* checked(call)) }
        sessions.apiKeys.set(key.id, changed)
        return changed
      }))
    yield* admin(
      "/api/keys/:id",
      "DELETE",
      200,
      (call) => Effect.flatMap(found(call), ({ id }) => done(() => sessions.apiKeys.delete(id)))
    )
  }))
