/**
 * What visitors say otherwise than by messages: their answers to the form, an address to write to, how it was.
 *
 * @since 0.1.0
 */
import type { InboundEvents } from "@wicara/channels/InboundEvents"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import type { TooManyRequests, Unavailable } from "@wicara/core/Problem"
import { Clock, Context, Effect, Layer } from "effect"
import { CurrentVisitor } from "./Visitor.ts"
import { VisitorLimits } from "./VisitorLimits.ts"
import * as WidgetAnswers from "./WidgetAnswers.ts"
import type { PostProfile, PostRating } from "./Widget/Api.ts"
import { WidgetFeed } from "./WidgetFeed.ts"
import type { Answers, WidgetForm } from "./WidgetForm.ts"
import { makeIngest } from "./internal/ingest.ts"
import { textFor } from "./WidgetSettings.ts"
import { WidgetStore } from "./WidgetStore.ts"

const refusalOf = (problem: WidgetAnswers.AnswerProblem): string => {
  switch (problem) {
    case "missing":
      return "This has to be answered."
    case "email":
      return "This is not an e-mail address."
    case "phone":
      return "This is not a phone number."
    case "choice":
      return "This is none of the choices."
    case "kind":
      return "This is another kind of answer."
  }
}

const check = Effect.fnUntraced(function*(form: WidgetForm | undefined, answers: Answers) {
  const fields = form?.fields ?? []
  const unknown = Object.keys(answers).find((key) => !fields.some((field) => field.key === key))
  if (unknown !== undefined) return yield* InvalidInput.of(`/answers/${unknown}`, "The form does not ask this.")
  const [problem] = WidgetAnswers.problemsOf(fields, answers)
  if (problem !== undefined) {
    return yield* InvalidInput.of(`/answers/${problem.key}`, refusalOf(problem.problem))
  }
})

/** The answer to the first field of a kind, if there is one. */
const answerTo = (form: WidgetForm | undefined, kind: "name" | "email", answers: Answers): string | undefined => {
  const field = form?.fields.find((one) => one.kind === kind)
  const answer = field === undefined ? undefined : answers[field.key]
  return typeof answer === "string" && answer.trim() !== "" ? answer.trim() : undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class WidgetProfiles extends Context.Service<WidgetProfiles, {
  /** Keeps what the visitor says of themselves, once under one id. It is their word, not a proof. */
  readonly describe: (
    profile: PostProfile
  ) => Effect.Effect<void, InvalidInput | TooManyRequests | Unavailable, CurrentVisitor>
  /** How the conversation was, of which the visitor is asked. Said again, it takes the place of what was said. */
  readonly rate: (
    rating: PostRating
  ) => Effect.Effect<void, NotFound | TooManyRequests | Unavailable, CurrentVisitor>
}>()("@wicara/channels-widget/WidgetProfiles") {
  static readonly layer: Layer.Layer<
    WidgetProfiles,
    never,
    WidgetStore | WidgetFeed | VisitorLimits | InboundEvents
  > = Layer.effect(
    WidgetProfiles,
    Effect.gen(function*() {
      const store = yield* WidgetStore
      const feed = yield* WidgetFeed
      const limits = yield* VisitorLimits
      const ingest = yield* makeIngest

      const describe = Effect.fn("WidgetProfiles.describe")(function*(profile: PostProfile) {
        const { account, visitorId } = yield* CurrentVisitor
        const { answers, attributes, consent, email, id, locale } = profile
        const { form } = account.settings
        if (answers !== undefined) {
          yield* check(form, answers)
          if (form?.consent?.required === true && consent !== true) {
            return yield* InvalidInput.of("/consent", "The form asks for consent.")
          }
        }
        if (email !== undefined && !WidgetAnswers.isEmail(email)) {
          return yield* InvalidInput.of("/email", refusalOf("email"))
        }
        const visitor = { channelAccountId: account.id, visitorId }
        yield* limits.take(account.organizationId, visitor)
        const at = yield* Clock.currentTimeMillis
        const agreed = answers !== undefined && consent === true ? form?.consent : undefined
        const name = answers === undefined ? undefined : answerTo(form, "name", answers)
        const address = email ?? (answers === undefined ? undefined : answerTo(form, "email", answers))
        const said = { ...attributes, ...answers }
        yield* ingest({
          type: "profile",
          key: id,
          visitorId,
          verified: false,
          at,
          ...(name === undefined ? {} : { name }),
          ...(address === undefined ? {} : { email: address }),
          ...(Object.keys(said).length === 0 ? {} : { attributes: said }),
          ...(agreed === undefined
            ? {}
            : { consent: { purpose: agreed.purpose, text: textFor(account.settings, agreed.text, locale) ?? "" } })
        })
        if (answers !== undefined) yield* store.know(account.organizationId, visitor, { at, formAt: at })
      })

      const rate = Effect.fn("WidgetProfiles.rate")(function*(rating: PostRating) {
        const { account, visitorId } = yield* CurrentVisitor
        const visitor = { channelAccountId: account.id, visitorId }
        const [state] = yield* store.states(account.organizationId, account.id, [visitorId])
        const isAsked = state !== undefined &&
          (state.ratingFor === rating.conversationId || state.ratedFor === rating.conversationId)
        if (!isAsked) return yield* NotFound.of("conversation", rating.conversationId)
        yield* limits.take(account.organizationId, visitor)
        yield* ingest({ type: "rating", visitorId, at: yield* Clock.currentTimeMillis, ...rating })
        yield* store.update(account.organizationId, visitor, { ratedFor: rating.conversationId, ratingFor: null })
        yield* feed.wake(account.organizationId, visitor)
      })

      return WidgetProfiles.of({ describe, rate })
    })
  )
}
