/**
 * The organization whose own address a request came to: below `chat.example.com`, `acme.chat.example.com` is that of the
 * organization `acme`.
 *
 * The address says which organization is meant, and gives nobody anything: who signs in there signs in to that
 * organization, and a credential of another one is refused there.
 *
 * @since 0.1.0
 */
import { Context, Effect, Option } from "effect"
import type { Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable } from "effect/http"
import { normalize as normalizeHost } from "./HostList.ts"
import { reservedSlugs } from "./Organization.ts"
import { Organizations } from "./Organizations.ts"
import { Forbidden, NotFound } from "./Problem.ts"
import { PublicUrl } from "./PublicUrl.ts"
import { normalize as normalizeAddress } from "./RequestOrigin.ts"
import type { TrustedProxies } from "./RequestOrigin.ts"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface HostOrganization {
  readonly id: OrganizationId
  readonly slug: string
  /** As a browser names the address: `https://acme.chat.example.com`. */
  readonly origin: string
}

/**
 * `undefined` at the server's own address, and outside of a request.
 *
 * @category references
 * @since 0.1.0
 */
export const OrganizationHost = Context.Reference<HostOrganization | undefined>("@wicara/core/OrganizationHost", {
  defaultValue: () => undefined
})

/**
 * The host that a client asked for, with its port: what the last proxy says that it was asked for, if it is to be
 * believed, else what was asked of this server.
 *
 * @category conversions
 * @since 0.1.0
 */
export const hostOf = (
  remoteAddress: string | undefined,
  headers: Readonly<Record<string, string | undefined>>,
  proxies: TrustedProxies
): string => {
  const address = remoteAddress === undefined ? undefined : normalizeAddress(remoteAddress)
  const forwarded = headers["x-forwarded-host"]?.split(",").at(-1)?.trim()
  const isBelieved = address !== undefined && proxies.includes(address)
  return (isBelieved && forwarded !== undefined && forwarded !== "" ? forwarded : headers["host"] ?? "").toLowerCase()
}

const nameOf = (host: string) => normalizeHost(host.replace(/:\d*$/, ""))

/**
 * The part of a host below the domain: `acme` of `acme.chat.example.com:8443`; `undefined`: it is not below it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const labelOf = (host: string, domain: string): string | undefined => {
  const name = nameOf(host)
  const end = `.${domain}`
  return name.length > end.length && name.endsWith(end) ? name.slice(0, -end.length) : undefined
}

/**
 * Tells every route which organization's address a request came to. One below the domain that no organization has is
 * answered 404, but for the server's own address and the paths below one of `except`. It belongs after
 * `ProblemResponses.layer`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: {
  /** Below which every organization has its address: `chat.example.com`. */
  readonly domain: string
  readonly trustedProxies: TrustedProxies
  readonly except: ReadonlyArray<`/${string}`>
}): Layer.Layer<never, never, HttpRouter.HttpRouter | Organizations> =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const organizations = yield* Organizations
    const publicUrl = new URL(yield* PublicUrl)
    const domain = normalizeHost(options.domain)

    yield* router.addGlobalMiddleware((effect) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
        const host = hostOf(Option.getOrUndefined(request.remoteAddress), request.headers, options.trustedProxies)
        const label = labelOf(host, domain)
        if (
          label === undefined || nameOf(host) === normalizeHost(publicUrl.hostname) ||
          options.except.some((path) => request.url.startsWith(path))
        ) return effect
        const found = reservedSlugs.has(label) || label.includes(".")
          ? Effect.succeedNone
          : organizations.findBySlug(label)
        return Effect.flatMap(
          found,
          Option.match({
            onNone: () =>
              HttpServerRespondable.toResponse(
                new NotFound({ resource: "organization", id: label, detail: "There is nobody here." })
              ),
            onSome: ({ id, slug }) =>
              Effect.provideService(effect, OrganizationHost, {
                id,
                slug,
                origin: `${publicUrl.protocol}//${host}`
              })
          })
        )
      })
    )
  }))

/**
 * As a browser names the address that the running request came to.
 *
 * @category accessors
 * @since 0.1.0
 */
export const origin: Effect.Effect<string> = Effect.flatMap(
  OrganizationHost,
  (host) => host === undefined ? PublicUrl : Effect.succeed(host.origin)
)

/**
 * Refuses what is about another organization than the one whose address the running request came to.
 *
 * @category guards
 * @since 0.1.0
 */
export const check = (organizationId: OrganizationId): Effect.Effect<void, Forbidden> =>
  Effect.flatMap(OrganizationHost, (host) =>
    host === undefined || host.id === organizationId
      ? Effect.void
      : Effect.fail(new Forbidden({ permission: "", detail: "This is another organization's address." })))

/**
 * The organization that is meant: the one that was named, else the one whose address the running request came to.
 *
 * @category accessors
 * @since 0.1.0
 */
export const meant = Effect.fnUntraced(function*(
  named: OrganizationId | undefined
): Effect.fn.Return<OrganizationId | undefined, Forbidden> {
  if (named !== undefined) yield* check(named)
  return named ?? (yield* OrganizationHost)?.id
})
