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
import { CurrentOrganization, OrganizationId } from "./Tenancy.ts"

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
 * The scope of secrets that belong to no organization: what people sign in with, and messages about their accounts.
 * Provide it as `CurrentOrganization` to seal and open them.
 *
 * @category constants
 * @since 0.1.0
 */
export const accounts: CurrentOrganization["Service"] = {
  id: OrganizationId.make("00000000-0000-0000-0000-000000000000")
}

/**
 * A sealed text that does not open: it is not one (`malformed`), was made for another place or changed (`tampered`), or
 * its key is gone (`unknown-key`) or does not answer (`unavailable`).
 *
 * @category errors
 * @since 0.1.0
 */
export class SecretUnreadable extends Schema.TaggedError<SecretUnreadable>()("SecretUnreadable", {
  reason: Schema.Literals(["malformed", "tampered", "unknown-key", "unavailable"]),
  table: Schema.String,
  column: Schema.String
}) {}

/**
 * How much depends on a master key.
 *
 * @category models
 * @since 0.1.0
 */
export interface MasterKeyStatus {
  readonly keyId: string
  readonly dataKeys: number
  /** Whether it wraps from now on. */
  readonly isCurrent: boolean
  /** Whether it is at hand; what it wraps can't be opened without it. */
  readonly isAvailable: boolean
}

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
  /**
   * At most so many of them, and how many were done; for showing how far it is. Others may seal and open meanwhile, and
   * two may do it at once.
   */
  readonly rewrapSome: (limit: number) => Effect.Effect<number, SecretUnreadable>
  /** How many data keys each master key wraps, the current one first. */
  readonly status: Effect.Effect<ReadonlyArray<MasterKeyStatus>>
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

      const unwrap = (organizationId: OrganizationId, row: DataKeyRow, location: SecretLocation) =>
        Effect.mapError(
          masters.unwrap(row.master_key_id, row.wrapped, { organizationId, version: Number(row.version) }),
          ({ reason }) => unreadable(reason === "refused" ? "tampered" : reason, location)
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
        const { keyId, wrapped } = yield* Effect.orDie(masters.generate({ organizationId, version }))
        yield* Effect.orDie(insertIfAbsent(sql, "core_data_keys", "version", [{
          organization_id: Id.toBytes(organizationId),
          version,
          master_key_id: keyId,
          wrapped,
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

      const rewrapSome = Effect.fnUntraced(function*(limit: number) {
        const current = yield* masters.current
        const rows = yield* Effect.orDie(sql<DataKeyRow & { readonly organization_id: Uint8Array }>`
          SELECT organization_id, version, master_key_id, wrapped FROM core_data_keys
          WHERE master_key_id <> ${current} LIMIT ${rowLimit(sql, limit)}`)
        for (const row of rows) {
          const organizationId = Id.fromBytes<OrganizationId>(row.organization_id)
          const version = Number(row.version)
          const bytes = yield* unwrap(organizationId, row, dataKeyLocation)
          const { keyId, wrapped } = yield* Effect.mapError(
            masters.wrap(bytes, { organizationId, version }),
            ({ reason }) => unreadable(reason === "refused" ? "unknown-key" : reason, dataKeyLocation)
          )
          // Who wrapped it again meanwhile did the same.
          yield* Effect.orDie(sql`UPDATE core_data_keys SET wrapped = ${wrapped}, master_key_id = ${keyId}
            WHERE organization_id = ${row.organization_id} AND version = ${version}
            AND master_key_id = ${row.master_key_id}`)
        }
        return rows.length
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
          let rewrapped = 0
          while (true) {
            const some = yield* rewrapSome(200)
            if (some === 0) return rewrapped
            rewrapped += some
          }
        }).pipe(Effect.withSpan("Secrets.rewrap")),
        rewrapSome,
        status: Effect.gen(function*() {
          const current = yield* masters.current
          const rows = yield* Effect.orDie(
            sql<{ readonly master_key_id: string; readonly data_keys: unknown }>`SELECT master_key_id,
              COUNT(*) AS data_keys FROM core_data_keys GROUP BY master_key_id ORDER BY master_key_id`
          )
          const counts = new Map([
            [current, 0],
            ...rows.map((row) => [row.master_key_id, Number(row.data_keys)] as const)
          ])
          return yield* Effect.forEach(
            counts,
            ([keyId, dataKeys]) =>
              Effect.map(masters.has(keyId), (isAvailable): MasterKeyStatus => ({
                keyId,
                dataKeys,
                isCurrent: keyId === current,
                isAvailable
              }))
          )
        }).pipe(Effect.withSpan("Secrets.status"))
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

const unreadable = (reason: SecretUnreadable["reason"], { column, table }: SecretLocation) =>
  new SecretUnreadable({ reason, table, column })
