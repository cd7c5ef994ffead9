/**
 * The requests of WAHA's API that are emulated, by its documentation: which paths there are, what their bodies hold, and
 * what a server in strict mode answers to any other.
 *
 * @see https://waha.devlike.pro/swagger/
 * @since 0.1.0
 */
import { Result, Schema, SchemaIssue } from "effect"
import * as Failure from "./WahaFailure.ts"
import type { WahaFailure } from "./WahaFailure.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface WahaRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** With `{session}` and the like. */
  readonly path: string
  /** What the body holds; none: no field is known. */
  readonly body: Schema.Codec<unknown, unknown>
  /** The parameters of the address that are known. */
  readonly query: ReadonlyArray<string>
}

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const text = Schema.String
const words = optional(Schema.String)
const flag = optional(Schema.Boolean)
const number = optional(Schema.Finite)

const inSession = { session: Schema.NonEmptyString }
const chat = { ...inSession, chatId: Schema.NonEmptyString }
const quoting = { ...chat, reply_to: words }
const identified = { ...quoting, id: words }
const previewed = { linkPreview: flag, linkPreviewHighQuality: flag }

const withSource = Schema.makeFilter((file: { readonly url?: unknown; readonly data?: unknown }) =>
  file.url != null || file.data != null || "must have a url or data"
)
const File = Schema.Struct({ mimetype: text, filename: words, url: words, data: words }).check(withSource)
/** Of what is converted, the kind is known. */
const Recording = Schema.Struct({ mimetype: words, filename: words, url: words, data: words }).check(withSource)
const picture = { file: File }

const Row = Schema.Struct({ title: Schema.NonEmptyString, rowId: Schema.NonEmptyString, description: words })
const Section = Schema.Struct({ title: text, rows: Schema.NonEmptyArray(Row) })
const Button = Schema.Struct({
  type: Schema.Literals(["reply", "url", "call", "copy"]),
  text,
  id: words,
  url: words,
  phoneNumber: words,
  copyCode: words
})
const Contact = Schema.Struct({
  vcard: words,
  fullName: words,
  phoneNumber: words,
  organization: words,
  whatsappId: words
}).check(
  Schema.makeFilter(({ fullName, phoneNumber, vcard }) =>
    vcard ? true : fullName != null && phoneNumber != null || "must have a vcard, or a name and a number"
  )
)
const preview = Schema.Struct({
  url: text,
  title: text,
  description: text,
  image: optional(Schema.Struct({ url: words, data: words }))
})
const participants = { participants: Schema.Array(Schema.Struct({ id: Schema.NonEmptyString })) }
const mention = Schema.String.check(Schema.isPattern(/^(all|\d+@(c\.us|lid))$/))
const colour = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 19 }))

/**
 * What bodies hold, for those who read them.
 *
 * @category schemas
 * @since 0.1.0
 */
export const bodies = {
  requestCode: Schema.Struct({ phoneNumber: text.check(Schema.isPattern(/^\d{5,20}$/)), method: words }),
  passkey: Schema.Struct({
    id: Schema.NonEmptyString,
    rawId: Schema.NonEmptyString,
    type: text,
    response: Schema.Struct({ clientDataJSON: text, authenticatorData: text, signature: text, userHandle: words })
  }),
  text: Schema.Struct({ ...identified, text, mentions: optional(Schema.Array(mention)), ...previewed }),
  reply: Schema.Struct({ ...identified, text, ...previewed }),
  media: Schema.Struct({ ...quoting, file: File, caption: words }),
  voice: Schema.Struct({ ...quoting, file: Recording, convert: Schema.Boolean }),
  video: Schema.Struct({ ...quoting, file: Recording, convert: Schema.Boolean, caption: words, asNote: flag }),
  location: Schema.Struct({ ...identified, latitude: Schema.Finite, longitude: Schema.Finite, title: text }),
  contacts: Schema.Struct({ ...identified, contacts: Schema.NonEmptyArray(Contact) }),
  list: Schema.Struct({
    ...quoting,
    message: Schema.Struct({
      title: text,
      description: words,
      footer: words,
      button: Schema.NonEmptyString,
      sections: Schema.NonEmptyArray(Section)
    })
  }),
  buttons: Schema.Struct({
    ...chat,
    header: text,
    headerImage: optional(File),
    body: text,
    footer: text,
    buttons: Schema.NonEmptyArray(Button)
  }),
  poll: Schema.Struct({
    ...identified,
    poll: Schema.Struct({
      name: text,
      options: Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(2), Schema.isMaxLength(12)),
      multipleAnswers: Schema.Boolean
    })
  }),
  vote: Schema.Struct({ ...chat, pollMessageId: text, pollServerId: number, votes: Schema.Array(text) }),
  preview: Schema.Struct({ ...quoting, text, linkPreviewHighQuality: flag, preview }).check(
    Schema.makeFilter(({ preview, text }) => text.includes(preview.url) || "must have preview.url in its text")
  ),
  forward: Schema.Struct({ ...chat, id: words, messageId: Schema.NonEmptyString }),
  reaction: Schema.Struct({ ...inSession, messageId: Schema.NonEmptyString, reaction: text }),
  star: Schema.Struct({ ...chat, messageId: Schema.NonEmptyString, star: Schema.Boolean }),
  seen: Schema.Struct({ ...chat, messageId: words, messageIds: optional(Schema.Array(text)), participant: words }),
  chat: Schema.Struct(chat),
  presence: Schema.Struct({
    chatId: words,
    presence: Schema.Literals(["offline", "online", "typing", "recording", "paused"])
  }),
  edit: Schema.Struct({ text, ...previewed }),
  pin: Schema.Struct({ duration: Schema.Literals([86_400, 604_800, 2_592_000]) }),
  call: Schema.Struct({ from: Schema.NonEmptyString, id: Schema.NonEmptyString }),
  person: Schema.Struct({ ...inSession, contactId: Schema.NonEmptyString }),
  personName: Schema.Struct({ firstName: text, lastName: text }),
  label: Schema.Struct({ name: Schema.NonEmptyString, color: optional(colour), colorHex: words }),
  labels: Schema.Struct({ labels: Schema.Array(Schema.Struct({ id: text })) }),
  key: Schema.Struct({
    isAdmin: Schema.Boolean,
    session: Schema.NullOr(text),
    isActive: Schema.Boolean,
    actions: optional(Schema.Struct({
      read: flag,
      send: flag,
      control: flag,
      setting: flag,
      app: flag,
      delete: flag
    }))
  }),
  convert: Schema.Struct({ url: words, data: words }).check(withSource),
  group: Schema.Struct({ name: Schema.NonEmptyString, ...participants }),
  join: Schema.Struct({ code: Schema.NonEmptyString }),
  participants: Schema.Struct(participants),
  subject: Schema.Struct({ subject: text }),
  description: Schema.Struct({ description: text }),
  adminsOnly: Schema.Struct({ adminsOnly: Schema.Boolean }),
  profileName: Schema.Struct({ name: Schema.NonEmptyString }),
  profileStatus: Schema.Struct({ status: text }),
  picture: Schema.Struct(picture)
}

const Webhook = Schema.Struct({
  url: Schema.NonEmptyString,
  events: Schema.Array(text),
  hmac: optional(Schema.Struct({ key: words })),
  retries: optional(
    Schema.Struct({
      delaySeconds: number,
      attempts: number,
      policy: optional(Schema.Literals(["linear", "exponential", "constant"]))
    })
  ),
  customHeaders: optional(Schema.Array(Schema.Struct({ name: text, value: text })))
})
const SessionConfig = Schema.Struct({
  metadata: optional(Schema.Record(Schema.String, Schema.Unknown)),
  proxy: optional(Schema.Struct({ server: text, username: words, password: words })),
  debug: flag,
  ignore: optional(Schema.Struct({ status: flag, groups: flag, channels: flag, broadcast: flag })),
  client: optional(Schema.Struct({ deviceName: words, browserName: words })),
  noweb: optional(
    Schema.Struct({
      markOnline: flag,
      store: optional(Schema.Struct({ enabled: Schema.Boolean, fullSync: Schema.Boolean }))
    })
  ),
  gows: optional(
    Schema.Struct({ storage: optional(Schema.Struct({ messages: flag, groups: flag, chats: flag, labels: flag })) })
  ),
  webjs: optional(Schema.Struct({ tagsEventsOn: flag })),
  webhooks: optional(Schema.Array(Webhook))
})
const apps = optional(Schema.Array(Schema.Struct({
  enabled: flag,
  id: text,
  session: text,
  app: text,
  config: Schema.Record(Schema.String, Schema.Unknown)
})))

const Nothing = Schema.Struct({})

const request = (
  method: WahaRequest["method"],
  path: string,
  body: WahaRequest["body"] = Nothing,
  query: ReadonlyArray<string> = []
): WahaRequest => ({ method, path, body, query })

const get = (path: string, ...query: ReadonlyArray<string>) => request("GET", path, Nothing, query)
const post = <Fields extends Readonly<Record<string, Schema.Codec<unknown, unknown>>>>(path: string, fields: Fields) =>
  request("POST", path, Schema.Struct(fields))

const paged = ["limit", "offset"]
const sorted = ["sortBy", "sortOrder", ...paged]
const filters = ["filter.timestamp.lte", "filter.timestamp.gte", "filter.fromMe", "filter.ack"]

const chats = "/api/{session}/chats"
const message = `${chats}/{chatId}/messages/{messageId}`
const groups = "/api/{session}/groups"
const group = `${groups}/{id}`
const labels = "/api/{session}/labels"

/**
 * @category constants
 * @since 0.1.0
 */
export const requests: ReadonlyArray<WahaRequest> = [
  get("/ping"),
  get("/health"),
  get("/api/version"),
  get("/api/server/version"),
  get("/api/server/status"),
  get("/api/server/environment", "all"),

  get("/api/sessions", "all", "expand"),
  post("/api/sessions", { name: words, start: flag, apps, config: optional(SessionConfig) }),
  get("/api/sessions/{session}", "expand"),
  request("PUT", "/api/sessions/{session}", Schema.Struct({ apps, config: optional(SessionConfig) })),
  request("DELETE", "/api/sessions/{session}"),
  get("/api/sessions/{session}/me"),
  ...["start", "stop", "restart", "logout"].map((what) => request("POST", `/api/sessions/{session}/${what}`)),

  get("/api/{session}/auth/qr", "format"),
  request("POST", "/api/{session}/auth/request-code", bodies.requestCode),
  get("/api/{session}/auth/passkey/challenge"),
  request("POST", "/api/{session}/auth/passkey", bodies.passkey),
  get("/api/{session}/auth/passkey/confirmation"),
  request("POST", "/api/{session}/auth/passkey/confirm"),

  request("POST", "/api/sendText", bodies.text),
  request("POST", "/api/reply", bodies.reply),
  request("POST", "/api/sendImage", bodies.media),
  request("POST", "/api/sendFile", bodies.media),
  request("POST", "/api/sendVoice", bodies.voice),
  request("POST", "/api/sendVideo", bodies.video),
  request("POST", "/api/sendLocation", bodies.location),
  request("POST", "/api/sendContactVcard", bodies.contacts),
  request("POST", "/api/sendList", bodies.list),
  request("POST", "/api/sendButtons", bodies.buttons),
  post("/api/send/buttons/reply", { ...chat, replyTo: words, selectedDisplayText: text, selectedButtonID: text }),
  request("POST", "/api/sendPoll", bodies.poll),
  request("POST", "/api/sendPollVote", bodies.vote),
  request("POST", "/api/send/link-custom-preview", bodies.preview),
  post("/api/sendLinkPreview", { ...chat, id: words, url: text, title: text }),
  request("POST", "/api/forwardMessage", bodies.forward),
  request("PUT", "/api/reaction", bodies.reaction),
  request("PUT", "/api/star", bodies.star),
  request("POST", "/api/sendSeen", bodies.seen),
  request("POST", "/api/startTyping", bodies.chat),
  request("POST", "/api/stopTyping", bodies.chat),
  request("POST", "/api/{session}/presence", bodies.presence),
  get("/api/{session}/presence"),
  get("/api/{session}/presence/{chatId}"),
  request("POST", "/api/{session}/presence/{chatId}/subscribe"),
  post("/api/{session}/events", {
    chatId: text,
    reply_to: words,
    event: Schema.Struct({
      name: text,
      description: words,
      startTime: Schema.Finite,
      endTime: number,
      location: optional(Schema.Struct({ name: text })),
      extraGuestsAllowed: flag
    })
  }),
  request("POST", "/api/{session}/calls/reject", bodies.call),

  get("/api/{session}/new-message-id"),
  get(chats, "merge", ...sorted),
  get(`${chats}/overview`, "merge", "ids", ...paged),
  request("DELETE", `${chats}/{chatId}`),
  get(`${chats}/{chatId}/picture`, "refresh"),
  get(`${chats}/{chatId}/messages`, "downloadMedia", "merge", ...sorted, ...filters),
  request("POST", `${chats}/{chatId}/messages/read`, Nothing, ["messages", "days"]),
  request("POST", `${chats}/{chatId}/archive`),
  request("POST", `${chats}/{chatId}/unarchive`),
  request("POST", `${chats}/{chatId}/unread`),
  get(message, "downloadMedia", "merge"),
  request("PUT", message, bodies.edit),
  request("DELETE", message),
  request("POST", `${message}/pin`, bodies.pin),
  request("POST", `${message}/unpin`),

  get("/api/contacts", "contactId", "session"),
  get("/api/contacts/all", "session", ...sorted),
  get("/api/contacts/about", "contactId", "session"),
  get("/api/contacts/profile-picture", "contactId", "refresh", "session"),
  get("/api/contacts/check-exists", "phone", "session"),
  request("POST", "/api/contacts/block", bodies.person),
  request("POST", "/api/contacts/unblock", bodies.person),
  get("/api/{session}/contacts/{id}"),
  request("PUT", "/api/{session}/contacts/{chatId}", bodies.personName),
  get("/api/{session}/lids", ...paged),
  get("/api/{session}/lids/count"),
  get("/api/{session}/lids/{lid}"),
  get("/api/{session}/lids/pn/{phoneNumber}"),

  get(groups, "exclude", ...sorted),
  request("POST", groups, bodies.group),
  get(`${groups}/count`),
  request("POST", `${groups}/refresh`),
  get(`${groups}/join-info`, "code"),
  request("POST", `${groups}/join`, bodies.join),
  get(group),
  request("DELETE", group),
  request("POST", `${group}/leave`),
  get(`${group}/picture`, "refresh"),
  request("PUT", `${group}/picture`, bodies.picture),
  request("DELETE", `${group}/picture`),
  request("PUT", `${group}/subject`, bodies.subject),
  request("PUT", `${group}/description`, bodies.description),
  ...["messages-admin-only", "info-admin-only"].flatMap((setting) => [
    get(`${group}/settings/security/${setting}`),
    request("PUT", `${group}/settings/security/${setting}`, bodies.adminsOnly)
  ]),
  get(`${group}/invite-code`),
  request("POST", `${group}/invite-code/revoke`),
  get(`${group}/participants`),
  get(`${group}/participants/v2`),
  ...["participants/add", "participants/remove", "admin/promote", "admin/demote"].map((what) =>
    request("POST", `${group}/${what}`, bodies.participants)
  ),

  get("/api/{session}/profile"),
  request("PUT", "/api/{session}/profile/name", bodies.profileName),
  request("PUT", "/api/{session}/profile/status", bodies.profileStatus),
  request("PUT", "/api/{session}/profile/picture", bodies.picture),
  request("DELETE", "/api/{session}/profile/picture"),

  get(labels),
  request("POST", labels, bodies.label),
  request("PUT", `${labels}/{labelId}`, bodies.label),
  request("DELETE", `${labels}/{labelId}`),
  get(`${labels}/chats/{chatId}`),
  request("PUT", `${labels}/chats/{chatId}`, bodies.labels),
  get(`${labels}/{labelId}/chats`),

  get("/api/{session}/channels", "role"),
  get("/api/{session}/channels/{id}"),
  get("/api/screenshot", "session"),
  request("POST", "/api/{session}/media/convert/voice", bodies.convert),
  request("POST", "/api/{session}/media/convert/video", bodies.convert),

  get("/api/keys"),
  request("POST", "/api/keys", bodies.key),
  request("PUT", "/api/keys/{id}", bodies.key),
  request("DELETE", "/api/keys/{id}")
]

/** A route's method and path, whatever its parameters are called: `GET /api/{}/chats`. @category getters @since 0.1.0 */
export const keyOf = (method: string, path: string): string =>
  `${method} ${path.replaceAll(/:[a-zA-Z]+|\{[^}]+\}/g, "{}")}`

const byKey = new Map(requests.map((one) => [keyOf(one.method, one.path), one]))

/** The request that a route answers. @category getters @since 0.1.0 */
export const of = (method: string, path: string): WahaRequest | undefined => byKey.get(keyOf(method, path))

const expected: Readonly<Record<string, string>> = {
  String: "must be a string",
  Boolean: "must be a boolean value",
  Number: "must be a number conforming to the specified constraints",
  Arrays: "must be an array",
  Objects: "must be an object"
}

const problems = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    switch (issue._tag) {
      case "UnexpectedKey":
        return "should not exist"
      case "MissingKey":
        return "should not be null or undefined"
      case "InvalidType": {
        const { ast } = issue
        const type = ast._tag === "Union" ? ast.types.find(({ _tag }) => _tag !== "Null") : ast
        return type?._tag === "Union" || type?._tag === "Literal"
          ? "must be one of the following values"
          : expected[type?._tag ?? ""] ?? "is not valid"
      }
      default:
        return SchemaIssue.defaultLeafHook(issue)
    }
  },
  checkHook: (issue) => SchemaIssue.defaultCheckHook(issue) ?? "should not be empty"
})

const told = (
  { message, path = [] }: { readonly message: string; readonly path?: ReadonlyArray<unknown> | undefined }
): string => {
  const keys = path.map(String)
  return message === "should not exist"
    ? [...keys.slice(0, -1), `property ${keys.at(-1)} ${message}`].join(".")
    : [keys.join("."), message].join(" ").trim()
}

/**
 * Checks a call by what is documented. In strict mode what is not documented is refused, as WAHA does with
 * `WAHA_HTTP_STRICT_MODE`; else it is ignored.
 *
 * @category decoding
 * @since 0.1.0
 */
export const check = (
  request: WahaRequest,
  call: { readonly body: unknown; readonly query: ReadonlyArray<string> },
  strict: boolean
): Result.Result<void, WahaFailure> => {
  const decoded = Schema.decodeUnknownResult(request.body, {
    errors: "all",
    onExcessProperty: strict ? "error" : "ignore"
  })(call.body)
  const unknown = strict ? call.query.filter((name) => !request.query.includes(name)) : []
  const messages = [
    ...unknown.map((name) => told({ message: "should not exist", path: [name] })),
    ...Result.isFailure(decoded) ? problems(decoded.failure.issue).issues.map(told) : []
  ]
  return messages.length === 0 ? Result.void : Result.fail(Failure.validation(Array.from(new Set(messages))))
}
