/**
 * When somebody answers: opening hours of a week in a time zone.
 *
 * @since 0.1.0
 */
import { DateTime, Option, Schema } from "effect"

const Time = Schema.String.check(
  Schema.isPattern(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, {
    expected: "a time such as 08:30, or 24:00 for the day's end"
  })
)

/** @category schemas @since 0.1.0 */
export const Weekday = Schema.Literals(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])

const TimeZone = Schema.String.check(
  Schema.makeFilter((zone: string) =>
    Option.isSome(DateTime.zoneMakeNamed(zone)) || "expected an IANA time zone such as Asia/Jakarta"
  )
)

/**
 * Opening hours. A day may have several spans; days without one are closed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OpeningHours = Schema.Struct({
  timeZone: TimeZone,
  week: Schema.Array(
    Schema.Struct({ day: Weekday, from: Time, to: Time }).check(
      Schema.makeFilter(({ from, to }) => from < to || "a span ends after it begins")
    )
  ).check(Schema.isMaxLength(50)),
  /** Days on which nobody is there, `2026-12-25`. */
  holidays: Schema.optionalKey(
    Schema.Array(Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}$/, { expected: "a date" })))
      .check(Schema.isMaxLength(366))
  )
}).annotate({ identifier: "WidgetOpeningHours" })
/** @since 0.1.0 */
export type OpeningHours = typeof OpeningHours.Type

interface Local {
  readonly day: string
  readonly date: string
  readonly time: string
}

const localIn = (timeZone: string) => {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23"
  })
  return (at: number): Local => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
    return {
      day: (parts["weekday"] ?? "").toLowerCase(),
      date: `${parts["year"]}-${parts["month"]}-${parts["day"]}`,
      time: `${parts["hour"]}:${parts["minute"]}`
    }
  }
}

const isOpenAt = (hours: OpeningHours, local: Local): boolean =>
  !(hours.holidays ?? []).includes(local.date) &&
  hours.week.some(({ day, from, to }) => day === local.day && from <= local.time && local.time < to)

const quarter = 15 * 60_000
const minute = 60_000
const lookAhead = 14 * 24 * 60 * minute

/**
 * Whether it is open at an instant (epoch milliseconds), and when that changes next; null when it does not within two
 * weeks.
 *
 * @category queries
 * @since 0.1.0
 */
export const at = (
  hours: OpeningHours,
  now: number
): { readonly open: boolean; readonly changesAt: number | null } => {
  const local = localIn(hours.timeZone)
  const open = isOpenAt(hours, local(now))
  const start = Math.floor(now / quarter) * quarter
  for (let from = start; from < now + lookAhead; from += quarter) {
    if (isOpenAt(hours, local(from + quarter)) === open && isOpenAt(hours, local(from + quarter - minute)) === open) {
      continue
    }
    for (let at = Math.max(from, Math.floor(now / minute) * minute) + minute; at <= from + quarter; at += minute) {
      if (isOpenAt(hours, local(at)) !== open) return { open, changesAt: at }
    }
  }
  return { open, changesAt: null }
}
