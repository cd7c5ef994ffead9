import type { MailLocale, MailText } from "../../MailTemplate.ts"
import { en } from "./en.ts"
import { es } from "./es.ts"
import { id } from "./id.ts"
import { pt } from "./pt.ts"

/** The texts of one language that come with the server. */
export interface BuiltIn {
  /** By kind; `other` is for a kind that has none. */
  readonly templates: Readonly<Record<string, MailText>> & { readonly other: MailText }
  /** Words for values: `<kind>.<field>.<value>`. */
  readonly words: Readonly<Record<string, string>>
}

const languages: Readonly<Record<MailLocale, BuiltIn>> = { en, es, id, pt }

export const builtIn = (kind: string, locale: MailLocale): MailText => {
  const { templates } = languages[locale]
  return templates[kind] ?? templates.other
}

export const hasBuiltIn = (kind: string, locale: MailLocale): boolean => languages[locale].templates[kind] !== undefined

export const wordsOf = (locale: MailLocale): Readonly<Record<string, string>> => languages[locale].words
