import { Redacted } from "effect"
import { createHmac } from "node:crypto"
import type { VisitorId, WidgetAccount } from "../Visitor.ts"

/** No token's signature, which is of text that begins with `wv1.`, is such a key. */
const keyOf = (account: WidgetAccount, secret: Redacted.Redacted, visitorId: VisitorId): string =>
  createHmac("sha256", Redacted.value(secret)).update("wicara widget storage\0")
    .update(`${account.organizationId}\0${account.id}\0${visitorId}`).digest("base64url")

/**
 * The keys (256 bits, base64url) that seal what these visitors' browsers keep, the first visitor's own first. Those of
 * the signing key before the present one open what was sealed with it.
 */
export const storageKeys = (
  account: WidgetAccount,
  visitorIds: ReadonlyArray<VisitorId>
): ReadonlyArray<string> => {
  const { previousSigningKey, signingKey } = account.secrets
  const secrets = [signingKey, ...(previousSigningKey === undefined ? [] : [previousSigningKey])]
  return visitorIds.flatMap((id) => secrets.map((secret) => keyOf(account, secret, id)))
}
