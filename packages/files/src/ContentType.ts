/**
 * What a content is, by its first bytes: neither the sender's word nor the name's ending is believed.
 *
 * @since 0.1.0
 */

/**
 * How many first bytes `detect` looks at.
 *
 * @category constants
 * @since 0.1.0
 */
export const sniffLength = 4096

/**
 * What nobody could tell.
 *
 * @category constants
 * @since 0.1.0
 */
export const unknown = "application/octet-stream"

interface Signature {
  readonly type: string
  /** Hexadecimal; `..` is any byte. */
  readonly bytes: string
  readonly at?: number
}

// https://www.iana.org/assignments/media-types and each format's own specification.
const signatures: ReadonlyArray<Signature> = [
  { type: "image/png", bytes: "89504e470d0a1a0a" },
  { type: "image/jpeg", bytes: "ffd8ff" },
  { type: "image/gif", bytes: "474946383761" },
  { type: "image/gif", bytes: "474946383961" },
  { type: "image/webp", bytes: "52494646........57454250" },
  { type: "image/bmp", bytes: "424d............00000000" },
  { type: "image/tiff", bytes: "49492a00" },
  { type: "image/tiff", bytes: "4d4d002a" },
  { type: "image/vnd.microsoft.icon", bytes: "00000100" },
  { type: "application/pdf", bytes: "255044462d" },
  { type: "audio/wav", bytes: "52494646........57415645" },
  { type: "video/x-msvideo", bytes: "52494646........41564920" },
  { type: "audio/flac", bytes: "664c6143" },
  { type: "audio/amr", bytes: "2321414d520a" },
  { type: "audio/mpeg", bytes: "494433" },
  { type: "application/gzip", bytes: "1f8b08" },
  { type: "application/x-7z-compressed", bytes: "377abcaf271c" },
  { type: "application/vnd.rar", bytes: "526172211a07" },
  { type: "application/x-tar", bytes: "7573746172", at: 257 },
  { type: "application/x-elf", bytes: "7f454c46" },
  { type: "application/x-mach-binary", bytes: "cffaedfe" },
  { type: "application/x-mach-binary", bytes: "cefaedfe" },
  { type: "application/java-vm", bytes: "cafebabe" },
  { type: "application/wasm", bytes: "0061736d" },
  { type: "application/vnd.microsoft.portable-executable", bytes: "4d5a" },
  { type: "application/x-sh", bytes: "2321" },
  { type: "application/rtf", bytes: "7b5c727466" }
]

const matches = (content: Uint8Array, { at = 0, bytes }: Signature): boolean => {
  if (content.length < at + bytes.length / 2) return false
  for (let index = 0; index < bytes.length; index += 2) {
    const hex = bytes.slice(index, index + 2)
    if (hex !== ".." && content[at + index / 2] !== Number.parseInt(hex, 16)) return false
  }
  return true
}

const latin = (content: Uint8Array, from: number, length: number): string =>
  Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("latin1", from, from + length)

/** Whether an archive has an entry whose name begins so: a local header has 30 bytes. */
const hasEntry = (text: string, folder: string): boolean => {
  for (let at = text.indexOf("PK\u0003\u0004"); at >= 0; at = text.indexOf("PK\u0003\u0004", at + 4)) {
    if (text.startsWith(folder, at + 30)) return true
  }
  return false
}

// The first entries of an archive say what it is; OpenDocument names its type in the first one, uncompressed.
const zipped = (content: Uint8Array): string => {
  const text = latin(content, 0, content.length)
  const openDocument = /mimetype(application\/(?:vnd\.oasis\.opendocument\.[a-z-]+|epub\+zip))/.exec(text)?.[1]
  if (openDocument !== undefined) return openDocument
  const office = "application/vnd.openxmlformats-officedocument"
  if (text.includes("vbaProject.bin")) return "application/vnd.ms-office.macro"
  if (hasEntry(text, "word/")) return `${office}.wordprocessingml.document`
  if (hasEntry(text, "xl/")) return `${office}.spreadsheetml.sheet`
  if (hasEntry(text, "ppt/")) return `${office}.presentationml.presentation`
  return "application/zip"
}

const ofBrand = (content: Uint8Array): string => {
  const brand = latin(content, 8, 4)
  if (/^(avif|avis)$/.test(brand)) return "image/avif"
  if (/^(heic|heix|mif1|msf1)$/.test(brand)) return "image/heic"
  if (/^qt {2}$/.test(brand)) return "video/quicktime"
  if (/^M4[AB] $/.test(brand)) return "audio/mp4"
  return brand.startsWith("3g") ? "video/3gpp" : "video/mp4"
}

const isText = (content: Uint8Array, isWhole: boolean): boolean => {
  if (content.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d)) {
    return false
  }
  // A character may be cut at the end of what was read.
  const decoded = new TextDecoder("utf-8").decode(content, { stream: !isWhole })
  return !decoded.includes("\uFFFD")
}

const ofText = (content: Uint8Array, name: string): string => {
  const text = new TextDecoder().decode(content).trimStart().toLowerCase()
  const markup = text.replace(/^<\?xml[^>]*>\s*/, "").replace(/^(<!--[\s\S]*?-->\s*)+/, "")
  if (/^<!doctype svg|^<svg[\s>/]/.test(markup)) return "image/svg+xml"
  if (
    /^<!doctype html|^<(html|head|body|script|iframe|style|title|meta|link|table|div|img|a|b|br|p|h1|form)[\s>/]/.test(
      markup
    )
  ) {
    return "text/html"
  }
  if (text.startsWith("<?xml")) return "application/xml"
  // What has no signature is text whatever it is called: only among kinds of harmless text the name decides.
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase()
  if (ending === "csv") return "text/csv"
  if (ending === "json" && /^[[{]/.test(text)) return "application/json"
  if (ending === "md" || ending === "markdown") return "text/markdown"
  if (ending === "ics" && text.startsWith("begin:vcalendar")) return "text/calendar"
  if (ending === "vcf" && text.startsWith("begin:vcard")) return "text/vcard"
  return "text/plain"
}

/**
 * The media type of a content.
 *
 * @category constructors
 * @since 0.1.0
 * @param content its first bytes, at most `sniffLength` of them are looked at
 * @param name only tells kinds of plain text apart
 */
export const detect = (content: Uint8Array, name: string): string => {
  const head = content.subarray(0, sniffLength)
  if (head.length === 0) return "text/plain"
  const known = signatures.find((signature) => matches(head, signature))
  if (known !== undefined) return known.type
  if (matches(head, { type: "", bytes: "504b0304" }) || matches(head, { type: "", bytes: "504b0506" })) {
    return zipped(head)
  }
  if (latin(head, 4, 4) === "ftyp") return ofBrand(head)
  if (latin(head, 0, 4) === "OggS") return latin(head, 28, 8).includes("theora") ? "video/ogg" : "audio/ogg"
  if (matches(head, { type: "", bytes: "1a45dfa3" })) {
    return latin(head, 0, 64).includes("webm") ? "video/webm" : "video/x-matroska"
  }
  if (matches(head, { type: "", bytes: "d0cf11e0a1b11ae1" })) return "application/x-ole-storage"
  if (head.length > 2 && head[0] === 0xff && (head[1]! & 0xe6) === 0xe2) return "audio/mpeg"
  if (head.length > 6 && head[0] === 0xff && (head[1]! & 0xf6) === 0xf0) return "audio/aac"
  if (isText(head, content.length <= sniffLength)) return ofText(head, name)
  return unknown
}

/**
 * What organizations send and keep, unless other types are configured: pictures, sound, video, documents, plain text.
 * Not what a browser or a machine would run: HTML, SVG, scripts, programs, macros.
 *
 * @category constants
 * @since 0.1.0
 */
export const usual: ReadonlyArray<string> = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "image/heic",
  "image/bmp",
  "image/tiff",
  "audio/*",
  "video/*",
  "application/pdf",
  "application/rtf",
  "application/zip",
  "application/json",
  "application/x-ole-storage",
  "application/vnd.openxmlformats-officedocument.*",
  "application/vnd.oasis.opendocument.*",
  "text/plain",
  "text/csv",
  "text/markdown",
  "text/calendar",
  "text/vcard"
]

/**
 * Whether a type is one of the patterns: a media type, or its beginning and `*`.
 *
 * @category guards
 * @since 0.1.0
 */
export const isAmong = (type: string, patterns: ReadonlyArray<string>): boolean =>
  patterns.some((pattern) => pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern)

const shownInBrowsers = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "audio/*",
  "video/*",
  "application/pdf",
  "text/plain"
]

/**
 * Whether a browser may show it in place: nothing that it would run.
 *
 * @category guards
 * @since 0.1.0
 */
export const isInline = (type: string): boolean => isAmong(type, shownInBrowsers)
