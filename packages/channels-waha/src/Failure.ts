/**
 * How WAHA's answers end a call that is about the account and not about a message.
 *
 * @since 0.1.0
 */
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Effect } from "effect"
import type { Duration, Schema } from "effect"
import type { HttpClient } from "effect/http"
import * as Outcome from "./Outcome.ts"
import * as WahaApi from "./WahaApi.ts"

const lost = /\bnot found\b|\bno rows\b|\bdoes not exist\b/i

/**
 * The failure that an answer stands for.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromReply = (reply: WahaApi.Reply): ProviderFailure => {
  const outcome = Outcome.fromReply(reply, undefined)
  switch (outcome._tag) {
    case "Accepted":
      return new ProviderFailure({ kind: "later", code: "unreadable", reason: "WAHA's answer could not be read" })
    case "Unknown":
      return new ProviderFailure({ kind: "later", code: "no_answer", reason: outcome.reason })
    case "Retryable":
      return outcome.code === "not_found"
        ? new ProviderFailure({ kind: "missing", code: outcome.code, reason: outcome.reason })
        : new ProviderFailure({
          kind: "later",
          code: outcome.code,
          reason: outcome.reason,
          ...(outcome.retryAfter === undefined ? {} : { retryAfter: outcome.retryAfter })
        })
    case "AccountRefused":
      return new ProviderFailure({
        kind: outcome.code === "not_found" ? "missing" : "account",
        code: outcome.code,
        reason: outcome.reason
      })
    case "Rejected":
      return new ProviderFailure({
        kind: lost.test(outcome.reason) ? "missing" : "refused",
        code: outcome.code,
        reason: outcome.reason
      })
  }
}

/** @category models @since 0.1.0 */
export type Options = Omit<WahaApi.Call, "timeout"> & { readonly timeout?: Duration.Input | undefined }

const byDefault: Duration.Input = "15 seconds"

/**
 * Makes a call; whatever its answer is.
 *
 * @category calls
 * @since 0.1.0
 */
export const reply = (
  account: WahaApi.Reachable,
  options: Options
): Effect.Effect<WahaApi.Reply, never, HttpClient.HttpClient> =>
  WahaApi.request(WahaApi.connectionOf(account), { ...options, timeout: options.timeout ?? byDefault })

/**
 * Makes a call, and gives the body of an answer that says yes.
 *
 * @category calls
 * @since 0.1.0
 */
export const call = Effect.fnUntraced(function*(account: WahaApi.Reachable, options: Options) {
  const answer = yield* reply(account, options)
  return answer._tag === "Answered" && answer.status >= 200 && answer.status < 300
    ? answer.body
    : yield* fromReply(answer)
})

/**
 * The same, read with a schema's decoder; an answer of another form is a failure for later.
 *
 * @category calls
 * @since 0.1.0
 */
export const ask = Effect.fnUntraced(function*<A>(
  account: WahaApi.Reachable,
  options: Options,
  decode: (body: unknown) => Effect.Effect<A, Schema.SchemaError>
) {
  const body = yield* call(account, options)
  return yield* Effect.mapError(
    decode(body),
    () => new ProviderFailure({ kind: "later", code: "unreadable", reason: "WAHA's answer has another form" })
  )
})
