/**
 * A list of hosts that an operator writes down: names, addresses and networks.
 *
 * @since 0.1.0
 */
import { Schema, SchemaTransformation } from "effect"
import { isIP } from "node:net"
import * as Networks from "./internal/networks.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface HostList {
  /** As it was written. */
  readonly text: string
  /** Whether a name is on it, whatever it resolves to. */
  readonly hasName: (host: string) => boolean
  /** Whether an address is on it, or in one of its networks. */
  readonly hasAddress: (address: string) => boolean
}

const hostPattern = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i

/** What is a number only is no name: `2130706433` is `127.0.0.1` to many programs. */
const isName = (text: string): boolean => hostPattern.test(text) && /[a-z_]/i.test(text)

/**
 * A host as it is compared: without the brackets of an IPv6 address and the dot at the end, in lower case.
 *
 * @category conversions
 * @since 0.1.0
 */
export const normalize = (host: string): string => host.replace(/^\[|\]$/g, "").replace(/\.$/, "").toLowerCase()

/**
 * Reads a list; `undefined` when a part of it is none of what may be there.
 *
 * @category conversions
 * @since 0.1.0
 */
export const parse = (text: string): HostList | undefined => {
  const parts = Networks.partsOf(text)
  if (parts.includes("all")) return { ...all, text }
  const networks = Networks.parse(parts)
  if (!networks.rest.every(isName)) return undefined
  const hosts = networks.rest.map(normalize)
  const names = new Set(hosts.filter((host) => !host.startsWith("*.")))
  const suffixes = hosts.filter((host) => host.startsWith("*.")).map((host) => host.slice(1))
  return {
    text,
    hasName: (host) => names.has(normalize(host)) || suffixes.some((suffix) => normalize(host).endsWith(suffix)),
    hasAddress: networks.includes
  }
}

/**
 * Names (`waha`, `*.internal.example`), addresses and networks (`10.0.0.5`, `10.0.0.0/8`) separated by commas, `loopback`,
 * `private`, `all`, or `none`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const HostList: Schema.Codec<HostList, string> = Schema.String.check(
  Schema.makeFilter((text) =>
    parse(text) === undefined
      ? "expected names, addresses or networks separated by commas, or loopback, private, all or none"
      : undefined
  )
).pipe(
  Schema.decodeTo(
    Schema.declare((value): value is HostList => typeof value === "object" && value !== null),
    SchemaTransformation.transform({
      decode: (text): HostList => parse(text) ?? none,
      encode: (list: HostList) => list.text
    })
  )
)

/**
 * @category constants
 * @since 0.1.0
 */
export const none: HostList = { text: "none", hasName: () => false, hasAddress: () => false }

/**
 * @category constants
 * @since 0.1.0
 */
export const all: HostList = { text: "all", hasName: () => true, hasAddress: () => true }

const local = Networks.parse(["loopback"])

/**
 * Whether a host is this machine as far as it shows.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isThisMachine = (host: string): boolean =>
  /^(?:localhost|.*\.localhost)$/.test(normalize(host)) || local.includes(normalize(host))

/**
 * Whether a host, a name or an address, is on the list.
 *
 * @category predicates
 * @since 0.1.0
 */
export const has = (list: HostList, host: string): boolean =>
  isIP(normalize(host)) === 0 ? list.hasName(host) : list.hasAddress(normalize(host)) || list.hasName(host)
