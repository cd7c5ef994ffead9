import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as Id from "@wicara/core/Id"
import type { Unavailable } from "@wicara/core/Problem"
import { Clock, Effect, Option } from "effect"
import { createHash } from "node:crypto"
import type { IdentityProof } from "../IdentityProof.ts"
import { SessionId, VisitorId } from "../Visitor.ts"
import type { WidgetAccount } from "../Visitor.ts"
import * as VisitorIdentity from "../VisitorIdentity.ts"
import * as VisitorToken from "../VisitorToken.ts"
import { WidgetFeed } from "../WidgetFeed.ts"
import * as WidgetInbound from "../WidgetInbound.ts"
import type { WidgetSettings } from "../WidgetSettings.ts"
import { WidgetStore } from "../WidgetStore.ts"
import type { VisitorState } from "../WidgetStore.ts"

/** Whether nothing is taken, or shown to be taken, before the form is answered. */
export const isFormDue = (
  { form }: WidgetSettings,
  state: Pick<VisitorState, "formAt"> | undefined,
  verified: boolean
): boolean => form !== undefined && (state?.formAt ?? null) === null && (!verified || form.askVerified === true)

/** Who a browser is that opens a session. */
export interface Settled {
  readonly subject: VisitorToken.Subject
  /** Somebody who may have been here before. */
  readonly known: boolean
  readonly identity: "none" | "verified" | "refused"
}

/** Settles who a browser is by its token and what the site proves, and tells the business what it learns by that. */
export const makeIdentities = Effect.gen(function*() {
  const store = yield* WidgetStore
  const feed = yield* WidgetFeed
  const inbound = yield* InboundEvents

  const ingest = (account: WidgetAccount, event: WidgetInbound.WidgetInbound) =>
    inbound.ingest({
      organizationId: account.organizationId,
      channelAccountId: account.id,
      dedupeKey: WidgetInbound.dedupeKey(event),
      body: WidgetInbound.toBody(event)
    })

  /** What the visitor said before they signed in goes on as the user's. */
  const follow = Effect.fnUntraced(function*(account: WidgetAccount, before: VisitorId, now: VisitorId, at: number) {
    const from = { channelAccountId: account.id, visitorId: before }
    const [state] = yield* store.states(account.organizationId, account.id, [before])
    if (state === undefined || state.externalId !== null) return
    if (!(yield* store.move(account.organizationId, from, now))) return
    yield* ingest(account, { type: "moved", visitorId: before, to: now, at })
    yield* feed.wake(account.organizationId, { ...from, visitorId: now })
  })

  const signIn = Effect.fnUntraced(function*(
    account: WidgetAccount,
    claims: Option.Option<VisitorToken.Claims>,
    identity: VisitorIdentity.VerifiedIdentity
  ) {
    const at = yield* Clock.currentTimeMillis
    const visitorId = VisitorIdentity.visitorIdOf(account, identity.userId)
    const visitor = { channelAccountId: account.id, visitorId }
    yield* store.know(account.organizationId, visitor, { at, externalId: identity.userId })
    // Another user's session is not taken over, and neither is what they said.
    const own = Option.filter(claims, (one) => one.verified !== true || one.visitorId === visitorId)
    if (Option.isSome(own) && own.value.verified !== true) {
      yield* follow(account, own.value.visitorId, visitorId, at)
    }
    const { attributes, email, locale, name, userId } = identity
    const said = {
      userId,
      ...(name === undefined ? {} : { name }),
      ...(email === undefined ? {} : { email }),
      ...(locale === undefined ? {} : { language: locale }),
      ...(attributes === undefined ? {} : { attributes })
    }
    const key = createHash("sha256").update(JSON.stringify(said)).digest("hex").slice(0, 32)
    yield* ingest(account, { type: "profile", key, visitorId, verified: true, at, ...said })
    const sessionId = Option.isSome(own) && own.value.verified === true ? own.value.sessionId : undefined
    return {
      visitorId,
      // Who signs in has a new session: a token from before, in whoever's hands, is not theirs.
      sessionId: sessionId ?? (yield* Id.next(SessionId)),
      verifiedUntil: Math.min(identity.expiresAt ?? Number.MAX_SAFE_INTEGER, at + VisitorToken.verifiedMillis)
    }
  })

  const settle = Effect.fnUntraced(function*(
    account: WidgetAccount,
    claims: Option.Option<VisitorToken.Claims>,
    proof: IdentityProof | undefined
  ): Effect.fn.Return<Settled, Unavailable> {
    const identity = proof === undefined ? Option.none() : yield* VisitorIdentity.verify(account, proof)
    if (Option.isSome(identity)) {
      return { subject: yield* signIn(account, claims, identity.value), known: true, identity: "verified" }
    }
    // A claim that is not proved is nobody's: least of all that of whoever was signed in here before.
    const own = Option.filter(claims, (one) => proof === undefined || one.verified !== true)
    const refused = proof === undefined ? "none" : "refused"
    if (Option.isNone(own)) {
      const subject = {
        visitorId: yield* Id.next(VisitorId),
        sessionId: yield* Id.next(SessionId),
        verifiedUntil: null
      }
      return { subject, known: false, identity: refused }
    }
    const { expiresAt, sessionId, verified, visitorId } = own.value
    return {
      subject: {
        visitorId,
        sessionId: sessionId ?? (yield* Id.next(SessionId)),
        verifiedUntil: verified === true ? expiresAt : null
      },
      known: true,
      identity: verified === true ? "verified" : refused
    }
  })

  return { settle }
})
