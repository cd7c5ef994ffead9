import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { Redacted } from "effect"
import { english } from "../ProblemDetails.ts"

/** Why nothing is delivered there as the address is written; what its name stands for is seen at the connection. */
export const urlProblem = (addresses: OutboundAddresses.OutboundAddresses, text: string): string | undefined => {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return english("noUrl")
  // Without TLS only where the operator allows more than the internet: there it is a network of their own.
  if (url.protocol === "http:" && OutboundAddresses.allows(OutboundAddresses.publicOnly, url)) return english("noUrl")
  if (url.username !== "" || url.password !== "" || url.hash !== "") return english("noUrl")
  return OutboundAddresses.allows(addresses, url) ? undefined : english("notPublic")
}

const ownHeaders = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent"
])

/** What is wrong with the headers that go with every delivery. */
export const headerProblem = (
  headers: Readonly<Record<string, Redacted.Redacted<string>>>
): { readonly name: string; readonly detail: string } | undefined => {
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    if (ownHeaders.has(lower) || lower.startsWith("webhook-") || lower.startsWith("proxy-")) {
      return { name, detail: english("ownHeader", { name }) }
    }
    if (!/^[\x20-\x7e]+$/.test(Redacted.value(value))) return { name, detail: english("headerValue") }
  }
  return undefined
}
