/**
 * Passkeys: keys that a device or a password manager holds and uses after it has verified its user. One stands for both
 * factors, and can't be phished: it signs for this server's address alone.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { SqlClient } from "effect/sql"
import * as Id from "./Id.ts"
import * as Challenges from "./internal/challenges.ts"
import { Passkey, PasskeyId, PasskeyRequest } from "./Passkey.ts"
import type { PasskeyResponse } from "./Passkey.ts"
import { Conflict, InvalidInput, NotFound } from "./Problem.ts"
import { PublicUrl } from "./PublicUrl.ts"
import { affectedRows, orUnique } from "./Sql.ts"
import type { UserId } from "./Tenancy.ts"
import * as Tokens from "./Tokens.ts"
import type { User } from "./User.ts"
import { WebAuthn } from "./WebAuthn.ts"
import type { RelyingParty } from "./WebAuthn.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class Passkeys extends Context.Service<Passkeys, {
  readonly beginRegistration: (user: User) => Effect.Effect<PasskeyRequest, Conflict>
  readonly register: (userId: UserId, passkey: {
    readonly challenge: string
    readonly response: PasskeyResponse
    readonly name: string
  }) => Effect.Effect<Passkey, InvalidInput | Conflict>
  readonly list: (userId: UserId) => Effect.Effect<ReadonlyArray<Passkey>>
  readonly remove: (userId: UserId, id: PasskeyId) => Effect.Effect<void, NotFound>
  /** What to ask for a signature with: of a person's passkeys, or of any. */
  readonly requestOptions: (
    userId: UserId | undefined
  ) => Effect.Effect<{ readonly challenge: string; readonly options: Schema.Json }>
  /** Whose signature of the challenge it is. */
  readonly verify: (challenge: string, response: PasskeyResponse) => Effect.Effect<Option.Option<UserId>>
}>()("@wicara/core/Passkeys") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Passkeys, never, SqlClient.SqlClient | WebAuthn> = Layer.effect(
    Passkeys,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const webAuthn = yield* WebAuthn
      const publicUrl = yield* PublicUrl
      const challenges = Challenges.make(sql)
      const relyingParty: RelyingParty = { id: new URL(publicUrl).hostname, origin: new URL(publicUrl).origin }

      const columns = sql.literal(
        "user_id, id, credential_id, public_key, counter, transports, backed_up, name, created_at, last_used_at"
      )

      const rowsOf = (userId: UserId) =>
        Effect.orDie(
          sql<PasskeyRow>`SELECT ${columns} FROM core_passkeys WHERE user_id = ${Id.toBytes(userId)} ORDER BY id`
        )

      const makeChallenge = () => Base64Url.encode(SecureRandom.randomBytesUnsafe(32))

      const descriptors = (rows: ReadonlyArray<PasskeyRow>): Schema.Json =>
        rows.map((row) => ({
          type: "public-key",
          id: row.credential_id,
          transports: row.transports.split(" ").filter((transport) => transport !== "")
        }))

      return Passkeys.of({
        beginRegistration: Effect.fn("Passkeys.beginRegistration")(function*(user) {
          if (!webAuthn.isSupported) return yield* new Conflict({ detail: "This server has no passkeys." })
          const challenge = makeChallenge()
          const rows = yield* rowsOf(user.id)
          if (rows.length >= maximumPasskeys) {
            return yield* new Conflict({ detail: `A person has at most ${maximumPasskeys} passkeys.` })
          }
          const token = yield* challenges.create(registration, { userId: user.id, state: { challenge } })
          return new PasskeyRequest({
            challenge: token,
            options: {
              challenge,
              rp: { id: relyingParty.id, name: "Wicara" },
              user: { id: Base64Url.encode(Id.toBytes(user.id)), name: user.email, displayName: user.name },
              // Ed25519, ES256 and RS256.
              pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: "public-key", alg })),
              excludeCredentials: descriptors(rows),
              authenticatorSelection: {
                residentKey: "required",
                requireResidentKey: true,
                userVerification: "required"
              },
              attestation: "none",
              timeout: 300_000
            }
          })
        }),
        register: Effect.fn("Passkeys.register")(function*(userId, { challenge: token, name, response }) {
          const challenge = yield* challenges.attempt(registration, token)
          const isTheirs = Option.isSome(challenge) && challenge.value.userId === userId
          if (!isTheirs || !(yield* challenges.consume(token))) {
            return yield* InvalidInput.of("/challenge", "This challenge is unknown, used or expired.")
          }
          const credential = Option.getOrUndefined(
            yield* webAuthn.verifyRegistration({ response, challenge: challenge.value.state.challenge, relyingParty })
          )
          if (credential === undefined) {
            return yield* InvalidInput.of("/response", "This is not a passkey for this server and challenge.")
          }
          const id = yield* Id.next(PasskeyId)
          const now = yield* Clock.currentTimeMillis
          yield* sql`INSERT INTO core_passkeys ${
            sql.insert({
              user_id: Id.toBytes(userId),
              id: Id.toBytes(id),
              credential_hash: Tokens.hash(credential.id),
              credential_id: credential.id,
              public_key: credential.publicKey,
              counter: credential.counter,
              transports: credential.transports.join(" ").slice(0, 120),
              backed_up: credential.backedUp ? 1 : 0,
              name,
              created_at: now,
              last_used_at: null
            })
          }`.pipe(orUnique(() => new Conflict({ detail: "This passkey is registered already." })))
          return new Passkey({
            id,
            name,
            backedUp: credential.backedUp,
            createdAt: DateTime.makeUnsafe(now),
            lastUsedAt: null
          })
        }),
        list: Effect.fn("Passkeys.list")((userId) => Effect.map(rowsOf(userId), (rows) => rows.map(toPasskey))),
        remove: Effect.fn("Passkeys.remove")(function*(userId, id) {
          const removed = yield* Effect.orDie(affectedRows(sql`DELETE FROM core_passkeys
            WHERE user_id = ${Id.toBytes(userId)} AND id = ${Id.toBytes(id)}`))
          if (removed === 0) {
            return yield* new NotFound({ resource: "passkey", id, detail: `You have no passkey "${id}".` })
          }
        }),
        requestOptions: Effect.fn("Passkeys.requestOptions")(function*(userId) {
          const challenge = makeChallenge()
          const rows = userId === undefined ? [] : yield* rowsOf(userId)
          return {
            challenge,
            options: {
              challenge,
              rpId: relyingParty.id,
              allowCredentials: descriptors(rows),
              userVerification: "required",
              timeout: 300_000
            }
          }
        }),
        verify: Effect.fn("Passkeys.verify")(function*(challenge, response) {
          const [row] = yield* Effect.orDie(sql<PasskeyRow>`SELECT ${columns} FROM core_passkeys
            WHERE credential_hash = ${Tokens.hash(Redacted.make(response.id))}`)
          if (row === undefined) return Option.none()
          const verified = Option.getOrUndefined(
            yield* webAuthn.verifyAuthentication({
              response,
              challenge,
              relyingParty,
              credential: {
                id: row.credential_id,
                publicKey: new Uint8Array(row.public_key),
                counter: Number(row.counter),
                transports: []
              }
            })
          )
          if (verified === undefined) return Option.none()
          const now = yield* Clock.currentTimeMillis
          // A counter that another request moved on first is a copy of the key, unless it does not count at all.
          const moved = yield* Effect.orDie(affectedRows(sql`UPDATE core_passkeys
            SET counter = ${verified.counter}, last_used_at = ${now}
            WHERE user_id = ${row.user_id} AND id = ${row.id}
            AND (counter < ${verified.counter} OR counter = 0)`))
          return moved === 1 ? Option.some(Id.fromBytes<UserId>(row.user_id)) : Option.none()
        })
      })
    })
  )
}

const maximumPasskeys = 20

const registration: Challenges.Step<{ readonly challenge: string }> = {
  name: "passkey_registration",
  state: Schema.Struct({ challenge: Schema.String })
}

interface PasskeyRow {
  readonly user_id: Uint8Array
  readonly id: Uint8Array
  readonly credential_id: string
  readonly public_key: Uint8Array
  readonly counter: unknown
  readonly transports: string
  readonly backed_up: unknown
  readonly name: string
  readonly created_at: unknown
  readonly last_used_at: unknown
}

const toPasskey = (row: PasskeyRow): Passkey =>
  new Passkey({
    id: Id.fromBytes<PasskeyId>(row.id),
    name: row.name,
    backedUp: Number(row.backed_up) === 1,
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    lastUsedAt: row.last_used_at === null ? null : DateTime.makeUnsafe(Number(row.last_used_at))
  })
