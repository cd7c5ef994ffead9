/**
 * Which bytes a request asks for (RFC 9110, sections 13 and 14).
 *
 * @since 0.1.0
 */
import type { ByteRange } from "./BlobStore.ts"

/**
 * The range that a `Range` header asks for: nothing if it asks for none, for several, or for what this does not know
 * (then all of it is the answer), or that there is no such byte.
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined => {
  const [, first, last] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? "") ?? []
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined
  if (first === "") {
    const suffix = Number(last)
    return suffix === 0 || size === 0 ? "unsatisfiable" : { start: Math.max(size - suffix, 0), end: size - 1 }
  }
  const start = Number(first)
  if (last !== "" && Number(last) < start) return undefined
  if (start >= size) return "unsatisfiable"
  return { start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) }
}

/**
 * Whether `If-None-Match` names the content that is there.
 *
 * @category guards
 * @since 0.1.0
 */
export const isKnown = (etag: string, header: string | undefined): boolean =>
  header !== undefined &&
  (header.trim() === "*" || header.split(",").some((one) => one.trim().replace(/^W\//, "") === etag))
