/** How a session that begins reaches its client. */
import { Effect } from "effect"
import { SignedIn } from "../Session.ts"
import * as SessionCookie from "./sessionCookie.ts"

/** In a cookie's session the token is in the cookie, and nowhere else. */
export const handOver = Effect.fnUntraced(function*(signedIn: SignedIn) {
  if (signedIn.session.transport !== "cookie") return signedIn
  yield* SessionCookie.set(signedIn.token)
  return new SignedIn({ ...signedIn, token: "" })
})
