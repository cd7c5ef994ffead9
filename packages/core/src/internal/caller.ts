/** Who a request is from, for handlers of what only people can do. */
import { Effect } from "effect"
import { HttpServerRequest } from "effect/http"
import type { ClientInfo } from "../AuthenticationEvents.ts"
import { Forbidden } from "../Problem.ts"
import * as OrganizationHost from "../OrganizationHost.ts"
import * as RequestOrigin from "../RequestOrigin.ts"
import { CurrentSession } from "../Session.ts"
import type { SessionTransport } from "../Session.ts"
import * as SameOrigin from "./sameOrigin.ts"
import { english } from "../ProblemTexts.ts"

export const clientInfo = Effect.gen(function*() {
  const { address, userAgent } = yield* RequestOrigin.current
  return { ip: address, userAgent } satisfies ClientInfo
})

/** The session that calls; keys have none. */
export const session = Effect.flatMap(CurrentSession, (session) =>
  session === undefined
    ? Effect.fail(new Forbidden({ permission: "", detail: english("peopleOnly") }))
    : Effect.succeed(session))

/** A cookie is only given to a page of this server: another site's must not sign anybody in. */
export const checkTransport = Effect.fnUntraced(function*(transport: SessionTransport | undefined) {
  const request = yield* HttpServerRequest.HttpServerRequest
  if (transport === "cookie" && !SameOrigin.holds(request, yield* OrganizationHost.origin)) {
    return yield* SameOrigin.refusal
  }
})

/** A step that may end with a cookie is not for another site's page to send. */
export const checkSite = Effect.gen(function*() {
  const request = yield* HttpServerRequest.HttpServerRequest
  if (SameOrigin.isForeign(request, yield* OrganizationHost.origin)) return yield* SameOrigin.refusal
})
