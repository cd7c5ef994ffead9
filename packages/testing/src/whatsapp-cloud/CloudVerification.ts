/**
 * How the emulated platform finds out that a number is the business's, and what it is to be called: codes that it sends
 * there, and the review of display names.
 *
 * @see https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status/request_code/
 * @since 0.1.0
 */
import { Clock, Effect, Schema } from "effect"
import { HttpServerResponse } from "effect/http"
import * as Emulator from "../Emulator.ts"
import type { CloudCore } from "./CloudCore.ts"
import { read, success } from "./CloudHttp.ts"
import type { CloudHttp, Handler, Route } from "./CloudHttp.ts"
import * as Requests from "./CloudRequests.ts"
import * as Failure from "./GraphFailure.ts"

/** How long a code is good for, milliseconds. */
const codeLife = 10 * 60_000

/** More requests than these in an hour, and more wrong codes, are refused. */
const mostRequests = 5
const mostGuesses = 5
const hour = 3_600_000

/** What the platform finds of a display name that was asked for. @category schemas @since 0.1.0 */
export const NameDecision = Schema.Struct({
  decision: Schema.Literals(["APPROVED", "REJECTED"]),
  reason: Schema.optionalKey(Schema.String)
})
/** @since 0.1.0 */
export type NameDecision = typeof NameDecision.Type

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (core: CloudCore, { accountWith, jsonBody }: CloudHttp): ReadonlyArray<Route> => {
  const number = accountWith("whatsapp_business_management")
  const asked = new Map<string, ReadonlyArray<number>>()
  const guesses = new Map<string, number>()

  const request: Handler = Effect.gen(function*() {
    const account = yield* number
    yield* read(Requests.CodeRequest, yield* jsonBody)
    if (account.codeStatus === "VERIFIED") {
      return yield* Effect.fail(
        Failure.make(100, "Phone number is not eligible for verification at this time", { status: 422 })
      )
    }
    const now = yield* Clock.currentTimeMillis
    const recent = (asked.get(account.id) ?? []).filter((at) => now - at < hour)
    if (recent.length >= mostRequests) {
      return yield* Effect.fail(Failure.make(136024, "Too many codes were requested. Please try again later"))
    }
    asked.set(account.id, [...recent, now])
    guesses.delete(account.id)
    const code = core.newId("verification").slice(-6)
    core.amend(account.id, { sentCode: { code, until: now + codeLife } })
    return success
  })

  const verify: Handler = Effect.gen(function*() {
    const account = yield* number
    const { code } = yield* read(Requests.CodeProof, yield* jsonBody)
    const made = (guesses.get(account.id) ?? 0) + 1
    guesses.set(account.id, made)
    if (made > mostGuesses) {
      return yield* Effect.fail(
        Failure.make(4, "Too many verification attempts. Please try again later", { status: 429, subcode: 2446079 })
      )
    }
    const { sentCode } = account
    if (sentCode === null || sentCode.code !== code || sentCode.until <= (yield* Clock.currentTimeMillis)) {
      return yield* Effect.fail(Failure.make(136025, "The verification code is invalid or has expired"))
    }
    core.amend(account.id, { codeStatus: "VERIFIED", sentCode: null })
    return HttpServerResponse.jsonUnsafe({ success: true, id: account.id })
  })

  return [
    ["POST", "/:version/:id/request_code", request],
    ["POST", "/:version/:id/verify_code", verify]
  ]
}

/**
 * Decides on the display name that an account asked for, and tells it.
 *
 * @category control
 * @since 0.1.0
 */
export const decide = Effect.fnUntraced(function*(core: CloudCore, id: string, { decision, reason }: NameDecision) {
  const account = core.account(id)
  if (account === undefined) return yield* Effect.fail(new Emulator.UnknownAccount({ account: id }))
  const { requestedName } = account
  if (requestedName === null) {
    return yield* Effect.fail(new Emulator.InvalidControl({ reason: "No display name was asked for" }))
  }
  const approved = decision === "APPROVED"
  core.amend(id, {
    requestedName: null,
    nameStatus: approved ? "APPROVED" : "DECLINED",
    ...(approved ? { verifiedName: requestedName } : undefined)
  })
  yield* core.webhook(id, "phone_number_name_update", {
    display_phone_number: account.displayPhoneNumber,
    decision,
    requested_verified_name: requestedName,
    rejection_reason: approved ? null : reason ?? "NAME_GUIDELINES_VIOLATION"
  })
})
