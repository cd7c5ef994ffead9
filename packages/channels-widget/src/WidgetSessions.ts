/**
 * Visitors' sessions: who a visitor is, proved by their token, and what they see when the widget opens.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import { Mac } from "effect/crypto"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { NotFound, Unavailable } from "@wicara/core/Problem"
import { Unauthorized } from "@wicara/core/Problem"
import type { InboundEvents } from "@wicara/channels/InboundEvents"
import { isFormDue, makeIdentities } from "./internal/identities.ts"
import { storageKeys } from "./internal/storageKeys.ts"
import { CurrentVisitor } from "./Visitor.ts"
import type { VisitorId, WidgetAccount } from "./Visitor.ts"
import * as VisitorToken from "./VisitorToken.ts"
import type { OpenSession, WidgetSession } from "./Widget/Api.ts"
import { OriginNotAllowed } from "./Widget/Api.ts"
import { WidgetAccounts } from "./WidgetAccounts.ts"
import { WidgetAttendance } from "./WidgetAttendance.ts"
import type { WidgetFeed } from "./WidgetFeed.ts"
import * as WidgetFiles from "./WidgetFiles.ts"
import * as WidgetHistory from "./WidgetHistory.ts"
import * as WidgetHours from "./WidgetHours.ts"
import { allowsOrigin, textFor, toPublic } from "./WidgetSettings.ts"
import { texts as widgetTexts, told } from "./WidgetTexts.ts"
import { WidgetStore } from "./WidgetStore.ts"

/** Messages a session begins with. */
const historyLength = 30

/**
 * @category services
 * @since 0.1.0
 */
export class WidgetSessions extends Context.Service<WidgetSessions, {
  /** Begins a visit, or goes on with the one whose token is still good. No row is written until someone writes. */
  readonly open: (
    channelAccountId: ChannelAccountId,
    origin: string | undefined,
    request: OpenSession
  ) => Effect.Effect<WidgetSession, NotFound | Unavailable | OriginNotAllowed>
  /** The visitor whose token this is, on a page that may still show the widget. */
  readonly authenticate: (
    token: string,
    origin: string | undefined
  ) => Effect.Effect<CurrentVisitor["Service"], Unauthorized | Unavailable | OriginNotAllowed>
  /** Ends the session: its tokens are not believed any more. */
  readonly signOut: Effect.Effect<void, never, CurrentVisitor>
}>()("@wicara/channels-widget/WidgetSessions") {
  static readonly layer: Layer.Layer<
    WidgetSessions,
    never,
    WidgetStore | WidgetAccounts | WidgetFeed | InboundEvents | Mac.Mac | MessageTexts
  > = Layer.effect(
    WidgetSessions,
    Effect.gen(function*() {
      const store = yield* WidgetStore
      const accounts = yield* WidgetAccounts
      const mac = yield* Mac.Mac
      const texts = yield* MessageTexts
      const identities = yield* makeIdentities
      const attendance = yield* WidgetAttendance

      const checkOrigin = (account: WidgetAccount, origin: string | undefined) =>
        allowsOrigin(account.settings, origin) ? Effect.void : Effect.fail(OriginNotAllowed.of(origin ?? ""))

      const verify = Effect.fnUntraced(function*(account: WidgetAccount, token: string) {
        const claims = yield* Effect.provideService(VisitorToken.verify(account, token), Mac.Mac, mac)
        if (Option.isNone(claims) || claims.value.sessionId === undefined) return claims
        const over = yield* store.isSignedOut(account.organizationId, account.id, claims.value.sessionId)
        return over ? Option.none() : claims
      })

      const goOn = Effect.fnUntraced(function*(account: WidgetAccount, visitorId: VisitorId) {
        const visitor = { channelAccountId: account.id, visitorId }
        const [state] = yield* store.states(account.organizationId, account.id, [visitorId])
        const page = yield* WidgetHistory.page(store, account.organizationId, visitor, {
          before: WidgetHistory.newest,
          limit: historyLength,
          linkOf: WidgetFiles.linksOf(account, yield* Clock.currentTimeMillis)
        })
        if (state !== undefined) {
          yield* store.update(account.organizationId, visitor, { lastSeenAt: yield* Clock.currentTimeMillis })
        }
        return { page, state }
      })

      const settingsFor = Effect.fnUntraced(
        function*(account: WidgetAccount, request: OpenSession, now: number) {
          const { organizationId, settings } = account
          const wanted = [...request.languages ?? [], request.locale, settings.locale]
          const spoken = yield* texts.speak(widgetTexts, texts.lookup(wanted) ?? "en").pipe(
            Effect.provideService(CurrentOrganization, { id: organizationId })
          )
          const locale = wanted.find((tag) => texts.lookup([tag]) === spoken.language) ?? request.locale
          return {
            ...toPublic(settings, locale),
            logo: settings.logo === undefined ? null : WidgetFiles.linksOf(account, now)(settings.logo),
            language: spoken.language,
            direction: spoken.direction,
            texts: told(spoken)
          }
        }
      )

      const offlineNow = Effect.fnUntraced(function*(account: WidgetAccount, locale: string, now: number) {
        const { offline } = account.settings
        if (offline === undefined) return { offline: null, offlineChangesAt: null }
        const hours = offline.hours === undefined
          ? { open: true, changesAt: null }
          : WidgetHours.at(offline.hours, now)
        const attended = !hours.open || !offline.whenNobodyIsThere ||
          (yield* attendance.isSomebodyThere(account.organizationId))
        return {
          offline: hours.open && attended ? null : {
            message: textFor(account.settings, offline.message, locale),
            askEmail: offline.askEmail
          },
          offlineChangesAt: hours.changesAt === null ? null : DateTime.makeUnsafe(hours.changesAt)
        }
      })

      const open = Effect.fn("WidgetSessions.open")(function*(
        channelAccountId: ChannelAccountId,
        origin: string | undefined,
        request: OpenSession
      ) {
        const account = yield* accounts.find(channelAccountId)
        yield* checkOrigin(account, origin)
        const now = yield* Clock.currentTimeMillis
        const known = request.token === undefined ? Option.none() : yield* verify(account, request.token)
        const who = yield* identities.settle(account, known, request.identity)
        const { page, state } = who.known
          ? yield* goOn(account, who.subject.visitorId)
          : { page: { data: [], nextCursor: null }, state: undefined }
        const { expiresAt, token } = yield* Effect.provideService(
          VisitorToken.issue(account, who.subject),
          Mac.Mac,
          mac
        )
        const settings = yield* settingsFor(account, request, now)
        // What they wrote before they signed in is theirs still; what somebody wrote who was signed in is nobody else's.
        const before = Option.filter(known, (one) => one.verified !== true && one.visitorId !== who.subject.visitorId)
        return {
          visitorId: who.subject.visitorId,
          token,
          storageKeys: storageKeys(account, [
            who.subject.visitorId,
            ...Option.toArray(before).map((one) => one.visitorId)
          ]),
          expiresAt: DateTime.makeUnsafe(expiresAt),
          now: DateTime.makeUnsafe(now),
          settings,
          // Of the messages, not of the state read before them: one that came between is in both, and is sent once.
          lastEventId: page.data[0]?.eventId ?? "0",
          messages: page.data.toReversed(),
          nextCursor: page.nextCursor,
          businessReadUpTo: String(state?.businessReadSeq ?? 0),
          visitorReadUpTo: String(state?.visitorReadSeq ?? 0),
          identity: who.identity,
          formDone: !isFormDue(account.settings, state, who.subject.verifiedUntil !== null),
          ...(yield* offlineNow(account, settings.locale, now)),
          ratingFor: state === undefined || state.ratingFor === state.ratedFor ? null : state.ratingFor
        }
      })

      const unauthorized = new Unauthorized({
        detail: "The visitor token is missing, expired or not from this server."
      })

      const authenticate = Effect.fn("WidgetSessions.authenticate")(
        function*(token: string, origin: string | undefined) {
          const claims = VisitorToken.unverifiedClaims(token)
          if (Option.isNone(claims)) return yield* unauthorized
          const account = yield* Effect.catchTag(
            accounts.find(claims.value.channelAccountId),
            "NotFound",
            () => Effect.fail(unauthorized)
          )
          const proved = yield* verify(account, token)
          if (Option.isNone(proved)) return yield* unauthorized
          yield* checkOrigin(account, origin)
          const { expiresAt, sessionId, verified = false, visitorId } = proved.value
          return { account, visitorId, sessionId, verified, expiresAt }
        }
      )

      const signOut = Effect.gen(function*() {
        const { account, expiresAt, sessionId } = yield* CurrentVisitor
        if (sessionId === undefined) return
        // One that was just replaced may last longer than the one that asks.
        const last = Math.max(expiresAt, (yield* Clock.currentTimeMillis) + VisitorToken.lifetimeMillis)
        yield* store.signOut(account.organizationId, account.id, sessionId, last)
      }).pipe(Effect.withSpan("WidgetSessions.signOut"))

      return WidgetSessions.of({ open, authenticate, signOut })
    })
  )
}
