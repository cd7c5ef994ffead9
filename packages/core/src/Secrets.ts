/**
 * Secrets at rest: AES-256-GCM with a data key per organization, each wrapped by a master key. What is sealed for one
 * column of one row of one organization opens nowhere else: these are authenticated with it.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Redacted, Result, Schema } from "effect"
import { Aead, SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { SqlClient } from "effect/sql"
import * as Id from "./Id.ts"
import { MasterKeys } from "./MasterKeys.ts"
import { insertIfAbsent, rowLimit } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * Where a secret is stored.
 *
 * @category models
 * @since 0.1.0
 */
export interface SecretLocation {
  readonly table: string
  readonly column: string
  /** The row's id. */
  readonly id: string
}

/**
 * A sealed text that does not open: it is not one (`malformed`), was made for another place or changed (`tampered`), or
 * its key is gone (`unknown-key`).
 *
 * @category errors
 * @since 0.1.0
 */
export class SecretUnreadable extends Schema.TaggedError<SecretUnreadable>()("SecretUnreadable", {
  reason: Schema.Literals(["malformed", "tampered", "unknown-key"]),
  table: Schema.String,
  column: Schema.String
}) {}

/**
 * @category services
 * @since 0.1.0
 */
export class Secrets extends Context.Service<Secrets, {
  /** The text to store. The same secret sealed twice differs. */
  readonly seal: (
    location: SecretLocation,
    secret: Redacted.Redacted<string>
  ) => Effect.Effect<string, never, CurrentOrganization>
  readonly open: (
    location: SecretLocation,
    sealed: string
  ) => Effect.Effect<Redacted.Redacted<string>, SecretUnreadable, CurrentOrganization>
  /** Gives the organization a new data key for what is sealed from now on. */
  readonly rotate: Effect.Effect<void, never, CurrentOrganization>
  /** Wraps every data key again that an older master key wrapped, and returns how many; then the older can go. */
  readonly rewrap: Effect.Effect<number, SecretUnreadable>
}>()("@wicara/core/Secrets") {
  /**
   * Data keys in `core_data_keys`.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<Secrets, never, SqlClient.SqlClient | MasterKeys> = Layer.effect(
    Secrets,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const masters = yield* MasterKeys
      const aead = yield* Aead.Aead
      const cache = new Map<string, Aead.Key>()
      const currentVersions = new Map<string, number>()

      const encrypt = Effect.fnUntraced(function*(key: Aead.Key, plaintext: Uint8Array, aad: string) {
        const nonce = SecureRandom.randomBytesUnsafe(key.algorithm.nonceLength)
        const ciphertext = yield* Effect.orDie(aead.encrypt(key, plaintext, { nonce, aad: utf8.encode(aad) }))
        const sealed = new Uint8Array(nonce.length + ciphertext.length)
        sealed.set(nonce)
        sealed.set(ciphertext, nonce.length)
        return Base64Url.encode(sealed)
      })

      const decrypt = (key: Aead.Key, text: string, aad: string, location: SecretLocation) =>
        Effect.suspend(() => {
          const bytes = Base64Url.decode(text)
          const { nonceLength } = key.algorithm
          if (Result.isFailure(bytes) || bytes.success.length < nonceLength) {
            return Effect.fail(unreadable("malformed", location))
          }
          return Effect.mapError(
            aead.decrypt(key, bytes.success.subarray(nonceLength), {
              nonce: bytes.success.subarray(0, nonceLength),
              aad: utf8.encode(aad)
            }),
            () => unreadable("tampered", location)
          )
        })

      const unwrap = Effect.fnUntraced(
        function*(organizationId: OrganizationId, row: DataKeyRow, location: SecretLocation) {
          const master = masters.keys.get(row.master_key_id)
          if (master === undefined) return yield* unreadable("unknown-key", location)
          const version = Number(row.version)
          return yield* decrypt(master, row.wrapped, dataKeyAad(organizationId, version), location)
        }
      )

      const load = Effect.fnUntraced(
        function*(organizationId: OrganizationId, version: number, location: SecretLocation) {
          const cached = cache.get(`${organizationId}/${version}`)
          if (cached !== undefined) return cached
          const [row] = yield* Effect.orDie(sql<DataKeyRow>`SELECT version, master_key_id, wrapped FROM core_data_keys
          WHERE organization_id = ${Id.toBytes(organizationId)} AND version = ${version}`)
          if (row === undefined) return yield* unreadable("unknown-key", location)
          const bytes = yield* unwrap(organizationId, row, location)
          const key = yield* Effect.orDie(Aead.key(Aead.aes256Gcm, bytes))
          // A key that a transaction made is gone if that transaction is rolled back.
          yield* sql.afterCommit(Effect.sync(() => {
            cache.set(`${organizationId}/${version}`, key)
          }))
          return key
        }
      )

      const create = Effect.fnUntraced(function*(organizationId: OrganizationId, version: number) {
        const master = masters.keys.get(masters.current)
        if (master === undefined) return yield* Effect.die("The current master key is not among the keys")
        yield* Effect.orDie(insertIfAbsent(sql, "core_data_keys", "version", [{
          organization_id: Id.toBytes(organizationId),
          version,
          master_key_id: masters.current,
          wrapped: yield* encrypt(master, SecureRandom.randomBytesUnsafe(32), dataKeyAad(organizationId, version)),
          created_at: yield* Clock.currentTimeMillis
        }]))
      })

      const latest = (organizationId: OrganizationId) =>
        Effect.map(
          Effect.orDie(sql<{ readonly version: unknown }>`SELECT version FROM core_data_keys
            WHERE organization_id = ${Id.toBytes(organizationId)} ORDER BY version DESC LIMIT 1`),
          (rows) => (rows[0] === undefined ? undefined : Number(rows[0].version))
        )

      const currentVersion = Effect.fnUntraced(function*(organizationId: OrganizationId) {
        const known = currentVersions.get(organizationId)
        if (known !== undefined) return known
        const stored = yield* latest(organizationId)
        if (stored === undefined) yield* create(organizationId, 1)
        const version = stored ?? 1
        yield* sql.afterCommit(Effect.sync(() => {
          currentVersions.set(organizationId, version)
        }))
        return version
      })

      return Secrets.of({
        seal: Effect.fn("Secrets.seal")(function*(location, secret) {
          const { id } = yield* CurrentOrganization
          const version = yield* currentVersion(id)
          const key = yield* Effect.orDie(load(id, version, location))
          const text = yield* encrypt(key, utf8.encode(Redacted.value(secret)), secretAad(id, location))
          return `${format}.${version}.${text}`
        }),
        open: Effect.fn("Secrets.open")(function*(location, sealed) {
          const { id } = yield* CurrentOrganization
          const [prefix, version, text] = sealed.split(".")
          if (prefix !== format || text === undefined || !/^[1-9][0-9]{0,8}$/.test(version ?? "")) {
            return yield* unreadable("malformed", location)
          }
          const key = yield* load(id, Number(version), location)
          const bytes = yield* decrypt(key, text, secretAad(id, location), location)
          return Redacted.make(new TextDecoder().decode(bytes), { label: `${location.table}.${location.column}` })
        }),
        rotate: Effect.gen(function*() {
          const { id } = yield* CurrentOrganization
          const version = ((yield* latest(id)) ?? 0) + 1
          yield* create(id, version)
          yield* sql.afterCommit(Effect.sync(() => {
            currentVersions.set(id, version)
          }))
        }).pipe(Effect.withSpan("Secrets.rotate")),
        rewrap: Effect.gen(function*() {
          const master = masters.keys.get(masters.current)
          if (master === undefined) return yield* Effect.die("The current master key is not among the keys")
          let rewrapped = 0
          while (true) {
            const rows = yield* Effect.orDie(sql<DataKeyRow & { readonly organization_id: Uint8Array }>`
              SELECT organization_id, version, master_key_id, wrapped FROM core_data_keys
              WHERE master_key_id <> ${masters.current} LIMIT ${rowLimit(sql, 200)}`)
            if (rows.length === 0) return rewrapped
            for (const row of rows) {
              const organizationId = Id.fromBytes<OrganizationId>(row.organization_id)
              const bytes = yield* unwrap(organizationId, row, dataKeyLocation)
              const wrapped = yield* encrypt(master, bytes, dataKeyAad(organizationId, Number(row.version)))
              yield* Effect.orDie(sql`UPDATE core_data_keys SET wrapped = ${wrapped}, master_key_id = ${masters.current}
                WHERE organization_id = ${row.organization_id} AND version = ${row.version}`)
              rewrapped += 1
            }
          }
        }).pipe(Effect.withSpan("Secrets.rewrap"))
      })
    })
  ).pipe(Layer.provide(Aead.layerWebCrypto), Layer.provide(SecureRandom.layerWebCrypto))
}

interface DataKeyRow {
  readonly version: unknown
  readonly master_key_id: string
  readonly wrapped: string
}

const format = "w1"
const utf8 = new TextEncoder()
const dataKeyLocation: SecretLocation = { table: "core_data_keys", column: "wrapped", id: "" }

const secretAad = (organizationId: OrganizationId, { column, id, table }: SecretLocation) =>
  ["secret", organizationId, table, column, id].join("\u0000")

const dataKeyAad = (organizationId: OrganizationId, version: number) =>
  ["data-key", organizationId, String(version)].join("\u0000")

const unreadable = (reason: SecretUnreadable["reason"], { column, table }: SecretLocation) =>
  new SecretUnreadable({ reason, table, column })
