/**
 * The sending half of the emulated WAHA API, with the faults that a send can meet.
 *
 * @since 0.1.0
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Clock, DateTime, Effect } from "effect"
import type { Layer, Schema } from "effect"
import { Base64 } from "effect/encoding"
import { HttpRouter } from "effect/http"
import type * as EmulatorPhones from "../EmulatorPhones.ts"
import * as SampleFiles from "../SampleFiles.ts"
import type { Draft } from "./WahaChats.ts"
import * as Failure from "./WahaFailure.ts"
import type { WahaFailure } from "./WahaFailure.ts"
import * as Http from "./WahaHttp.ts"
import type { Call } from "./WahaHttp.ts"
import * as Message from "./WahaMessage.ts"
import type { WahaMessage } from "./WahaMessage.ts"
import * as Requests from "./WahaRequests.ts"
import type { WahaServer } from "./WahaServer.ts"
import type { WahaSession } from "./WahaSession.ts"

const { bodies } = Requests

/** What only some engines can send. */
const offers: Readonly<Record<string, ReadonlySet<WahaSession["engine"]>>> = {
  "/api/send/link-custom-preview": new Set(["GOWS", "NOWEB"]),
  "/api/sendButtons": new Set(["NOWEB"]),
  "/api/sendList": new Set(["GOWS", "NOWEB"])
}

type Content = Omit<Draft, "chatId" | "replyTo" | "id" | "request">

const fileOf = (file: typeof bodies.voice.Type["file"], mimetype: string): NonNullable<Draft["file"]> => ({
  mimetype: file.mimetype ?? mimetype,
  data: file.data ?? undefined,
  url: file.url ?? undefined,
  fileName: file.filename ?? null
})

/** A recording as it is sent: converted, if that was asked for. */
const recordingOf = (
  { convert, file }: Pick<typeof bodies.voice.Type, "convert" | "file">,
  mimetype: string,
  kind: "audio" | "video"
): NonNullable<Draft["file"]> => {
  const given = fileOf(file, mimetype)
  return convert
    ? { mimetype, data: Base64.encode(SampleFiles.sample(kind).bytes), fileName: given.fileName }
    : given
}

const vCardOf = (contact: typeof bodies.contacts.Type["contacts"][number]): string =>
  contact.vcard
    ? contact.vcard
    : `BEGIN:VCARD\nVERSION:3.0\nFN:${contact.fullName ?? ""}\nTEL;waid=${contact.whatsappId ?? ""}:${
      contact.phoneNumber ?? ""
    }\nEND:VCARD`

/**
 * `POST /api/send*` and what else changes a chat.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = (server: WahaServer): Layer.Layer<never, never, HttpRouter.HttpRouter> => {
  const { chats, control } = server
  const { faults, ledger, phones } = control
  const attempts = new Map<string, number>()

  /** Names one attempt, so that a repetition of a send has faults of its own. */
  const attemptOf = (session: WahaSession, call: Call): string => {
    const { chatId, id, text } = call.body
    const message = `${session.name}:${typeof id === "string" ? id : `${String(chatId)}:${String(text)}`}`
    const attempt = (attempts.get(message) ?? 0) + 1
    attempts.set(message, attempt)
    return `${message}:${attempt}`
  }

  const cut = (call: Call) =>
    Effect.andThen(
      Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(call.request).socket.destroy()),
      Effect.never
    )

  const refuse = Effect.fnUntraced(function*(
    session: WahaSession,
    call: Call,
    path: string,
    code: string,
    refusal?: WahaFailure
  ) {
    const { chatId, text } = call.body
    yield* ledger.append({
      account: session.name,
      direction: "send",
      outcome: `refused:${code}`,
      raw: { path, body: call.body },
      ...(typeof chatId === "string" ? { to: chats.customerOf(chatId) } : undefined),
      ...(typeof text === "string" ? { text } : undefined),
      ...(typeof call.body["id"] === "string" ? { clientMessageId: call.body["id"] } : undefined)
    })
    const at = DateTime.formatIso(DateTime.makeUnsafe(yield* Clock.currentTimeMillis))
    return yield* Effect.fail(
      refusal ?? Failure.ofCode(code, { session: session.name, path, engine: session.engine, at })
    )
  })

  const afterAcceptance = Effect.fnUntraced(
    function*(session: WahaSession, call: Call, subject: string, message: WahaMessage) {
      if (faults.hit("closeAfterAcceptance", subject)) return yield* cut(call)
      if (faults.hit("timeoutAfterAcceptance", subject)) {
        const { answerAfter } = faults.current()
        yield* answerAfter === null ? Effect.never : Effect.sleep(answerAfter)
      }
      if (faults.hit("errorAfterAcceptance", subject)) {
        return yield* Effect.fail(Failure.nest(500, "Internal server error"))
      }
      return Message.answer(session, message)
    }
  )

  const deliver = Effect.fnUntraced(function*(
    call: Call,
    path: string,
    input: { readonly chatId: string; readonly reply_to?: string | null; readonly id?: string | null },
    content: Content
  ) {
    const session = yield* Http.sessionOf(server, call)
    if (session.status !== "WORKING") {
      return yield* refuse(session, call, path, "422", Failure.sessionStatus(session.name, session.status))
    }
    const engines = offers[path]
    if (engines !== undefined && !engines.has(session.engine)) {
      return yield* refuse(session, call, path, "501", Failure.notImplemented(session.engine))
    }
    if (content.kind === "list" && !/@(c\.us|lid)$/.test(input.chatId)) {
      return yield* refuse(
        session,
        call,
        path,
        "422",
        Failure.nest(422, "List message can only be sent to a direct message chat.", "Unprocessable Entity")
      )
    }
    const subject = attemptOf(session, call)
    const { answerDelay, errorCode } = faults.current()
    const wait = faults.between(answerDelay, `answer:${subject}`)
    if (wait > 0) yield* Effect.sleep(wait)
    if (faults.hit("closeBeforeAcceptance", subject)) return yield* cut(call)
    if (faults.hit("error", subject)) return yield* refuse(session, call, path, errorCode)
    // Browser engines choose their own ids.
    const reserves = session.engine === "GOWS" || session.engine === "NOWEB"
    const message = yield* chats.accept(session, {
      ...content,
      chatId: input.chatId,
      replyTo: input.reply_to ?? undefined,
      id: reserves ? input.id ?? undefined : undefined,
      request: { path, body: call.body }
    })
    return yield* afterAcceptance(session, call, subject, message)
  })

  const other = (session: WahaSession, outcome: string, call: Call, chatId: string) =>
    ledger.append({
      account: session.name,
      direction: "other",
      to: chats.customerOf(chatId),
      outcome,
      raw: call.body
    })

  return HttpRouter.use(Effect.fnUntraced(function*(router) {
    const post = (path: `/${string}`, handler: Http.Handler) =>
      router.add("POST", path, Http.guarded(server, 201, handler))

    const send = <A extends { readonly chatId: string }, I>(
      path: `/${string}`,
      schema: Schema.Codec<A, I>,
      toContent: (input: A) => Content
    ) => {
      const decode = Http.decode(schema)
      return post(path, (call) => Effect.flatMap(decode(call), (input) => deliver(call, path, input, toContent(input))))
    }

    yield* send("/api/sendText", bodies.text, ({ text }) => ({ kind: "text", body: text }))
    yield* send("/api/reply", bodies.reply, ({ text }) => ({ kind: "text", body: text }))
    yield* send("/api/send/link-custom-preview", bodies.preview, ({ text }) => ({ kind: "text", body: text }))
    yield* send("/api/sendImage", bodies.media, ({ caption, file }) => ({
      kind: "image",
      body: caption ?? "",
      file: fileOf(file, "image/jpeg")
    }))
    yield* send("/api/sendFile", bodies.media, ({ caption, file }) => ({
      kind: "document",
      body: caption ?? "",
      file: fileOf(file, "application/octet-stream")
    }))
    yield* send("/api/sendVoice", bodies.voice, (input) => ({
      kind: "audio",
      body: "",
      file: recordingOf(input, "audio/ogg; codecs=opus", "audio")
    }))
    yield* send("/api/sendVideo", bodies.video, (input) => ({
      kind: "video",
      body: input.caption ?? "",
      file: recordingOf(input, "video/mp4", "video")
    }))
    yield* send("/api/sendLocation", bodies.location, ({ latitude, longitude, title }) => ({
      kind: "location",
      body: title,
      location: { latitude: String(latitude), longitude: String(longitude), live: false, name: title }
    }))
    yield* send("/api/sendContactVcard", bodies.contacts, ({ contacts }) => ({
      kind: "contacts",
      body: "",
      vCards: contacts.map(vCardOf)
    }))
    yield* send(
      "/api/sendList",
      bodies.list,
      ({ message }) => ({ kind: "list", body: message.description ?? message.title })
    )
    yield* send("/api/sendButtons", bodies.buttons, ({ body }) => ({ kind: "buttons", body }))
    yield* send("/api/sendPoll", bodies.poll, ({ poll }) => ({
      kind: "poll",
      body: poll.name,
      poll: { options: poll.options, multiple: poll.multipleAnswers }
    }))

    const forward = Http.decode(bodies.forward)
    yield* post(
      "/api/forwardMessage",
      Effect.fnUntraced(function*(call) {
        const input = yield* forward(call)
        const session = yield* Http.workingSession(server, call)
        const original = session.messages.get(Message.bareId(input.messageId))
        if (original === undefined) {
          return yield* Effect.fail(
            Failure.nest(422, `Message with id '${input.messageId}' not found`, "Unprocessable Entity")
          )
        }
        return yield* deliver(call, "/api/forwardMessage", input, {
          kind: original.kind,
          body: original.body,
          poll: original.poll
        })
      })
    )

    const reaction = Http.decode(bodies.reaction)
    yield* router.add(
      "PUT",
      "/api/reaction",
      Http.guarded(
        server,
        200,
        Effect.fnUntraced(function*(call) {
          const input = yield* reaction(call)
          const session = yield* Http.workingSession(server, call)
          if (!/^(true|false)_[^_]+_[^_]+/.test(input.messageId)) {
            const at = DateTime.formatIso(DateTime.makeUnsafe(yield* Clock.currentTimeMillis))
            return yield* Effect.fail(Failure.exception(
              "Message id be in format false_11111111111@c.us_AAAAAAAAAAAAAAAAAAAA[_participant]",
              { path: "/api/reaction", engine: session.engine, at }
            ))
          }
          yield* chats.react(session, input.messageId, input.reaction)
          return { id: `true_${input.messageId.split("_")[1]}_${chats.newMessageId()}` }
        })
      )
    )

    const seen = Http.decode(bodies.seen)
    yield* post(
      "/api/sendSeen",
      Effect.fnUntraced(function*(call) {
        const input = yield* seen(call)
        const session = yield* Http.workingSession(server, call)
        const customer = chats.customerOf(input.chatId)
        const named = [...input.messageIds ?? [], ...(input.messageId == null ? [] : [input.messageId])].map(
          Message.bareId
        )
        const ids = named.length > 0
          ? named
          : phones.chat(customer, session.name).filter(({ from }) => from === "customer").map(({ id }) => id)
        yield* other(session, "read", call, input.chatId)
        for (const id of ids) session.seen.add(id)
        yield* Effect.forEach(ids, (id) => phones.read(session.name, customer, id), { discard: true })
        return {}
      })
    )

    const typing = (on: boolean): Http.Handler => {
      const decode = Http.decode(bodies.chat)
      return Effect.fnUntraced(function*(call) {
        const input = yield* decode(call)
        const session = yield* Http.workingSession(server, call)
        yield* other(session, on ? "typing" : "paused", call, input.chatId)
        yield* phones.typing(session.name, chats.customerOf(input.chatId), on)
        return undefined
      })
    }
    yield* post("/api/startTyping", typing(true))
    yield* post("/api/stopTyping", typing(false))

    const presence = Http.decode(bodies.presence)
    yield* post(
      "/api/:session/presence",
      Effect.fnUntraced(function*(call) {
        const input = yield* presence(call)
        const session = yield* Http.workingSession(server, call)
        if (input.chatId != null) {
          yield* phones.typing(session.name, chats.customerOf(input.chatId), input.presence === "typing")
        } else if (input.presence === "online" || input.presence === "offline") {
          session.presence = input.presence
        }
        return undefined
      })
    )

    const notFound = Effect.fail(Failure.nest(404, "Message not found", "Not Found"))

    /** Browser engines look a message up by its full id, socket engines by the bare one in its chat. */
    const messageOf = Effect.fnUntraced(function*(session: WahaSession, chatId: string, messageId: string) {
      const message = session.messages.get(Message.bareId(messageId))
      const browser = session.engine === "WEBJS" || session.engine === "WPP"
      if (message === undefined || message.customer !== chats.customerOf(chatId)) return yield* notFound
      return browser && !messageId.startsWith(`${message.fromMe}_`) ? yield* notFound : message
    })
    const namedMessage = Effect.fnUntraced(function*(call: Call) {
      const session = yield* Http.workingSession(server, call)
      const { chatId = "", messageId = "" } = call.params
      return { session, message: yield* messageOf(session, chatId, messageId) }
    })
    const ownMessage = Effect.fnUntraced(function*(call: Call) {
      const named = yield* namedMessage(call)
      return named.message.fromMe ? named : yield* notFound
    })
    const voted = Http.decode(bodies.vote)
    yield* post(
      "/api/sendPollVote",
      Effect.fnUntraced(function*(call) {
        const { chatId, pollMessageId, votes } = yield* voted(call)
        const session = yield* Http.workingSession(server, call)
        if (session.engine !== "GOWS") return yield* Effect.fail(Failure.notImplemented(session.engine))
        const message = yield* messageOf(session, chatId, pollMessageId)
        if (message.poll === undefined || votes.some((one) => message.poll?.options.includes(one) !== true)) {
          return yield* Effect.fail(
            Failure.nest(422, `Poll '${pollMessageId}' is not available to vote on.`, "Unprocessable Entity")
          )
        }
        yield* chats.vote(session, message, votes)
        yield* other(session, "vote", call, chatId)
        return { id: `true_${chatId}_${chats.newMessageId()}` }
      })
    )
    const pinned = Http.decode(bodies.pin)
    const mark = (message: WahaMessage, session: WahaSession, change: Partial<EmulatorPhones.Bubble>) =>
      phones.change(session.name, message.customer, message.id, (bubble) => ({ ...bubble, ...change }))
    const pin = (on: boolean): Http.Handler => (call) =>
      Effect.gen(function*() {
        if (on) yield* pinned(call)
        const { message, session } = yield* namedMessage(call)
        yield* mark(message, session, { pinned: on })
        return { success: true }
      })
    yield* post("/api/:session/chats/:chatId/messages/:messageId/pin", pin(true))
    yield* post("/api/:session/chats/:chatId/messages/:messageId/unpin", pin(false))

    const starred = Http.decode(bodies.star)
    yield* router.add(
      "PUT",
      "/api/star",
      Http.guarded(server, 200, (call) =>
        Effect.gen(function*() {
          const { chatId, messageId, star } = yield* starred(call)
          const session = yield* Http.workingSession(server, call)
          if (session.engine === "GOWS") return yield* Effect.fail(Failure.notImplemented(session.engine))
          yield* mark(yield* messageOf(session, chatId, messageId), session, { starred: star })
          return undefined
        }))
    )
    const edited = Http.decode(bodies.edit)
    yield* router.add(
      "PUT",
      "/api/:session/chats/:chatId/messages/:messageId",
      Http.guarded(server, 200, (call) =>
        Effect.gen(function*() {
          const { text } = yield* edited(call)
          const { message, session } = yield* ownMessage(call)
          yield* chats.edit(session, message, text)
          return Message.answer(session, message)
        }))
    )
    yield* router.add(
      "DELETE",
      "/api/:session/chats/:chatId/messages/:messageId",
      Http.guarded(server, 200, (call) =>
        Effect.gen(function*() {
          const { message, session } = yield* ownMessage(call)
          yield* chats.revoke(session, message)
          return session.engine === "NOWEB" || session.engine === "GOWS" ? Message.answer(session, message) : undefined
        }))
    )
  }))
}
