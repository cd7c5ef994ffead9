/**
 * Pictures of people: PNG, JPEG or WebP by what they are and not by what they are called, 256 KB at most.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import * as Id from "./Id.ts"
import { InvalidInput } from "./Problem.ts"
import { transaction } from "./Sql.ts"
import type { UserId } from "./Tenancy.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Avatar {
  readonly contentType: string
  /** The SHA-256 of the picture, in hexadecimal. */
  readonly digest: string
  readonly body: Uint8Array
}

const maximumSize = 256 * 1024

/**
 * Which picture the bytes begin like.
 *
 * @category conversions
 * @since 0.1.0
 */
export const contentTypeOf = (bytes: Uint8Array): "image/png" | "image/jpeg" | "image/webp" | undefined => {
  const start = Buffer.from(bytes.subarray(0, 12)).toString("latin1")
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "image/png"
  if (start.startsWith("\xff\xd8\xff")) return "image/jpeg"
  return start.startsWith("RIFF") && start.endsWith("WEBP") ? "image/webp" : undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Avatars extends Context.Service<Avatars, {
  /** `InvalidInput` at `/data`: it is too large, or no picture. */
  readonly set: (userId: UserId, body: Uint8Array) => Effect.Effect<void, InvalidInput>
  readonly find: (userId: UserId) => Effect.Effect<Option.Option<Avatar>>
  readonly remove: (userId: UserId) => Effect.Effect<void>
}>()("@wicara/core/Avatars") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Avatars, never, SqlClient.SqlClient> = Layer.effect(
    Avatars,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient

      const remove = (userId: UserId) => sql`DELETE FROM core_avatars WHERE user_id = ${Id.toBytes(userId)}`

      return Avatars.of({
        set: Effect.fn("Avatars.set")(function*(userId, body) {
          if (body.length > maximumSize) return yield* InvalidInput.of("/data", "A picture has 256 KB at most.")
          const contentType = contentTypeOf(body)
          if (contentType === undefined) {
            return yield* InvalidInput.of("/data", "This is no PNG, JPEG or WebP picture.")
          }
          const row = {
            user_id: Id.toBytes(userId),
            content_type: contentType,
            digest: createHash("sha256").update(body).digest(),
            body
          }
          yield* Effect.orDie(transaction(
            sql,
            Effect.andThen(remove(userId), sql`INSERT INTO core_avatars ${sql.insert(row)}`)
          ))
        }),
        find: Effect.fn("Avatars.find")(function*(userId) {
          const [row] = yield* Effect.orDie(
            sql<{
              readonly content_type: string
              readonly digest: Uint8Array
              readonly body: Uint8Array
            }>`SELECT content_type, digest, body FROM core_avatars WHERE user_id = ${Id.toBytes(userId)}`
          )
          return row === undefined ? Option.none() : Option.some({
            contentType: row.content_type,
            digest: Buffer.from(row.digest).toString("hex"),
            body: new Uint8Array(row.body)
          })
        }),
        remove: Effect.fn("Avatars.remove")((userId) => Effect.orDie(Effect.asVoid(remove(userId))))
      })
    })
  )
}
