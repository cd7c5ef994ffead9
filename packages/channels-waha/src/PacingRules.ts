/**
 * How fast a number on somebody's phone may write to people who did not write to it: WhatsApp bans numbers that behave
 * like senders of advertisements. Pure: what is counted and drawn comes in, the decision and what is to be counted go out.
 *
 * An answer is never held back: a message to somebody who wrote in the last day.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

const whole = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/**
 * What an operator may set; what is left out has a cautious default.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PacingSettings = Schema.Struct({
  /** `false`: messages go as fast as they come, at the number's own risk. */
  enabled: Schema.optionalKey(Schema.Boolean),
  /** Days until a new number may do all of it, growing evenly (14); 0 for a number that has been in use. */
  warmUpDays: Schema.optionalKey(whole(0, 365)),
  /** People a day who are written to and never wrote (15). */
  newContactsPerDay: Schema.optionalKey(whole(0, 10_000)),
  /** Messages a day that are no answers (200). */
  messagesPerDay: Schema.optionalKey(whole(0, 100_000)),
  /** Messages a minute that are no answers, on average (10); the distances between them vary by half. */
  messagesPerMinute: Schema.optionalKey(whole(1, 600)),
  /** The share of the people first written to in the last week who may leave it unanswered (0.8); more is the brake. */
  maxUnansweredRatio: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** Hours that the brake holds (24). */
  brakeHours: Schema.optionalKey(whole(1, 720))
})
/** @since 0.1.0 */
export type PacingSettings = typeof PacingSettings.Type

/**
 * Why messages wait.
 *
 * - `account_restricted`: WhatsApp restricts the number
 * - `unanswered_ratio`: too many people leave its messages unanswered
 * - `warm_up`, `new_contact_cap`, `daily_cap`: as many as may go today have gone
 * - `pace`: the last one was only just sent
 *
 * @category schemas
 * @since 0.1.0
 */
export const HoldCode = Schema.Literals([
  "account_restricted",
  "unanswered_ratio",
  "warm_up",
  "new_contact_cap",
  "daily_cap",
  "pace"
])
/** @since 0.1.0 */
export type HoldCode = typeof HoldCode.Type

/**
 * How an account stands today. Instants are epoch milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export const PacingStatus = Schema.Struct({
  enabled: Schema.Boolean,
  /** Days of the warm-up that are over, and how many it has. */
  warmUp: Schema.Struct({ day: Schema.Int, days: Schema.Int }),
  /** Messages today that were no answers. */
  messages: Schema.Struct({ sent: Schema.Int, allowed: Schema.Int }),
  /** People written to today who never wrote. */
  newContacts: Schema.Struct({ reached: Schema.Int, allowed: Schema.Int }),
  /** Of those first written to in the last week, without the last day. */
  lastWeek: Schema.Struct({ contacted: Schema.Int, answered: Schema.Int }),
  /** Why nothing but answers goes now. */
  brake: Schema.NullOr(Schema.Struct({
    code: Schema.Literals(["account_restricted", "unanswered_ratio"]),
    reason: Schema.String,
    until: Schema.DateTimeUtcFromString
  }))
}).annotate({ identifier: "WahaPacing" })
/** @since 0.1.0 */
export type PacingStatus = typeof PacingStatus.Type

/** Why nothing but answers goes, and until when (epoch milliseconds). @category models @since 0.1.0 */
export interface Brake {
  readonly code: Extract<HoldCode, "account_restricted" | "unanswered_ratio">
  readonly reason: string
  readonly until: number
}

/**
 * What is known of a number's writing. Instants are epoch milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface PacingState {
  /** When its first message was counted. */
  readonly since: number
  /** The day of the counts, in days since the epoch (UTC). */
  readonly day: number
  readonly messages: number
  readonly newContacts: number
  /** Nothing but answers goes before. */
  readonly nextAt: number
  readonly brake: Brake | null
}

/** @category models @since 0.1.0 */
export interface PacingQuestion {
  readonly now: number
  /** `stranger`: nobody wrote to them yet, nor they. */
  readonly to: "stranger" | "known"
  /** Of the strangers written to in the last week, those who had a day to answer. */
  readonly week: { readonly contacted: number; readonly answered: number }
  /** From 0 to 1. */
  readonly draw: number
}

/**
 * @category models
 * @since 0.1.0
 */
export type PacingDecision =
  | { readonly _tag: "Go"; readonly state: PacingState }
  | {
    readonly _tag: "Wait"
    readonly code: HoldCode
    readonly reason: string
    readonly until: number
    /** With a brake that was put on just now. */
    readonly state: PacingState
  }

const day = 86_400_000
const hour = 3_600_000

const byDefault: Required<PacingSettings> = {
  enabled: true,
  warmUpDays: 14,
  newContactsPerDay: 15,
  messagesPerDay: 200,
  messagesPerMinute: 10,
  maxUnansweredRatio: 0.8,
  brakeHours: 24
}

/** The settings with their defaults. @category constructors @since 0.1.0 */
export const withDefaults = (settings: PacingSettings | undefined): Required<PacingSettings> => ({
  ...byDefault,
  ...settings
})

/** Of a number that was never asked about. @category constructors @since 0.1.0 */
export const initial = (now: number): PacingState => ({
  since: now,
  day: Math.floor(now / day),
  messages: 0,
  newContacts: 0,
  nextAt: 0,
  brake: null
})

/** The counts of the day that it is now. @category conversions @since 0.1.0 */
export const today = (state: PacingState, now: number): PacingState => {
  const current = Math.floor(now / day)
  return state.day === current ? state : { ...state, day: current, messages: 0, newContacts: 0 }
}

/**
 * How many of what the settings allow a day are allowed on this day of the warm-up; at least one of anything.
 *
 * @category conversions
 * @since 0.1.0
 */
export const allowed = (perDay: number, warmUpDays: number, age: number): number => {
  const passed = Math.floor(age / day)
  return passed >= warmUpDays
    ? perDay
    : Math.min(perDay, Math.max(1, Math.ceil(perDay * (passed + 1) / (warmUpDays + 1))))
}

/** Fewer say nothing about how people take the messages. */
const enoughToJudge = 10

/** The brake is on until then. @category constructors @since 0.1.0 */
export const braked = (
  state: PacingState,
  code: Brake["code"],
  reason: string,
  now: number,
  settings: Required<PacingSettings>,
  until = now + settings.brakeHours * hour
): PacingState => ({ ...state, brake: { code, reason, until } })

/**
 * Whether a message that is no answer may go now.
 *
 * @category rules
 * @since 0.1.0
 */
export const decide = (
  settings: Required<PacingSettings>,
  before: PacingState,
  { draw, now, to, week }: PacingQuestion
): PacingDecision => {
  const state = today(before, now)
  const wait = (code: HoldCode, reason: string, until: number, changed = state): PacingDecision => ({
    _tag: "Wait",
    code,
    reason,
    until,
    state: changed
  })
  if (state.brake !== null && state.brake.until > now) {
    return wait(state.brake.code, state.brake.reason, state.brake.until)
  }
  const unanswered = week.contacted === 0 ? 0 : 1 - week.answered / week.contacted
  if (to === "stranger" && week.contacted >= enoughToJudge && unanswered > settings.maxUnansweredRatio) {
    const reason =
      `${week.contacted - week.answered} of ${week.contacted} people who were written to in the last week did `
      + "not answer"
    const changed = braked(state, "unanswered_ratio", reason, now, settings)
    return wait("unanswered_ratio", reason, changed.brake?.until ?? now, changed)
  }
  const age = now - state.since
  const warming = Math.floor(age / day) < settings.warmUpDays
  // Not all of what waits for tomorrow at once.
  const tomorrow = (state.day + 1) * day + Math.floor(draw * hour)
  const newContacts = allowed(settings.newContactsPerDay, settings.warmUpDays, age)
  if (to === "stranger" && state.newContacts >= newContacts) {
    const reason = `${newContacts} new people may be written to today`
    return wait(warming ? "warm_up" : "new_contact_cap", reason, tomorrow)
  }
  const messages = allowed(settings.messagesPerDay, settings.warmUpDays, age)
  if (state.messages >= messages) {
    return wait(warming ? "warm_up" : "daily_cap", `${messages} messages that are no answers may go today`, tomorrow)
  }
  const distance = 60_000 / settings.messagesPerMinute
  if (state.nextAt > now) {
    // Of many that wait, the first to ask goes: they ask again spread over a while.
    const until = state.nextAt + Math.floor(draw * Math.min(distance * 10, 60_000))
    return wait("pace", `About ${settings.messagesPerMinute} messages a minute may go`, until)
  }
  return {
    _tag: "Go",
    state: {
      ...state,
      brake: null,
      messages: state.messages + 1,
      newContacts: state.newContacts + (to === "stranger" ? 1 : 0),
      nextAt: now + Math.floor(distance * (0.5 + draw))
    }
  }
}
