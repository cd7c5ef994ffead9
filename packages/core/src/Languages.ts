/**
 * The languages in which the platform speaks to people, and how one is chosen for a request.
 *
 * @since 0.1.0
 */

/**
 * The languages in which every text of the platform exists.
 *
 * @category constants
 * @since 0.1.0
 */
export const complete = ["en", "id", "es", "pt"] as const
/** @since 0.1.0 */
export type Language = typeof complete[number]

const rightToLeft: ReadonlySet<string> = new Set([
  "ar",
  "arc",
  "ckb",
  "dv",
  "fa",
  "he",
  "ks",
  "nqo",
  "ps",
  "sd",
  "syr",
  "ug",
  "ur",
  "yi"
])

const rightToLeftScripts: ReadonlySet<string> = new Set(["adlm", "arab", "hebr", "nkoo", "rohg", "syrc", "thaa"])

/**
 * In which direction a BCP 47 tag's language is written.
 *
 * @category accessors
 * @since 0.1.0
 * @example
 * Languages.direction("ar-EG") // => "rtl"
 */
export const direction = (tag: string): "ltr" | "rtl" => {
  const [language = "", ...rest] = tag.toLowerCase().split("-")
  const script = rest.find((part) => part.length === 4)
  return (script === undefined ? rightToLeft.has(language) : rightToLeftScripts.has(script)) ? "rtl" : "ltr"
}

/** At most so many of a header's languages are looked at. */
const most = 20

/**
 * The tags of an `Accept-Language` header in the order of their weights, without `*` and what is refused.
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * Languages.accepted("fr;q=0.2, es-MX, *;q=0.1") // => ["es-MX", "fr"]
 */
export const accepted = (header: string | undefined): ReadonlyArray<string> =>
  (header ?? "").slice(0, 1000).split(",", most).map((part) => {
    const [tag = "", ...parameters] = part.trim().split(";")
    const weight = parameters.map((one) => one.trim().toLowerCase()).find((one) => one.startsWith("q="))
    const q = weight === undefined ? 1 : Number(weight.slice(2))
    return { tag: tag.trim(), q: q >= 0 && q <= 1 ? q : 0 }
  })
    .filter(({ q, tag }) => q > 0 && /^[a-z]/i.test(tag))
    .toSorted((a, b) => b.q - a.q)
    .map(({ tag }) => tag)

/** What was renamed, as old systems still send it. */
const renamed: Readonly<Record<string, string>> = { in: "id", iw: "he" }

/**
 * The first of the wanted languages that is known, each also without its region or script (RFC 4647, lookup).
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * Languages.lookup(["fr", "pt-BR", "en"], ["en", "pt"]) // => "pt"
 */
export const lookup = (
  wanted: ReadonlyArray<string | null | undefined>,
  known: ReadonlyArray<string> = complete
): string | undefined => {
  const byTag = new Map(known.map((tag) => [tag.toLowerCase(), tag]))
  for (const tag of wanted) {
    const parts = (tag ?? "").toLowerCase().split(/[-_]/)
    parts[0] = renamed[parts[0] ?? ""] ?? parts[0] ?? ""
    while (parts.length > 0) {
      const found = byTag.get(parts.join("-"))
      if (found !== undefined) return found
      parts.pop()
    }
  }
  return undefined
}

/**
 * The complete language that fits an `Accept-Language` header best, in the order of its weights; English if none does.
 * `pt-BR` is answered in Portuguese, `*` in English.
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * Languages.negotiate("fr, es-MX;q=0.8, en;q=0.5") // => "es"
 */
export const negotiate = (header: string | undefined): Language => {
  const found = lookup(accepted(header))
  return found !== undefined && isComplete(found) ? found : "en"
}

/**
 * Whether every text of the platform exists in a language.
 *
 * @category guards
 * @since 0.1.0
 */
export const isComplete = (tag: string): tag is Language => complete.some((one) => one === tag)
