/**
 * Authentication of requests by session token (`ws_...`, as bearer or in a cookie) or API key (`wk_...`), and the check of what each endpoint
 * asks of its caller. Everything is read again at every request, so what is revoked is revoked at the next one.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option, Result, Schema } from "effect"
import { HttpServerRequest } from "effect/http"
import type { HttpServerResponse } from "effect/http"
import { HttpApi } from "effect/http-api"
import type { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { ApiKeys } from "../ApiKeys.ts"
import { Audit } from "../Audit.ts"
import { Authentication, organizationHeader, reasonHeader, sessionCookie } from "../Authentication.ts"
import * as CallerLimits from "../internal/callerLimits.ts"
import * as SameOrigin from "../internal/sameOrigin.ts"
import * as SessionCookie from "../internal/sessionCookie.ts"
import { ClientAddress, MemberAccess } from "../MemberAccess.ts"
import { ModuleRegistry } from "../Module.ts"
import { Modules } from "../Modules.ts"
import type { OrganizationStatus } from "../Organization.ts"
import { Organizations } from "../Organizations.ts"
import * as Permissions from "../Permissions.ts"
import { PlatformAdmins } from "../PlatformAdmins.ts"
import { platformAdmin } from "../PlatformPermission.ts"
import { Forbidden, ModuleDisabled, OrganizationInactive, Unauthorized } from "../Problem.ts"
import * as OrganizationHost from "../OrganizationHost.ts"
import type { RateLimits } from "../RateLimits.ts"
import { PersonalData } from "../LoggedRequest.ts"
import { CurrentRequest } from "../RequestLog.ts"
import * as RequestOrigin from "../RequestOrigin.ts"
import { owner, Roles } from "../Roles.ts"
import { CurrentSession, TwoFactorSetupRequired } from "../Session.ts"
import type { SessionTransport, VerifiedSession } from "../Session.ts"
import { Sessions } from "../Sessions.ts"
import { allowances } from "../Standing.ts"
import { CurrentActor, CurrentOrganization, OrganizationId } from "../Tenancy.ts"
import * as Tokens from "../Tokens.ts"
import { english } from "../ProblemTexts.ts"

interface Caller {
  readonly organizationId: OrganizationId
  readonly organizationStatus: OrganizationStatus
  readonly actor: CurrentActor["Service"]
  readonly session: VerifiedSession | undefined
  readonly requestsPerMinute?: number | null
  /** Why a platform administrator acts in this organization, which is not theirs. */
  readonly reason?: string
}

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  Authentication,
  never,
  | Sessions
  | ApiKeys
  | MemberAccess
  | Roles
  | Organizations
  | PlatformAdmins
  | Audit
  | ModuleRegistry
  | Modules
  | RateLimits
> = Layer.effect(
  Authentication,
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const apiKeys = yield* ApiKeys
    const access = yield* MemberAccess
    const limits = yield* CallerLimits.make
    const onBehalf = yield* makeOnBehalf
    const audit = yield* Audit
    const registry = yield* ModuleRegistry
    const modules = yield* Modules
    const organizations = yield* Organizations

    const recordActing = Effect.fnUntraced(function*(acting: Caller, reason: string, endpoint: string) {
      const { method } = yield* HttpServerRequest.HttpServerRequest
      yield* audit.record({
        action: "platform.acted",
        target: { type: "endpoint", id: endpoint },
        after: { reason, method }
      }).pipe(
        Effect.provideService(CurrentOrganization, { id: acting.organizationId }),
        Effect.provideService(CurrentActor, acting.actor)
      )
    })

    const checkModule = Effect.fnUntraced(function*(group: string, organizationId: OrganizationId) {
      const module = registry.ofGroup(group)
      if (module === undefined || module.optional === false) return
      if (!(yield* modules.isEnabled(organizationId, module.id))) {
        return yield* new ModuleDisabled({
          module: module.id,
          detail: english("moduleDisabled", { module: module.name })
        })
      }
    })

    /** That it was a trial which ended is told, so that people know what to ask for. */
    const whyInactive = Effect.fnUntraced(function*(
      { organizationId }: Caller,
      error: OrganizationInactive
    ): Effect.fn.Return<never, OrganizationInactive> {
      const { organizationStatus } = error
      const found = organizationStatus === "suspended" ? yield* organizations.find(organizationId) : Option.none()
      if (Option.isNone(found) || found.value.trialEndsAt === null) return yield* error
      return yield* new OrganizationInactive({ organizationStatus, detail: english("trialEnded") })
    })

    const unknown = new Unauthorized({ detail: english("unknownToken") })

    const ofSession = Effect.fnUntraced(function*(token: string, transport: SessionTransport) {
      const verified = Option.getOrUndefined(yield* sessions.verify(token))
      // What was given out in a cookie proves nothing elsewhere, nor the other way round.
      if (verified === undefined || verified.transport !== transport) return yield* unknown
      if (verified.isStale && transport === "bearer") {
        return yield* new Unauthorized({
          detail: "This token has done its hour: refresh it (POST /v1/sessions/refresh)."
        })
      }
      if (verified.isStale) {
        const refreshed = yield* sessions.refresh(token, transport)
        if (Option.isNone(refreshed)) return yield* unknown
        yield* SessionCookie.set(refreshed.value.token)
      }
      const caller: Caller = {
        organizationId: verified.organizationId,
        organizationStatus: verified.organizationStatus,
        actor: { actor: { _tag: "User", id: verified.userId }, ...(yield* access.holdings(verified)) },
        session: verified
      }
      return caller
    })

    const ofApiKey = Effect.fnUntraced(function*(token: string) {
      const key = Option.getOrUndefined(yield* apiKeys.verify(token))
      if (key === undefined) return yield* unknown
      const caller: Caller = {
        organizationId: key.organizationId,
        organizationStatus: key.organizationStatus,
        actor: {
          actor: { _tag: "ApiKey", id: key.apiKeyId },
          permissions: key.permissions,
          scoped: key.scoped,
          grantable: key.grantable
        },
        session: undefined,
        requestsPerMinute: key.requestsPerMinute
      }
      return caller
    })

    const ofRequest = Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const { authorization } = request.headers
      const token = authorization === undefined ? undefined : /^bearer +(.+)$/i.exec(authorization)?.[1]
      if (token !== undefined) {
        return yield* (Tokens.kind(token) === "api-key" ? ofApiKey(token) : ofSession(token, "bearer"))
      }
      const cookie = request.cookies[sessionCookie]
      if (authorization !== undefined || cookie === undefined || cookie === "") {
        return yield* new Unauthorized({ detail: english("needsBearer") })
      }
      if (!SameOrigin.holds(request, yield* OrganizationHost.origin)) return yield* SameOrigin.refusal
      return yield* ofSession(cookie, "cookie")
    })

    // Where a request has its credential is for one place to decide: whichever scheme is tried, the outcome is the same.
    const authenticate = onceRefused(Effect.fnUntraced(
      function*(httpEffect, { endpoint, group }) {
        yield* limits.check
        const { address } = yield* RequestOrigin.current
        const caller = yield* Effect.provideService(ofRequest, ClientAddress, address)
        yield* note(caller, group, endpoint)
        yield* limits.count({ ...caller, actor: caller.actor.actor }, group, endpoint)
        const declared = accessOf(group, endpoint)
        const acting = yield* onBehalf(caller, declared)
        yield* note(acting, group, endpoint)
        yield* OrganizationHost.check(acting.organizationId)
        const allowed: Effect.Effect<void, Forbidden | TwoFactorSetupRequired | OrganizationInactive> = Effect.catchTag(
          checkAccess(declared, acting),
          "OrganizationInactive",
          (error) => whyInactive(acting, error)
        )
        yield* Effect.tapErrorTag(
          allowed,
          "Forbidden",
          ({ permission }) =>
            Effect.annotateLogs(Effect.logWarning("A caller lacks a permission"), {
              actor: `${acting.actor.actor._tag} ${
                "id" in acting.actor.actor ? acting.actor.actor.id : acting.actor.actor.name
              }`,
              address,
              endpoint: declared.name,
              organizationId: acting.organizationId,
              permission
            })
        )
        yield* checkModule(group.identifier, acting.organizationId)
        if (acting.reason !== undefined) yield* recordActing(acting, acting.reason, declared.name)
        return yield* within(httpEffect, acting)
      }
    ))

    return Authentication.of({ bearer: authenticate, cookie: authenticate })
  })
)

/**
 * A refused request is tried as each scheme that the endpoint accepts: all but the first try get the first one's refusal,
 * so that nothing is looked up, counted, logged or audited twice.
 */
const onceRefused = (authenticate: Authentication["Service"]["bearer"]): Authentication["Service"]["bearer"] => {
  const refusals = new WeakMap<object, Effect.Error<ReturnType<typeof authenticate>>>()
  return Effect.fnUntraced(function*(httpEffect, options) {
    const { source } = yield* HttpServerRequest.HttpServerRequest
    const refusal = refusals.get(source)
    if (refusal !== undefined) return yield* Effect.fail(refusal)
    return yield* Effect.tapError(
      authenticate(httpEffect, options),
      (error) => Effect.sync(() => refusals.set(source, error))
    )
  })
}

/** The same person as a platform administrator, where the request or the endpoint asks for one. */
const makeOnBehalf = Effect.gen(function*() {
  const admins = yield* PlatformAdmins
  const organizations = yield* Organizations
  const roles = yield* Roles

  const refuse = (detail: string) => Effect.fail(new Forbidden({ permission: platformAdmin.name, detail }))

  return Effect.fnUntraced(function*(caller: Caller, { access }: Declared): Effect.fn.Return<
    Caller,
    Forbidden,
    HttpServerRequest.HttpServerRequest
  > {
    const request = yield* HttpServerRequest.HttpServerRequest
    const wanted = request.headers[organizationHeader]
    const forPlatform = Option.isSome(access) && access.value.permission === platformAdmin.name
    if (wanted === undefined && !forPlatform) return caller
    const { actor } = caller.actor
    if (actor._tag !== "User" || !(yield* admins.has(actor.id))) {
      // Whether the organization exists is none of their business.
      return wanted === undefined ? caller : yield* refuse("Only platform administrators act in other organizations.")
    }
    if (wanted === undefined) {
      return { ...caller, actor: { actor, permissions: new Set([...caller.actor.permissions, platformAdmin.name]) } }
    }
    const reason = readReason(request.headers[reasonHeader])
    if (reason === undefined) return yield* refuse(`Say why in the header ${reasonHeader}, in 3 to 500 characters.`)
    const id = decodeOrganization(wanted)
    const organization = Option.isNone(id) ? Option.none() : yield* organizations.find(id.value)
    if (Option.isNone(organization)) return yield* refuse("There is no such organization.")
    return {
      organizationId: organization.value.id,
      // They put right what is wrong with an organization, in whichever state it is.
      organizationStatus: "active",
      actor: { actor, permissions: new Set([...roles.permissions(owner.key), platformAdmin.name]) },
      session: caller.session,
      reason
    }
  })
})

const decodeOrganization = Schema.decodeUnknownOption(OrganizationId)

const readReason = (header: string | undefined): string | undefined => {
  const reason = Result.getOrElse(Result.try(() => decodeURIComponent(header ?? "")), () => "").trim()
  return reason.length >= 3 && reason.length <= 500 ? reason : undefined
}

/** Tells the request log who asks, and about whose personal data. */
const note = Effect.fnUntraced(function*(caller: Caller, group: HttpApiGroup.Top, endpoint: HttpApiEndpoint.Top) {
  const known = yield* CurrentRequest
  if (known === undefined) return
  const { headers, url } = yield* HttpServerRequest.HttpServerRequest
  const purpose = readReason(headers[reasonHeader])
  if (purpose !== undefined) known.purpose = purpose
  known.organizationId = caller.organizationId
  known.actor = caller.actor.actor
  known.endpoint = `${group.identifier}.${endpoint.identifier}`
  const personal = Context.get(endpoint.annotations, PersonalData)
  if (personal === undefined) return
  const at = endpoint.path.split("/").indexOf(`:${personal.parameter}`)
  const id = url.split("?")[0]?.split("/")[at]
  if (id !== undefined) known.subject = { type: personal.type, id, access: personal.access }
})

const within = <E>(
  httpEffect: Effect.Effect<HttpServerResponse.HttpServerResponse, E, CurrentOrganization | CurrentActor>,
  caller: Caller
) =>
  httpEffect.pipe(
    Effect.provideService(CurrentOrganization, { id: caller.organizationId }),
    Effect.provideService(CurrentActor, caller.actor),
    Effect.provideService(CurrentSession, caller.session)
  )

interface Declared {
  readonly access: Option.Option<Permissions.Access["Service"]>
  readonly allowInactive: boolean
  readonly allowOneFactor: boolean
  readonly isRead: boolean
  readonly name: string
}

const accessOf = (group: HttpApiGroup.Top, endpoint: HttpApiEndpoint.Top): Declared => {
  const annotations = Context.merge(group.annotations, endpoint.annotations)
  return {
    access: Context.getOption(annotations, Permissions.Access),
    allowInactive: Context.get(annotations, Permissions.AllowInactive),
    allowOneFactor: Context.get(annotations, Permissions.AllowOneFactor),
    isRead: endpoint.method === "GET" || endpoint.method === "HEAD",
    name: `${group.identifier}.${endpoint.identifier}`
  }
}

const checkAccess = (
  { access, allowInactive, allowOneFactor, isRead, name }: Declared,
  caller: Caller
): Effect.Effect<void, Forbidden | TwoFactorSetupRequired | OrganizationInactive> => {
  if (Option.isNone(access)) return Effect.die(new AccessUndeclared({ endpoints: [name] }))
  if (!allowOneFactor && caller.session?.needsSecondFactor === true) {
    return Effect.fail(
      new TwoFactorSetupRequired({ detail: "This organization asks for a second factor: set one up to go on." })
    )
  }
  const { organizationStatus } = caller
  if (!allowInactive && !allowances[organizationStatus][isRead ? "read" : "write"]) {
    return Effect.fail(
      new OrganizationInactive({
        organizationStatus,
        detail: english("readOnly", { status: organizationStatus })
      })
    )
  }
  const { permission } = access.value
  const held = access.value.scoped === true ? Permissions.holdsSomewhere : Permissions.holds
  if (permission !== null && !held(caller.actor, permission)) {
    return Effect.fail(Forbidden.of(permission))
  }
  return Effect.void
}

/**
 * Endpoints that say nothing of who may call them, or that ask for a caller and have no authentication.
 *
 * @category errors
 * @since 0.1.0
 */
export class AccessUndeclared extends Schema.TaggedError<AccessUndeclared>()("AccessUndeclared", {
  endpoints: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `These endpoints declare no access, or need a caller and have no authentication: ${
      this.endpoints.join(", ")
    }`
  }
}

/**
 * Fails with every endpoint of the API whose access is not declared (`Permissions.Access`), that asks for a member or a
 * permission without the `Authentication` middleware, for a permission that nobody defined, or for a part of one that
 * can't be limited. The server calls it before it listens, and its build does, so that neither succeeds with such an
 * endpoint.
 *
 * @category guards
 * @since 0.1.0
 */
export const verifyAccess = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>,
  registry?: { readonly find: (name: string) => Pick<Permissions.Permission, "scopes"> | undefined }
): Effect.Effect<void, AccessUndeclared> =>
  Effect.suspend(() => {
    const isDefined = ({ permission, scoped }: Permissions.Access["Service"]) => {
      if (permission === null || registry === undefined || permission === platformAdmin.name) return true
      const defined = registry.find(permission)
      return defined !== undefined && (scoped !== true || defined.scopes.length > 0)
    }
    const endpoints: Array<string> = []
    HttpApi.reflect(api, {
      onGroup: () => {},
      onEndpoint: ({ endpoint, group, middleware }) => {
        const { access, name } = accessOf(group, endpoint)
        const authenticated = [...middleware].some(({ key }) => key === Authentication.key)
        const declared = Option.isSome(access) && isDefined(access.value)
        const needsCaller = Option.isSome(access) && (access.value.permission !== null || access.value.anyMember)
        if (!declared || (needsCaller && !authenticated)) endpoints.push(name)
      }
    })
    return endpoints.length === 0 ? Effect.void : Effect.fail(new AccessUndeclared({ endpoints }))
  })
