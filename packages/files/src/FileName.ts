/**
 * Names of files as strangers give them, made harmless: a name is shown and offered when saving, and is never part of a
 * path here.
 *
 * @since 0.1.0
 */

/**
 * The most characters a name keeps.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxLength = 200

const withoutPath = (name: string): string => name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1)

// Control characters, and the marks that turn the direction of text: "invoice\u202Efdp.exe" reads "invoiceexe.pdf".
const misleading = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu
const reservedCharacters = /[<>:"|?*]/g
const reservedNames = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i

const shorten = (name: string): string => {
  const characters = [...name]
  if (characters.length <= maxLength) return name
  const dot = name.lastIndexOf(".")
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : ""
  return characters.slice(0, maxLength - extension.length).join("") + extension
}

/**
 * The name without folders, control and direction characters, and what file systems reserve; `file` if nothing is left.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * FileName.clean("../../etc/passwd") // "passwd"
 * FileName.clean("C:\\temp\\invoice\u202Efdp.exe") // "invoicefdp.exe"
 */
export const clean = (name: string): string => {
  const plain = withoutPath(name.normalize("NFC")).replace(misleading, "").replace(reservedCharacters, "_")
    .replace(/\s+/g, " ").replace(/^[. ]+/, "").replace(/[. ]+$/, "")
  if (plain === "") return "file"
  return shorten(reservedNames.test(plain) ? `_${plain}` : plain)
}

/**
 * The value of `Content-Disposition` with the name in both spellings of RFC 6266.
 *
 * @category constructors
 * @since 0.1.0
 */
export const contentDisposition = (kind: "attachment" | "inline", name: string): string => {
  const ascii = clean(name).normalize("NFKD").replace(/[^\x20-\x7e]/g, "").replace(/["\\%;]/g, "_").trim() || "file"
  const encoded = encodeURIComponent(clean(name)).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
