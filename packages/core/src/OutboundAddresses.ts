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

const hostPattern = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i

/** What is a number only is no name: `2130706433` is `127.0.0.1` to many programs. */
const isHost = (text: string): boolean => hostPattern.test(text) && /[a-z_]/i.test(text)

const normalize = (host: string): string => host.replace(/\.$/, "").toLowerCase()

/** The public internet, these networks and names. */
const beyond = (
  text: string,
  networks: ReturnType<typeof Networks.parse>,
  hasHost: OutboundAddresses["hasHost"] = () => false
): OutboundAddresses => ({
  text,
  hasHost,
  hasAddress: (address) => networks.includes(address) || (isIP(address) !== 0 && !notPublic.includes(address))
})

const parse = (text: string): OutboundAddresses | undefined => {
  const parts = Networks.partsOf(text)
  if (parts.includes("all")) return { ...all, text }
  const networks = Networks.parse(parts)
  if (!networks.rest.every(isHost)) return undefined
  const hosts = networks.rest.map(normalize)
  const names = new Set(hosts.filter((host) => !host.startsWith("*.")))
  const suffixes = hosts.filter((host) => host.startsWith("*.")).map((host) => host.slice(1))
  return beyond(
    text,
    networks,
    (host) => names.has(normalize(host)) || suffixes.some((suffix) => normalize(host).endsWith(suffix))
  )
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
export const publicOnly: OutboundAddresses = beyond("none", Networks.parse(["none"]))

/**
 * The public internet and this machine.
 *
 * @category constants
 * @since 0.1.0
 */
export const thisMachine: OutboundAddresses = beyond("loopback", Networks.parse(["loopback"]))

/**
 * Every address: for a server whose organizations may reach all that it can.
 *
 * @category constants
 * @since 0.1.0
 */
export const all: OutboundAddresses = { text: "all", hasHost: () => true, hasAddress: () => true }

/**
 * Both of what two lists allow.
 *
 * @category combining
 * @since 0.1.0
 */
export const union = (one: OutboundAddresses, other: OutboundAddresses): OutboundAddresses => ({
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

const localName = /^(?:localhost|[^.]+)$|\.(?:localhost|local|internal|intranet|lan|home\.arpa)$/

/**
 * Whether a URL may be called as far as it shows: HTTP, to an address that is allowed, or to a name that is allowed or not
 * a local network's.
 *
 * @category predicates
 * @since 0.1.0
 */
export const allows = (addresses: OutboundAddresses, url: URL): boolean => {
  if (url.protocol !== "https:" && url.protocol !== "http:") return false
  const host = normalize(url.hostname.replace(/^\[|\]$/g, ""))
  return isIP(host) === 0 ? addresses.hasHost(host) || !localName.test(host) : addresses.hasAddress(host)
}

/**
 * Nobody may be called there.
 *
 * @category errors
 * @since 0.1.0
 */
export class AddressRefused extends Data.TaggedError("AddressRefused")<{ readonly host: string }> {
  override get message(): string {
    return `This server does not call ${this.host}: it is not on the public internet, nor in WICARA_OUTBOUND_ALLOW.`
  }
}

/**
 * Resolves names for connections (the option `lookup` of `node:net`, `node:http` and undici) to allowed addresses alone,
 * and fails with `AddressRefused` where there is none. Addresses that need no look-up are for `allows`.
 *
 * @category connecting
 * @since 0.1.0
 */
export const lookupWithin = (addresses: OutboundAddresses): LookupFunction => (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error !== null) return callback(error, "", 0)
    const allowed = addresses.hasHost(host) ? found : found.filter(({ address }) => addresses.hasAddress(address))
    const [first] = allowed
    if (first === undefined) return callback(new AddressRefused({ host }), "", 0)
    if (options.all === true) return callback(null, allowed)
    callback(null, first.address, first.family)
  })
}
