/**
 * What an organization can ask and change about the session and the WAHA server of its paired numbers: channels,
 * screenshots, the server's version, and keys that open the session.
 *
 * @since 0.1.0
 */
import type { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { Audit } from "@wicara/core/Audit"
import { Conflict, NotFound, Unavailable } from "@wicara/core/Problem"
import { Context, DateTime, Effect, Layer, Redacted, Result, Schema } from "effect"
import { Base64 } from "effect/encoding"
import type { HttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import { lenient } from "./internal/lenient.ts"
import { makeManaged } from "./internal/managed.ts"
import type { Changes, Reads } from "./internal/managed.ts"
import { KeyActions } from "./ManagedAccount.ts"
import type { Channel, Key, KeyInput, NewKey, Server } from "./ManagedAccount.ts"
import type { Account } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"
import * as WahaEvent from "./WahaEvent.ts"
import type { WahaLimits } from "./WahaLimits.ts"

/**
 * Fails as `WahaManagement` does. Of WAHA's keys only those of the account's own session are seen and changed: others may
 * belong to other organizations on the same server.
 *
 * @category services
 * @since 0.1.0
 */
export class WahaOperations extends Context.Service<WahaOperations, {
  readonly channels: (id: ChannelAccountId) => Reads<ReadonlyArray<Channel>>
  readonly channel: (id: ChannelAccountId, channelId: string) => Reads<Channel>
  /** What the browser of the session shows, as PNG; `Conflict` for engines without one. It shows chats: audited. */
  readonly screenshot: (id: ChannelAccountId) => Changes<Uint8Array>
  readonly server: (id: ChannelAccountId) => Reads<Server>
  readonly keys: (id: ChannelAccountId) => Reads<ReadonlyArray<Key>>
  readonly createKey: (id: ChannelAccountId, input: KeyInput) => Changes<NewKey>
  readonly updateKey: (id: ChannelAccountId, keyId: string, input: KeyInput) => Changes<Key>
  readonly deleteKey: (id: ChannelAccountId, keyId: string) => Changes<void>
}>()("@wicara/channels-waha/WahaOperations") {
  /**
   * Over the organization's accounts.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<
    WahaOperations,
    never,
    ChannelAccounts | Audit | WahaLimits | SqlClient.SqlClient | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(WahaOperations, make))
}

const text = lenient(Schema.String)

const RawChannel = Schema.Struct({
  id: Schema.String,
  name: text,
  description: text,
  invite: text,
  picture: text,
  role: text,
  subscribersCount: lenient(Schema.Finite)
})

const Version = Schema.Struct({ version: text, engine: text, tier: text, platform: text })
const Status = Schema.Struct({ startTimestamp: lenient(Schema.Finite), uptime: lenient(Schema.Finite) })

const RawKey = Schema.Struct({
  id: Schema.String,
  key: Schema.RedactedFromValue(Schema.String),
  isActive: Schema.Boolean,
  isAdmin: lenient(Schema.Boolean),
  session: Schema.optionalKey(Schema.NullOr(Schema.String)),
  actions: lenient(KeyActions)
})
const Image = Schema.Struct({ mimetype: Schema.String, data: Schema.String })

const toChannel = (channel: typeof RawChannel.Type): Channel => ({
  id: channel.id,
  name: channel.name ?? "",
  description: channel.description ?? null,
  invite: channel.invite ?? null,
  pictureUrl: channel.picture ?? null,
  role: channel.role ?? null,
  subscribers: channel.subscribersCount === undefined ? null : Math.trunc(channel.subscribersCount)
})

const toKey = ({ actions, id, isActive }: typeof RawKey.Type): Key => ({ id, isActive, actions: actions ?? null })

const make = Effect.gen(function*() {
  const { ask, audited, call, own } = yield* makeManaged

  const channelsPath = ({ settings }: Account) => WahaApi.path`/api/${settings.session}/channels`

  const keysOf = Effect.fnUntraced(function*(account: Account) {
    const all = yield* ask(account, Schema.Array(RawKey), { method: "GET", path: "/api/keys" })
    return all.filter(({ isAdmin, session }) => isAdmin !== true && session === account.settings.session)
  })

  const keyOf = Effect.fnUntraced(function*(account: Account, keyId: string) {
    const found = (yield* keysOf(account)).find(({ id }) => id === keyId)
    if (found === undefined) return yield* NotFound.of("WAHA key", keyId)
    return Redacted.value(found.key) === Redacted.value(account.secrets.apiKey)
      ? yield* new Conflict({ detail: "This is the key that the account itself uses." })
      : found
  })

  const bodyOf = ({ settings }: Account, { actions, isActive }: KeyInput) => ({
    isAdmin: false,
    session: settings.session,
    isActive,
    ...(actions === undefined ? {} : { actions })
  })

  return WahaOperations.of({
    channels: Effect.fn("WahaOperations.channels")(function*(id) {
      const account = yield* own(id)
      const found = yield* ask(account, Schema.Array(RawChannel), { method: "GET", path: channelsPath(account) })
      return found.map(toChannel)
    }),
    channel: Effect.fn("WahaOperations.channel")(function*(id, channelId) {
      const account = yield* own(id)
      const path = `${channelsPath(account)}/${encodeURIComponent(channelId)}`
      return toChannel(yield* ask(account, RawChannel, { method: "GET", path }))
    }),
    screenshot: Effect.fn("WahaOperations.screenshot")(function*(id) {
      const account = yield* own(id)
      const { data } = yield* ask(account, Image, {
        method: "GET",
        path: "/api/screenshot",
        query: { session: account.settings.session },
        timeout: "30 seconds"
      })
      const bytes = Base64.decode(data)
      if (Result.isFailure(bytes)) return yield* new Unavailable({ detail: "WAHA does not answer now." })
      yield* audited(id, "screenshot_taken")
      return bytes.success
    }),
    server: Effect.fn("WahaOperations.server")(function*(id) {
      const account = yield* own(id)
      const version = yield* ask(account, Version, { method: "GET", path: "/api/server/version" })
      const { startTimestamp, uptime } = yield* ask(account, Status, { method: "GET", path: "/api/server/status" })
      const startedAt = WahaEvent.toMillis(startTimestamp)
      return {
        version: version.version ?? null,
        engine: version.engine ?? null,
        tier: version.tier ?? null,
        platform: version.platform ?? null,
        startedAt: startedAt === undefined ? null : DateTime.makeUnsafe(startedAt),
        uptimeSeconds: uptime === undefined ? null : Math.trunc(uptime / 1000)
      }
    }),
    keys: Effect.fn("WahaOperations.keys")(function*(id) {
      return (yield* keysOf(yield* own(id))).map(toKey)
    }),
    createKey: Effect.fn("WahaOperations.createKey")(function*(id, input) {
      const account = yield* own(id)
      const made = yield* ask(account, RawKey, { method: "POST", path: "/api/keys", body: bodyOf(account, input) })
      yield* audited(id, "key_created", toKey(made))
      return { ...toKey(made), key: Redacted.value(made.key) }
    }),
    updateKey: Effect.fn("WahaOperations.updateKey")(function*(id, keyId, input) {
      const account = yield* own(id)
      yield* keyOf(account, keyId)
      const changed = toKey(
        yield* ask(account, RawKey, {
          method: "PUT",
          path: WahaApi.path`/api/keys/${keyId}`,
          body: bodyOf(account, input)
        })
      )
      yield* audited(id, "key_changed", changed)
      return changed
    }),
    deleteKey: Effect.fn("WahaOperations.deleteKey")(function*(id, keyId) {
      const account = yield* own(id)
      yield* keyOf(account, keyId)
      yield* call(account, { method: "DELETE", path: WahaApi.path`/api/keys/${keyId}` })
      yield* audited(id, "key_deleted", { keyId })
    })
  })
})
