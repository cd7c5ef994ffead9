import type { Address, Identity } from "@wicara/channels/Address"
import type { Participant } from "@wicara/channels/InboundEvent"

const phoneLike = /^\+?[0-9 ().-]+$/

/** Something that is no phone number is still somebody: kept as an `external` identity. @internal */
export const phoneIdentity = (value: string | undefined): ReadonlyArray<Identity> => {
  if (value === undefined || value === "") return []
  const digits = value.replace(/[^0-9]/g, "")
  return phoneLike.test(value) && digits !== "" ? [{ kind: "phone", value: digits }] : [{ kind: "external", value }]
}

/** @internal */
export const idIdentity = (
  kind: "bsuid" | "parent_bsuid" | "username",
  value: string | undefined
): ReadonlyArray<Identity> => value === undefined || value === "" ? [] : [{ kind, value }]

/** Usernames come with and without their sign. @internal */
export const username = (value: string | undefined): ReadonlyArray<Identity> =>
  idIdentity("username", value?.replace(/^@/, ""))

/** @internal */
export const addressOf = ({ kind, value }: Identity): Address => ({ kind, value })

/** Each identity once; `undefined` when there is none. @internal */
export const nonEmpty = (identities: ReadonlyArray<Identity>): Participant["identities"] | undefined => {
  const [first, ...rest] = identities.filter((one, index) =>
    identities.findIndex((other) => other.kind === one.kind && other.value === one.value) === index
  )
  return first === undefined ? undefined : [first, ...rest]
}
