interface Network {
  readonly bits: bigint
  readonly version: 4 | 6
  readonly prefix: number
}

const parseV4 = (text: string): bigint | undefined => {
  const parts = text.split(".")
  if (parts.length !== 4) return undefined
  let bits = 0n
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    bits = (bits << 8n) | BigInt(part)
  }
  return bits
}

const groupsOf = (text: string): ReadonlyArray<string> | undefined => {
  if (text === "") return []
  const groups = text.split(":")
  const last = groups.at(-1) ?? ""
  if (!last.includes(".")) return groups
  const embedded = parseV4(last)
  if (embedded === undefined) return undefined
  return [...groups.slice(0, -1), (embedded >> 16n).toString(16), (embedded & 0xffffn).toString(16)]
}

const parseV6 = (text: string): bigint | undefined => {
  const halves = text.split("::")
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(groupsOf)
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const given = head.length + (tail?.length ?? 0)
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined
  const groups = [...head, ...Array.from({ length: 8 - given }, () => "0"), ...(tail ?? [])]
  let bits = 0n
  for (const group of groups) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined
    bits = (bits << 16n) | BigInt(`0x${group}`)
  }
  return bits
}

const mappedPrefix = 0xffffn << 32n

/** An address as a number; an IPv4 address within IPv6 is that IPv4 address. */
const parseAddress = (text: string): { readonly bits: bigint; readonly version: 4 | 6 } | undefined => {
  const v4 = parseV4(text)
  if (v4 !== undefined) return { bits: v4, version: 4 }
  if (!text.includes(":")) return undefined
  const v6 = parseV6(text.split("%")[0] ?? "")
  if (v6 === undefined) return undefined
  return v6 >> 32n === mappedPrefix >> 32n ? { bits: v6 & 0xffffffffn, version: 4 } : { bits: v6, version: 6 }
}

/** A network such as `10.0.0.0/8`, or one address; `undefined` for what is neither. */
export const parse = (text: string): Network | undefined => {
  const [address = "", prefix, ...rest] = text.split("/")
  if (rest.length > 0) return undefined
  const parsed = parseAddress(address)
  if (parsed === undefined) return undefined
  const width = parsed.version === 4 ? 32 : 128
  if (prefix === undefined) return { ...parsed, prefix: width }
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > width) return undefined
  return { ...parsed, prefix: Number(prefix) }
}

/** Whether the address is in the network; text that is no address is in none. */
export const includes = (network: string, address: string): boolean => {
  const within = parse(network)
  const one = parseAddress(address)
  if (within === undefined || one === undefined || within.version !== one.version) return false
  const host = BigInt((within.version === 4 ? 32 : 128) - within.prefix)
  return within.bits >> host === one.bits >> host
}
