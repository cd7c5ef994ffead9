/**
 * The devices on which people want to be told. Their addresses and secrets are sealed.
 *
 * @since 0.1.0
 */
import { Audit } from "@wicara/core/Audit"
import * as Id from "@wicara/core/Id"
import { CurrentOutboundAddresses } from "@wicara/core/OutboundAddresses"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { Secrets } from "@wicara/core/Secrets"
import { affectedRows, orDieSql, rowLimit, transaction, varying } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor, UserId } from "@wicara/core/Tenancy"
import * as Tokens from "@wicara/core/Tokens"
import { Clock, Context, DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { refusalOf } from "./internal/pushAddress.ts"
import { isPublicKey } from "./internal/pushEncryption.ts"
import { PushSubscription, PushSubscriptionId } from "./PushSubscription.ts"
import type { NewPushSubscription } from "./PushSubscription.ts"
import type { PushAddress } from "./PushTransport.ts"

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class PushSubscriptions extends Context.Service<PushSubscriptions, {
  /** In the order in which they were registered. */
  readonly list: (userId: UserId) => Effect.Effect<ReadonlyArray<PushSubscription>, never, CurrentOrganization>
  /**
   * Registers a browser; it may be repeated, and whoever registered the same browser before has it no longer. The
   * oldest goes when there are too many.
   */
  readonly register: (
    userId: UserId,
    subscription: NewPushSubscription,
    userAgent: string | undefined
  ) => Effect.Effect<PushSubscription, InvalidInput, Acting>
  readonly remove: (
    userId: UserId,
    id: PushSubscriptionId
  ) => Effect.Effect<void, NotFound, Acting>
  /** The push service says that the device is gone. */
  readonly forget: (userId: UserId, id: PushSubscriptionId) => Effect.Effect<void, never, CurrentOrganization>
  /** The devices of these people. */
  readonly of: (userIds: ReadonlyArray<UserId>) => Effect.Effect<
    ReadonlyArray<{ readonly userId: UserId; readonly id: PushSubscriptionId }>,
    never,
    CurrentOrganization
  >
  /** Where a device is reached; none when it was removed. */
  readonly address: (
    userId: UserId,
    id: PushSubscriptionId
  ) => Effect.Effect<Option.Option<PushAddress>, never, CurrentOrganization>
  readonly markSent: (userId: UserId, id: PushSubscriptionId) => Effect.Effect<void, never, CurrentOrganization>
}>()("@wicara/notifications/PushSubscriptions") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<PushSubscriptions, never, SqlClient.SqlClient | Secrets | Audit> = Layer
    .suspend(() => Layer.effect(PushSubscriptions, make))
}

/**
 * The most that one person has in one organization.
 *
 * @category constants
 * @since 0.1.0
 */
export const mostSubscriptions = 20

interface Row {
  readonly user_id: Uint8Array
  readonly id: Uint8Array
  readonly service: string
  readonly user_agent: string | null
  readonly created_at: unknown
  readonly last_sent_at: unknown
}

const Sealed = Schema.fromJsonString(Schema.Struct({
  endpoint: Schema.String,
  p256dh: Schema.String,
  auth: Schema.String
}))
const encodeSealed = Schema.encodeSync(Sealed)
const decodeSealed = Schema.decodeUnknownEffect(Sealed)

const sealedAt = (id: PushSubscriptionId) => ({ table: "notifications_push_subscriptions", column: "sealed", id })

const toSubscription = (row: Row): PushSubscription =>
  new PushSubscription({
    id: Id.fromBytes<PushSubscriptionId>(row.id),
    service: row.service,
    userAgent: row.user_agent,
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    lastSentAt: row.last_sent_at === null ? null : DateTime.makeUnsafe(Number(row.last_sent_at))
  })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const secrets = yield* Secrets
  const audit = yield* Audit
  const addresses = yield* CurrentOutboundAddresses
  const columns = sql.literal("user_id, id, service, user_agent, created_at, last_sent_at")

  const own = Effect.fnUntraced(function*(userId: UserId) {
    const { id } = yield* CurrentOrganization
    return sql`organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(userId)}`
  })

  const list = Effect.fnUntraced(function*(userId: UserId) {
    return yield* sql<Row>`SELECT ${columns} FROM notifications_push_subscriptions WHERE ${yield* own(userId)}
      ORDER BY id LIMIT ${rowLimit(sql, mostSubscriptions * 2)}`
  })

  const check = Effect.fnUntraced(function*({ endpoint, keys }: NewPushSubscription) {
    const refusal = refusalOf(addresses, Redacted.value(endpoint))
    if (refusal !== undefined) return yield* InvalidInput.of("/endpoint", refusal)
    if (!isPublicKey(Buffer.from(keys.p256dh, "base64url"))) {
      return yield* InvalidInput.of("/keys/p256dh", "This is not a point of the curve P-256.")
    }
    if (Buffer.from(Redacted.value(keys.auth), "base64url").length !== 16) {
      return yield* InvalidInput.of("/keys/auth", "The secret has 16 bytes.")
    }
  })

  const store = Effect.fnUntraced(
    function*(userId: UserId, { endpoint, keys }: NewPushSubscription, userAgent: string | undefined) {
      const organization = yield* CurrentOrganization
      const address = Redacted.value(endpoint)
      const digest = Tokens.hash(address)
      const place = yield* own(userId)
      // Whoever sits at the browser now is who it shows things to.
      yield* sql`DELETE FROM notifications_push_subscriptions
        WHERE endpoint_hash = ${digest} AND user_id <> ${Id.toBytes(userId)}`
      const [before] = yield* sql<Row>`SELECT ${columns} FROM notifications_push_subscriptions
        WHERE ${place} AND endpoint_hash = ${digest}`
      const id = before === undefined
        ? yield* Id.next(PushSubscriptionId)
        : Id.fromBytes<PushSubscriptionId>(before.id)
      const row = {
        user_id: Id.toBytes(userId),
        id: Id.toBytes(id),
        service: new URL(address).hostname.slice(0, 253),
        user_agent: userAgent?.slice(0, 500) ?? null,
        created_at: before === undefined ? yield* Clock.currentTimeMillis : Number(before.created_at),
        last_sent_at: before?.last_sent_at ?? null
      }
      const sealed = encodeSealed({ endpoint: address, p256dh: keys.p256dh, auth: Redacted.value(keys.auth) })
      yield* sql`DELETE FROM notifications_push_subscriptions WHERE ${place} AND id = ${row.id}`
      yield* sql`INSERT INTO notifications_push_subscriptions ${
        sql.insert({
          organization_id: Id.toBytes(organization.id),
          ...row,
          endpoint_hash: digest,
          sealed: yield* secrets.seal(sealedAt(id), Redacted.make(sealed))
        } as never)
      }`
      const all = yield* list(userId)
      for (const old of all.slice(0, Math.max(0, all.length - mostSubscriptions))) {
        yield* sql`DELETE FROM notifications_push_subscriptions WHERE ${place} AND id = ${old.id}`
      }
      if (before === undefined) {
        yield* audit.record({
          action: "push_subscription.created",
          target: { type: "push_subscription", id },
          after: { service: row.service, userAgent: row.user_agent }
        })
      }
      return toSubscription(row)
    }
  )

  const drop = Effect.fnUntraced(function*(userId: UserId, id: PushSubscriptionId) {
    return yield* affectedRows(
      sql`DELETE FROM notifications_push_subscriptions WHERE ${yield* own(userId)} AND id = ${Id.toBytes(id)}`
    )
  })

  return PushSubscriptions.of({
    list: Effect.fn("PushSubscriptions.list")((userId) =>
      Effect.orDie(Effect.map(list(userId), (rows) => rows.map(toSubscription)))
    ),
    register: Effect.fn("PushSubscriptions.register")(function*(userId, subscription, userAgent) {
      yield* check(subscription)
      return yield* orDieSql(transaction(sql, store(userId, subscription, userAgent)))
    }),
    remove: Effect.fn("PushSubscriptions.remove")(function*(userId, id) {
      yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          if ((yield* drop(userId, id)) === 0) return yield* NotFound.of("push subscription", id)
          yield* audit.record({ action: "push_subscription.removed", target: { type: "push_subscription", id } })
        })
      ))
    }),
    forget: Effect.fn("PushSubscriptions.forget")((userId, id) => Effect.asVoid(Effect.orDie(drop(userId, id)))),
    of: Effect.fn("PushSubscriptions.of")(function*(userIds) {
      if (userIds.length === 0) return []
      const { id } = yield* CurrentOrganization
      const rows = yield* Effect.orDie(varying(
        sql,
        sql<Pick<Row, "id" | "user_id">>`SELECT user_id, id FROM notifications_push_subscriptions
          WHERE organization_id = ${Id.toBytes(id)} AND ${sql.in("user_id", userIds.map(Id.toBytes))}`
      ))
      return rows.map((row) => ({
        userId: Id.fromBytes<UserId>(row.user_id),
        id: Id.fromBytes<PushSubscriptionId>(row.id)
      }))
    }),
    address: Effect.fnUntraced(function*(userId, id) {
      const [row] = yield* sql<{ readonly sealed: string }>`SELECT sealed FROM notifications_push_subscriptions
        WHERE ${yield* own(userId)} AND id = ${Id.toBytes(id)}`
      if (row === undefined) return Option.none<PushAddress>()
      const opened = yield* secrets.open(sealedAt(id), row.sealed)
      const { auth, endpoint, p256dh } = yield* decodeSealed(Redacted.value(opened))
      return Option.some<PushAddress>({ endpoint: Redacted.make(endpoint), p256dh, auth: Redacted.make(auth) })
    }, Effect.orDie),
    markSent: Effect.fnUntraced(function*(userId, id) {
      const now = yield* Clock.currentTimeMillis
      yield* sql`UPDATE notifications_push_subscriptions SET last_sent_at = ${now}
        WHERE ${yield* own(userId)} AND id = ${Id.toBytes(id)}`
    }, Effect.orDie)
  })
})
