/** On which pages a greeting is said: addresses in which `*` stands for any part. */

/** Whether an address matches, in a time that grows with its length alone. */
export const matches = (address: string, pattern: string): boolean => {
  const [first = "", ...rest] = pattern.split("*")
  if (rest.length === 0) return address === first
  if (!address.startsWith(first)) return false
  const last = rest.pop() ?? ""
  let at = first.length
  for (const part of rest) {
    const found = address.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return address.length - last.length >= at && address.endsWith(last)
}

/** Without its query and fragment, and a slash at the end. */
const plain = (address: string) => address.replace(/[?#].*$/s, "").replace(/\/$/, "")

/** A pattern that begins with a slash is of a path on any host. */
export const isOn = (href: string, patterns: ReadonlyArray<string> | null): boolean => {
  if (patterns === null) return true
  const address = plain(href)
  const path = address.replace(/^[a-z]+:\/\/[^/]*/i, "")
  return patterns.some((pattern) => matches(pattern.startsWith("/") ? path : address, plain(pattern)))
}
