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
import * as Id from "@wicara/core/Id"
import type { NotFound, Unavailable } from "@wicara/core/Problem"
import { Unauthorized } from "@wicara/core/Problem"
import type { CurrentVisitor, WidgetAccount } from "./Visitor.ts"
import { VisitorId } from "./Visitor.ts"
import * as VisitorToken from "./VisitorToken.ts"
import type { OpenSession, WidgetSession } from "./Widget/Api.ts"
import { OriginNotAllowed } from "./Widget/Api.ts"
import { WidgetAccounts } from "./WidgetAccounts.ts"
import * as WidgetHistory from "./WidgetHistory.ts"
import { allowsOrigin, toPublic } from "./WidgetSettings.ts"
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
}>()("@wicara/channels-widget/WidgetSessions") {
  static readonly layer: Layer.Layer<WidgetSessions, never, WidgetStore | WidgetAccounts | Mac.Mac | MessageTexts> =
    Layer.effect(
      WidgetSessions,
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const accounts = yield* WidgetAccounts
        const mac = yield* Mac.Mac
        const texts = yield* MessageTexts

        const checkOrigin = (account: WidgetAccount, origin: string | undefined) =>
          allowsOrigin(account.settings, origin) ? Effect.void : Effect.fail(OriginNotAllowed.of(origin ?? ""))

        const verify = (account: WidgetAccount, token: string) =>
          Effect.provideService(VisitorToken.verify(account, token), Mac.Mac, mac)

        const goOn = Effect.fnUntraced(function*(account: WidgetAccount, visitorId: VisitorId) {
          const visitor = { channelAccountId: account.id, visitorId }
          const [state] = yield* store.states(account.organizationId, account.id, [visitorId])
          const page = yield* WidgetHistory.page(store, account.organizationId, visitor, {
            before: WidgetHistory.newest,
            limit: historyLength
          })
          if (state !== undefined) {
            yield* store.update(account.organizationId, visitor, { lastSeenAt: yield* Clock.currentTimeMillis })
          }
          return { page, state }
        })

        const settingsFor = Effect.fnUntraced(
          function*({ organizationId, settings }: WidgetAccount, request: OpenSession) {
            const wanted = [...request.languages ?? [], request.locale, settings.locale]
            const spoken = yield* texts.speak(widgetTexts, texts.lookup(wanted) ?? "en").pipe(
              Effect.provideService(CurrentOrganization, { id: organizationId })
            )
            const locale = wanted.find((tag) => texts.lookup([tag]) === spoken.language) ?? request.locale
            return {
              ...toPublic(settings, locale),
              language: spoken.language,
              direction: spoken.direction,
              texts: told(spoken)
            }
          }
        )

        const open = Effect.fn("WidgetSessions.open")(function*(
          channelAccountId: ChannelAccountId,
          origin: string | undefined,
          request: OpenSession
        ) {
          const account = yield* accounts.find(channelAccountId)
          yield* checkOrigin(account, origin)
          const known = request.token === undefined ? Option.none() : yield* verify(account, request.token)
          const visitorId = Option.isSome(known) ? known.value : yield* Id.next(VisitorId)
          const { page, state } = Option.isSome(known)
            ? yield* goOn(account, visitorId)
            : { page: { data: [], nextCursor: null }, state: undefined }
          const { expiresAt, token } = yield* Effect.provideService(
            VisitorToken.issue(account, visitorId),
            Mac.Mac,
            mac
          )
          return {
            visitorId,
            token,
            expiresAt: DateTime.makeUnsafe(expiresAt),
            settings: yield* settingsFor(account, request),
            // Of the messages, not of the state read before them: one that came between is in both, and is sent once.
            lastEventId: page.data[0]?.eventId ?? "0",
            messages: page.data.toReversed(),
            nextCursor: page.nextCursor,
            businessReadUpTo: String(state?.businessReadSeq ?? 0),
            visitorReadUpTo: String(state?.visitorReadSeq ?? 0)
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
            const visitorId = yield* verify(account, token)
            if (Option.isNone(visitorId)) return yield* unauthorized
            yield* checkOrigin(account, origin)
            return { account, visitorId: visitorId.value }
          }
        )

        return WidgetSessions.of({ open, authenticate })
      })
    )
}
