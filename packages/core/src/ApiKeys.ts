/**
 * API keys: shown once, stored as a hash, limited to scopes. A key never has a permission that the person who made it
 * lacks: not when it is made, and not later when their role changes or they leave.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ApiKey, CreatedApiKey } from "./ApiKey.ts"
import type { NewApiKey } from "./ApiKey.ts"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import type { OrganizationStatus } from "./Organization.ts"
import * as Pagination from "./Pagination.ts"
import * as Permissions from "./Permissions.ts"
import { Forbidden, InvalidInput, NotFound } from "./Problem.ts"
import * as Roles from "./Roles.ts"
import { orDieSql, rowLimit, transaction } from "./Sql.ts"
import { Actor, ApiKeyId, CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { OrganizationId } from "./Tenancy.ts"
import * as Tokens from "./Tokens.ts"

/**
 * A key as a request proves it.
 *
 * @category models
 * @since 0.1.0
 */
export interface VerifiedApiKey {
  readonly apiKeyId: ApiKeyId
  readonly organizationId: OrganizationId
  readonly organizationStatus: OrganizationStatus
  readonly permissions: ReadonlySet<string>
}

/**
 * @category services
 * @since 0.1.0
 */
export class ApiKeys extends Context.Service<ApiKeys, {
  readonly create: (
    apiKey: NewApiKey
  ) => Effect.Effect<CreatedApiKey, InvalidInput | Forbidden, CurrentOrganization | CurrentActor>
  /** The newest first, revoked ones too. */
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<ApiKey>, InvalidInput, CurrentOrganization>
  readonly revoke: (id: ApiKeyId) => Effect.Effect<void, NotFound, CurrentOrganization | CurrentActor>
  /** The key that a token is, while it is valid. */
  readonly verify: (token: string) => Effect.Effect<Option.Option<VerifiedApiKey>>
}>()("@wicara/core/ApiKeys") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    ApiKeys,
    never,
    SqlClient.SqlClient | Events | Audit | Roles.Roles | Roles.PermissionRegistry
  > = Layer.effect(
    ApiKeys,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const events = yield* Events
      const audit = yield* Audit
      const roles = yield* Roles.Roles
      const registry = yield* Roles.PermissionRegistry

      const columns = sql.literal(
        "id, name, key_start, scopes, created_by, created_at, expires_at, last_used_at, revoked_at"
      )

      /** The person behind the actor: of a key that makes a key, the person who made the first one. */
      const personBehind = Effect.fnUntraced(function*(organizationId: OrganizationId, actor: Actor) {
        if (actor._tag === "User") return Id.toBytes(actor.id)
        if (actor._tag === "System") return null
        const [row] = yield* sql<
          { readonly created_by_user: Uint8Array | null }
        >`SELECT created_by_user FROM core_api_keys
          WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(actor.id)}`
        return row?.created_by_user ?? null
      })

      return ApiKeys.of({
        create: Effect.fn("ApiKeys.create")(function*(apiKey) {
          const organization = yield* CurrentOrganization
          const current = yield* CurrentActor
          const now = yield* Clock.currentTimeMillis
          for (const [index, scope] of apiKey.scopes.entries()) {
            if (!registry.has(scope)) {
              return yield* InvalidInput.of(`/scopes/${index}`, `There is no permission "${scope}".`)
            }
            if (!Permissions.holds(current, scope)) return yield* Forbidden.of(scope)
          }
          if (apiKey.expiresAt !== undefined && DateTime.toEpochMillis(apiKey.expiresAt) <= now) {
            return yield* InvalidInput.of("/expiresAt", "This lies in the past.")
          }
          const id = yield* Id.next(ApiKeyId)
          const key = Tokens.makeApiKey()
          const made = new ApiKey({
            id,
            name: apiKey.name,
            start: Redacted.value(key).slice(0, 9),
            scopes: [...new Set(apiKey.scopes)],
            createdBy: current.actor,
            createdAt: DateTime.makeUnsafe(now),
            expiresAt: apiKey.expiresAt ?? null,
            lastUsedAt: null,
            revokedAt: null
          })
          yield* Effect.orDie(transaction(
            sql,
            Effect.gen(function*() {
              yield* sql`INSERT INTO core_api_keys ${
                sql.insert({
                  organization_id: Id.toBytes(organization.id),
                  id: Id.toBytes(id),
                  name: made.name,
                  key_start: made.start,
                  key_hash: Tokens.hash(key),
                  scopes: encodeScopes(made.scopes),
                  created_by: encodeActor(current.actor),
                  created_by_user: yield* personBehind(organization.id, current.actor),
                  created_at: now,
                  expires_at: made.expiresAt === null ? null : DateTime.toEpochMillis(made.expiresAt),
                  last_used_at: null,
                  revoked_at: null
                })
              }`
              yield* events.append(CoreEvents.apiKeyCreated, { aggregateId: id, payload: { apiKeyId: id } })
              yield* audit.record({
                action: "api-key.created",
                target: { type: "api-key", id },
                after: { name: made.name, scopes: made.scopes }
              })
            })
          ))
          return new CreatedApiKey({ key: Redacted.value(key), apiKey: made })
        }),
        list: Effect.fn("ApiKeys.list")(function*(query) {
          const organization = yield* CurrentOrganization
          const before = yield* Pagination.position(ApiKeyId, query)
          const limit = Pagination.limit(query)
          const rows = yield* Effect.orDie(sql<ApiKeyRow>`SELECT ${columns} FROM core_api_keys
            WHERE organization_id = ${Id.toBytes(organization.id)}
            ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
            ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
          return Pagination.page(rows.map(toApiKey), limit, ApiKeyId, ({ id }) => id)
        }),
        revoke: Effect.fn("ApiKeys.revoke")(function*(id) {
          const organization = yield* CurrentOrganization
          const now = yield* Clock.currentTimeMillis
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const [row] = yield* sql<ApiKeyRow>`SELECT ${columns} FROM core_api_keys
                WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
              if (row === undefined) return yield* NotFound.of("API key", id)
              if (row.revoked_at !== null) return
              yield* sql`UPDATE core_api_keys SET revoked_at = ${now}
                WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
              yield* events.append(CoreEvents.apiKeyRevoked, { aggregateId: id, payload: { apiKeyId: id } })
              yield* audit.record({
                action: "api-key.revoked",
                target: { type: "api-key", id },
                before: { name: row.name }
              })
            })
          ))
        }),
        verify: Effect.fnUntraced(function*(token) {
          if (Tokens.kind(token) !== "api-key") return Option.none()
          const hash = Tokens.hash(token)
          const [row] = yield* Effect.orDie(sql<VerifiedRow>`SELECT k.organization_id, k.id, k.key_hash, k.scopes,
            k.expires_at, k.last_used_at, k.revoked_at, k.created_by_user, m.role, o.status AS organization_status
            FROM core_api_keys k
            JOIN core_organizations o ON o.id = k.organization_id
            LEFT JOIN core_memberships m ON m.organization_id = k.organization_id AND m.user_id = k.created_by_user
              AND m.status = 'active'
            WHERE k.key_hash = ${hash}`)
          const now = yield* Clock.currentTimeMillis
          if (row === undefined || !Tokens.isSameHash(row.key_hash, hash) || row.revoked_at !== null) {
            return Option.none()
          }
          if (row.expires_at !== null && Number(row.expires_at) <= now) return Option.none()
          if (row.created_by_user !== null && row.role === null) return Option.none()
          if (row.last_used_at === null || now - Number(row.last_used_at) >= touchMillis) {
            yield* Effect.orDie(sql`UPDATE core_api_keys SET last_used_at = ${now}
              WHERE organization_id = ${row.organization_id} AND id = ${row.id}`)
          }
          const ofCreator = row.role === null ? undefined : roles.permissions(row.role)
          return Option.some<VerifiedApiKey>({
            apiKeyId: Id.fromBytes<ApiKeyId>(row.id),
            organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
            organizationStatus: row.organization_status as OrganizationStatus,
            permissions: new Set(
              decodeScopes(row.scopes).filter((scope) => ofCreator === undefined || ofCreator.has(scope))
            )
          })
        })
      })
    })
  )
}

const touchMillis = 60_000

const Scopes = Schema.fromJsonString(Schema.Array(Schema.String))
const encodeScopes = Schema.encodeSync(Scopes)
const decodeScopes = Schema.decodeUnknownSync(Scopes)
const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))
const decodeActor = Schema.decodeUnknownSync(Schema.fromJsonString(Actor))

interface ApiKeyRow {
  readonly id: Uint8Array
  readonly name: string
  readonly key_start: string
  readonly scopes: string
  readonly created_by: string
  readonly created_at: unknown
  readonly expires_at: unknown
  readonly last_used_at: unknown
  readonly revoked_at: unknown
}

interface VerifiedRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly key_hash: Uint8Array
  readonly scopes: string
  readonly expires_at: unknown
  readonly last_used_at: unknown
  readonly revoked_at: unknown
  readonly created_by_user: Uint8Array | null
  readonly role: string | null
  readonly organization_status: string
}

const toInstant = (millis: unknown) => (millis === null ? null : DateTime.makeUnsafe(Number(millis)))

const toApiKey = (row: ApiKeyRow): ApiKey =>
  new ApiKey({
    id: Id.fromBytes<ApiKeyId>(row.id),
    name: row.name,
    start: row.key_start,
    scopes: decodeScopes(row.scopes),
    createdBy: decodeActor(row.created_by),
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    expiresAt: toInstant(row.expires_at),
    lastUsedAt: toInstant(row.last_used_at),
    revokedAt: toInstant(row.revoked_at)
  })
