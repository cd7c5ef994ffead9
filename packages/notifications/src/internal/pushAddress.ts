import * as OutboundAddresses from "@wicara/core/OutboundAddresses"

/** Why a message must not be sent there as the address is written; what its name stands for is seen when it is called. */
export const refusalOf = (addresses: OutboundAddresses.OutboundAddresses, text: string): string | undefined => {
  const url = text.length > 2000 ? null : URL.parse(text)
  if (url === null) return "This is not an address of a push service."
  // Without TLS only where the operator allows more than the internet: there it is a network of their own.
  if (url.protocol !== "https:" && OutboundAddresses.allows(OutboundAddresses.publicOnly, url)) {
    return "A push service is reached by https."
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    return "An address of a push service has no user and no fragment."
  }
  return OutboundAddresses.allows(addresses, url) ? undefined : "This address is not one of the public network."
}
