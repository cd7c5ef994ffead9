import type { MailDefinition } from "@wicara/core/Mail"
import { DateTime, Option, Predicate, Schema } from "effect"
import type { MailLocale } from "../MailTemplate.ts"
import { unknown, wordsFor } from "./builtIn.ts"
import type { Facts } from "./render.ts"

/** A value as it is stored until the message is rendered. */
export const StoredFact = Schema.Union([
  Schema.Struct({ at: Schema.Number }),
  Schema.Array(Schema.String),
  Schema.String,
  Schema.Number,
  Schema.Boolean,
  Schema.Null
])
export type StoredFact = typeof StoredFact.Type
export const StoredFacts = Schema.Record(Schema.String, StoredFact)
export type StoredFacts = typeof StoredFacts.Type

const toStored = (value: unknown): StoredFact => {
  if (DateTime.isDateTime(value)) return { at: DateTime.toEpochMillis(value) }
  if (Predicate.isString(value) || Predicate.isNumber(value) || Predicate.isBoolean(value)) return value
  if (Array.isArray(value)) return value.map(String)
  return null
}

/** The plain facts of a message's values. */
export const store = (values: unknown): StoredFacts =>
  Predicate.isObject(values)
    ? Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toStored(value)]))
    : {}

const formatInstant = (at: number, locale: MailLocale, timezone: string): string => {
  const zone = Option.isSome(DateTime.zoneMakeNamed(timezone)) ? timezone : "UTC"
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short", timeZone: zone, hourCycle: "h23" })
    .format(at) + ` (${zone})`
}

/** Facts as texts: instants in a language and a time zone, what is one of a few words in that language. */
export const format = (
  facts: StoredFacts,
  definition: MailDefinition | undefined,
  locale: MailLocale,
  timezone: string
): Facts =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]): [string, string] => {
      if (value === null) return [name, unknown(locale)]
      if (Predicate.isString(value)) return [name, wordsFor(definition, name, value, locale) ?? value]
      if (Array.isArray(value)) return [name, value.map((line) => `• ${line}`).join("\n")]
      return [
        name,
        Predicate.hasProperty(value, "at") ? formatInstant(Number(value.at), locale, timezone) : String(value)
      ]
    })
  )
