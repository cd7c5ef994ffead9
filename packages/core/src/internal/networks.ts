import { BlockList, isIP, isIPv4 } from "node:net"

const named: Readonly<Record<string, ReadonlyArray<string>>> = {
  none: [],
  loopback: ["127.0.0.0/8", "::1"],
  private: [
    "127.0.0.0/8",
    "::1",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10"
  ]
}

const familyOf = (address: string) => (isIPv4(address) ? "ipv4" : "ipv6")

const add = (list: BlockList, network: string): boolean => {
  const [address = "", length] = network.split("/")
  if (isIP(address) === 0) return false
  if (length === undefined) {
    list.addAddress(address, familyOf(address))
    return true
  }
  if (!/^\d{1,3}$/.test(length) || Number(length) > (isIPv4(address) ? 32 : 128)) return false
  list.addSubnet(address, Number(length), familyOf(address))
  return true
}

/** The parts of a list that is separated by commas. */
export const partsOf = (text: string): ReadonlyArray<string> =>
  text.split(",").map((part) => part.trim()).filter((part) => part !== "")

/** Addresses, networks and their names (`none`, `loopback`, `private`), and what of the parts is none of these. */
export const parse = (parts: ReadonlyArray<string>) => {
  const list = new BlockList()
  const rest = parts.flatMap((part) => named[part] ?? [part]).filter((part) => !add(list, part))
  return {
    rest,
    includes: (address: string): boolean => isIP(address) !== 0 && list.check(address, familyOf(address))
  }
}
