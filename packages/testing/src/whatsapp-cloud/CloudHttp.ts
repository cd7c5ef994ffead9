/**
 * What every route of the emulated Graph API does alike: the version in the path, the token, the error object.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Result, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { CloudAccount } from "./CloudAccount.ts"
import type { CloudCore } from "./CloudCore.ts"
import * as Requests from "./CloudRequests.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (core: CloudCore) => {
  const refuse = (failure: GraphFailure) =>
    HttpServerResponse.jsonUnsafe(Failure.body(failure, core.traceId()), { status: failure.status })

  const answered = <R>(effect: Effect.Effect<HttpServerResponse.HttpServerResponse, GraphFailure, R>) =>
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const text = /json/.test(request.headers["content-type"] ?? "")
        ? yield* Effect.orElseSucceed(request.text, () => "")
        : ""
      const response = yield* Effect.catch(effect, (failure) => Effect.succeed(refuse(failure)))
      core.requests.push({
        method: request.method,
        url: request.url,
        body: Result.getOrUndefined(decodeJson(text)),
        status: response.status
      })
      return response
    })

  const token = Effect.map(
    HttpServerRequest.HttpServerRequest,
    ({ headers }) => /^(?:Bearer|OAuth) (.+)$/i.exec(headers.authorization ?? "")?.[1]
  )

  const authorized = Effect.fnUntraced(function*(accounts: ReadonlyArray<CloudAccount>, permission?: string) {
    const given = yield* token
    if (given === undefined) return yield* Effect.fail(Failure.make(104))
    const account = accounts.find((one) => one.accessToken === given)
    if (account === undefined) {
      return yield* Effect.fail(
        core.accounts().some((one) => one.accessToken === given)
          ? Failure.make(10, "The token has no access to this number")
          : Failure.make(190, "Session has expired", { subcode: 463 })
      )
    }
    if (account.tokenExpiresAt !== null && account.tokenExpiresAt <= (yield* Clock.currentTimeMillis)) {
      return yield* Effect.fail(Failure.make(190, "Session has expired", { subcode: 463 }))
    }
    if (permission !== undefined && !account.permissions.includes(permission)) {
      return yield* Effect.fail(Failure.make(200, `The token lacks the permission ${permission}`))
    }
    return account
  })

  const path = Effect.flatMap(HttpRouter.params, ({ id = "", version = "" }) =>
    /^v[0-9]+\.[0-9]+$/.test(version)
      ? Effect.succeed(id)
      : Effect.fail(Failure.make(2500, `Unknown path components: /${version}`)))

  const missing = (id: string) =>
    Failure.make(
      100,
      `Unsupported request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`,
      { subcode: 33 }
    )

  const accountWith = (permission?: string) =>
    Effect.flatMap(path, (id) => {
      const found = core.account(id)
      return found === undefined ? Effect.fail(missing(id)) : authorized([found], permission)
    })

  /** The account whose token calls, of those with the business account of the path. */
  const business = Effect.flatMap(path, (id) => {
    const owners = core.accounts().filter((one) => one.businessAccountId === id)
    return owners.length === 0 ? Effect.fail(missing(id)) : authorized(owners, "whatsapp_business_management")
  })

  /** The body; without one, the parameters stand in the address, as this API also takes them. */
  const jsonBody = Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const malformed = () => Failure.make(100, "The request body is not JSON")
    const text = yield* Effect.mapError(request.text, malformed)
    return text === ""
      ? Object.fromEntries(new URL(request.url, "http://localhost").searchParams)
      : yield* Effect.mapError(Effect.fromResult(decodeJson(text)), malformed)
  })

  return { refuse, answered, authorized, token, path, missing, accountWith, business, jsonBody }
}

/** @category models @since 0.1.0 */
export type CloudHttp = ReturnType<typeof make>

/** A route's handler. @category models @since 0.1.0 */
export type Handler = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  GraphFailure,
  HttpServerRequest.HttpServerRequest | HttpRouter.RouteContext | HttpServerRequest.ParsedSearchParams
>

/** @category models @since 0.1.0 */
export type Route = readonly [method: "GET" | "POST" | "DELETE", path: `/${string}`, handler: Handler]

/**
 * A body by its schema, with no other fields; or the refusal of the API.
 *
 * @category decoding
 * @since 0.1.0
 */
export const read = <A, I>(schema: Schema.Codec<A, I>, body: unknown): Effect.Effect<A, GraphFailure> =>
  Effect.fromResult(
    Result.mapError(Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(body), Requests.refusal)
  )

/** @category constructors @since 0.1.0 */
export const success = HttpServerResponse.jsonUnsafe({ success: true })

/**
 * A page of a list, by how many come before it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const paged = <A, B>(
  all: ReadonlyArray<A>,
  { after, limit }: { readonly [name: string]: string | Array<string> | undefined },
  describe: (one: A) => B
) => {
  const start = Number(after ?? 0)
  const page = all.slice(start, start + Math.max(1, Number(limit ?? 25)))
  const end = start + page.length
  return HttpServerResponse.jsonUnsafe({
    data: page.map(describe),
    paging: {
      cursors: { before: String(start), after: String(end) },
      ...(end < all.length ? { next: `?after=${end}` } : undefined)
    }
  })
}
