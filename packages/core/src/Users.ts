/**
 * The people who sign in. A user belongs to no organization; memberships say where they act.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as Id from "./Id.ts"
import * as PasswordPolicy from "./PasswordPolicy.ts"
import { Passwords } from "./Passwords.ts"
import { Conflict } from "./Problem.ts"
import type { InvalidInput } from "./Problem.ts"
import { joinTransaction, orUnique, transaction } from "./Sql.ts"
import { UserId } from "./Tenancy.ts"
import type { OrganizationId } from "./Tenancy.ts"
import { defaultPreferences, Preferences, User } from "./User.ts"
import type { ProfileChanges, UserStatus } from "./User.ts"

/**
 * A new user. Without a password they can't sign in until one is set.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewUser {
  readonly email: string
  readonly name: string
  readonly password?: Redacted.Redacted<string> | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Users extends Context.Service<Users, {
  /** `InvalidInput` at `/password`: it is not good enough (`PasswordPolicy`). */
  readonly create: (user: NewUser) => Effect.Effect<User, Conflict | InvalidInput>
  readonly find: (id: UserId) => Effect.Effect<Option.Option<User>>
  readonly findByEmail: (email: string) => Effect.Effect<Option.Option<User>>
  /** A machine user of an organization: nobody signs in as it. */
  readonly createMachine: (organizationId: OrganizationId, name: string) => Effect.Effect<User>
  readonly update: (id: UserId, changes: ProfileChanges) => Effect.Effect<void>
  readonly preferences: (id: UserId) => Effect.Effect<Preferences>
  readonly setPreferences: (id: UserId, preferences: Preferences) => Effect.Effect<void>
  /** Suspending ends all sessions of the person. */
  readonly setStatus: (id: UserId, status: UserStatus) => Effect.Effect<void>
  /** They proved that they read the address; it becomes theirs. */
  readonly setVerifiedEmail: (id: UserId, email: string) => Effect.Effect<void, Conflict>
  /** The user with this address and password, if active. An unknown address takes as long as a wrong password. */
  readonly verify: (email: string, password: Redacted.Redacted<string>) => Effect.Effect<Option.Option<User>>
  /** `InvalidInput` at `field`: it is not good enough (`PasswordPolicy`). */
  readonly setPassword: (
    id: UserId,
    password: Redacted.Redacted<string>,
    field: string
  ) => Effect.Effect<void, InvalidInput>
  readonly hasPassword: (id: UserId) => Effect.Effect<boolean>
  /** Whether it is the person's password. */
  readonly isPassword: (id: UserId, password: Redacted.Redacted<string>) => Effect.Effect<boolean>
}>()("@wicara/core/Users") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Users, never, SqlClient.SqlClient | Passwords> = Layer.effect(
    Users,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const passwords = yield* Passwords
      const isBreached = yield* PasswordPolicy.BreachedPasswords
      const checkPassword = (options: Parameters<typeof PasswordPolicy.check>[0]) =>
        Effect.provideService(PasswordPolicy.check(options), PasswordPolicy.BreachedPasswords, isBreached)

      const columns = sql.literal(
        "id, email, name, password_hash, status, email_verified_at, locale, timezone, created_at"
      )
      const rowById = (id: UserId) =>
        Effect.map(
          Effect.orDie(sql<UserRow>`SELECT ${columns} FROM core_users WHERE id = ${Id.toBytes(id)}`),
          (rows) => Option.fromUndefinedOr(rows[0])
        )
      // By its address nobody becomes a machine user: it signs in nowhere, and no link is sent to it.
      const rowByEmail = (email: string) =>
        Effect.map(
          Effect.orDie(sql<UserRow>`SELECT ${columns} FROM core_users
            WHERE email = ${normalizeEmail(email)} AND machine_of IS NULL`),
          (rows) => Option.fromUndefinedOr(rows[0])
        )
      const storePassword = Effect.fnUntraced(function*(id: UserId, password: Redacted.Redacted<string>) {
        const hash = yield* passwords.hash(password)
        yield* Effect.orDie(sql`UPDATE core_users SET password_hash = ${hash}
          WHERE id = ${Id.toBytes(id)} AND machine_of IS NULL`)
      })

      return Users.of({
        create: Effect.fn("Users.create")(function*(user) {
          const id = yield* Id.next(UserId)
          const createdAt = yield* Clock.currentTimeMillis
          const email = normalizeEmail(user.email)
          if (user.password !== undefined) {
            yield* checkPassword({ password: user.password, words: [email, user.name], field: "/password" })
          }
          const hash = user.password === undefined ? null : yield* passwords.hash(user.password)
          yield* sql`INSERT INTO core_users ${
            sql.insert({
              id: Id.toBytes(id),
              email,
              name: user.name,
              password_hash: hash,
              status: "active",
              created_at: createdAt
            })
          }`.pipe(orUnique(() => new Conflict({ detail: `There is a user with the address ${email} already.` })))
          return new User({
            id,
            email,
            name: user.name,
            status: "active",
            emailVerified: false,
            locale: null,
            timezone: null,
            createdAt: DateTime.makeUnsafe(createdAt)
          })
        }),
        createMachine: Effect.fn("Users.createMachine")(function*(organizationId, name) {
          const id = yield* Id.next(UserId)
          const createdAt = yield* Clock.currentTimeMillis
          const email = `${id}@${machineDomain}`
          yield* Effect.orDie(sql`INSERT INTO core_users ${
            sql.insert({
              id: Id.toBytes(id),
              email,
              name,
              password_hash: null,
              status: "active",
              created_at: createdAt,
              machine_of: Id.toBytes(organizationId)
            })
          }`)
          return new User({
            id,
            email,
            name,
            status: "active",
            emailVerified: false,
            locale: null,
            timezone: null,
            createdAt: DateTime.makeUnsafe(createdAt)
          })
        }),
        find: Effect.fn("Users.find")((id) => Effect.map(rowById(id), Option.map(toUser))),
        findByEmail: Effect.fn("Users.findByEmail")((email) => Effect.map(rowByEmail(email), Option.map(toUser))),
        update: Effect.fn("Users.update")(function*(id, changes) {
          const values = Object.fromEntries(
            Object.entries(changes).filter(([, value]) => value !== undefined)
          )
          if (Object.keys(values).length === 0) return
          yield* Effect.orDie(joinTransaction(
            sql,
            Effect.gen(function*() {
              yield* sql`UPDATE core_users SET ${sql.update(values)} WHERE id = ${Id.toBytes(id)}`
              if (changes.name === undefined) return
              // Lists of members are in the order of these.
              yield* sql`UPDATE core_memberships SET user_name = ${changes.name} WHERE user_id = ${Id.toBytes(id)}`
            })
          ))
        }),
        preferences: Effect.fn("Users.preferences")(function*(id) {
          const [row] = yield* Effect.orDie(
            sql<{ readonly preferences: string | null }>`SELECT preferences FROM core_users
              WHERE id = ${Id.toBytes(id)}`
          )
          return row?.preferences == null ? defaultPreferences : decodePreferences(row.preferences)
        }),
        setPreferences: Effect.fn("Users.setPreferences")(function*(id, preferences) {
          yield* Effect.orDie(sql`UPDATE core_users SET preferences = ${encodePreferences(preferences)}
            WHERE id = ${Id.toBytes(id)}`)
        }),
        setStatus: Effect.fn("Users.setStatus")(function*(id, status) {
          yield* Effect.orDie(transaction(
            sql,
            Effect.gen(function*() {
              yield* sql`UPDATE core_users SET status = ${status} WHERE id = ${Id.toBytes(id)}`
              if (status === "suspended") yield* sql`DELETE FROM core_sessions WHERE user_id = ${Id.toBytes(id)}`
            })
          ))
        }),
        setVerifiedEmail: Effect.fn("Users.setVerifiedEmail")(function*(id, email) {
          const now = yield* Clock.currentTimeMillis
          yield* sql`UPDATE core_users SET email = ${normalizeEmail(email)}, email_verified_at = ${now}
            WHERE id = ${Id.toBytes(id)}`.pipe(
            orUnique(() => new Conflict({ detail: "This address belongs to somebody else's account by now." }))
          )
        }),
        verify: Effect.fn("Users.verify")(function*(email, password) {
          const row = yield* rowByEmail(email)
          const hash = Option.isSome(row) ? row.value.password_hash : null
          const matches = yield* passwords.verify(password, hash)
          if (!matches || hash === null || Option.isNone(row) || row.value.status !== "active") return Option.none()
          if (passwords.isOutdated(hash)) yield* storePassword(Id.fromBytes<UserId>(row.value.id), password)
          return Option.some(toUser(row.value))
        }),
        setPassword: Effect.fn("Users.setPassword")(function*(id, password, field) {
          const row = yield* rowById(id)
          const words = Option.isSome(row) ? [row.value.email, row.value.name] : []
          yield* checkPassword({ password, words, field })
          yield* storePassword(id, password)
        }),
        hasPassword: Effect.fn("Users.hasPassword")((id) =>
          Effect.map(rowById(id), (row) => Option.isSome(row) && row.value.password_hash !== null)
        ),
        isPassword: Effect.fn("Users.isPassword")(function*(id, password) {
          const row = yield* rowById(id)
          return yield* passwords.verify(password, Option.isSome(row) ? row.value.password_hash : null)
        })
      })
    })
  )
}

/**
 * Where machine users' addresses end: RFC 2606 keeps it free, so that no mail ever gets there.
 *
 * @category constants
 * @since 0.1.0
 */
export const machineDomain = "machine.invalid"

const encodePreferences = Schema.encodeSync(Schema.fromJsonString(Preferences))
const decodePreferences = Schema.decodeUnknownSync(Schema.fromJsonString(Preferences))

/**
 * An address as it is stored: addresses that differ in case alone are one account.
 *
 * @category conversions
 * @since 0.1.0
 */
export const normalizeEmail = (email: string): string => email.trim().normalize("NFC").toLowerCase()

interface UserRow {
  readonly id: Uint8Array
  readonly email: string
  readonly name: string
  readonly password_hash: string | null
  readonly status: string
  readonly email_verified_at: unknown
  readonly locale: string | null
  readonly timezone: string | null
  readonly created_at: unknown
}

const toUser = (row: UserRow): User =>
  new User({
    id: Id.fromBytes<UserId>(row.id),
    email: row.email,
    name: row.name,
    status: row.status === "active" ? "active" : "suspended",
    emailVerified: row.email_verified_at !== null,
    locale: row.locale,
    timezone: row.timezone,
    createdAt: DateTime.makeUnsafe(Number(row.created_at))
  })
