/**
 * Contact cards (vCard 3.0), read and written as far as a chat needs them.
 *
 * @since 0.1.0
 */
import type { MessageContent } from "@wicara/channels/MessageContent"

/** A shared contact of the normalized content. @category models @since 0.1.0 */
export type SharedContact = Extract<MessageContent, { type: "contacts" }>["contacts"][number]

const unescape = (value: string): string =>
  value.replaceAll(/\\([\\,;nN])/g, (_, character: string) => character.toLowerCase() === "n" ? "\n" : character)

const escape = (value: string): string =>
  value.replaceAll(/[\\,;]/g, (character) => `\\${character}`).replaceAll(/\r\n|\r|\n/g, "\\n")

// Only the last name of a group counts: iPhones write `item1.TEL;waid=...:+1 ...`.
const nameOf = (key: string): string => key.slice(key.lastIndexOf(".") + 1).toUpperCase()

/**
 * Reads one card. What it does not name stays in `card`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const parse = (card: string): SharedContact => {
  let name = ""
  let organization: string | undefined
  const phones: Array<SharedContact["phones"][number]> = []
  const emails: Array<string> = []
  for (const line of card.replaceAll(/\r?\n[ \t]/g, "").split(/\r?\n/)) {
    const colon = line.indexOf(":")
    if (colon < 0) continue
    const [key = "", ...parameters] = line.slice(0, colon).split(";")
    const value = unescape(line.slice(colon + 1)).trim()
    const parameter = (wanted: string) =>
      parameters.find((entry) => entry.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
    switch (nameOf(key)) {
      case "FN":
        name = value
        break
      case "N":
        name = name || value.split(";").filter((part) => part !== "").toReversed().join(" ")
        break
      case "ORG":
        organization = value.split(";").filter((part) => part !== "").join(", ") || undefined
        break
      case "TEL": {
        const waId = parameter("waid")
        const type = parameter("type")
        phones.push({
          ...(value === "" ? {} : { phone: value }),
          ...(waId === undefined ? {} : { waId }),
          ...(type === undefined ? {} : { type })
        })
        break
      }
      case "EMAIL":
        if (value !== "") emails.push(value)
        break
    }
  }
  return { name, phones, emails, ...(organization === undefined ? {} : { organization }), card }
}

/**
 * Writes one card. A contact that came as a card text is sent as it came.
 *
 * @category conversions
 * @since 0.1.0
 */
export const serialize = (contact: SharedContact): string => {
  if (typeof contact.card === "string" && contact.card.startsWith("BEGIN:VCARD")) return contact.card
  return [
    "BEGIN:VCARD",
    "VERSION:3.0",
    `FN:${escape(contact.name)}`,
    `N:;${escape(contact.name)};;;`,
    ...(contact.organization === undefined ? [] : [`ORG:${escape(contact.organization)};`]),
    ...contact.phones.flatMap(({ phone, type, waId }) => {
      const number = phone ?? (waId === undefined ? undefined : `+${waId}`)
      if (number === undefined) return []
      const id = waId ?? number.replaceAll(/[^\d]/g, "")
      return [`TEL;type=${type ?? "CELL"};waid=${id}:${number.replaceAll(/[\r\n]/g, " ")}`]
    }),
    ...contact.emails.map((email) => `EMAIL:${escape(email)}`),
    "END:VCARD"
  ].join("\n")
}
