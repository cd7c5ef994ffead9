/**
 * The chats of the emulated WAHA server: what its clients send, what people do on their phones, and the events of both.
 *
 * @since 0.1.0
 */
import { Clock, Effect, FiberSet, Result } from "effect"
import type { Scope } from "effect"
import { Base64 } from "effect/encoding"
import * as Emulator from "../Emulator.ts"
import * as EmulatorFaults from "../EmulatorFaults.ts"
import * as SampleFiles from "../SampleFiles.ts"
import * as EmulatorPhones from "../EmulatorPhones.ts"
import * as Message from "./WahaMessage.ts"
import type { WahaMessage } from "./WahaMessage.ts"
import type { People } from "./WahaPeople.ts"
import type { WahaSession } from "./WahaSession.ts"
import type { WahaSessions } from "./WahaSessions.ts"
import type { WahaWebhooks } from "./WahaWebhooks.ts"

/** A file that a message carries. @category models @since 0.1.0 */
export interface StoredFile {
  readonly bytes: Uint8Array
  readonly mimetype: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** A file as it comes with a message. @category models @since 0.1.0 */
export interface AttachedFile {
  readonly mimetype: string
  /** Base64. */
  readonly data: string | undefined
  readonly fileName: string | null
}

/** A message that a client asks to send. @category models @since 0.1.0 */
export interface Draft {
  readonly chatId: string
  readonly kind: string
  readonly body: string
  readonly file?: { readonly url?: string | undefined } & AttachedFile
  readonly location?: WahaMessage["location"]
  readonly vCards?: WahaMessage["vCards"]
  readonly poll?: WahaMessage["poll"]
  readonly replyTo?: string | undefined
  /** The reserved id. */
  readonly id?: string | undefined
  readonly request: unknown
}

/** @category models @since 0.1.0 */
export interface WahaChats {
  /** By `{session}/{name}`. */
  readonly files: ReadonlyMap<string, StoredFile>
  readonly newMessageId: () => string
  /** The customer's key of a chat id, or the id itself for groups. */
  readonly customerOf: (chatId: string) => string
  /** Takes a message; the same reserved id again gives the message that it has. */
  readonly accept: (session: WahaSession, draft: Draft) => Effect.Effect<WahaMessage>
  readonly edit: (session: WahaSession, message: WahaMessage, body: string) => Effect.Effect<void>
  readonly revoke: (session: WahaSession, message: WahaMessage) => Effect.Effect<void>
  readonly react: (session: WahaSession, messageId: string, emoji: string) => Effect.Effect<void>
  /** The session's whole choice in a poll. */
  readonly vote: (session: WahaSession, poll: WahaMessage, options: ReadonlyArray<string>) => Effect.Effect<void>
  /** Loads the file of a message from the phone again: its address lives anew. */
  readonly reload: (message: WahaMessage) => Effect.Effect<void>
  /** Waits until no acknowledgement is due. */
  readonly settled: Effect.Effect<void>
  /** A customer begins to write, or stops: whoever follows them is told. */
  readonly customerTypes: (
    typing: { readonly account: string; readonly from: Emulator.Customer; readonly on: boolean }
  ) => Effect.Effect<void>
  readonly customerWrites: Emulator.Control["customerWrites"]
  readonly businessWrites: Emulator.Control["businessWrites"]
}

/** @category models @since 0.1.0 */
export interface Options {
  readonly seed: string
  /** The address in media links. */
  readonly publicUrl: () => string
  readonly people: People
  readonly sessions: WahaSessions
  readonly webhooks: WahaWebhooks
  readonly faults: EmulatorFaults.FaultState
  readonly ledger: Emulator.Ledger
  readonly phones: EmulatorPhones.Phones
}

const extensions: Readonly<Record<string, string>> = {
  "image/jpeg": "jpeg",
  "image/png": "png",
  "image/webp": "webp",
  "video/mp4": "mp4",
  "audio/ogg; codecs=opus": "oga",
  "audio/mpeg": "mp3",
  "application/pdf": "pdf"
}

const ackStatuses: ReadonlyArray<EmulatorPhones.BubbleStatus> = [
  "failed",
  "accepted",
  "sent",
  "delivered",
  "read",
  "played"
]

const fileOf = (content: Emulator.CustomerContent): AttachedFile | undefined => {
  switch (content.type) {
    case "image":
    case "video":
    case "document":
    case "sticker":
    case "audio": {
      const sample = SampleFiles.sample(content.type)
      return {
        mimetype: content.mimeType ?? sample.mimeType,
        data: content.data ?? Base64.encode(sample.bytes),
        fileName: content.fileName ?? null
      }
    }
    default:
      return undefined
  }
}

const locationOf = (content: Extract<Emulator.CustomerContent, { type: "location" }>) => ({
  latitude: String(content.latitude),
  longitude: String(content.longitude),
  live: false,
  name: content.name ?? null,
  address: content.address ?? null,
  url: null,
  description: null,
  thumbnail: null
})

const editWindow = 900_000

const card = ({ name, phone }: { readonly name: string; readonly phone: string }) =>
  `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nTEL;type=CELL;waid=${phone.replaceAll(/[^\d]/g, "")}:${phone}\nEND:VCARD`

const utf8 = new TextEncoder()

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  { faults, ledger, people, phones, publicUrl, seed, sessions, webhooks }: Options
): Effect.fn.Return<WahaChats, never, Scope.Scope> {
  const { emit, emitWhenWorking } = webhooks
  const files = new Map<string, StoredFile>()
  const fibers = yield* FiberSet.make()
  let made = 0

  const newMessageId = () => `3EB0${EmulatorFaults.hex(seed, `message:${++made}`, 18).toUpperCase()}`

  const emitMessage = (session: WahaSession, message: WahaMessage, name?: string) => {
    const payload = Message.payload(session, message, name)
    const about = { lane: message.customer, customer: message.customer, text: message.body, messageId: message.id }
    const any = emitWhenWorking(session, "message.any", payload, about)
    return message.fromMe ? any : Effect.andThen(emitWhenWorking(session, "message", payload, about), any)
  }

  const customerOf = (chatId: string): string => {
    if (chatId.endsWith("@lid")) return people.ofLid(chatId).key
    return chatId.endsWith("@c.us") || chatId.endsWith("@s.whatsapp.net") || !chatId.includes("@")
      ? people.ofPhone(chatId).key
      : chatId
  }

  /** The id under which the session sees a customer. */
  const chatOf = (session: WahaSession, customer: string): string => {
    const person = people.ofKey(customer)
    if (person === undefined) return customer
    return session.addressing === "lid" || person.phone === undefined ? `${person.lid}@lid` : `${person.phone}@c.us`
  }

  const keep = (session: WahaSession, message: WahaMessage) => {
    session.messages.set(message.id, message)
    return phones.add(session.name, message.customer, {
      id: message.id,
      from: message.fromMe ? "business" : "customer",
      source: message.fromMe ? (message.source === "api" ? "api" : "phone") : "customer",
      kind: message.kind,
      text: message.body,
      at: message.at,
      status: message.fromMe ? "accepted" : "received",
      reactions: {},
      native: Message.payload(session, message),
      ...(message.replyTo === undefined ? undefined : { replyTo: message.replyTo })
    })
  }

  const acknowledge = Effect.fnUntraced(function*(session: WahaSession, id: string, ack: number) {
    const before = session.messages.get(id)
    if (before === undefined) return
    const message = { ...before, ack }
    session.messages.set(id, message)
    const status = ackStatuses[ack + 1] ?? "accepted"
    yield* phones.change(session.name, message.customer, id, EmulatorPhones.withStatus(status))
    yield* emit(session, "message.ack", Message.ackPayload(session, message, chatOf(session, message.customer)), {
      lane: message.customer,
      customer: message.customer,
      messageId: id
    })
  })

  const progress = Effect.fnUntraced(function*(session: WahaSession, id: string) {
    const current = faults.current()
    if (!current.statuses) return
    const customer = session.messages.get(id)?.customer ?? ""
    if (session.restricted || session.unreachable.has(customer)) {
      yield* Effect.sleep(faults.between(current.sentDelay, `ack:-1:${id}`))
      return yield* acknowledge(session, id, -1)
    }
    const steps = [
      [1, current.sentDelay],
      [2, current.deliveredDelay],
      ...(current.read ? [[3, current.readDelay] as const] : [])
    ] as const
    for (const [ack, range] of steps) {
      yield* Effect.sleep(faults.between(range, `ack:${ack}:${id}`))
      yield* acknowledge(session, id, ack)
    }
  })

  const storeFile = (session: WahaSession, id: string, file: AttachedFile, at: number): WahaMessage["media"] => {
    const { fileName, mimetype } = file
    const bytes = Result.getOrElse(
      Result.flatMap(Result.fromNullishOr(file.data, () => undefined), Base64.decode),
      () => utf8.encode(`file of ${id}`)
    )
    const name = `${session.name}/${id}.${extensions[mimetype] ?? "bin"}`
    files.set(name, { bytes, mimetype, at })
    return { url: `${publicUrl()}/api/files/${name}`, mimetype, filename: fileName }
  }

  const accept = Effect.fnUntraced(function*(session: WahaSession, draft: Draft) {
    const customer = customerOf(draft.chatId)
    const reserved = draft.id === undefined ? undefined : Message.bareId(draft.id)
    const entry = {
      account: session.name,
      direction: "send" as const,
      to: customer,
      text: draft.body,
      raw: draft.request,
      ...(reserved === undefined ? undefined : { clientMessageId: reserved })
    }
    const existing = reserved === undefined ? undefined : session.messages.get(reserved)
    if (existing !== undefined) {
      yield* ledger.append({ ...entry, providerMessageId: existing.id, outcome: "repeated" })
      return existing
    }
    const id = reserved ?? newMessageId()
    const at = yield* Clock.currentTimeMillis
    const { file } = draft
    const message: WahaMessage = {
      id,
      customer,
      chatId: draft.chatId,
      fromMe: true,
      source: "api",
      participant: null,
      at,
      kind: draft.kind,
      ack: 0,
      body: draft.body,
      media: file === undefined
        ? null
        : file.url === undefined
        ? storeFile(session, id, file, at)
        : { url: file.url, mimetype: file.mimetype, filename: file.fileName },
      location: draft.location ?? null,
      vCards: draft.vCards ?? null,
      poll: draft.poll,
      replyTo: draft.replyTo === undefined ? undefined : Message.bareId(draft.replyTo),
      native: undefined
    }
    yield* ledger.append({ ...entry, providerMessageId: message.id, outcome: "accepted" })
    yield* keep(session, message)
    yield* phones.typing(session.name, customer, false)
    yield* emitMessage(session, { ...message, chatId: chatOf(session, customer) })
    yield* FiberSet.run(fibers, progress(session, message.id))
    return message
  }, Effect.uninterruptible)

  const notice = (
    session: WahaSession,
    message: WahaMessage,
    more: Readonly<Record<string, unknown>>,
    fromMe: boolean
  ) =>
    Effect.map(Clock.currentTimeMillis, (at) => ({
      ...Message.payload(session, { ...message, id: newMessageId(), fromMe, at, media: null, native: undefined }),
      ...more
    }))

  const aboutOf = (message: WahaMessage) => ({
    lane: message.customer,
    customer: message.customer,
    messageId: message.id
  })

  const edit = Effect.fnUntraced(function*(session: WahaSession, message: WahaMessage, body: string) {
    // What is sent later the phones ignore.
    if ((yield* Clock.currentTimeMillis) - message.at > editWindow) return
    session.messages.set(message.id, { ...message, body })
    yield* phones.change(
      session.name,
      message.customer,
      message.id,
      (bubble) => ({ ...bubble, text: body, edited: true })
    )
    const edited = yield* notice(session, message, { body, editedMessageId: message.id }, message.fromMe)
    yield* emitWhenWorking(session, "message.edited", edited, aboutOf(message))
  })

  const revoke = Effect.fnUntraced(function*(session: WahaSession, message: WahaMessage) {
    session.messages.delete(message.id)
    yield* phones.change(session.name, message.customer, message.id, (bubble) => ({ ...bubble, revoked: true }))
    const after = yield* notice(session, message, { body: "" }, message.fromMe)
    yield* emitWhenWorking(session, "message.revoked", {
      revokedMessageId: message.id,
      after,
      before: Message.payload(session, message),
      _data: {}
    }, aboutOf(message))
  })

  const reaction = Effect.fnUntraced(function*(
    session: WahaSession,
    message: WahaMessage,
    emoji: string,
    by: { readonly fromMe: boolean; readonly source: "api" | "app"; readonly id: string }
  ) {
    const side = by.fromMe ? "business" : "customer"
    yield* phones.change(session.name, message.customer, message.id, (bubble) => {
      const { [side]: _, ...rest } = bubble.reactions
      return { ...bubble, reactions: emoji === "" ? rest : { ...rest, [side]: emoji } }
    })
    const at = yield* Clock.currentTimeMillis
    const chatId = chatOf(session, message.customer)
    yield* emitWhenWorking(session, "message.reaction", {
      ...Message.payload(session, {
        ...message,
        ...by,
        at,
        chatId,
        body: "",
        media: null,
        location: null,
        vCards: null,
        replyTo: undefined,
        native: undefined
      }),
      timestamp: at / 1000,
      reaction: { text: emoji, messageId: Message.fullId({ ...message, chatId }) }
    }, aboutOf(message))
  })

  const vote = Effect.fnUntraced(function*(
    session: WahaSession,
    poll: WahaMessage,
    options: ReadonlyArray<string>,
    by: { readonly fromMe: boolean; readonly id: string; readonly at: number }
  ) {
    const chatId = chatOf(session, poll.customer)
    const end = (fromMe: boolean) => fromMe ? { from: "me", to: chatId } : { from: chatId, to: "me" }
    yield* emitWhenWorking(session, "poll.vote", {
      vote: {
        id: Message.fullId({ id: by.id, fromMe: by.fromMe, chatId, participant: null }),
        ...end(by.fromMe),
        fromMe: by.fromMe,
        selectedOptions: options,
        timestamp: Math.floor(by.at / 1000)
      },
      poll: { id: Message.fullId({ ...poll, chatId }), ...end(poll.fromMe), fromMe: poll.fromMe }
    }, aboutOf(poll))
  })

  const react = Effect.fnUntraced(function*(session: WahaSession, messageId: string, emoji: string) {
    const message = session.messages.get(Message.bareId(messageId))
    yield* ledger.append({
      account: session.name,
      direction: "other",
      text: emoji,
      outcome: "reaction",
      raw: { messageId, reaction: emoji },
      ...(message === undefined ? undefined : { to: message.customer, providerMessageId: message.id })
    })
    if (message === undefined) return
    yield* reaction(session, message, emoji, { fromMe: true, source: "api", id: newMessageId() })
  })

  const writes = Effect.fnUntraced(function*(
    message: Emulator.CustomerMessage | Emulator.EchoMessage,
    customer: Emulator.Customer,
    fromMe: boolean
  ) {
    const session = sessions.get(message.account)
    if (session === undefined) return yield* new Emulator.UnknownAccount({ account: message.account })
    const person = people.ofCustomer(customer)
    const content = Emulator.contentOf(message)
    const at = message.timestamp ?? (yield* Clock.currentTimeMillis)
    const id = message.messageId === undefined ? newMessageId() : Message.bareId(message.messageId)
    const result = { providerMessageId: id }
    const by = { fromMe, source: "app" as const, id }
    switch (content.type) {
      case "reaction":
      case "edit":
      case "vote":
      case "revoke": {
        const target = session.messages.get(Message.bareId(content.messageId))
        if (target === undefined) {
          return yield* new Emulator.InvalidControl({ reason: `no message "${content.messageId}" in this session` })
        }
        if (content.type === "reaction") yield* reaction(session, target, content.emoji ?? "", by)
        else if (content.type === "edit") yield* edit(session, target, content.text)
        else if (content.type === "vote") {
          if (
            target.poll === undefined ||
            content.options.some((option) => target.poll?.options.includes(option) !== true)
          ) {
            return yield* new Emulator.InvalidControl({ reason: "there is no such choice" })
          }
          yield* vote(session, target, content.options, { ...by, at })
        } else yield* revoke(session, target)
        return result
      }
      default: {
        const file = fileOf(content)
        const stored: WahaMessage = {
          id,
          customer: person.key,
          chatId: chatOf(session, person.key),
          fromMe,
          source: "app",
          participant: null,
          at,
          kind: content.type,
          ack: fromMe ? 1 : 2,
          body: Emulator.textOf(content),
          media: file === undefined ? null : storeFile(session, id, file, at),
          location: content.type === "location" ? locationOf(content) : null,
          vCards: content.type === "contacts" ? content.contacts.map(card) : null,
          poll: content.type === "poll" ? { options: content.options, multiple: content.multiple ?? false } : undefined,
          replyTo: message.replyTo === undefined ? undefined : Message.bareId(message.replyTo),
          native: content.type === "native" ? content.message : undefined
        }
        yield* keep(session, stored)
        yield* emitMessage(session, stored, fromMe ? undefined : person.name)
        if (fromMe) yield* FiberSet.run(fibers, progress(session, id))
        return result
      }
    }
  }, Effect.uninterruptible)

  const customerTypes: WahaChats["customerTypes"] = Effect.fnUntraced(function*({ account, from, on }) {
    const session = sessions.get(account)
    const { key } = people.ofCustomer(from)
    const followed = Array.from(session?.subscriptions ?? []).find((chatId) => customerOf(chatId) === key)
    if (session === undefined || followed === undefined) return
    yield* emitWhenWorking(session, "presence.update", {
      id: followed,
      presences: [{ participant: followed, lastKnownPresence: on ? "typing" : "paused", lastSeen: null }]
    }, { lane: key, customer: key })
  })

  const reload = Effect.fnUntraced(function*({ media }: WahaMessage) {
    const at = yield* Clock.currentTimeMillis
    const name = media?.url.split("/api/files/")[1] ?? ""
    const file = files.get(name)
    if (file !== undefined) files.set(name, { ...file, at })
  })

  return {
    files,
    reload,
    newMessageId,
    customerOf,
    accept,
    edit,
    revoke,
    react,
    vote: (session, poll, options) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (at) => vote(session, poll, options, { fromMe: true, id: newMessageId(), at })
      ),
    settled: FiberSet.awaitEmpty(fibers),
    customerTypes,
    customerWrites: (message) => writes(message, message.from, false),
    businessWrites: (message) => writes(message, message.to, true)
  }
})
