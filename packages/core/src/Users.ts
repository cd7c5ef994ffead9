/**
 * The people who sign in. A user belongs to no organization; memberships say where they act.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as Id from "./Id.ts"
import { Passwords } from "./Passwords.ts"
import { Conflict, InvalidInput } from "./Problem.ts"
import { orUnique } from "./Sql.ts"
import { UserId } from "./Tenancy.ts"
import { User } from "./User.ts"

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
  readonly create: (user: NewUser) => Effect.Effect<User, Conflict>
  readonly find: (id: UserId) => Effect.Effect<Option.Option<User>>
  readonly findByEmail: (email: string) => Effect.Effect<Option.Option<User>>
  readonly rename: (id: UserId, name: string) => Effect.Effect<void>
  /** The user with this address and password, if active. An unknown address takes as long as a wrong password. */
  readonly verify: (email: string, password: Redacted.Redacted<string>) => Effect.Effect<Option.Option<User>>
  readonly setPassword: (id: UserId, password: Redacted.Redacted<string>) => Effect.Effect<void>
  /** Sets a password in place of the current one, which has to be given. */
  readonly changePassword: (id: UserId, change: {
    readonly current: Redacted.Redacted<string>
    readonly next: Redacted.Redacted<string>
  }) => Effect.Effect<void, InvalidInput>
}>()("@wicara/core/Users") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Users, never, SqlClient.SqlClient | Passwords> = Layer.effect(
    Users,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const passwords = yield* Passwords

      const columns = sql.literal("id, email, name, password_hash, status, created_at")
      const rowById = (id: UserId) =>
        Effect.map(
          Effect.orDie(sql<UserRow>`SELECT ${columns} FROM core_users WHERE id = ${Id.toBytes(id)}`),
          (rows) => Option.fromUndefinedOr(rows[0])
        )
      const rowByEmail = (email: string) =>
        Effect.map(
          Effect.orDie(sql<UserRow>`SELECT ${columns} FROM core_users WHERE email = ${normalize(email)}`),
          (rows) => Option.fromUndefinedOr(rows[0])
        )
      const setPassword = Effect.fn("Users.setPassword")(function*(id: UserId, password: Redacted.Redacted<string>) {
        const hash = yield* passwords.hash(password)
        yield* Effect.orDie(sql`UPDATE core_users SET password_hash = ${hash} WHERE id = ${Id.toBytes(id)}`)
      })

      return Users.of({
        create: Effect.fn("Users.create")(function*(user) {
          const id = yield* Id.next(UserId)
          const createdAt = yield* Clock.currentTimeMillis
          const email = normalize(user.email)
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
          return new User({ id, email, name: user.name, status: "active", createdAt: DateTime.makeUnsafe(createdAt) })
        }),
        find: Effect.fn("Users.find")((id) => Effect.map(rowById(id), Option.map(toUser))),
        findByEmail: Effect.fn("Users.findByEmail")((email) => Effect.map(rowByEmail(email), Option.map(toUser))),
        rename: Effect.fn("Users.rename")(function*(id, name) {
          yield* Effect.orDie(sql`UPDATE core_users SET name = ${name} WHERE id = ${Id.toBytes(id)}`)
        }),
        verify: Effect.fn("Users.verify")(function*(email, password) {
          const row = yield* rowByEmail(email)
          const hash = Option.isSome(row) ? row.value.password_hash : null
          const matches = yield* passwords.verify(password, hash)
          if (!matches || hash === null || Option.isNone(row) || row.value.status !== "active") return Option.none()
          if (passwords.isOutdated(hash)) yield* setPassword(Id.fromBytes<UserId>(row.value.id), password)
          return Option.some(toUser(row.value))
        }),
        setPassword,
        changePassword: Effect.fn("Users.changePassword")(function*(id, { current, next }) {
          const row = yield* rowById(id)
          const matches = yield* passwords.verify(current, Option.isSome(row) ? row.value.password_hash : null)
          if (!matches) return yield* InvalidInput.of("/current", "This is not the current password.")
          yield* setPassword(id, next)
        })
      })
    })
  )
}

const normalize = (email: string): string => email.trim().normalize("NFC").toLowerCase()

interface UserRow {
  readonly id: Uint8Array
  readonly email: string
  readonly name: string
  readonly password_hash: string | null
  readonly status: string
  readonly created_at: unknown
}

const toUser = (row: UserRow): User =>
  new User({
    id: Id.fromBytes<UserId>(row.id),
    email: row.email,
    name: row.name,
    status: row.status === "active" ? "active" : "suspended",
    createdAt: DateTime.makeUnsafe(Number(row.created_at))
  })
