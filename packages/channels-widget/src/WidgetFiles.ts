/**
 * Files between visitors and the business: what a visitor sends is taken by the organization's files, under their rules
 * of size, type, quota and viruses; what is in their conversation they get by addresses that hold for a day.
 *
 * @since 0.1.0
 */
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import type { TooManyRequests, Unavailable } from "@wicara/core/Problem"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { StoredFile } from "@wicara/files/File"
import type { FileId } from "@wicara/files/File"
import { Files } from "@wicara/files/Files"
import type { FileContent, UploadError } from "@wicara/files/Files"
import { Clock, Context, Effect, Equal, Layer, Redacted } from "effect"
import type { Stream } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { CurrentVisitor } from "./Visitor.ts"
import type { VisitorId, WidgetAccount } from "./Visitor.ts"
import { VisitorLimits } from "./VisitorLimits.ts"
import { WidgetAccounts } from "./WidgetAccounts.ts"
import type { LinkOf } from "./WidgetHistory.ts"
import type { Attached } from "./WidgetInbound.ts"
import type { WidgetMessageId } from "./WidgetMessage.ts"

/**
 * How long an address of a file holds, milliseconds: a day. Whoever reads the conversation again gets new ones.
 *
 * @category constants
 * @since 0.1.0
 */
export const linkMillis = 24 * 60 * 60 * 1000

/** What nobody sends is cleared away after this. */
const unsentFor = "1 day"

const claimsLength = 16 + 16 + 6

const signature = (account: WidgetAccount, claims: Uint8Array) =>
  createHmac("sha256", Redacted.value(account.secrets.signingKey)).update("wicara widget file\0").update(claims)
    .digest()

/**
 * Below which the server has them; an address is the same on whatever host the browser reached it by.
 *
 * @category constants
 * @since 0.1.0
 */
export const path = "/v1/widget/files/"

/**
 * Addresses of files, until a day from `now` (epoch milliseconds).
 *
 * @category constructors
 * @since 0.1.0
 */
export const linksOf = (account: WidgetAccount, now: number): LinkOf => (fileId) => {
  const claims = Buffer.alloc(claimsLength)
  claims.set(Id.toBytes(account.id), 0)
  claims.set(Id.toBytes(fileId), 16)
  claims.writeUIntBE(now + linkMillis, 32, 6)
  return `${path}${Buffer.concat([claims, signature(account, claims)]).toString("base64url")}/content`
}

const kinds: ReadonlyArray<readonly [prefix: string, kind: Attached["kind"]]> = [
  ["image/", "image"],
  ["video/", "video"],
  ["audio/", "audio"]
]

/** Drawings are documents: they can hold more than a picture. */
const kindOf = (contentType: string): Attached["kind"] =>
  contentType === "image/svg+xml"
    ? "document"
    : kinds.find(([prefix]) => contentType.startsWith(prefix))?.[1] ?? "document"

const actorOf = (visitorId: VisitorId) => systemActor(`visitor:${visitorId}`)

/**
 * @category services
 * @since 0.1.0
 */
export class WidgetFiles extends Context.Service<WidgetFiles, {
  /** Takes a file of the visitor, to be sent with a message. The same id with the same content is the same file. */
  readonly upload: <E, R>(file: {
    readonly id: WidgetMessageId
    readonly name: string
    readonly content: Stream.Stream<Uint8Array, E, R>
    readonly size: number | undefined
  }) => Effect.Effect<StoredFile, E | UploadError | TooManyRequests, R | CurrentVisitor>
  /** The visitor's own file, for their message. */
  readonly attach: (id: FileId) => Effect.Effect<Attached, InvalidInput, CurrentVisitor>
  /** The file of an address that was given out and still holds. */
  readonly open: (token: string) => Effect.Effect<FileContent, NotFound | Unavailable>
}>()("@wicara/channels-widget/WidgetFiles") {
  static readonly layer: Layer.Layer<WidgetFiles, never, Files | WidgetAccounts | VisitorLimits> = Layer.effect(
    WidgetFiles,
    Effect.gen(function*() {
      const files = yield* Files
      const accounts = yield* WidgetAccounts
      const limits = yield* VisitorLimits
      const noFile = InvalidInput.of("/fileId", "There is no such file.")
      const gone = new NotFound({
        resource: "file",
        id: "",
        detail: "This address is unknown, has expired, or its file is gone."
      })

      const within = <A, E, R>(account: WidgetAccount, effect: Effect.Effect<A, E, R>) =>
        Effect.provideService(effect, CurrentOrganization, { id: account.organizationId })

      return WidgetFiles.of({
        upload: Effect.fn("WidgetFiles.upload")(function*({ content, id, name, size }) {
          const { account, visitorId } = yield* CurrentVisitor
          if (!account.settings.attachments) return yield* InvalidInput.of("", "This widget takes no files.")
          yield* limits.take(account.organizationId, { channelAccountId: account.id, visitorId })
          const upload = files.upload({ name, content, size, expiresIn: unsentFor, idempotencyKey: id })
          return yield* within(account, Effect.provideService(upload, CurrentActor, actorOf(visitorId)))
        }),
        attach: Effect.fn("WidgetFiles.attach")(function*(id) {
          const { account, visitorId } = yield* CurrentVisitor
          const file = yield* within(account, files.get(id)).pipe(Effect.catchTag("NotFound", () => noFile))
          if (!Equal.equals(file.createdBy, actorOf(visitorId).actor)) return yield* noFile
          return {
            kind: kindOf(file.contentType),
            fileId: file.id,
            name: file.name,
            contentType: file.contentType,
            size: file.size
          }
        }),
        open: Effect.fn("WidgetFiles.open")(function*(token) {
          const bytes = Buffer.from(token, "base64url")
          if (bytes.length !== claimsLength + 32 || bytes.toString("base64url") !== token) return yield* gone
          const claims = bytes.subarray(0, claimsLength)
          const account = yield* accounts.find(Id.fromBytes<ChannelAccountId>(claims.subarray(0, 16))).pipe(
            Effect.catchTag("NotFound", () => gone)
          )
          if (!timingSafeEqual(signature(account, claims), bytes.subarray(claimsLength))) return yield* gone
          if (claims.readUIntBE(32, 6) <= (yield* Clock.currentTimeMillis)) return yield* gone
          return yield* within(account, files.content(Id.fromBytes<FileId>(claims.subarray(16, 32)))).pipe(
            Effect.catchTag("NotFound", () => gone)
          )
        })
      })
    })
  )
}
