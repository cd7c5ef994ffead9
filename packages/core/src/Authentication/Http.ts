/**
 * Authentication of requests by session token (`ws_...`) or API key (`wk_...`), and the check of what each endpoint
 * asks of its caller. Everything is read again at every request, so what is revoked is revoked at the next one.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import type { HttpServerResponse } from "effect/http"
import { HttpApi } from "effect/http-api"
import type { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { ApiKeys } from "../ApiKeys.ts"
import { Authentication } from "../Authentication.ts"
import type { OrganizationStatus } from "../Organization.ts"
import * as Permissions from "../Permissions.ts"
import { Forbidden, Unauthorized } from "../Problem.ts"
import { Roles } from "../Roles.ts"
import { CurrentSession } from "../Session.ts"
import type { SessionId } from "../Session.ts"
import { Sessions } from "../Sessions.ts"
import { CurrentActor, CurrentOrganization } from "../Tenancy.ts"
import type { OrganizationId } from "../Tenancy.ts"
import * as Tokens from "../Tokens.ts"

interface Caller {
  readonly organizationId: OrganizationId
  readonly organizationStatus: OrganizationStatus
  readonly actor: CurrentActor["Service"]
  readonly sessionId: SessionId | undefined
}

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Authentication, never, Sessions | ApiKeys | Roles> = Layer.effect(
  Authentication,
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const apiKeys = yield* ApiKeys
    const roles = yield* Roles

    const ofSession = Effect.fnUntraced(function*(token: string) {
      const session = yield* sessions.verify(token)
      return Option.map(session, (session): Caller => ({
        organizationId: session.organizationId,
        organizationStatus: session.organizationStatus,
        actor: { actor: { _tag: "User", id: session.userId }, permissions: roles.permissions(session.role) },
        sessionId: session.sessionId
      }))
    })

    const ofApiKey = Effect.fnUntraced(function*(token: string) {
      const key = yield* apiKeys.verify(token)
      return Option.map(key, (key): Caller => ({
        organizationId: key.organizationId,
        organizationStatus: key.organizationStatus,
        actor: { actor: { _tag: "ApiKey", id: key.apiKeyId }, permissions: key.permissions },
        sessionId: undefined
      }))
    })

    return Authentication.of({
      bearer: Effect.fnUntraced(function*(httpEffect, { credential, endpoint, group }) {
        const token = Redacted.value(credential)
        if (token === "") return yield* new Unauthorized({ detail: "This needs a bearer token." })
        const caller = yield* (Tokens.kind(token) === "api-key" ? ofApiKey(token) : ofSession(token))
        if (Option.isNone(caller)) {
          return yield* new Unauthorized({ detail: "This token is unknown, expired or revoked." })
        }
        yield* checkAccess(accessOf(group, endpoint), caller.value)
        return yield* within(httpEffect, caller.value)
      })
    })
  })
)

const within = <E>(
  httpEffect: Effect.Effect<HttpServerResponse.HttpServerResponse, E, CurrentOrganization | CurrentActor>,
  caller: Caller
) =>
  httpEffect.pipe(
    Effect.provideService(CurrentOrganization, { id: caller.organizationId }),
    Effect.provideService(CurrentActor, caller.actor),
    Effect.provideService(CurrentSession, caller.sessionId)
  )

interface Declared {
  readonly access: Option.Option<Permissions.Access["Service"]>
  readonly allowInactive: boolean
  readonly name: string
}

const accessOf = (group: HttpApiGroup.Top, endpoint: HttpApiEndpoint.Top): Declared => {
  const annotations = Context.merge(group.annotations, endpoint.annotations)
  return {
    access: Context.getOption(annotations, Permissions.Access),
    allowInactive: Context.get(annotations, Permissions.AllowInactive),
    name: `${group.identifier}.${endpoint.identifier}`
  }
}

const checkAccess = ({ access, allowInactive, name }: Declared, caller: Caller) => {
  if (Option.isNone(access)) return Effect.die(new AccessUndeclared({ endpoints: [name] }))
  const { organizationStatus } = caller
  if (!allowInactive && (organizationStatus === "suspended" || organizationStatus === "cancelled")) {
    return Effect.fail(new Forbidden({ permission: "", detail: `This organization is ${organizationStatus}.` }))
  }
  const { permission } = access.value
  if (permission !== null && !Permissions.holds(caller.actor, permission)) {
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
 * permission without the `Authentication` middleware, or for a permission that nobody defined. The server calls it
 * before it listens.
 *
 * @category guards
 * @since 0.1.0
 */
export const verifyAccess = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>,
  isPermission: (name: string) => boolean = () => true
): Effect.Effect<void, AccessUndeclared> =>
  Effect.suspend(() => {
    const endpoints: Array<string> = []
    HttpApi.reflect(api, {
      onGroup: () => {},
      onEndpoint: ({ endpoint, group, middleware }) => {
        const { access, name } = accessOf(group, endpoint)
        const authenticated = [...middleware].some(({ key }) => key === Authentication.key)
        const declared = Option.isSome(access) &&
          (access.value.permission === null || isPermission(access.value.permission))
        const needsCaller = Option.isSome(access) && (access.value.permission !== null || access.value.anyMember)
        if (!declared || (needsCaller && !authenticated)) endpoints.push(name)
      }
    })
    return endpoints.length === 0 ? Effect.void : Effect.fail(new AccessUndeclared({ endpoints }))
  })
