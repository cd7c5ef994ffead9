/**
 * Takes out of recorded traffic who it was about, and keeps what it looked like.
 *
 * What is replaced is everything but a provider's own vocabulary: names and texts letter by letter (same length, same
 * script, same spaces and emoji), numbers digit by digit, ids character by character, addresses, links and files. Equal
 * values get equal replacements wherever they stand, so that a reply still answers its message and a phone number is the
 * same with and without its spaces; without the key nobody can tell what they replaced. Times are moved together.
 *
 * @since 0.1.0
 */
import { DateTime, Option, Result, Schema } from "effect"
import { createHmac, randomBytes } from "node:crypto"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** What replacements are drawn from: the same key gives the same ones. Random by default, and then forgotten. */
  readonly key?: Uint8Array | undefined
  /** Milliseconds that are added to every time; between a month and a year back by default, drawn from the key. */
  readonly shift?: number | undefined
  /** Further keys whose values are words of the provider and no data of anybody. */
  readonly vocabulary?: Iterable<string> | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Anonymizer {
  readonly json: (value: Schema.Json) => Schema.Json
  readonly text: (value: string) => string
  /** A path with its query: credentials are left out. */
  readonly path: (value: string) => string
}

/** Keys under which providers put words of their own. A value that does not look like one is replaced all the same. */
const vocabulary = [
  "type",
  "event",
  "events",
  "status",
  "object",
  "field",
  "source",
  "kind",
  "role",
  "messaging_product",
  "recipient_type",
  "mime_type",
  "mimetype",
  "ackName",
  "engine",
  "tier",
  "version",
  "browser",
  "category",
  "pricing_model",
  "currency",
  "currency_code",
  "language",
  "locale",
  "format",
  "sub_type",
  "decision",
  "quality",
  "new_quality_score",
  "previous_quality_score",
  "max_daily_conversations_per_business",
  "message_status",
  "source_type",
  "media_type",
  "policy",
  "presence",
  "lastKnownPresence",
  "method"
]

/** Keys under which a provider's words stand beside people's: only these forms are the provider's. */
const forms: ReadonlyMap<string, RegExp> = new Map([
  ["code", /^[a-z]{2,3}(?:_[A-Z]{2})?$/],
  ["reason", /^[A-Z]+(?:_[A-Z]+)+$|^NONE$/],
  ["response", /^(?:GOING|NOT_GOING|MAYBE)$/],
  ["value", /^(?:stop|resume)$/]
])

const word = /^[A-Za-z][A-Za-z_]*(?:(?:[./+=-]|; ?)[A-Za-z0-9_.+=]+)*$/
const release = /^\d+(?:\.\d+){1,3}$/
const timeKey = /(?:timestamp|time|_at|At|_date|expiration|expires|Ms|start|end|since|until)$/
const credentialKey = /(?:token|secret|password|authorization|api.?key|hmac|signature|verify|pin|code_verifier)/i
const coordinateKey = /^(?:lat|latitude|lng|long|longitude|degreesLatitude|degreesLongitude)$/

/** In order: links, mail addresses (but not chat ids), numbers written with separators, ids, words. */
const parts = new RegExp(
  [
    String.raw`(?<link>\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+)`,
    String
      .raw`(?<mail>[\p{L}\p{N}._%+-]+@(?!c\.us|s\.whatsapp\.net|lid|g\.us|newsletter|broadcast)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)`,
    String.raw`(?<suffix>@(?:c\.us|s\.whatsapp\.net|lid|g\.us|newsletter|broadcast))`,
    String.raw`(?<prefix>(?<![\p{L}\p{N}])(?:wamid\.|evt_|true_|false_|status(?=@)))`,
    String.raw`(?<number>\+?\p{Nd}(?:[ ().\-/]{0,2}\p{Nd}){4,})`,
    String.raw`(?<id>(?=[A-Za-z0-9+/=-]*(?:[A-Za-z]\d|\d[A-Za-z]))[A-Za-z0-9][A-Za-z0-9+/=-]*)`,
    String.raw`(?<word>[\p{L}\p{M}\p{N}]+)`
  ].join("|"),
  "gu"
)

/** Letters that stand for others of their script. */
const letters: ReadonlyArray<readonly [RegExp, string]> = [
  [/\p{Script=Latin}/u, "abcdefghijklmnopqrstuvwxyz"],
  [/\p{Script=Cyrillic}/u, "абвгдежзиклмнопрст"],
  [/\p{Script=Greek}/u, "αβγδεζηθικλμνοπρστ"],
  [/\p{Script=Arabic}/u, "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"],
  [/\p{Script=Hebrew}/u, "אבגדהוזחטיכלמנסעפצקרשת"],
  [/\p{Script=Devanagari}/u, "अआइकखगघचछजतथदनपबमयरलवसह"],
  [/\p{Script=Thai}/u, "กขคงจฉชซดตถทนบปผพฟมยรลวสห"],
  [/\p{Script=Hangul}/u, "가나다라마바사아자차카타파하"],
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, "あいうえおかきくけこさしすせそ"],
  [/\p{Script=Han}/u, "日月火水木金土山川田人大小上下中"]
]

const second = 1_000_000_000
const latest = 4_102_444_800

/** @category constructors @since 0.1.0 */
export const make = (options: Options = {}): Anonymizer => {
  const key = options.key ?? randomBytes(32)
  const known = new Set([...vocabulary, ...(options.vocabulary ?? [])])

  /** Bytes that follow from the kind and the value alone; as many as are asked for. */
  const draw = (kind: string, value: string, length: number): Uint8Array => {
    const drawn = new Uint8Array(length)
    for (let block = 0; block * 32 < length; block++) {
      const mac = createHmac("sha256", key).update(`${kind}\0${block}\0${value}`).digest()
      drawn.set(mac.subarray(0, Math.min(32, length - block * 32)), block * 32)
    }
    return drawn
  }

  const drawnShift = draw("shift", "", 4).reduce((sum, byte) => sum * 256 + byte, 0)
  const shift = options.shift ?? -(30 * 86_400_000 + (drawnShift % 335) * 86_400_000)

  /** The digits of a number; its first two, a country's, stay where it is long enough to be a phone's. */
  const digits = (value: string): string => {
    const plain = value.replace(/\P{Nd}/gu, "")
    const drawn = draw("number", plain, plain.length)
    const kept = plain.length >= 10 ? 2 : 0
    let at = 0
    return value.replace(/\p{Nd}/gu, (digit) => {
      const index = at++
      if (index < kept) return digit
      const byte = drawn[index] ?? 0
      // A number that begins with something else than 0 goes on doing so.
      return String(index === 0 && digit !== "0" ? 1 + byte % 9 : byte % 10)
    })
  }

  const alike = (kind: string, value: string): string => {
    const points = Array.from(value)
    const drawn = draw(kind, value, points.length)
    return points.map((point, index) => {
      const byte = drawn[index] ?? 0
      if (/\p{Nd}/u.test(point)) return String(byte % 10)
      const script = letters.find(([test]) => test.test(point))
      if (script === undefined) return /\p{L}/u.test(point) ? "x" : point
      const all = Array.from(script[1])
      const letter = all[byte % all.length] ?? "x"
      return point !== point.toLowerCase() ? letter.toUpperCase() : letter
    }).join("")
  }

  const hex = (kind: string, value: string): string => Buffer.from(draw(kind, value, 8)).toString("hex")

  const link = (value: string): string => {
    const scheme = value.slice(0, value.indexOf(":"))
    const extension = /\.[A-Za-z0-9]{1,5}(?=$|[?#])/.exec(value)?.[0] ?? ""
    return `${scheme}://media.example/${hex("link", value)}${extension.toLowerCase()}`
  }

  const text = (value: string): string =>
    value.replace(parts, (part, ...rest) => {
      const found = rest.at(-1) as Record<string, string | undefined>
      if (found["link"] !== undefined) return link(part)
      if (found["mail"] !== undefined) return `${hex("mail", part.toLowerCase())}@mail.example`
      if (found["suffix"] !== undefined || found["prefix"] !== undefined) return part
      if (found["number"] !== undefined) return digits(part)
      return alike(found["id"] === undefined ? "word" : "id", part)
    })

  const moved = (value: number): number | undefined => {
    const whole = Math.trunc(value)
    if (whole >= second && whole < latest) return value + Math.trunc(shift / 1000)
    return whole >= second * 1000 && whole < latest * 1000 ? value + shift : undefined
  }

  const string = (value: string, under: string): string => {
    if (credentialKey.test(under)) return value === "" ? "" : alike("credential", value)
    if (forms.get(under)?.test(value) === true) return value
    if (known.has(under) && (word.test(value) || release.test(value)) && value.length <= 64) return value
    if (timeKey.test(under)) {
      const time = /^\d{10}(?:\d{3})?$/.test(value) ? moved(Number(value)) : undefined
      if (time !== undefined) return String(time)
      const date = /^\d{4}-\d\d-\d\d[T ]/.test(value) ? DateTime.make(value) : Option.none()
      if (Option.isSome(date)) return DateTime.formatIso(DateTime.addDuration(date.value, shift))
    }
    const nested = /^\s*[{[]/.test(value) ? parsed(value) : undefined
    if (nested !== undefined) return JSON.stringify(json(nested, ""))
    // Whole files stand in some payloads.
    if (value.length >= 200 && /^(?:data:[^,]+,)?[A-Za-z0-9+/]+={0,2}$/.test(value)) {
      const data = value.lastIndexOf(",") + 1
      const bytes = Math.floor((value.length - data) * 3 / 4)
      return value.slice(0, data) + Buffer.from(draw("file", value, bytes)).toString("base64")
    }
    return text(value)
  }

  const number = (value: number, under: string): number => {
    if (coordinateKey.test(under)) {
      const drawn = draw("place", String(value), 4).reduce((sum, byte) => sum * 256 + byte, 0)
      const whole = (drawn / 2 ** 32) * (under.startsWith("lat") || under.endsWith("Latitude") ? 170 : 358)
      return Number((whole - (under.startsWith("lat") || under.endsWith("Latitude") ? 85 : 179)).toFixed(6))
    }
    const time = timeKey.test(under) ? moved(value) : undefined
    if (time !== undefined) return time
    return Math.abs(value) < 100_000 ? value : Number(digits(String(value)))
  }

  const json = (value: Schema.Json, under: string): Schema.Json => {
    if (typeof value === "string") return string(value, under)
    if (typeof value === "number") return number(value, under)
    if (value === null || typeof value === "boolean") return value
    if (isList(value)) return value.map((one) => json(one, under))
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [/\d{5}|@/.test(name) ? text(name) : name, json(one, name)])
    )
  }

  return {
    json: (value) => json(value, ""),
    text,
    path: (value) => {
      const url = new URL(value, "http://path.invalid")
      const query = [...url.searchParams].filter(([name]) => !credentialKey.test(name)).map(
        ([name, one]) => `${encodeURIComponent(name)}=${encodeURIComponent(text(one))}`
      )
      const path = url.pathname.split("/").map((segment) => {
        const plain = decoded(segment)
        return /\d{5}|@|\d[A-Za-z]|[A-Za-z]\d\w{6}/.test(plain) ? encodeURIComponent(text(plain)) : segment
      })
      return path.join("/") + (query.length === 0 ? "" : `?${query.join("&")}`)
    }
  }
}

const isList = (value: Schema.Json): value is ReadonlyArray<Schema.Json> => Array.isArray(value)

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Json))

const parsed = (value: string): Schema.Json | undefined => Option.getOrUndefined(decodeJson(value))

const decoded = (segment: string): string =>
  Result.getOrElse(Result.try(() => decodeURIComponent(segment)), () => segment)
