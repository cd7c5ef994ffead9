/**
 * The media files of the emulator: what customers sent and what was uploaded. Addresses live five minutes.
 *
 * @since 0.1.0
 */
import { Result } from "effect"
import { createHash } from "node:crypto"
import * as EmulatorFaults from "../EmulatorFaults.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface StoredFile {
  readonly id: string
  /** The account it belongs to. */
  readonly account: string
  readonly bytes: Uint8Array
  readonly mimeType: string
  readonly sha256: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface CloudMedia {
  readonly add: (account: string, bytes: Uint8Array, mimeType: string) => StoredFile
  readonly get: (id: string) => StoredFile | undefined
  readonly remove: (id: string) => boolean
  /** The path under which the file can be downloaded until five minutes from `now`. */
  readonly path: (file: StoredFile, now: number) => string
  /** The file of a path, if it has not expired. */
  readonly resolve: (id: string, expires: string, proof: string, now: number) => StoredFile | undefined
}

const lifetime = 5 * 60_000

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (seed: string): CloudMedia => {
  const files = new Map<string, StoredFile>()
  let count = 0
  const proofOf = (id: string, expires: string) => EmulatorFaults.hex(seed, `media:${id}:${expires}`, 24)
  return {
    add: (account, bytes, mimeType) => {
      const digits = BigInt(`0x${EmulatorFaults.hex(seed, `media-id:${++count}`, 12)}`) % 1_000_000_000_000n
      const file: StoredFile = {
        id: String(1_000_000_000_000_000n + digits * 1000n + BigInt(count % 1000)),
        account,
        bytes,
        mimeType,
        sha256: createHash("sha256").update(bytes).digest("base64")
      }
      files.set(file.id, file)
      return file
    },
    get: (id) => files.get(id),
    remove: (id) => files.delete(id),
    path: (file, now) => `/media-files/${file.id}/${now + lifetime}/${proofOf(file.id, String(now + lifetime))}`,
    resolve: (id, expires, proof, now) =>
      proof === proofOf(id, expires) && Number(expires) > now ? files.get(id) : undefined
  }
}

const MB = 1024 * 1024

const allowed: ReadonlyArray<readonly [types: RegExp, limit: number]> = [
  [/^image\/(jpeg|png)$/, 5 * MB],
  [/^image\/webp$/, 500 * 1024],
  [/^audio\/(aac|amr|mpeg|mp4|ogg)(;.*)?$/, 16 * MB],
  [/^video\/(mp4|3gpp?)$/, 16 * MB],
  [/^(text\/plain|application\/(pdf|msword|vnd\.[a-z0-9.-]+))$/, 100 * MB]
]

/**
 * Whether a file of this type and size may be uploaded.
 *
 * @category decoding
 * @since 0.1.0
 */
export const check = (mimeType: string, size: number): Result.Result<void, GraphFailure> => {
  const rule = allowed.find(([types]) => types.test(mimeType.toLowerCase()))
  if (rule === undefined) return Result.fail(Failure.make(131053, `Unsupported mime type ${mimeType}`))
  return size > rule[1] ? Result.fail(Failure.make(131053, `File of ${size} bytes exceeds ${rule[1]}`)) : Result.void
}
