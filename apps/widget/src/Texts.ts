/**
 * What the widget itself says, in the languages it knows and in those that the server tells it.
 */
import { texts } from "@wicara/channels-widget/WidgetTexts"
import * as Languages from "@wicara/core/Languages"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import type { Settings } from "./Contract.ts"

type Messages = typeof texts.messages
type Plain = {
  [Key in keyof Messages]: [MessageCatalogue.Places<Messages[Key]>] extends [never] ? Key : never
}[keyof Messages]

const named = [
  "remove",
  "uploading",
  "attached",
  "tooLarge",
  "typeRefused",
  "infected",
  "notUploaded"
] as const satisfies ReadonlyArray<keyof Messages>
type Named = typeof named[number]

/** What is said of something; how numbers are said is looked up where one is, which takes browsers a while. */
const said: ReadonlySet<string> = new Set([...named, "unread", "tooLong"])

export type Texts = { readonly [Key in Plain]: string } & {
  readonly unread: (count: number) => string
  readonly tooLong: (limit: number) => string
} & { readonly [Key in Named]: (name: string) => string }

const textsIn = (language: string, told: Settings["texts"]): Texts => {
  const known = Languages.isComplete(language) ? language : "en"
  const say = MessageCatalogue.sayer<Messages>((key) => told[key] ?? texts.messages[key][known], language)
  const plain = Object.fromEntries(
    Object.keys(texts.messages).filter((key) => !said.has(key)).map((key) => [key, say(key as Plain)])
  ) as Record<Plain, string>
  const ofName = Object.fromEntries(
    named.map((key) => [key, (name: string) => say(key, { name })])
  ) as Record<Named, (name: string) => string>
  return {
    ...plain,
    ...ofName,
    unread: (count) => say("unread", { count }),
    tooLong: (limit) => say("tooLong", { limit })
  }
}

export interface Spoken {
  /** The tag whose rules dates and numbers follow. */
  readonly tag: string
  readonly direction: "ltr" | "rtl"
  readonly texts: Texts
}

const nothing = {}

/**
 * The texts of the first of these languages that the widget knows, with its tag; English when it knows none. What the
 * server has told holds as soon as it has: an organization's own words, or a language that only the server knows.
 */
export const textsFor = (
  wanted: ReadonlyArray<string | undefined>,
  settings: Pick<Settings, "language" | "direction" | "texts" | "locale"> | undefined
): Spoken => {
  if (settings !== undefined) {
    const { direction, language, texts } = settings
    const tag = wanted.find((one) => Languages.lookup([one], [language]) === language) ?? language
    return { tag, direction, texts: textsIn(language, texts) }
  }
  for (const tag of wanted) {
    const language = Languages.lookup([tag])
    if (tag !== undefined && language !== undefined) {
      return { tag, direction: "ltr", texts: textsIn(language, nothing) }
    }
  }
  return { tag: "en", direction: "ltr", texts: textsIn("en", nothing) }
}
