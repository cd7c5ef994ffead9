/**
 * What WAHA's answers mean for a send.
 *
 * | Answer | Outcome |
 * | --- | --- |
 * | 2xx, whatever its body | `Accepted` with the id of the body, else the reserved one |
 * | connection refused, name or certificate wrong | `Retryable` with the socket's code |
 * | 401, 403 | `AccountRefused unauthorized`: nothing was sent, and the operator can mend it |
 * | 404, a redirection | `AccountRefused session_not_found`, `not_found`, `redirected` (a wrong base URL): the same |
 * | 404 of a route, 501 | `Rejected not_supported`: this version or engine can't |
 * | 404 of a file | `Rejected file_not_found` |
 * | 422 about the session's state | `AccountRefused session_not_working`, while it starts `Retryable` |
 * | 429, 503 | `Retryable`, after `Retry-After` |
 * | error 463 in any answer | `Rejected 463`: WhatsApp restricts the account |
 * | other 4xx | `Rejected` with WAHA's reason |
 * | 408, other 5xx, an exception | `Unknown`: the engine may have sent it before it failed |
 * | time-out, reset, unreadable answer | `Unknown` |
 *
 * @since 0.1.0
 */
import type { SendOutcome } from "@wicara/channels/ChannelAdapter"
import { Option, Schema } from "effect"
import { lenient } from "./internal/lenient.ts"
import * as MessageId from "./MessageId.ts"
import type { Reply } from "./WahaApi.ts"

const RawKey = Schema.Struct({ id: Schema.String })
const SerializedId = Schema.Struct({ _serialized: Schema.String })

// The engines' forms of a sent message: `{ id }` (GOWS, NOWEB), `{ id: { _serialized } }` or the same below `_data`
// (browser engines), `{ key: { id } }` (NOWEB's media answers), and a list of one of them.
const SentMessage = Schema.Union([
  Schema.Struct({ id: Schema.NonEmptyString }),
  Schema.Struct({ id: SerializedId }),
  Schema.Struct({ id: RawKey }),
  Schema.Struct({ key: RawKey }),
  Schema.Struct({ _data: Schema.Struct({ id: SerializedId }) })
])

const decodeSent = Schema.decodeUnknownOption(Schema.Union([SentMessage, Schema.NonEmptyArray(SentMessage)]))

/**
 * The canonical id of the message that an answer describes, in any engine's form.
 *
 * @category conversions
 * @since 0.1.0
 */
export const sentId = (body: unknown): string | undefined => {
  const decoded = Option.getOrUndefined(decodeSent(body))
  const message = decoded !== undefined && "length" in decoded ? decoded[0] : decoded
  if (message === undefined) return undefined
  if ("key" in message) return MessageId.canonical(message.key.id)
  if ("_data" in message) return MessageId.canonical(message._data.id._serialized)
  const { id } = message
  return MessageId.canonical(typeof id === "string" ? id : "_serialized" in id ? id._serialized : id.id)
}

const Failure = Schema.Struct({
  message: lenient(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
  error: lenient(Schema.Union([
    Schema.String,
    Schema.Struct({ key: lenient(Schema.String), message: lenient(Schema.String) })
  ])),
  status: lenient(Schema.String),
  expected: lenient(Schema.Array(Schema.Unknown)),
  exception: lenient(Schema.Struct({ message: lenient(Schema.String), details: lenient(Schema.String) }))
})

const decodeFailure = Schema.decodeUnknownOption(Failure)

interface Problem {
  readonly reason: string
  readonly fileKey: string | undefined
  readonly session: boolean
  /** The session's, if the answer is about it. */
  readonly state: string | undefined
  readonly exception: boolean
  readonly restricted: boolean
}

const problemOf = (body: unknown, status: number): Problem => {
  const failure: typeof Failure.Type = Option.getOrElse(decodeFailure(body), () => ({}))
  const { error, exception, message } = failure
  const texts = [
    typeof message === "string" ? message : message?.join("; "),
    exception?.message,
    exception?.details,
    typeof error === "string" ? error : error?.message
  ].filter((text) => text !== undefined && text !== "")
  return {
    reason: (texts[0] ?? `WAHA answered ${status}`).slice(0, 500),
    fileKey: typeof error === "object" ? error.key : undefined,
    session: failure.expected !== undefined || texts.some((text) => /\bsession\b/i.test(text ?? "")),
    state: failure.status,
    exception: exception !== undefined,
    restricted: texts.some((text) => /\berror 463\b/.test(text ?? ""))
  }
}

/** The states that a session leaves by itself. */
const passing = new Set(["STARTING", "WORKING"])

const sessionRetry = 5_000
const unexplainedRetry = 30_000

/**
 * The outcome of a send from how its call ended.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromReply = (reply: Reply, reservedId: string | undefined): SendOutcome => {
  if (reply._tag === "NoAnswer") return { _tag: "Unknown", reason: reply.reason }
  if (reply._tag === "NotSent") return { _tag: "Retryable", code: reply.code, reason: reply.reason }
  const { body, retryAfter, status } = reply
  if (status >= 200 && status < 300) {
    return { _tag: "Accepted", providerMessageId: sentId(body) ?? MessageId.canonical(reservedId) ?? null }
  }
  const problem = problemOf(body, status)
  const { reason } = problem
  const rejected = (code: string): SendOutcome => ({ _tag: "Rejected", code, reason })
  const retryable = (code: string, atLeast?: number): SendOutcome => ({
    _tag: "Retryable",
    code,
    reason,
    retryAfter: retryAfter ?? atLeast
  })
  if (problem.restricted) return rejected("463")
  if (problem.exception || status === 408) return { _tag: "Unknown", reason }
  const refused = (code: string): SendOutcome => ({ _tag: "AccountRefused", code, reason })
  if (status < 400) return refused("redirected")
  switch (status) {
    case 401:
    case 403:
      return refused("unauthorized")
    case 404:
      if (problem.fileKey !== undefined) return rejected(problem.fileKey.toLowerCase())
      return /^cannot (get|post|put|delete)\b/i.test(reason)
        ? rejected("not_supported")
        : (problem.session
          ? refused("session_not_found")
          : body === undefined
          ? refused("not_found")
          // Of whatever it is: perhaps of this message only.
          : retryable("not_found", unexplainedRetry))
    case 422:
      if (!problem.session) return rejected("unprocessable")
      return problem.state === undefined || passing.has(problem.state)
        ? retryable("session_not_working", sessionRetry)
        : refused("session_not_working")
    case 429:
      return {
        _tag: "Retryable",
        code: "rate_limited",
        reason,
        retryAfter: retryAfter ?? sessionRetry,
        limit: "account"
      }
    case 501:
      return rejected("not_supported")
    case 503:
      return retryable("unavailable", sessionRetry)
    case 400:
      return rejected("bad_request")
    default:
      return status < 500 ? rejected(`http_${status}`) : { _tag: "Unknown", reason }
  }
}
