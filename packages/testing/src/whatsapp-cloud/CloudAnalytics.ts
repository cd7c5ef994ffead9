/**
 * The figures of an emulated business account, counted from what was really sent through it.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/analytics
 * @since 0.1.0
 */
import { Effect, Result } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import type { CloudAccount } from "./CloudAccount.ts"
import type { CloudCore, SentMessage } from "./CloudCore.ts"
import type { CloudHttp, Handler } from "./CloudHttp.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

const arrived = new Set(["delivered", "read", "played"])
const seen = new Set(["read", "played"])
const steps: Readonly<Record<string, number>> = {
  HALF_HOUR: 1_800,
  DAY: 86_400,
  DAILY: 86_400,
  MONTH: 30 * 86_400,
  MONTHLY: 30 * 86_400
}

const call = /^(analytics|conversation_analytics|pricing_analytics)((?:\.[a-z_]+\([^)]*\))+)$/

const argument = (calls: string, name: string): string | undefined =>
  new RegExp(`\\.${name}\\(([^)]*)\\)`).exec(calls)?.[1]

/** Everything that was sent through the numbers of the account's business. */
const sentOf = (core: CloudCore, { businessAccountId }: CloudAccount): ReadonlyArray<SentMessage> =>
  core.accounts().filter((one) => one.businessAccountId === businessAccountId).flatMap(({ id }) => core.sent(id))

interface Span {
  readonly start: number
  readonly end: number
  readonly step: number
}

const spanOf = (
  start: string | undefined,
  end: string | undefined,
  granularity: string | undefined
): Result.Result<Span, GraphFailure> => {
  const step = steps[granularity ?? ""]
  const span = { start: Number(start), end: Number(end), step: step ?? 0 }
  return step === undefined || !Number.isSafeInteger(span.start) || !Number.isSafeInteger(span.end) ||
      span.end <= span.start
    ? Result.fail(Failure.make(100, "start, end and granularity are required"))
    : Result.succeed(span)
}

const points = <A extends object>(
  { end, start, step }: Span,
  sent: ReadonlyArray<SentMessage>,
  describe: (within: ReadonlyArray<SentMessage>) => ReadonlyArray<A>
) => {
  const made: Array<A & { readonly start: number; readonly end: number }> = []
  for (let at = start; at < end; at += step) {
    const until = Math.min(at + step, end)
    const within = sent.filter((one) => one.at >= at * 1000 && one.at < until * 1000)
    if (within.length > 0) made.push(...describe(within).map((point) => ({ start: at, end: until, ...point })))
  }
  return made
}

const byCategory = (within: ReadonlyArray<SentMessage>) =>
  Array.from(new Set(within.map(({ category }) => category))).map((category) => ({
    category,
    delivered: within.filter((one) => one.category === category && arrived.has(one.status)).length
  }))

/**
 * The analytics that a `fields` parameter asks for; `undefined` when it asks for something else.
 *
 * @category decoding
 * @since 0.1.0
 */
export const read = (
  core: CloudCore,
  account: CloudAccount,
  fields: string
): Result.Result<object, GraphFailure> | undefined => {
  const [, kind, calls = ""] = call.exec(fields) ?? []
  if (kind === undefined) return undefined
  const granularity = argument(calls, "granularity")
  return Result.map(spanOf(argument(calls, "start"), argument(calls, "end"), granularity), (span) => {
    const sent = sentOf(core, account)
    switch (kind) {
      case "analytics":
        return {
          analytics: {
            phone_numbers: [account.displayPhoneNumber],
            granularity,
            data_points: points(span, sent, (within) => [{
              sent: within.length,
              delivered: within.filter(({ status }) => arrived.has(status)).length
            }])
          }
        }
      case "conversation_analytics":
        return {
          conversation_analytics: {
            data: [{
              data_points: points(span, sent, (within) =>
                byCategory(within).map(({ category, delivered }) => ({
                  conversation: delivered,
                  phone_number: account.displayPhoneNumber,
                  conversation_category: category,
                  cost: 0
                })))
            }]
          }
        }
      default:
        return {
          pricing_analytics: {
            data: [{
              data_points: points(span, sent, (within) =>
                byCategory(within).map(({ category, delivered }) => ({
                  phone_number: account.displayPhoneNumber,
                  pricing_type: category === "SERVICE" ? "FREE_CUSTOMER_SERVICE" : "REGULAR",
                  pricing_category: category,
                  volume: delivered,
                  cost: 0
                })))
            }]
          }
        }
    }
  })
}

/** `GET /{business account}/template_analytics`. @category constructors @since 0.1.0 */
export const templates = (core: CloudCore, { business }: CloudHttp): Handler =>
  Effect.gen(function*() {
    const owner = yield* business
    const query = yield* HttpServerRequest.ParsedSearchParams
    const ids = String(query["template_ids"] ?? "").replace(/[[\]\s"]/g, "").split(",").filter((id) => id !== "")
    if (ids.length === 0 || ids.length > 10) {
      return yield* Effect.fail(Failure.make(100, "template_ids must name one to ten templates"))
    }
    const span = yield* Effect.fromResult(
      spanOf(String(query["start"]), String(query["end"]), String(query["granularity"]))
    )
    const sent = sentOf(core, owner)
    return HttpServerResponse.jsonUnsafe({
      data: [{
        granularity: "DAILY",
        product_type: "cloud_api",
        data_points: ids.flatMap((id) =>
          points(span, sent.filter(({ templateId }) => templateId === id), (within) => [{
            template_id: id,
            sent: within.length,
            delivered: within.filter(({ status }) => arrived.has(status)).length,
            read: within.filter(({ status }) => seen.has(status)).length
          }])
        )
      }]
    })
  })
