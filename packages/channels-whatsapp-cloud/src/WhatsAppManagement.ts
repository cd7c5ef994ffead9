/**
 * What an organization can ask and change about its WhatsApp numbers beyond messages.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Redacted, Schema } from "effect"
import type { HttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import type { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { Audit } from "@wicara/core/Audit"
import type { Page } from "@wicara/core/Pagination"
import { InvalidInput } from "@wicara/core/Problem"
import * as GraphApi from "./GraphApi.ts"
import * as Catalog from "./Catalog.ts"
import { makeManaged } from "./internal/managed.ts"
import type { Changes, Reads } from "./internal/managed.ts"
import { optional } from "./internal/optional.ts"
import type {
  Analytics,
  AnalyticsKind,
  CodeRequestInput,
  ConversationStarters,
  NumberState,
  QrCode
} from "./ManagedNumber.ts"
import * as PhoneNumber from "./PhoneNumber.ts"

/** @category models @since 0.1.0 */
export interface AnalyticsQuery {
  readonly kind: AnalyticsKind
  /** Epoch seconds. */
  readonly start: number
  readonly end: number
  readonly granularity?: "HALF_HOUR" | "DAILY" | "MONTHLY" | undefined
  readonly templateIds?: string | undefined
}

/**
 * Every change is audited. `Conflict`: the account is of another channel, or WhatsApp refuses the account itself;
 * `InvalidInput`: WhatsApp refuses this request; `Unavailable`: it does not answer now.
 *
 * @category services
 * @since 0.1.0
 */
export class WhatsAppManagement extends Context.Service<WhatsAppManagement, {
  /** Asked of WhatsApp; what it says that the number may send is recorded. */
  readonly number: (id: ChannelAccountId) => Reads<NumberState>
  readonly numbers: (id: ChannelAccountId, cursor?: string) => Reads<Page<NumberState>>
  readonly register: (id: ChannelAccountId, pin: Redacted.Redacted<string>) => Changes<NumberState>
  readonly deregister: (id: ChannelAccountId) => Changes<void>
  /** Sends a code to the number, which proves that it is the business's. */
  readonly requestCode: (id: ChannelAccountId, request: CodeRequestInput) => Changes<void>
  readonly verifyCode: (id: ChannelAccountId, code: Redacted.Redacted<string>) => Changes<NumberState>
  /** Asks for another display name: WhatsApp reviews it. */
  readonly setDisplayName: (id: ChannelAccountId, name: string) => Changes<NumberState>
  readonly setPin: (id: ChannelAccountId, pin: Redacted.Redacted<string>) => Changes<void>
  readonly blocked: (id: ChannelAccountId, cursor?: string) => Reads<Page<{ readonly person: string }>>
  readonly block: (id: ChannelAccountId, people: ReadonlyArray<string>) => Changes<void>
  readonly unblock: (id: ChannelAccountId, person: string) => Changes<void>
  readonly qrCodes: (id: ChannelAccountId) => Reads<ReadonlyArray<QrCode>>
  /** Changes the one with the code, or makes a new one. */
  readonly writeQrCode: (
    id: ChannelAccountId,
    code: string | undefined,
    input: { readonly message: string; readonly image?: "PNG" | "SVG" | undefined }
  ) => Changes<QrCode>
  readonly deleteQrCode: (id: ChannelAccountId, code: string) => Changes<void>
  readonly starters: (id: ChannelAccountId) => Reads<ConversationStarters>
  readonly setStarters: (id: ChannelAccountId, starters: ConversationStarters) => Changes<ConversationStarters>
  readonly analytics: (id: ChannelAccountId, query: AnalyticsQuery) => Reads<Analytics>
  readonly apps: (
    id: ChannelAccountId
  ) => Reads<ReadonlyArray<{ readonly id: string; readonly name: string; readonly callback: string | null }>>
  readonly calling: (id: ChannelAccountId) => Reads<{ readonly enabled: boolean }>
  readonly setCalling: (id: ChannelAccountId, enabled: boolean) => Changes<{ readonly enabled: boolean }>
  readonly deleteMedia: (id: ChannelAccountId, mediaId: string) => Changes<void>
  /** The catalogue that the business account is connected with; there is one at most. */
  readonly catalogs: (id: ChannelAccountId) => Reads<ReadonlyArray<Catalog.Catalog>>
  readonly products: (
    id: ChannelAccountId,
    catalogId: string,
    cursor?: string
  ) => Reads<Page<Catalog.CatalogProduct>>
  readonly commerce: (id: ChannelAccountId) => Reads<Catalog.CommerceSettings>
  readonly setCommerce: (
    id: ChannelAccountId,
    settings: Catalog.CommerceSettings
  ) => Changes<Catalog.CommerceSettings>
}>()("@wicara/channels-whatsapp-cloud/WhatsAppManagement") {
  /**
   * Over the organization's accounts.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<
    WhatsAppManagement,
    never,
    ChannelAccounts | Audit | SqlClient.SqlClient | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(WhatsAppManagement, make))
}

const text = Schema.optional(Schema.NullOr(Schema.String))

const Blocked = Schema.Struct({ data: Schema.Array(Schema.Struct({ wa_id: text })), paging: GraphApi.Paging })
const Code = Schema.Struct({
  code: Schema.String,
  prefilled_message: Schema.String,
  deep_link_url: Schema.String,
  qr_image_url: text
})
const Codes = Schema.Struct({ data: Schema.Array(Code) })
const Automation = Schema.Struct({
  conversational_automation: Schema.optional(Schema.NullOr(Schema.Struct({
    enable_welcome_message: Schema.optional(Schema.NullOr(Schema.Boolean)),
    prompts: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
    commands: Schema.optional(Schema.NullOr(
      Schema.Array(Schema.Struct({ command_name: Schema.String, command_description: Schema.String }))
    ))
  })))
})
const CallSettings = Schema.Struct({ calling: Schema.optional(Schema.NullOr(Schema.Struct({ status: text }))) })

const Point = Schema.Record(Schema.String, Schema.Json)
const Points = Schema.Struct({ data_points: Schema.Array(Point) })
const Pointed = Schema.Struct({ data: Schema.Array(Points) })
const Figures = Schema.Struct({
  analytics: Schema.optional(Points),
  conversation_analytics: Schema.optional(Pointed),
  pricing_analytics: Schema.optional(Pointed),
  data: Schema.optional(Schema.Array(Points))
})

/** The field that holds each kind of figures, and its words for a span of time. */
const figures = {
  messages: { field: "analytics", words: { HALF_HOUR: "HALF_HOUR", DAILY: "DAY", MONTHLY: "MONTH" }, rest: "" },
  conversations: {
    field: "conversation_analytics",
    words: { HALF_HOUR: "HALF_HOUR", DAILY: "DAILY", MONTHLY: "MONTHLY" },
    rest: ".dimensions([\"CONVERSATION_CATEGORY\",\"PHONE\"])"
  },
  pricing: {
    field: "pricing_analytics",
    words: { HALF_HOUR: "HALF_HOUR", DAILY: "DAILY", MONTHLY: "MONTHLY" },
    rest: ".dimensions([\"PRICING_CATEGORY\",\"PRICING_TYPE\",\"PHONE\"])"
  }
} as const

const toState = (number: PhoneNumber.PhoneNumber): NumberState => ({
  id: number.id,
  displayPhoneNumber: number.display_phone_number ?? null,
  verifiedName: number.verified_name ?? null,
  status: number.status ?? null,
  nameStatus: number.name_status ?? null,
  codeStatus: number.code_verification_status ?? null,
  twoStepPin: number.is_pin_enabled ?? null,
  callback: PhoneNumber.callbackOf(number) ?? null,
  facts: PhoneNumber.factsOf(number)
})

const toCode = (code: typeof Code.Type): QrCode => ({
  code: code.code,
  message: code.prefilled_message,
  link: code.deep_link_url,
  imageUrl: code.qr_image_url ?? null
})

const make = Effect.gen(function*() {
  const { accounts, asked, audited, own } = yield* makeManaged
  type Own = Effect.Success<ReturnType<typeof own>>

  const call = <A, I>(
    { caller }: Own,
    schema: Schema.Codec<A, I>,
    outgoing: Parameters<typeof GraphApi.call>[2]
  ) => asked(GraphApi.call(caller, schema, outgoing))

  const number = Effect.fn("WhatsAppManagement.number")(function*(id: ChannelAccountId) {
    const account = yield* own(id)
    const state = toState(yield* asked(PhoneNumber.get(account.caller, account.number)))
    yield* accounts.recordFacts(id, { facts: state.facts, at: yield* Clock.currentTimeMillis })
    return state
  })

  const blocking = Effect.fnUntraced(function*(
    id: ChannelAccountId,
    method: "POST" | "DELETE",
    people: ReadonlyArray<string>
  ) {
    const account = yield* own(id)
    yield* call(account, Schema.Unknown, {
      method,
      path: `${account.number}/block_users`,
      body: { messaging_product: "whatsapp", block_users: people.map((user) => ({ user })) }
    })
    yield* audited(id, method === "POST" ? "people_blocked" : "people_unblocked", { people })
  })

  const starters = Effect.fn("WhatsAppManagement.starters")(function*(id: ChannelAccountId) {
    const account = yield* own(id)
    const { conversational_automation: known } = yield* call(account, Automation, {
      method: "GET",
      path: account.number,
      query: { fields: "conversational_automation" }
    })
    return {
      welcome: known?.enable_welcome_message ?? false,
      questions: known?.prompts ?? [],
      commands: (known?.commands ?? []).map((command) => ({
        name: command.command_name,
        description: command.command_description
      }))
    }
  })

  const changed = Effect.fnUntraced(function*(
    id: ChannelAccountId,
    action: string,
    path: (account: Own) => string,
    body: object | undefined,
    after?: unknown
  ) {
    const account = yield* own(id)
    yield* asked(PhoneNumber.change(account.caller, path(account), body))
    yield* audited(id, action, after)
  })

  return WhatsAppManagement.of({
    number,
    numbers: Effect.fn("WhatsAppManagement.numbers")(function*(id, cursor) {
      const { business, caller } = yield* own(id)
      const { after, numbers } = yield* asked(PhoneNumber.list(caller, business, cursor))
      return { data: numbers.map(toState), nextCursor: after }
    }),
    register: Effect.fn("WhatsAppManagement.register")(function*(id, pin) {
      const account = yield* own(id)
      yield* asked(PhoneNumber.register(account.caller, account.number, pin))
      yield* audited(id, "registered")
      return yield* number(id)
    }),
    deregister: (id) => changed(id, "deregistered", (account) => `${account.number}/deregister`, undefined),
    requestCode: Effect.fn("WhatsAppManagement.requestCode")(function*(id, request) {
      const account = yield* own(id)
      yield* asked(PhoneNumber.requestCode(account.caller, account.number, request))
      yield* audited(id, "code_requested", request)
    }),
    verifyCode: Effect.fn("WhatsAppManagement.verifyCode")(function*(id, code) {
      const account = yield* own(id)
      yield* asked(PhoneNumber.verifyCode(account.caller, account.number, code))
      yield* audited(id, "code_verified")
      return yield* number(id)
    }),
    setDisplayName: Effect.fn("WhatsAppManagement.setDisplayName")(function*(id, name) {
      yield* changed(id, "display_name_asked_for", (account) => account.number, { new_display_name: name }, { name })
      return yield* number(id)
    }),
    setPin: (id, pin) => changed(id, "pin_set", (account) => account.number, { pin: Redacted.value(pin) }),
    blocked: Effect.fn("WhatsAppManagement.blocked")(function*(id, cursor) {
      const account = yield* own(id)
      const { data, paging } = yield* call(account, Blocked, {
        method: "GET",
        path: `${account.number}/block_users`,
        query: { limit: "100", ...optional("after", cursor) }
      })
      return {
        data: data.flatMap(({ wa_id: person }) => person == null ? [] : [{ person }]),
        nextCursor: GraphApi.nextOf(paging)
      }
    }),
    block: (id, people) => blocking(id, "POST", people),
    unblock: (id, person) => blocking(id, "DELETE", [person]),
    qrCodes: Effect.fn("WhatsAppManagement.qrCodes")(function*(id) {
      const account = yield* own(id)
      const { data } = yield* call(account, Codes, {
        method: "GET",
        path: `${account.number}/message_qrdls`,
        query: { fields: "code,prefilled_message,deep_link_url,qr_image_url" }
      })
      return data.map(toCode)
    }),
    writeQrCode: Effect.fn("WhatsAppManagement.writeQrCode")(function*(id, code, { image, message }) {
      const account = yield* own(id)
      const written = toCode(
        yield* call(account, Code, {
          method: "POST",
          path: `${account.number}/message_qrdls`,
          body: { prefilled_message: message, ...optional("code", code), ...optional("generate_qr_image", image) }
        })
      )
      yield* audited(id, code === undefined ? "qr_code_created" : "qr_code_changed", written)
      return written
    }),
    deleteQrCode: Effect.fn("WhatsAppManagement.deleteQrCode")(function*(id, code) {
      const account = yield* own(id)
      const path = `${account.number}/message_qrdls/${encodeURIComponent(code)}`
      yield* asked(PhoneNumber.change(account.caller, path, undefined, "DELETE"))
      yield* audited(id, "qr_code_deleted", { code })
    }),
    starters,
    setStarters: Effect.fn("WhatsAppManagement.setStarters")(function*(id, wanted) {
      yield* changed(id, "conversation_starters_set", (account) => `${account.number}/conversational_automation`, {
        enable_welcome_message: wanted.welcome,
        prompts: wanted.questions,
        commands: wanted.commands.map(({ description, name }) => ({
          command_name: name,
          command_description: description
        }))
      }, wanted)
      return yield* starters(id)
    }),
    analytics: Effect.fn("WhatsAppManagement.analytics")(function*(id, query) {
      const { end, granularity = "DAILY", kind, start } = query
      if (end <= start) return yield* InvalidInput.of("end", "The end must come after the start.")
      const account = yield* own(id)
      const answer = kind === "templates"
        ? yield* call(account, Figures, {
          method: "GET",
          path: `${account.business}/template_analytics`,
          query: {
            start: String(start),
            end: String(end),
            granularity: "DAILY",
            template_ids: `[${query.templateIds ?? ""}]`,
            metric_types: "sent,delivered,read,clicked"
          }
        })
        : yield* call(account, Figures, {
          method: "GET",
          path: account.business,
          query: {
            fields: `${figures[kind].field}.start(${start}).end(${end}).granularity(${
              figures[kind].words[granularity]
            })${figures[kind].rest}`
          }
        })
      const found = answer.data ?? answer.conversation_analytics?.data ?? answer.pricing_analytics?.data ??
        (answer.analytics === undefined ? [] : [answer.analytics])
      return { kind, points: found.flatMap((one) => one.data_points) }
    }),
    apps: Effect.fn("WhatsAppManagement.apps")(function*(id) {
      const { business, caller } = yield* own(id)
      return yield* asked(PhoneNumber.subscribedApps(caller, business))
    }),
    calling: Effect.fn("WhatsAppManagement.calling")(function*(id) {
      const account = yield* own(id)
      const { calling } = yield* call(account, CallSettings, { method: "GET", path: `${account.number}/settings` })
      return { enabled: calling?.status?.toUpperCase() === "ENABLED" }
    }),
    setCalling: Effect.fn("WhatsAppManagement.setCalling")(function*(id, enabled) {
      yield* changed(id, "calling_set", (account) => `${account.number}/settings`, {
        calling: { status: enabled ? "enabled" : "disabled" }
      }, { enabled })
      return { enabled }
    }),
    catalogs: Effect.fn("WhatsAppManagement.catalogs")(function*(id) {
      const { business, caller } = yield* own(id)
      return yield* asked(Catalog.list(caller, business))
    }),
    products: Effect.fn("WhatsAppManagement.products")(function*(id, catalogId, cursor) {
      const { caller } = yield* own(id)
      const { after, products } = yield* asked(Catalog.products(caller, catalogId, cursor))
      return { data: products, nextCursor: after }
    }),
    commerce: Effect.fn("WhatsAppManagement.commerce")(function*(id) {
      const { caller, number } = yield* own(id)
      return yield* asked(Catalog.commerce(caller, number))
    }),
    setCommerce: Effect.fn("WhatsAppManagement.setCommerce")(function*(id, settings) {
      const { caller, number } = yield* own(id)
      yield* asked(Catalog.setCommerce(caller, number, settings))
      yield* audited(id, "commerce_set", settings)
      return yield* asked(Catalog.commerce(caller, number))
    }),
    deleteMedia: Effect.fn("WhatsAppManagement.deleteMedia")(function*(id, mediaId) {
      const account = yield* own(id)
      yield* asked(GraphApi.deleteMedia(account.caller, mediaId))
      yield* audited(id, "media_deleted", { mediaId })
    })
  })
})
