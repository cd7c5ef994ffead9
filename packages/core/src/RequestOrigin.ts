/**
 * Where the request that the running code serves came from: for rate limits, the audit log and the list of sessions.
 *
 * Behind proxies the sender's address is what the last trusted one of them says: `X-Forwarded-For` is read from its end,
 * and what an untrusted sender wrote into it counts for nothing.
 *
 * @since 0.1.0
 */
import { Context, Effect, Option, Schema, SchemaTransformation } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import { isIP, isIPv4 } from "node:net"
import * as Networks from "./internal/networks.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Origin {
  /** The client's address in its canonical form; absent when the server can't tell. */
  readonly address: string | undefined
  /** Whether the request came from this machine itself, and through no proxy. */
  readonly isLocal: boolean
  readonly userAgent: string | undefined
}

/**
 * `undefined` outside of a request.
 *
 * @category references
 * @since 0.1.0
 */
export const RequestOrigin = Context.Reference<Origin | undefined>("@wicara/core/RequestOrigin", {
  defaultValue: () => undefined
})

/**
 * The senders whose `X-Forwarded-For` is believed.
 *
 * @category models
 * @since 0.1.0
 */
export interface TrustedProxies {
  /** As it was written. */
  readonly text: string
  readonly includes: (address: string) => boolean
}

const parseProxies = (text: string): TrustedProxies | undefined => {
  const { includes, rest } = Networks.parse(Networks.partsOf(text))
  return rest.length === 0 ? { text, includes } : undefined
}

/**
 * Addresses and networks, separated by commas (`10.0.0.0/8,192.0.2.7`), or `loopback`, `private` or `none`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TrustedProxies: Schema.Codec<TrustedProxies, string> = Schema.String.check(
  Schema.makeFilter((text) =>
    parseProxies(text) === undefined
      ? "expected addresses or networks separated by commas, or loopback, private or none"
      : undefined
  )
).pipe(
  Schema.decodeTo(
    Schema.declare((value): value is TrustedProxies => typeof value === "object" && value !== null),
    SchemaTransformation.transform({
      decode: (text): TrustedProxies => parseProxies(text) ?? loopback,
      encode: (proxies: TrustedProxies) => proxies.text
    })
  )
)

const emptyProxies: TrustedProxies = { text: "none", includes: () => false }

/**
 * This machine, and the networks that no address of the internet is in.
 *
 * @category constants
 * @since 0.1.0
 */
export const privateNetworks: TrustedProxies = { text: "private", includes: Networks.parse(["private"]).includes }

/**
 * Proxies on this machine only.
 *
 * @category constants
 * @since 0.1.0
 */
export const loopback: TrustedProxies = parseProxies("loopback") ?? emptyProxies

/**
 * An address in one spelling: without brackets, port and zone, and an IPv4 address that came over IPv6 as IPv4;
 * `undefined` for what is none.
 *
 * @category conversions
 * @since 0.1.0
 */
export const normalize = (text: string): string | undefined => {
  let address = text.trim().toLowerCase()
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(address)
  if (bracketed !== null) address = bracketed[1] ?? ""
  else if (/^[\d.]+:\d+$/.test(address)) address = address.split(":")[0] ?? ""
  address = address.split("%")[0] ?? ""
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address
  return isIP(mapped) === 0 ? undefined : mapped
}

/**
 * What rate limits count as one sender: an IPv4 address, or the /64 network of an IPv6 address, of which every customer
 * of a provider has at least one.
 *
 * @category conversions
 * @since 0.1.0
 */
export const networkOf = (address: string): string => {
  if (isIPv4(address)) return address
  const [head = "", tail] = address.split("::")
  const left = head === "" ? [] : head.split(":")
  const right = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array.from({ length: zeros }, () => "0"), ...right].slice(0, 4)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`
}

/**
 * The origin of a request.
 *
 * @category conversions
 * @since 0.1.0
 */
export const ofRequest = (
  request: HttpServerRequest.HttpServerRequest,
  proxies: TrustedProxies
): Origin => of(Option.getOrUndefined(request.remoteAddress), request.headers, proxies)

/**
 * The origin of a request as any server has it: the address of who is connected, and headers with lower-case names.
 *
 * @category conversions
 * @since 0.1.0
 */
export const of = (
  remoteAddress: string | undefined,
  headers: Readonly<Record<string, string | undefined>>,
  proxies: TrustedProxies
): Origin => {
  let address = remoteAddress === undefined ? undefined : normalize(remoteAddress)
  const forwarded = headers["x-forwarded-for"]
  let hops = 0
  if (forwarded !== undefined && address !== undefined && proxies.includes(address)) {
    const chain = forwarded.split(",").slice(-maximumHops)
    while (address !== undefined && proxies.includes(address) && chain.length > 0) {
      const before = normalize(chain.pop() ?? "")
      if (before === undefined) break
      address = before
      hops += 1
    }
  }
  return {
    address,
    isLocal: hops === 0 && (address === undefined || loopback.includes(address)),
    userAgent: headers["user-agent"]?.slice(0, 255)
  }
}

const maximumHops = 20

/**
 * The origin of the running request; as the connection has it where nobody told.
 *
 * @category accessors
 * @since 0.1.0
 */
export const current: Effect.Effect<Origin, never, HttpServerRequest.HttpServerRequest> = Effect.flatMap(
  RequestOrigin,
  (origin) =>
    origin === undefined
      ? Effect.map(HttpServerRequest.HttpServerRequest, (request) => ofRequest(request, loopback))
      : Effect.succeed(origin)
)

/**
 * Tells every route, and the middleware that is added after it, where its request came from.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: {
  readonly trustedProxies: TrustedProxies
}): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use((router) =>
    router.addGlobalMiddleware((effect) =>
      Effect.flatMap(
        HttpServerRequest.HttpServerRequest,
        (request) => Effect.provideService(effect, RequestOrigin, ofRequest(request, options.trustedProxies))
      )
    )
  )
