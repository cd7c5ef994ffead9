/**
 * Phone numbers: stored as the digits of E.164, compared by the variants under which national rules know one line.
 *
 * @since 0.1.0
 */
import { parsePhoneNumberFromString } from "libphonenumber-js/min"
import type { CountryCode } from "libphonenumber-js/min"
import { Option } from "effect"

/**
 * The digits of a number as channels give it (`+62 811-1`, `62811...`); `None` when it can't be one (fewer than 5 or
 * more than 17 digits).
 *
 * @category conversions
 * @since 0.1.0
 */
export const digits = (value: string): Option.Option<string> => {
  const only = value.replace(/\D/g, "")
  return only.length >= 5 && only.length <= 17 ? Option.some(only) : Option.none()
}

/**
 * The digits of a number as a person writes it, national form included when a country is given.
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * Phone.parse("0811 1234 567", "ID") // => Option.some("628111234567")
 */
export const parse = (text: string, country?: string): Option.Option<string> => {
  const parsed = parsePhoneNumberFromString(text, country as CountryCode | undefined)
  return parsed === undefined || !parsed.isPossible() ? Option.none() : Option.some(parsed.number.slice(1))
}

/**
 * The number as people read it, or `+digits` when its country's form is unknown.
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * Phone.display("628111234567") // => "+62 811-1234-567"
 */
export const display = (value: string): string =>
  parsePhoneNumberFromString(`+${value}`)?.formatInternational() ?? `+${value}`

/**
 * The forms under which WhatsApp and the national plan write one line, the given one first: Brazil's ninth digit,
 * Mexico's `1` and Argentina's `9` after the country code.
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * Phone.variants("5511987654321") // => ["5511987654321", "551187654321"]
 */
export const variants = (value: string): readonly [string, ...Array<string>] => {
  // Brazil: mobile subscriber numbers begin with 6 to 9 and got a 9 in front between 2012 and 2016.
  const brazil = /^55(\d{2})(9?)([6-9]\d{7})$/.exec(value)
  if (brazil !== null) return [value, `55${brazil[1]}${brazil[2] === "" ? "9" : ""}${brazil[3]}`]
  // Mexico dropped the mobile prefix 1 in 2019; WhatsApp kept it.
  const mexico = /^52(1?)(\d{10})$/.exec(value)
  if (mexico !== null) return [value, `52${mexico[1] === "" ? "1" : ""}${mexico[2]}`]
  // Argentina: 9 marks a mobile line in international form.
  const argentina = /^54(9?)(\d{10})$/.exec(value)
  if (argentina !== null) return [value, `54${argentina[1] === "" ? "9" : ""}${argentina[2]}`]
  return [value]
}
