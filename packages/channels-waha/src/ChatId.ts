/**
 * WhatsApp's chat ids (`<user>@<server>`) and the addresses they stand for.
 *
 * @since 0.1.0
 */
import type { Address, Identity } from "@wicara/channels/Address"

/**
 * A chat id taken apart. `status` is the account's story feed, `unknown` a server this module has no name for.
 *
 * @category models
 * @since 0.1.0
 */
export interface ChatId {
  readonly kind: "phone" | "lid" | "group" | "newsletter" | "broadcast" | "status" | "unknown"
  /** The part before `@`, without the device number. */
  readonly user: string
  /** The id without the device number, as the API takes it. */
  readonly id: string
}

const pattern = /^([^@\s]{1,100}?)(?::\d+)?@([a-z.]{1,40})$/
const digits = /^\d{1,32}$/

const kindOf = (user: string, server: string): ChatId["kind"] => {
  switch (server) {
    case "c.us":
    case "s.whatsapp.net":
    case "hosted":
      return digits.test(user) ? "phone" : "unknown"
    case "lid":
    case "hosted.lid":
      return digits.test(user) ? "lid" : "unknown"
    case "g.us":
      return "group"
    case "newsletter":
      return "newsletter"
    case "broadcast":
      return user === "status" ? "status" : "broadcast"
    default:
      return "unknown"
  }
}

/**
 * Takes a chat id apart; `undefined` when it is none.
 *
 * @category conversions
 * @since 0.1.0
 */
export const parse = (value: string | undefined): ChatId | undefined => {
  const match = value === undefined ? null : pattern.exec(value)
  const user = match?.[1]
  const server = match?.[2]
  if (user === undefined || server === undefined) return undefined
  const kind = kindOf(user, server)
  return { kind, user, id: kind === "phone" ? `${user}@c.us` : kind === "lid" ? `${user}@lid` : `${user}@${server}` }
}

/**
 * The address of a chat. People are named by their digits, groups, channels and lists by the part before `@`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toAddress = (chat: ChatId): Address => {
  switch (chat.kind) {
    case "status":
      return { kind: "broadcast", value: chat.user }
    case "unknown":
      return { kind: "external", value: chat.id }
    default:
      return { kind: chat.kind, value: chat.user }
  }
}

/**
 * The identity that a chat id gives to whoever writes under it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toIdentity = (chat: ChatId): Identity =>
  chat.kind === "phone" || chat.kind === "lid"
    ? { kind: chat.kind, value: chat.user }
    : { kind: "external", value: chat.id }

/**
 * The chat id of an address; `undefined` for kinds that WAHA can't send to.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromAddress = (address: Address): string | undefined => {
  switch (address.kind) {
    case "phone": {
      const number = address.value.replaceAll(/[^\d]/g, "")
      return number === "" ? undefined : `${number}@c.us`
    }
    case "lid":
      return `${address.value}@lid`
    case "group":
      return `${address.value}@g.us`
    case "newsletter":
      return `${address.value}@newsletter`
    case "broadcast":
      return `${address.value}@broadcast`
    case "external":
      return parse(address.value)?.id
    default:
      return undefined
  }
}
