/**
 * Which addresses the server calls because somebody named them: where a WAHA server is, an AI provider, a push service.
 * Those on the public internet, and no others unless the operator allows them, so that nobody reaches through the server
 * what only it can see.
 *
 * A name is judged by what it resolves to, at the moment of the connection: whoever calls has to ask again there.
 *
 * @since 0.1.0
 */
import { Context, Data, Layer, Schema, SchemaTransformation } from "effect"
import { lookup } from "node:dns"
import { isIP } from "node:net"
import type { LookupFunction } from "node:net"
import * as HostList from "./HostList.ts"
import * as Networks from "./internal/networks.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface OutboundAddresses {
  /** As it was written. */
  readonly text: string
  /** Whether a name is allowed whatever it resolves to. */
  readonly hasHost: (host: string) => boolean
  /** Whether an address may be called. */
  readonly hasAddress: (address: string) => boolean
  /** When there is one, only what is on it is called. */
  readonly only?: HostList.HostList | undefined
  /** When there is one, only these are called without encryption, and this machine. */
  readonly plain?: HostList.HostList | undefined
}

const notPublic = Networks.parse([
  "private",
  "0.0.0.0/8",
  "100.64.0.0/10",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "::",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "2001:db8::/32",
  "2002::/16",
  "fec0::/10",
  "ff00::/8"
])

/** The public internet and a list. */
const beyond = (list: HostList.HostList): OutboundAddresses => ({
  text: list.text,
  hasHost: list.hasName,
  hasAddress: (address) => list.hasAddress(address) || (isIP(address) !== 0 && !notPublic.includes(address))
})

const parse = (text: string): OutboundAddresses | undefined => {
  const list = HostList.parse(text)
  return list === undefined ? undefined : beyond(list)
}

/**
 * What is allowed beyond the public internet, separated by commas: addresses and networks (`10.0.0.5`, `10.0.0.0/8`),
 * `loopback`, `private`, names whatever they resolve to (`waha`, `*.internal.example`), `all`, or `none`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OutboundAddresses: Schema.Codec<OutboundAddresses, string> = Schema.String.check(
  Schema.makeFilter((text) =>
    parse(text) === undefined
      ? "expected names, addresses or networks separated by commas, or loopback, private, all or none"
      : undefined
  )
).pipe(
  Schema.decodeTo(
    Schema.declare((value): value is OutboundAddresses => typeof value === "object" && value !== null),
    SchemaTransformation.transform({
      decode: (text): OutboundAddresses => parse(text) ?? publicOnly,
      encode: (addresses: OutboundAddresses) => addresses.text
    })
  )
)

/**
 * The public internet alone.
 *
 * @category constants
 * @since 0.1.0
 */
export const publicOnly: OutboundAddresses = beyond(HostList.none)

/**
 * The public internet and this machine.
 *
 * @category constants
 * @since 0.1.0
 */
export const thisMachine: OutboundAddresses = beyond({
  text: "loopback",
  hasName: () => false,
  hasAddress: HostList.isThisMachine
})

/**
 * Every address: for a server whose organizations may reach all that it can.
 *
 * @category constants
 * @since 0.1.0
 */
export const all: OutboundAddresses = beyond(HostList.all)

/**
 * Both of what two lists allow, with the restrictions of the first.
 *
 * @category combining
 * @since 0.1.0
 */
export const union = (one: OutboundAddresses, other: OutboundAddresses): OutboundAddresses => ({
  ...one,
  text: `${one.text},${other.text}`,
  hasHost: (host) => one.hasHost(host) || other.hasHost(host),
  hasAddress: (address) => one.hasAddress(address) || other.hasAddress(address)
})

/**
 * What is in force.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentOutboundAddresses = Context.Reference<OutboundAddresses>("@wicara/core/OutboundAddresses", {
  defaultValue: () => publicOnly
})

/**
 * Every address, in force.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerAll: Layer.Layer<never> = Layer.succeed(CurrentOutboundAddresses, all)

/**
 * Of what is allowed, no more than what is on the lists: `only` names all that is called, `plain` what is called without
 * encryption.
 *
 * @category combining
 * @since 0.1.0
 */
export const restrict = (
  addresses: OutboundAddresses,
  lists: Pick<OutboundAddresses, "only" | "plain">
): OutboundAddresses => ({ ...addresses, ...lists })

const localName = /^(?:localhost|[^.]+)$|\.(?:localhost|local|internal|intranet|lan|home\.arpa)$/

/** What a URL shows of a host that has to be refused. */
const refusalOf = (addresses: OutboundAddresses, url: URL): Refusal | undefined => {
  const host = HostList.normalize(url.hostname)
  const isAddress = isIP(host) !== 0
  if (isAddress ? !addresses.hasAddress(host) && !addresses.hasHost(host) : false) return "private"
  // A name may turn out to be one of the addresses, which the connection finds out.
  if (addresses.only !== undefined && isAddress && !HostList.has(addresses.only, host)) return "unlisted"
  if (
    url.protocol === "http:" && addresses.plain !== undefined && !HostList.isThisMachine(host) &&
    !HostList.has(addresses.plain, host)
  ) return "plain"
  return undefined
}

/**
 * Fails for what no connection has to be made to find out: an address that is not allowed, or a connection that would not
 * be encrypted where it has to be.
 *
 * @category predicates
 * @since 0.1.0
 */
export const refuse = (addresses: OutboundAddresses, url: URL): AddressRefused | undefined => {
  const reason = refusalOf(addresses, url)
  return reason === undefined ? undefined : new AddressRefused({ host: HostList.normalize(url.hostname), reason })
}

/**
 * Whether a URL may be called as far as it shows: HTTP, to an address that is allowed, or to a name that is allowed or not
 * a local network's.
 *
 * @category predicates
 * @since 0.1.0
 */
export const allows = (addresses: OutboundAddresses, url: URL): boolean => {
  if (url.protocol !== "https:" && url.protocol !== "http:") return false
  if (refusalOf(addresses, url) !== undefined) return false
  const host = HostList.normalize(url.hostname)
  return isIP(host) !== 0 || addresses.hasHost(host) || !localName.test(host)
}

/** Not on the public internet, not on the list of all that is called, or not encrypted. */
type Refusal = "private" | "unlisted" | "plain"

const because: Readonly<Record<Refusal, string>> = {
  private: "it is not on the public internet, nor in WICARA_OUTBOUND_ALLOW",
  unlisted: "it is not in WICARA_OUTBOUND_ONLY",
  plain: "the connection would not be encrypted, and it is not in WICARA_PLAIN_HOSTS"
}

/**
 * Nobody may be called there.
 *
 * @category errors
 * @since 0.1.0
 */
export class AddressRefused extends Data.TaggedError("AddressRefused")<{
  readonly host: string
  readonly reason: Refusal
}> {
  override get message(): string {
    return `This server does not call ${this.host}: ${because[this.reason]}.`
  }
}

/**
 * Resolves names for connections (the option `lookup` of `node:net`, `node:http` and undici) to allowed addresses alone,
 * and fails with `AddressRefused` where there is none. Addresses that need no look-up are for `refuse`.
 *
 * @category connecting
 * @since 0.1.0
 */
export const lookupWithin = (addresses: OutboundAddresses): LookupFunction => (host, options, callback) => {
  const { only } = addresses
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error !== null) return callback(error, "", 0)
    const listed = only === undefined || only.hasName(host)
      ? found
      : found.filter(({ address }) => only.hasAddress(address))
    const allowed = addresses.hasHost(host)
      ? listed
      : listed.filter(({ address }) => addresses.hasAddress(address))
    const [first] = allowed
    if (first === undefined) {
      return callback(new AddressRefused({ host, reason: listed.length === 0 ? "unlisted" : "private" }), "", 0)
    }
    if (options.all === true) return callback(null, allowed)
    callback(null, first.address, first.family)
  })
}
