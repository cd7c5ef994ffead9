/**
 * API keys: shown once, stored as a hash, limited to scopes. A key never has a permission that the person who made it
 * lacks: not when it is made, and not later when their role changes or they leave.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { AllowedNetworks, ApiKey, CreatedApiKey } from "./ApiKey.ts"
import type { ApiKeyChange, NewApiKey, NewMachineKey, Rotation } from "./ApiKey.ts"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { apiKeys as permissions } from "./CorePermissions.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import type { OrganizationStatus } from "./Organization.ts"
import { ClientAddress, MemberAccess } from "./MemberAccess.ts"
import type { MemberHoldings } from "./MemberAccess.ts"
import * as Pagination from "./Pagination.ts"
import * as Sorting from "./Sorting.ts"
import * as Permissions from "./Permissions.ts"
import { Conflict, Forbidden, InvalidInput, NotFound } from "./Problem.ts"
import { TrustedProxies } from "./RequestOrigin.ts"
import * as Roles from "./Roles.ts"
import { affectedRows, isUnavailable, orDieSql, transaction } from "./Sql.ts"
import { Actor, ApiKeyId, CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { Holdings, OrganizationId, UserId } from "./Tenancy.ts"
import * as Tokens from "./Tokens.ts"

/**
 * A key as a request proves it, with those of its scopes that the person behind it holds now.
 *
 * @category models
 * @since 0.1.0
 */
export interface VerifiedApiKey extends MemberHoldings {
  readonly apiKeyId: ApiKeyId
  readonly organizationId: OrganizationId
  readonly organizationStatus: OrganizationStatus
  /** A limit of its own. */
  readonly requestsPerMinute: number | null
}

/**
 * @category services
 * @since 0.1.0
 */
export class ApiKeys extends Context.Service<ApiKeys, {
  readonly create: (
    apiKey: NewApiKey
  ) => Effect.Effect<CreatedApiKey, InvalidInput | Forbidden, CurrentOrganization | CurrentActor>
  /** A key of a machine user, which holds no more than its roles allow, now and later. */
  readonly createOf: (
    machine: UserId,
    apiKey: NewMachineKey
  ) => Effect.Effect<CreatedApiKey, NotFound | InvalidInput | Forbidden, CurrentOrganization | CurrentActor>
  /** Those of a machine user, the newest first, revoked ones too: at most 200. */
  readonly listOf: (machine: UserId) => Effect.Effect<ReadonlyArray<ApiKey>, NotFound, CurrentOrganization>
  /** The newest first, revoked ones too. */
  readonly list: (
    query: Pagination.PageQuery & { readonly sort?: Sorting.Sort<"createdAt"> | undefined }
  ) => Effect.Effect<Pagination.Page<ApiKey>, InvalidInput, CurrentOrganization>
  readonly change: (
    id: ApiKeyId,
    change: ApiKeyChange
  ) => Effect.Effect<ApiKey, NotFound | InvalidInput, CurrentOrganization | CurrentActor>
  /**
   * The same key with another secret; the one before is accepted for some time still. Who rotates a key must hold all
   * that it may do: they see it.
   */
  readonly rotate: (
    id: ApiKeyId,
    rotation: Rotation
  ) => Effect.Effect<CreatedApiKey, NotFound | Forbidden | Conflict, CurrentOrganization | CurrentActor>
  readonly revoke: (id: ApiKeyId) => Effect.Effect<void, NotFound, CurrentOrganization | CurrentActor>
  /** The key that a token is, while it is valid; fails where it may not be used from the `ClientAddress`. */
  readonly verify: (token: string) => Effect.Effect<Option.Option<VerifiedApiKey>, Forbidden>
  /** What a key may do and give now, wherever it would be used from; none once it is no longer valid. */
  readonly actor: (id: ApiKeyId) => Effect.Effect<Option.Option<CurrentActor["Service"]>, never, CurrentOrganization>
}>()("@wicara/core/ApiKeys") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    ApiKeys,
    never,
    SqlClient.SqlClient | Events | Audit | MemberAccess | Roles.PermissionRegistry
  > = Layer.effect(
    ApiKeys,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const events = yield* Events
      const audit = yield* Audit
      const access = yield* MemberAccess
      const registry = yield* Roles.PermissionRegistry

      const columns = sql.literal(
        "id, name, key_start, key_hash, scopes, created_by, created_at, expires_at, last_used_at, revoked_at, " +
          "rotated_at, previous_until, allowed_networks, requests_per_minute, is_machine"
      )

      const read = Effect.fnUntraced(function*(organizationId: OrganizationId, id: ApiKeyId) {
        const [row] = yield* sql<ApiKeyRow>`SELECT ${columns} FROM core_api_keys
          WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`
        return row === undefined ? yield* NotFound.of("API key", id) : row
      })

      const select = sql`SELECT k.organization_id, k.id, k.key_hash, k.previous_hash, k.scopes, k.expires_at,
        k.last_used_at, k.revoked_at, k.created_by_user, k.allowed_networks, k.requests_per_minute, m.role,
        o.status AS organization_status, o.membership_version
        FROM core_api_keys k
        JOIN core_organizations o ON o.id = k.organization_id
        LEFT JOIN core_memberships m ON m.organization_id = k.organization_id AND m.user_id = k.created_by_user
          AND m.status = 'active'`

      /** The key that has the token's hash now, else the one that had it before its last rotation. */
      const readVerified = Effect.fnUntraced(function*(hash: Uint8Array, now: number) {
        const [row] = yield* sql<VerifiedRow>`${select} WHERE k.key_hash = ${hash}`
        if (row !== undefined) return Tokens.isSameHash(row.key_hash, hash) ? row : undefined
        const [before] = yield* sql<
          VerifiedRow
        >`${select} WHERE k.previous_hash = ${hash} AND k.previous_until > ${now}`
        return before !== undefined && before.previous_hash !== null && Tokens.isSameHash(before.previous_hash, hash)
          ? before
          : undefined
      })

      /** What the key may do and give: of its scopes what its creator has, while there is one. */
      const holdingsOf = Effect.fnUntraced(function*(row: VerifiedRow) {
        const scopes = decodeScopes(row.scopes)
        const ofCreator = row.created_by_user === null || row.role === null
          ? undefined
          : yield* access.holdings({
            organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
            userId: Id.fromBytes<UserId>(row.created_by_user),
            role: row.role,
            accessVersion: Number(row.membership_version)
          })
        const held = ofCreator === undefined ? { permissions: new Set(scopes) } : limited(ofCreator, scopes)
        return { ...held, grantable: ofCreator === undefined ? held : limited(ofCreator.grantable, scopes) }
      })

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

      const machineOf = Effect.fnUntraced(function*(userId: UserId) {
        const { id } = yield* CurrentOrganization
        const [row] = yield* Effect.orDie(sql`SELECT m.user_id FROM core_memberships m
          JOIN core_users u ON u.id = m.user_id AND u.machine_of = m.organization_id
          WHERE m.organization_id = ${Id.toBytes(id)} AND m.user_id = ${Id.toBytes(userId)}`)
        if (row === undefined) return yield* NotFound.of("machine user", userId)
      })

      const create = Effect.fnUntraced(function*(apiKey: NewApiKey, account?: UserId) {
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
        const allowedNetworks = yield* checkNetworks(apiKey.allowedNetworks ?? [])
        const person = account === undefined
          ? yield* Effect.orDie(personBehind(organization.id, current.actor))
          : Id.toBytes(account)
        const machine = apiKey.machine === true || (person === null && current.actor._tag === "ApiKey")
        if (machine) {
          // It outlives what its maker holds for a time: only what they may give for good goes into it.
          const givable = current.grantable ?? current
          for (const scope of [machinePermission.name, ...apiKey.scopes]) {
            if (!Permissions.holds(givable, scope)) return yield* Forbidden.of(scope)
          }
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
          revokedAt: null,
          rotatedAt: null,
          previousUntil: null,
          allowedNetworks,
          requestsPerMinute: apiKey.requestsPerMinute ?? null,
          machine
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
                created_by_user: machine ? null : person,
                created_at: now,
                expires_at: made.expiresAt === null ? null : DateTime.toEpochMillis(made.expiresAt),
                last_used_at: null,
                revoked_at: null,
                allowed_networks: encodeNetworks(allowedNetworks),
                requests_per_minute: made.requestsPerMinute,
                is_machine: machine ? 1 : 0
              })
            }`
            yield* events.append(CoreEvents.apiKeyCreated, { aggregateId: id, payload: { apiKeyId: id } })
            yield* audit.record({
              action: "api-key.created",
              target: { type: "api-key", id },
              after: { name: made.name, scopes: made.scopes, ...limitsOf(made), machine }
            })
          })
        ))
        return new CreatedApiKey({ key: Redacted.value(key), apiKey: made })
      })

      return ApiKeys.of({
        create: Effect.fn("ApiKeys.create")((apiKey) => create(apiKey)),
        createOf: Effect.fn("ApiKeys.createOf")(function*(userId, apiKey) {
          const current = yield* CurrentActor
          yield* machineOf(userId)
          const held = yield* access.actor(userId)
          for (const [index, scope] of apiKey.scopes.entries()) {
            if (Option.isSome(held) && !Permissions.holds(held.value, scope)) {
              return yield* InvalidInput.of(`/scopes/${index}`, `The machine user has no permission "${scope}".`)
            }
            // It outlives what its maker holds for a time.
            if (!Permissions.holds(current.grantable ?? current, scope)) return yield* Forbidden.of(scope)
          }
          return yield* create(apiKey, userId)
        }),
        listOf: Effect.fn("ApiKeys.listOf")(function*(userId) {
          const { id } = yield* CurrentOrganization
          yield* machineOf(userId)
          const rows = yield* Effect.orDie(sql<ApiKeyRow>`SELECT ${columns} FROM core_api_keys
            WHERE organization_id = ${Id.toBytes(id)} AND created_by_user = ${Id.toBytes(userId)}
            ORDER BY id DESC LIMIT 200`)
          return rows.map(toApiKey)
        }),
        list: Effect.fn("ApiKeys.list")(function*(query) {
          const organization = yield* CurrentOrganization
          const sort = query.sort ?? "-createdAt"
          const after = yield* Sorting.position(query, sort)
          const limit = Pagination.limit(query)
          const keyset: Sorting.Keyset = {
            column: undefined,
            isDescending: Sorting.parts(sort).isDescending,
            id: "id",
            after: after === undefined ? undefined : { key: null, id: Id.toBytes(after.id) }
          }
          const rows = yield* Effect.orDie(
            Sorting.read(sql, keyset, limit + 1, (where, rest) =>
              sql<ApiKeyRow>`SELECT ${columns} FROM core_api_keys
              WHERE organization_id = ${Id.toBytes(organization.id)} AND ${where} ${rest}`)
          )
          return Pagination.page(rows.map(toApiKey), limit, Sorting.Position, ({ id }) => ({ sort, key: null, id }))
        }),
        change: Effect.fn("ApiKeys.change")(function*(id, change) {
          const organization = yield* CurrentOrganization
          const networks = change.allowedNetworks === undefined
            ? undefined
            : yield* checkNetworks(change.allowedNetworks)
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const before = toApiKey(yield* read(organization.id, id))
              const after = new ApiKey({
                ...before,
                name: change.name ?? before.name,
                allowedNetworks: networks ?? before.allowedNetworks,
                requestsPerMinute: change.requestsPerMinute === undefined
                  ? before.requestsPerMinute
                  : change.requestsPerMinute
              })
              yield* sql`UPDATE core_api_keys SET ${
                sql.update({
                  name: after.name,
                  allowed_networks: encodeNetworks(after.allowedNetworks),
                  requests_per_minute: after.requestsPerMinute
                })
              } WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
              yield* events.append(CoreEvents.apiKeyChanged, { aggregateId: id, payload: { apiKeyId: id } })
              yield* audit.record({
                action: "api-key.changed",
                target: { type: "api-key", id },
                before: { name: before.name, ...limitsOf(before) },
                after: { name: after.name, ...limitsOf(after) }
              })
              return after
            })
          ))
        }),
        rotate: Effect.fn("ApiKeys.rotate")(function*(id, { overlapHours = 24 }) {
          const organization = yield* CurrentOrganization
          const current = yield* CurrentActor
          const key = Tokens.makeApiKey()
          const rotated = yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const now = yield* Clock.currentTimeMillis
              const row = yield* read(organization.id, id)
              if (row.revoked_at !== null) return yield* new Conflict({ detail: "A revoked key can't be rotated." })
              // Whoever reads the new key may do as much as the one whom it belongs to, for as long as they may.
              for (const scope of decodeScopes(row.scopes)) {
                if (!Permissions.holds(current.grantable ?? current, scope)) return yield* Forbidden.of(scope)
              }
              const until = overlapHours > 0 ? now + overlapHours * 3_600_000 : null
              const start = Redacted.value(key).slice(0, 9)
              const updated = yield* affectedRows(sql`UPDATE core_api_keys SET ${
                sql.update({
                  key_start: start,
                  key_hash: Tokens.hash(key),
                  previous_hash: until === null ? null : row.key_hash,
                  previous_until: until,
                  rotated_at: now
                })
              } WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}
                AND key_hash = ${row.key_hash}`)
              if (updated === 0) {
                return yield* new Conflict({ detail: "Somebody else rotates this key at this moment." })
              }
              yield* events.append(CoreEvents.apiKeyRotated, { aggregateId: id, payload: { apiKeyId: id } })
              yield* audit.record({
                action: "api-key.rotated",
                target: { type: "api-key", id },
                after: { name: row.name, overlapHours }
              })
              return toApiKey({ ...row, key_start: start, rotated_at: now, previous_until: until })
            })
          ))
          return new CreatedApiKey({ key: Redacted.value(key), apiKey: rotated })
        }),
        revoke: Effect.fn("ApiKeys.revoke")(function*(id) {
          const organization = yield* CurrentOrganization
          const now = yield* Clock.currentTimeMillis
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const row = yield* read(organization.id, id)
              if (row.revoked_at !== null) return
              yield* sql`UPDATE core_api_keys SET revoked_at = ${now}, previous_hash = NULL,
                previous_until = NULL
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
          const now = yield* Clock.currentTimeMillis
          const row = yield* Effect.orDie(readVerified(hash, now))
          if (row === undefined || !isValid(row, now)) return Option.none()
          if (!isAllowedFrom(decodeNetworks(row.allowed_networks), yield* ClientAddress)) {
            return yield* new Forbidden({ permission: "", detail: "This key may not be used from this address." })
          }
          if (row.last_used_at === null || now - Number(row.last_used_at) >= touchMillis) {
            // Who only reads is not refused because this can't be written now.
            yield* sql`UPDATE core_api_keys SET last_used_at = ${now}
              WHERE organization_id = ${row.organization_id} AND id = ${row.id}`.pipe(
              Effect.catchIf(isUnavailable, () => Effect.void),
              Effect.orDie
            )
          }
          return Option.some<VerifiedApiKey>({
            apiKeyId: Id.fromBytes<ApiKeyId>(row.id),
            organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
            organizationStatus: row.organization_status as OrganizationStatus,
            requestsPerMinute: row.requests_per_minute === null ? null : Number(row.requests_per_minute),
            ...(yield* holdingsOf(row))
          })
        }),
        actor: Effect.fn("ApiKeys.actor")(function*(id) {
          const organization = yield* CurrentOrganization
          const now = yield* Clock.currentTimeMillis
          const [row] = yield* Effect.orDie(sql<VerifiedRow>`${select}
            WHERE k.organization_id = ${Id.toBytes(organization.id)} AND k.id = ${Id.toBytes(id)}`)
          return row === undefined || !isValid(row, now)
            ? Option.none()
            : Option.some({ actor: { _tag: "ApiKey", id }, ...(yield* holdingsOf(row)) })
        })
      })
    })
  )
}

const touchMillis = 60_000
const machinePermission = permissions.machine

/** Neither revoked nor expired, and made by somebody who is still a member. */
const isValid = (row: VerifiedRow, now: number): boolean =>
  row.revoked_at === null && (row.expires_at === null || Number(row.expires_at) > now) &&
  (row.created_by_user === null || row.role !== null)

/** What is held and among the scopes. */
const limited = (held: Holdings, scopes: ReadonlyArray<string>): Holdings => ({
  permissions: new Set(scopes.filter((scope) => held.permissions.has(scope))),
  ...(held.scoped === undefined
    ? {}
    : { scoped: new Map([...held.scoped].filter(([permission]) => scopes.includes(permission))) })
})

const parseNetworks = (networks: ReadonlyArray<string>): TrustedProxies | undefined =>
  Option.getOrUndefined(decodeTrusted(networks.join(",")))

const decodeTrusted = Schema.decodeUnknownOption(TrustedProxies)

const checkNetworks = Effect.fnUntraced(function*(networks: ReadonlyArray<string>) {
  for (const [index, network] of networks.entries()) {
    if (parseNetworks([network]) === undefined) {
      return yield* InvalidInput.of(`/allowedNetworks/${index}`, "This is neither an address nor a network.")
    }
  }
  return networks
})

const isAllowedFrom = (networks: ReadonlyArray<string>, address: string | undefined): boolean =>
  networks.length === 0 || (address !== undefined && parseNetworks(networks)?.includes(address) === true)

const limitsOf = ({ allowedNetworks, requestsPerMinute }: ApiKey) => ({ allowedNetworks, requestsPerMinute })

const Networks = Schema.fromJsonString(AllowedNetworks)
const encodeNetworks = Schema.encodeSync(Networks)
const decodeStoredNetworks = Schema.decodeUnknownSync(Networks)
const decodeNetworks = (text: string | null) => (text === null ? [] : decodeStoredNetworks(text))

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
  readonly key_hash: Uint8Array
  readonly rotated_at: unknown
  readonly previous_until: unknown
  readonly allowed_networks: string | null
  readonly requests_per_minute: unknown
  readonly is_machine: unknown
}

interface VerifiedRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly key_hash: Uint8Array
  readonly previous_hash: Uint8Array | null
  readonly allowed_networks: string | null
  readonly requests_per_minute: unknown
  readonly scopes: string
  readonly expires_at: unknown
  readonly last_used_at: unknown
  readonly revoked_at: unknown
  readonly created_by_user: Uint8Array | null
  readonly role: string | null
  readonly organization_status: string
  readonly membership_version: unknown
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
    revokedAt: toInstant(row.revoked_at),
    rotatedAt: toInstant(row.rotated_at),
    previousUntil: toInstant(row.previous_until),
    allowedNetworks: decodeNetworks(row.allowed_networks),
    requestsPerMinute: row.requests_per_minute === null ? null : Number(row.requests_per_minute),
    machine: Number(row.is_machine) === 1
  })
