/**
 * What of a paired number's groups no other channel has: joining them by a code, their pictures, and having WAHA read them
 * from WhatsApp again. The rest is `AccountGroups`'.
 *
 * @since 0.1.0
 */
import type { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import type { Audit } from "@wicara/core/Audit"
import { contentTypeOf } from "@wicara/core/Avatars"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Base64 } from "effect/encoding"
import type { HttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import * as ChatId from "./ChatId.ts"
import * as Failure from "./Failure.ts"
import { lenient } from "./internal/lenient.ts"
import { makeManaged } from "./internal/managed.ts"
import type { Changes, Reads } from "./internal/managed.ts"
import type { GroupInvite, GroupPicture } from "./ManagedAccount.ts"
import type { Account } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"
import { EngineId, LenientNumber } from "./WahaEvent.ts"
import * as WahaGroup from "./WahaGroup.ts"
import type { WahaLimits } from "./WahaLimits.ts"

/**
 * Fails as `WahaManagement` does; `NotFound` also for a code that is void.
 *
 * @category services
 * @since 0.1.0
 */
export class WahaGroups extends Context.Service<WahaGroups, {
  /** The group that a code leads to. */
  readonly invite: (id: ChannelAccountId, code: string) => Reads<GroupInvite>
  /** Joins the group that a code leads to; no more often a day than is safe. Audited. */
  readonly join: (id: ChannelAccountId, code: string) => Changes<{ readonly groupId: string }>
  /** Has WAHA read the groups from WhatsApp again; no more often a day than is safe. Audited. */
  readonly refresh: (id: ChannelAccountId) => Changes<void>
  readonly picture: (id: ChannelAccountId, groupId: string) => Reads<GroupPicture>
  /** `null` takes it off. Audited. */
  readonly setPicture: (id: ChannelAccountId, groupId: string, picture: Uint8Array | null) => Changes<void>
}>()("@wicara/channels-waha/WahaGroups") {
  /**
   * Over the organization's accounts.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<
    WahaGroups,
    never,
    ChannelAccounts | Audit | WahaLimits | SqlClient.SqlClient | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(WahaGroups, make))
}

const decodeSize = Schema.decodeUnknownOption(Schema.Struct({ size: lenient(LenientNumber) }))
const decodeJoined = Schema.decodeUnknownEffect(Schema.Struct({ id: EngineId }))
const Picture = Schema.Struct({ url: lenient(Schema.String) })

// The engines' words for a code that leads nowhere, any more or yet; WAHA passes them on as faults of its own.
const isVoid = /\binvite\b|\bnot-acceptable\b|\bgone\b|\bbad-request\b/i

const slowly = "60 seconds"
/** The largest picture that WhatsApp takes, bytes. */
const maximumPicture = 5 * 1024 * 1024

const make = Effect.gen(function*() {
  const { ask, audited, call, client, limits, own, provided } = yield* makeManaged

  const groupsPath = ({ settings }: Account) => WahaApi.path`/api/${settings.session}/groups`
  const picturePath = (account: Account, groupId: string) =>
    `${groupsPath(account)}/${encodeURIComponent(groupId)}/picture`
  const keyOf = ({ id, organizationId }: Account) => ({ organizationId, channelAccountId: id })

  const ofCode = Effect.fnUntraced(function*(account: Account, code: string, options: Failure.Options) {
    const answer = yield* Effect.result(client(Failure.call(account, { ...options, timeout: slowly })))
    if (answer._tag === "Success") return answer.success
    return isVoid.test(answer.failure.reason)
      ? yield* NotFound.of("WhatsApp group invite", code)
      : yield* provided(Effect.fail(answer.failure))
  })

  const file = (bytes: Uint8Array) => {
    if (bytes.length > maximumPicture) {
      return Effect.fail(InvalidInput.of("/data", "A profile picture has 5 MB at most."))
    }
    const mimetype = contentTypeOf(bytes)
    return mimetype === "image/png" || mimetype === "image/jpeg"
      ? Effect.succeed({
        mimetype,
        filename: mimetype === "image/png" ? "picture.png" : "picture.jpg",
        data: Base64.encode(bytes)
      })
      : Effect.fail(InvalidInput.of("/data", "This is no PNG or JPEG picture."))
  }

  return WahaGroups.of({
    invite: Effect.fn("WahaGroups.invite")(function*(id, code) {
      const account = yield* own(id)
      const body = yield* ofCode(account, code, {
        method: "GET",
        path: `${groupsPath(account)}/join-info`,
        query: { code }
      })
      const group = WahaGroup.decode(body)
      const chat = ChatId.parse(group?.id)
      if (group === undefined || chat?.kind !== "group") return yield* NotFound.of("WhatsApp group invite", code)
      const size = Option.getOrUndefined(decodeSize(body))?.size ?? group.participants?.length
      return {
        groupId: chat.id,
        subject: group.subject ?? "",
        description: group.description ?? null,
        members: size === undefined ? null : Math.trunc(size)
      }
    }),
    join: Effect.fn("WahaGroups.join")(function*(id, code) {
      const account = yield* own(id)
      yield* limits.take(keyOf(account), "group_joins")
      const body = yield* ofCode(account, code, {
        method: "POST",
        path: `${groupsPath(account)}/join`,
        body: { code }
      })
      const joined = yield* provided(Effect.mapError(
        decodeJoined(body),
        () => new ProviderFailure({ kind: "later", code: "unreadable", reason: "WAHA's answer has another form" })
      ))
      const groupId = ChatId.parse(joined.id)?.id ?? joined.id
      yield* audited(id, "group_joined", { groupId })
      return { groupId }
    }),
    refresh: Effect.fn("WahaGroups.refresh")(function*(id) {
      const account = yield* own(id)
      yield* limits.take(keyOf(account), "group_refreshes")
      yield* call(account, { method: "POST", path: `${groupsPath(account)}/refresh`, body: {}, timeout: slowly })
      yield* audited(id, "groups_refreshed")
    }),
    picture: Effect.fn("WahaGroups.picture")(function*(id, groupId) {
      const account = yield* own(id)
      const { url } = yield* ask(account, Picture, { method: "GET", path: picturePath(account, groupId) })
      return { pictureUrl: url === undefined || url === "" ? null : url }
    }),
    setPicture: Effect.fn("WahaGroups.setPicture")(function*(id, groupId, picture) {
      const account = yield* own(id)
      const body = picture === null ? undefined : { file: yield* file(picture) }
      const path = picturePath(account, groupId)
      yield* call(
        account,
        body === undefined ? { method: "DELETE", path } : { method: "PUT", path, body, timeout: slowly }
      )
      yield* audited(id, picture === null ? "group_picture_removed" : "group_picture_set", { groupId })
    })
  })
})
