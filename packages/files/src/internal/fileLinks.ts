/** Links to files: tokens that are signed with a key of the organization's own, which is sealed. */
import { Audit } from "@wicara/core/Audit"
import * as Id from "@wicara/core/Id"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { Secrets } from "@wicara/core/Secrets"
import { insertIfAbsent, orDieSql, transaction, varying } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Clock, DateTime, Duration, Effect, Option, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import * as ContentType from "../ContentType.ts"
import type { FileId, StoredFile } from "../File.ts"
import type { FileContent, Files } from "../Files.ts"
import { target } from "./fileContents.ts"
import * as LinkToken from "./linkToken.ts"

const maxLinkMillis = 7 * 24 * 3_600_000

type Service = Pick<Files["Service"], "link" | "shownLinks" | "openLink" | "revokeLinks">

export const makeLinks = Effect.fnUntraced(function*({ contentOf, get }: {
  readonly get: Files["Service"]["get"]
  readonly contentOf: (organizationId: OrganizationId, file: StoredFile) => FileContent
}) {
  const sql = yield* SqlClient.SqlClient
  const audit = yield* Audit
  const secrets = yield* Secrets
  const linkKeys = new Map<string, Uint8Array>()
  const changing = <A, E, R>(effect: Effect.Effect<A, E, R>) => orDieSql(transaction(sql, effect))

  const linkLocation = { table: "files_link_keys", column: "sealed", id: "" }

  const readLinkKey = Effect.fnUntraced(function*() {
    const organization = yield* CurrentOrganization
    const [row] = yield* Effect.orDie(sql<{ readonly sealed: string }>`SELECT sealed FROM files_link_keys
      WHERE organization_id = ${Id.toBytes(organization.id)}`)
    if (row === undefined) return Option.none<Uint8Array>()
    const known = linkKeys.get(row.sealed)
    if (known !== undefined) return Option.some(known)
    const text = yield* Effect.orDie(secrets.open(linkLocation, row.sealed))
    const key = new Uint8Array(Buffer.from(Redacted.value(text), "base64url"))
    linkKeys.set(row.sealed, key)
    return Option.some(key)
  })

  const linkKey = Effect.fnUntraced(function*() {
    const organization = yield* CurrentOrganization
    const existing = yield* readLinkKey()
    if (Option.isSome(existing)) return existing.value
    const secret = Redacted.make(Buffer.from(SecureRandom.randomBytesUnsafe(32)).toString("base64url"))
    yield* changing(Effect.gen(function*() {
      yield* insertIfAbsent(sql, "files_link_keys", "organization_id", [{
        organization_id: Id.toBytes(organization.id),
        sealed: yield* secrets.seal(linkLocation, secret),
        created_at: yield* Clock.currentTimeMillis
      }])
    }))
    return Option.getOrThrow(yield* readLinkKey())
  })

  const noLink = new NotFound({
    resource: "file link",
    id: "",
    detail: "This link is unknown, has expired, or its file is gone."
  })

  const service: Service = {
    link: Effect.fn("Files.link")(function*(id, options) {
      const organization = yield* CurrentOrganization
      const file = yield* get(id)
      const millis = Duration.toMillis(options.expiresIn)
      if (millis < 1000 || millis > maxLinkMillis) {
        return yield* InvalidInput.of("/expiresInSeconds", "A link holds for 1 second to 7 days.")
      }
      const key = yield* linkKey()
      const expiresAt = (yield* Clock.currentTimeMillis) + millis
      yield* audit.record({
        action: "file.link_created",
        target: target(id),
        after: { expiresAt: DateTime.makeUnsafe(expiresAt) }
      })
      const token = LinkToken.sign(key, {
        organizationId: Id.toBytes(organization.id),
        fileId: Id.toBytes(id),
        expiresAt,
        inline: options.inline === true && ContentType.isInline(file.contentType)
      })
      return { token, expiresAt: DateTime.makeUnsafe(expiresAt) }
    }),
    shownLinks: Effect.fn("Files.shownLinks")(function*(ids, { expiresIn }) {
      const organization = yield* CurrentOrganization
      const links = new Map<FileId, { readonly token: string; readonly expiresAt: DateTime.Utc }>()
      if (ids.length === 0) return links
      const organizationId = Id.toBytes(organization.id)
      const found = yield* Effect.orDie(varying(
        sql,
        sql<{ readonly id: Uint8Array; readonly content_type: string }>`SELECT id, content_type FROM files_files
          WHERE organization_id = ${organizationId} AND ${sql.in("id", ids.map(Id.toBytes))} AND state = 'ready'`
      ))
      const key = yield* linkKey()
      const expiresAt = (yield* Clock.currentTimeMillis) + Math.min(Duration.toMillis(expiresIn), maxLinkMillis)
      for (const row of found) {
        const inline = ContentType.isInline(row.content_type)
        links.set(Id.fromBytes<FileId>(row.id), {
          token: LinkToken.sign(key, { organizationId, fileId: row.id, expiresAt, inline }),
          expiresAt: DateTime.makeUnsafe(expiresAt)
        })
      }
      return links
    }),
    openLink: Effect.fn("Files.openLink")(function*(token) {
      const claims = LinkToken.parse(token)
      if (claims === undefined) return yield* noLink
      const organization = { id: Id.fromBytes<OrganizationId>(claims.organizationId) }
      const within = Effect.provideService(CurrentOrganization, organization)
      const key = yield* readLinkKey().pipe(within)
      if (Option.isNone(key) || !LinkToken.isSigned(key.value, token)) return yield* noLink
      if (claims.expiresAt <= (yield* Clock.currentTimeMillis)) return yield* noLink
      const file = yield* get(Id.fromBytes<FileId>(claims.fileId)).pipe(within, Effect.mapError(() => noLink))
      return { ...contentOf(organization.id, file), inline: claims.inline }
    }),
    revokeLinks: Effect.gen(function*() {
      const organization = yield* CurrentOrganization
      yield* changing(Effect.gen(function*() {
        yield* sql`DELETE FROM files_link_keys WHERE organization_id = ${Id.toBytes(organization.id)}`
        yield* audit.record({
          action: "file.links_revoked",
          target: { type: "organization", id: organization.id }
        })
      }))
    }).pipe(Effect.withSpan("Files.revokeLinks"))
  }
  return service
})
