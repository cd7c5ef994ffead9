/**
 * Everybody on WhatsApp, as far as the emulator knows: each person has a phone number, a hidden LID, or both.
 *
 * @since 0.1.0
 */
import * as EmulatorFaults from "../EmulatorFaults.ts"
import type { Customer } from "../Emulator.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Person {
  /** What the person's chats are filed under: the phone number, else the LID. */
  readonly key: string
  /** Digits; a person who was only ever seen under a LID has none. */
  readonly phone: string | undefined
  /** Digits. */
  readonly lid: string
  readonly name: string | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface People {
  readonly ofCustomer: (customer: Customer) => Person
  readonly ofPhone: (phone: string) => Person
  readonly ofLid: (lid: string) => Person
  readonly ofKey: (key: string) => Person | undefined
  /** The number under which WhatsApp knows a phone: some countries' numbers are written in two ways. */
  readonly registered: (phone: string) => string
  readonly all: () => ReadonlyArray<Person>
}

const digits = (value: string): string => value.replace(/@.*$/, "").replaceAll(/[^\d]/g, "")

/** A number in both of its forms: Brazil's ninth digit, Mexico's 1 and Argentina's 9 after the country code. */
const variants = (number: string): ReadonlyArray<string> => {
  const brazil = /^55(\d{2})(9?)(\d{8})$/.exec(number)
  if (brazil !== null) return [number, `55${brazil[1]}${brazil[2] === "" ? "9" : ""}${brazil[3]}`]
  const other = /^(52|54)(1|9)?(\d{10})$/.exec(number)
  if (other === null) return [number]
  const infix = other[1] === "52" ? "1" : "9"
  return [number, `${other[1]}${other[2] === undefined ? infix : ""}${other[3]}`]
}

/**
 * A person's LID follows from the phone number, unless it is given: it is the same at every start.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (): People => {
  const byPhone = new Map<string, Person>()
  const byLid = new Map<string, Person>()
  const byKey = new Map<string, Person>()

  const add = (person: Person): Person => {
    byKey.set(person.key, person)
    if (person.phone !== undefined) byPhone.set(person.phone, person)
    byLid.set(person.lid, person)
    return person
  }

  const lidOf = (phone: string): string =>
    `88${BigInt(`0x${EmulatorFaults.hex("lid", phone, 12)}`).toString().padStart(13, "0").slice(0, 13)}`

  const ofPhone = (phone: string): Person => {
    const number = digits(phone)
    return byPhone.get(number) ?? add({ key: number, phone: number, lid: lidOf(number), name: undefined })
  }

  const ofLid = (value: string): Person => {
    const lid = digits(value)
    return byLid.get(lid) ?? add({ key: lid, phone: undefined, lid, name: undefined })
  }

  return {
    ofPhone,
    ofLid,
    registered: (phone) => {
      const number = digits(phone)
      return variants(number).find((variant) => byPhone.has(variant)) ?? number
    },
    ofKey: (key) => byKey.get(key),
    ofCustomer: ({ id, name, phone }) => {
      const known = phone === undefined ? ofLid(id ?? "") : ofPhone(phone)
      const lid = id === undefined ? known.lid : digits(id)
      return known.lid === lid && (name === undefined || name === known.name)
        ? known
        : add({ ...known, lid, name: name ?? known.name })
    },
    all: () => Array.from(byKey.values())
  }
}
