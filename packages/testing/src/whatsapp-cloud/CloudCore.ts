/**
 * What the emulated Cloud API knows and does: accounts, customers, limits, accepted messages and their statuses.
 *
 * @since 0.1.0
 */
import { Clock, Effect, FiberSet, Result, Schema } from "effect"
import type { Scope } from "effect"
import { Base64 } from "effect/encoding"
import { HttpClient } from "effect/http"
import * as Emulator from "../Emulator.ts"
import * as EmulatorFaults from "../EmulatorFaults.ts"
import * as EmulatorPhones from "../EmulatorPhones.ts"
import * as WebhookDelivery from "../WebhookDelivery.ts"
import * as CloudAccount from "./CloudAccount.ts"
import * as CloudAdmission from "./CloudAdmission.ts"
import * as SampleFiles from "../SampleFiles.ts"
import * as CloudLimits from "./CloudLimits.ts"
import * as CloudMedia from "./CloudMedia.ts"
import * as CloudPayload from "./CloudPayload.ts"
import * as CloudProgress from "./CloudProgress.ts"
import * as CloudTemplates from "./CloudTemplates.ts"
import type { CloudRead, CloudSend } from "./CloudSend.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Ids, faults and timing are drawn from it; another one for every start by default. */
  readonly seed: string
  readonly faults?: EmulatorFaults.FaultsInput | undefined
  readonly delivery?: Pick<WebhookDelivery.Options, "concurrency" | "retryAfter" | "timeout"> | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface CloudCore {
  readonly control: Emulator.Control
  readonly media: CloudMedia.CloudMedia
  readonly templates: CloudTemplates.CloudTemplates
  /** What the provider does with a template of the account's business. */
  readonly template: (
    account: string,
    change: CloudAccount.TemplateChange
  ) => Effect.Effect<void, Emulator.UnknownAccount | Emulator.InvalidControl>
  readonly account: (id: string) => CloudAccount.CloudAccount | undefined
  readonly accounts: () => ReadonlyArray<CloudAccount.CloudAccount>
  readonly configure: (id: string, input: CloudAccount.AccountInput) => Effect.Effect<CloudAccount.CloudAccount>
  /** Changes what only the API itself changes: callbacks, registration, the PIN. */
  readonly amend: (id: string, change: Partial<CloudAccount.CloudAccount>) => void
  /** Calls a callback address with a verify token; whether it answered with the challenge. */
  readonly verify: (callback: CloudAccount.Callback) => Effect.Effect<boolean>
  /** Puts a webhook of a field on its way; with a key, the value is one element of that list. */
  readonly emit: (
    account: string,
    update: CloudPayload.Update
  ) => Effect.Effect<void>
  /** Whom a number does not hear. */
  readonly blocked: (account: string) => Set<string>
  /** Every request that came, as it came. */
  readonly requests: Array<CloudRequest>
  /** What was sent and accepted, for the analytics. */
  readonly sent: (account: string) => ReadonlyArray<SentMessage>
  /** A number that differs with every call. */
  readonly newId: (what: string) => string
  /** Calls the account's callback address with its verify token; whether it answered with the challenge. */
  readonly handshake: (id: string) => Effect.Effect<boolean, Emulator.UnknownAccount>
  /** Accepts a message, or refuses it for its state: window, limits, opt-out, missing file. */
  readonly send: (
    account: CloudAccount.CloudAccount,
    send: CloudSend
  ) => Effect.Effect<
    { readonly id: string; readonly customer: Emulator.Customer; readonly held: CloudAccount.TemplateHold | null },
    GraphFailure
  >
  /** Lets the account's messages go that are kept back, or drops them; gives how many that were. */
  readonly release: (account: string, outcome: "send" | "drop") => Effect.Effect<number, Emulator.UnknownAccount>
  readonly read: (account: CloudAccount.CloudAccount, read: CloudRead) => Effect.Effect<void, GraphFailure>
  /** Posts any change to the account's callback address. */
  readonly webhook: (
    account: string,
    field: string,
    value: Readonly<Record<string, unknown>>
  ) => Effect.Effect<void, Emulator.UnknownAccount>
  /** The customer stops or resumes marketing messages. */
  readonly preference: (
    account: string,
    customer: Emulator.Customer,
    value: "stop" | "resume"
  ) => Effect.Effect<void, Emulator.UnknownAccount>
  readonly traceId: () => string
  /** Where the emulator listens, once it does: media addresses start with it. */
  readonly listensAt: (url: string) => void
}

/**
 * A request to the emulated API: its path has no host.
 *
 * @category models
 * @since 0.1.0
 */
export interface CloudRequest {
  readonly method: string
  readonly url: string
  /** Its JSON; `undefined` without any. */
  readonly body: unknown
  readonly status: number
}

/** @category models @since 0.1.0 */
export interface SentMessage {
  readonly at: number
  readonly category: string
  readonly templateId: string | null
  readonly status: string
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<CloudCore, never, HttpClient.HttpClient | Scope.Scope> {
  const { seed } = options
  const client = yield* HttpClient.HttpClient
  const faults = EmulatorFaults.makeFaultState(EmulatorFaults.random(seed), options.faults)
  const ledger = Emulator.makeLedger()
  const phones = yield* EmulatorPhones.make
  const media = CloudMedia.make(seed)
  const deliveries = yield* WebhookDelivery.make({ ...options.delivery, faults, ledger })
  /** What has to end before the emulator is idle, and what has not. */
  const running = yield* FiberSet.make()
  const lingering = yield* FiberSet.make()
  const accounts = new Map<string, CloudAccount.CloudAccount>()
  const customers = new Map<string, Emulator.Customer>()
  const stopped = new Set<string>()
  const limits = CloudLimits.make()
  const blockedBy = new Map<string, Set<string>>()
  const blocked = (account: string): Set<string> => {
    const known = blockedBy.get(account) ?? new Set<string>()
    blockedBy.set(account, known)
    return known
  }
  const outgoing: Array<Omit<SentMessage, "status"> & { readonly account: string; readonly id: string }> = []
  const waiting = new Map<string, Array<CloudPayload.Update & { readonly about: WebhookDelivery.Delivery["about"] }>>()
  let origin = ""
  let count = 0

  const nextId = (account: string) =>
    `wamid.${EmulatorFaults.hex(seed, `wamid:${account}:${++count}`, 38).toUpperCase()}`
  const traceId = () => `A${EmulatorFaults.hex(seed, `trace:${++count}`, 22)}`

  const accountOf = (id: string): Effect.Effect<CloudAccount.CloudAccount, Emulator.UnknownAccount> => {
    const account = accounts.get(id)
    return account === undefined ? Effect.fail(new Emulator.UnknownAccount({ account: id })) : Effect.succeed(account)
  }

  /** Who an address belongs to; somebody new is known by the address alone. */
  const customerAt = (account: string, address: CloudSend["to"]): Emulator.Customer =>
    customers.get(`${account}\u0000${address.value}`) ??
      (address.type === "bsuid" ? { id: address.value } : { phone: address.value })

  const remember = (account: string, customer: Emulator.Customer): Emulator.Customer => {
    const known = (alias: string | undefined) => customers.get(`${account}\u0000${alias}`)
    const merged = { ...known(customer.phone), ...known(customer.id), ...customer }
    for (const alias of [merged.phone, merged.id]) {
      if (alias !== undefined) customers.set(`${account}\u0000${alias}`, merged)
    }
    return merged
  }

  const flush = (id: string) =>
    Effect.gen(function*() {
      const updates = waiting.get(id) ?? []
      waiting.delete(id)
      const account = accounts.get(id)
      const [first] = updates
      const url = account === undefined ? null : CloudAccount.callbackOf(account)
      if (account === undefined || first === undefined || url === null) return
      const at = yield* Clock.currentTimeMillis
      const payload = CloudPayload.envelope(account, updates, at)
      const body = CloudPayload.encode(payload)
      yield* deliveries.enqueue({
        id: `${id}:${++count}`,
        account: id,
        lane: updates.length > 1 ? id : `${id}:${first.about?.to ?? ""}`,
        url,
        body,
        headers: () =>
          Effect.succeed({
            "content-type": "application/json",
            "user-agent": "facebookexternalua",
            "x-hub-signature-256": CloudPayload.sign(body, account.appSecret)
          }),
        about: { ...(updates.length > 1 ? undefined : first.about), raw: payload }
      })
    })

  const emit = (account: string, update: CloudPayload.Update, about: WebhookDelivery.Delivery["about"]) =>
    Effect.suspend(() => {
      const { batchMax, batchWindow } = faults.current()
      const updates = waiting.get(account) ?? []
      updates.push({ ...update, about })
      waiting.set(account, updates)
      if (updates.length >= batchMax) return flush(account)
      return updates.length > 1
        ? Effect.void
        : Effect.asVoid(FiberSet.run(running, Effect.andThen(Effect.sleep(batchWindow), flush(account))))
    })

  /** Once to each callback address of the business account. */
  const tellBusiness = (owner: string, field: string, value: Readonly<Record<string, unknown>>) => {
    const told = new Map(
      Array.from(accounts.values()).filter(({ businessAccountId }) => businessAccountId === owner).map((
        account
      ) => [CloudAccount.callbackOf(account), account.id])
    )
    return Effect.forEach(told.values(), (id) => emit(id, { field, key: undefined, element: value }, { text: field }), {
      discard: true
    })
  }
  const templates = yield* CloudTemplates.make(seed, tellBusiness)

  const store = Effect.fnUntraced(function*(account: string, content: Emulator.CustomerContent) {
    const kind = content.type
    if (kind !== "image" && kind !== "video" && kind !== "document" && kind !== "sticker" && kind !== "audio") {
      return undefined
    }
    const sample = SampleFiles.sample(kind)
    const bytes = content.data === undefined
      ? sample.bytes
      : Result.getOrElse(Base64.decode(content.data), () => sample.bytes)
    const file = media.add(account, bytes, content.mimeType ?? sample.mimeType)
    return {
      id: file.id,
      mime_type: file.mimeType,
      sha256: file.sha256,
      url: `${origin}${media.path(file, yield* Clock.currentTimeMillis)}`
    }
  })

  /** A reaction, edit or revoke shows on the bubble that it is about; anything else is a bubble of its own. */
  const show = (
    account: string,
    customer: string,
    content: Emulator.CustomerContent,
    bubble: Omit<EmulatorPhones.Bubble, "kind" | "text" | "reactions">
  ) => {
    const side = bubble.from
    switch (content.type) {
      case "reaction":
        return phones.change(account, customer, content.messageId, (one) => {
          const { [side]: _, ...others } = one.reactions
          return { ...one, reactions: content.emoji === null ? others : { ...others, [side]: content.emoji } }
        })
      case "edit":
        return phones.change(account, customer, content.messageId, (one) => ({
          ...one,
          text: content.text,
          edited: true
        }))
      case "revoke":
        return phones.change(account, customer, content.messageId, (one) => ({ ...one, text: "", revoked: true }))
      default:
        return phones.add(account, customer, {
          ...bubble,
          kind: content.type,
          text: Emulator.textOf(content),
          reactions: {}
        })
    }
  }

  const customerWrites = Effect.fn("WhatsAppCloudEmulator.customerWrites")(function*(
    message: Emulator.CustomerMessage
  ) {
    const account = yield* accountOf(message.account)
    const customer = remember(account.id, message.from)
    const key = Emulator.customerKey(customer)
    const content = Emulator.contentOf(message)
    const id = message.messageId ?? nextId(account.id)
    const at = message.timestamp ?? (yield* Clock.currentTimeMillis)
    const element = CloudPayload.message({
      id,
      at,
      customer,
      account,
      content,
      file: yield* store(account.id, content),
      replyTo: message.replyTo
    })
    yield* show(account.id, key, content, {
      id,
      from: "customer",
      source: "customer",
      at,
      status: "received",
      ...(message.replyTo === undefined ? undefined : { replyTo: message.replyTo }),
      native: element
    })
    if (blocked(account.id).has(key)) return { providerMessageId: id }
    yield* emit(
      account.id,
      { field: "messages", key: "messages", element, contact: CloudPayload.contact(customer) },
      { to: key, text: Emulator.textOf(content), providerMessageId: id }
    )
    return { providerMessageId: id }
  })

  const businessWrites = Effect.fn("WhatsAppCloudEmulator.businessWrites")(function*(message: Emulator.EchoMessage) {
    const account = yield* accountOf(message.account)
    const customer = remember(account.id, message.to)
    const key = Emulator.customerKey(customer)
    const content = Emulator.contentOf(message)
    const id = message.messageId ?? nextId(account.id)
    const at = message.timestamp ?? (yield* Clock.currentTimeMillis)
    const file = yield* store(account.id, content)
    const element = CloudPayload.echo({ id, at, customer, account, content, file })
    yield* show(account.id, key, content, {
      id,
      from: "business",
      source: "phone",
      at,
      status: "delivered",
      native: element
    })
    yield* emit(account.id, { field: "smb_message_echoes", key: "message_echoes", element }, {
      to: key,
      text: Emulator.textOf(content),
      providerMessageId: id
    })
    return { providerMessageId: id }
  })

  const progress = CloudProgress.make({ emit, faults, limits, phones })
  const refusal = CloudAdmission.make({ limits, media, phones, stopped })

  const send = Effect.fn("WhatsAppCloudEmulator.send")(function*(account: CloudAccount.CloudAccount, send: CloudSend) {
    const now = yield* Clock.currentTimeMillis
    const customer = customerAt(account.id, send.to)
    const key = Emulator.customerKey(customer)
    const refused = refusal(account, send, customer, now)
    if (refused !== undefined) return yield* Effect.fail(refused)
    const id = nextId(account.id)
    outgoing.push({
      account: account.id,
      id,
      at: now,
      category: send.template?.category.toUpperCase() ?? "SERVICE",
      templateId: templates.all(account.businessAccountId).find((one) =>
        one.name === send.template?.name && one.language === send.template.language
      )?.id ?? null
    })
    if (send.reaction !== undefined) {
      const { emoji, messageId } = send.reaction
      yield* show(account.id, key, { type: "reaction", messageId, emoji: emoji === "" ? null : emoji }, {
        id,
        from: "business",
        source: "api",
        at: now,
        status: "accepted",
        native: send.native
      })
    } else {
      yield* phones.typing(account.id, key, false)
      yield* phones.add(account.id, key, {
        id,
        from: "business",
        source: "api",
        kind: send.kind,
        text: send.text,
        at: now,
        status: "accepted",
        ...(send.replyTo === undefined ? undefined : { replyTo: send.replyTo }),
        reactions: {},
        native: send.native
      })
    }
    const held = send.template === undefined ? null : account.templateHold
    const taken = { account, send, customer, id, at: now }
    if (held !== null) progress.hold(taken)
    else if (faults.current().statuses) yield* FiberSet.run(running, progress.goOn(taken))
    return { id, customer, held }
  })

  const read = Effect.fn("WhatsAppCloudEmulator.read")(function*(account: CloudAccount.CloudAccount, read: CloudRead) {
    const customer = phones.customerOf(account.id, read.messageId)
    if (customer === undefined || phones.find(account.id, read.messageId)?.from !== "customer") {
      return yield* Effect.fail(Failure.make(100, "Invalid parameter: message_id is not a received message"))
    }
    yield* ledger.append({
      account: account.id,
      direction: "other",
      to: customer,
      providerMessageId: read.messageId,
      outcome: read.typing ? "read+typing" : "read",
      raw: undefined
    })
    yield* phones.read(account.id, customer, read.messageId)
    if (!read.typing) return
    yield* phones.typing(account.id, customer, true)
    // The indicator goes by itself after 25 s.
    yield* FiberSet.run(lingering, Effect.andThen(Effect.sleep(25_000), phones.typing(account.id, customer, false)))
  })

  /** A number's upgrade, and another limit of its business, as the platform tells them. */
  const tellLimits = Effect.fnUntraced(function*(before: CloudAccount.CloudAccount, after: CloudAccount.CloudAccount) {
    const upgraded = after.throughput === 1_000 && before.throughput !== 1_000
    if (before.dailyRecipients === after.dailyRecipients && !upgraded) return
    yield* emit(after.id, {
      field: "phone_number_quality_update",
      key: undefined,
      element: {
        display_phone_number: after.displayPhoneNumber,
        event: upgraded ? "THROUGHPUT_UPGRADE" : "ONBOARDING",
        max_daily_conversations_per_business: CloudAccount.tierOf(after)
      }
    }, { text: "phone_number_quality_update" })
  })

  const configure = Effect.fn("WhatsAppCloudEmulator.configure")(function*(
    id: string,
    input: CloudAccount.AccountInput
  ) {
    const { templates: wanted, ...rest } = input
    const before = accounts.get(id)
    const account = { ...(before ?? CloudAccount.make(id)), ...rest }
    accounts.set(id, account)
    if (before !== undefined) yield* tellLimits(before, account)
    const owner = account.businessAccountId
    if (wanted !== undefined) templates.replace(owner, wanted)
    else if (!templates.has(owner)) templates.replace(owner, [CloudAccount.firstTemplate])
    yield* ledger.append({
      account: id,
      direction: "other",
      outcome: "configured",
      raw: { webhookUrl: account.webhookUrl }
    })
    return account
  })

  const verify = Effect.fnUntraced(function*({ url, verifyToken }: CloudAccount.Callback) {
    const challenge = String(Number.parseInt(EmulatorFaults.hex(seed, `challenge:${++count}`, 7), 16))
    return yield* client.get(url, {
      urlParams: { "hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verifyToken }
    }).pipe(
      Effect.flatMap((response) => Effect.map(response.text, (text) => response.status === 200 && text === challenge)),
      Effect.timeoutOrElse({ duration: 10_000, orElse: () => Effect.succeed(false) }),
      Effect.catch(() => Effect.succeed(false))
    )
  })

  const handshake = Effect.fn("WhatsAppCloudEmulator.handshake")(function*(id: string) {
    const account = yield* accountOf(id)
    const { verifyToken, webhookUrl } = account
    const verified = webhookUrl !== null && (yield* verify({ url: webhookUrl, verifyToken }))
    yield* ledger.append({
      account: id,
      direction: "other",
      outcome: verified ? "verified" : "verification_failed",
      raw: { webhookUrl: account.webhookUrl }
    })
    return verified
  })

  return {
    control: {
      name: "whatsapp_cloud",
      customerWrites,
      businessWrites,
      configure: (id, body) =>
        Schema.decodeUnknownEffect(CloudAccount.AccountInput)(body).pipe(
          Effect.mapError((error) => new Emulator.InvalidControl({ reason: error.message })),
          Effect.flatMap((input) => configure(id, input)),
          Effect.asVoid
        ),
      faults,
      ledger,
      phones,
      deliveries: { ...deliveries, idle: Effect.andThen(FiberSet.awaitEmpty(running), deliveries.idle) }
    },
    media,
    templates,
    template: Effect.fn("WhatsAppCloudEmulator.template")(function*(id, change) {
      const account = yield* accountOf(id)
      if (!(yield* templates.change(account, change))) {
        return yield* Effect.fail(new Emulator.InvalidControl({ reason: `There is no template "${change.name}"` }))
      }
    }),
    account: (id) => accounts.get(id),
    accounts: () => Array.from(accounts.values()),
    configure,
    handshake,
    verify,
    amend: (id, change) => {
      const account = accounts.get(id)
      if (account !== undefined) accounts.set(id, { ...account, ...change })
    },
    emit: (account, update) => emit(account, update, { text: update.field }),
    blocked,
    requests: [],
    sent: (account) =>
      outgoing.filter((one) => one.account === account).map(({ at, category, id, templateId }) => ({
        at,
        category,
        templateId,
        status: phones.find(account, id)?.status ?? "accepted"
      })),
    newId: (what) =>
      String(1_000_000_000_000_000 + Number.parseInt(EmulatorFaults.hex(seed, `${what}:${++count}`, 12), 16)),
    send,
    release: Effect.fn("WhatsAppCloudEmulator.release")(function*(id, outcome) {
      yield* accountOf(id)
      const going = progress.release(id, outcome)
      yield* Effect.forEach(going, (one) => FiberSet.run(running, one), { discard: true })
      return going.length
    }),
    read,
    webhook: (id, field, value) =>
      Effect.andThen(accountOf(id), emit(id, { field, key: undefined, element: value }, { text: field })),
    preference: Effect.fn("WhatsAppCloudEmulator.preference")(function*(id, customer, value) {
      const account = yield* accountOf(id)
      const key = `${id}\u0000${Emulator.customerKey(remember(id, customer))}`
      if (value === "stop") stopped.add(key)
      else stopped.delete(key)
      const at = yield* Clock.currentTimeMillis
      yield* emit(account.id, {
        field: "user_preferences",
        key: "user_preferences",
        element: {
          ...(customer.phone === undefined ? undefined : { wa_id: customer.phone }),
          ...(customer.id === undefined ? undefined : { user_id: customer.id }),
          detail: `User requested to ${value} marketing messages`,
          category: "marketing_messages",
          value,
          timestamp: Math.floor(at / 1000)
        },
        contact: CloudPayload.contact(customer)
      }, { to: Emulator.customerKey(customer), text: value })
    }),
    traceId,
    listensAt: (url) => {
      origin = url
    }
  }
})
