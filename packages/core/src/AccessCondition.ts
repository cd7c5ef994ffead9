/**
 * Circumstances that a rule of a role asks for: hours of the week, networks that the request comes from.
 *
 * @since 0.1.0
 */
import { DateTime, Option, Schema } from "effect"
import * as Network from "./internal/network.ts"
import { TimeZone } from "./Organization.ts"

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const

/** @since 0.1.0 */
const TimeOfDay = Schema.String.check(
  Schema.isPattern(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { expected: "a time of the day such as 08:30" })
)

/**
 * Hours of some days of the week. They go on into the next day when `to` is not after `from`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WeeklyHours = Schema.Struct({
  timezone: TimeZone,
  days: Schema.NonEmptyArray(Schema.Literals(days)).check(Schema.isMaxLength(7)),
  from: TimeOfDay,
  to: TimeOfDay
}).annotate({ identifier: "WeeklyHours" })
/** @since 0.1.0 */
export type WeeklyHours = typeof WeeklyHours.Type

/**
 * All that is named has to hold.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AccessCondition = Schema.Struct({
  hours: Schema.optionalKey(WeeklyHours),
  networks: Schema.optionalKey(
    Schema.NonEmptyArray(
      Schema.String.check(
        Schema.isMaxLength(64),
        Schema.makeFilter((text: string) => Network.parse(text) !== undefined, { expected: "an IP address or network" })
      )
    ).check(Schema.isMaxLength(50)).annotate({
      description: "IP addresses or networks that the request has to come from one of.",
      examples: [["203.0.113.0/24", "2001:db8::/32"]]
    })
  )
}).annotate({
  identifier: "AccessCondition",
  description: "Circumstances in which a rule counts; all that is named has to hold."
})
/** @since 0.1.0 */
export type AccessCondition = typeof AccessCondition.Type

/**
 * When and from where somebody acts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Circumstances {
  /** Epoch milliseconds. */
  readonly now: number
  /** The IP address; absent for what comes from no network. */
  readonly address?: string | undefined
}

const dayMinutes = 24 * 60
const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

/**
 * Whether the instant (epoch milliseconds) is within the hours.
 *
 * @category guards
 * @since 0.1.0
 */
export const isWithinHours = (hours: WeeklyHours, now: number): boolean => {
  const zone = DateTime.zoneMakeNamed(hours.timezone)
  if (Option.isNone(zone)) return false
  const parts = DateTime.toParts(DateTime.makeZonedUnsafe(now, { timeZone: zone.value }))
  const minute = parts.hour * 60 + parts.minute
  // Sunday is 0 there and the last one here.
  const today = (parts.weekDay + 6) % 7
  const on = (day: number) => hours.days.includes(days[(day + 7) % 7]!)
  const from = minutesOf(hours.from)
  const to = minutesOf(hours.to)
  if (from < to) return on(today) && minute >= from && minute < to
  return (on(today) && minute >= from && minute < dayMinutes) || (on(today - 1) && minute < to)
}

/**
 * Whether the condition holds.
 *
 * @category guards
 * @since 0.1.0
 */
export const holds = (condition: AccessCondition, circumstances: Circumstances): boolean =>
  (condition.hours === undefined || isWithinHours(condition.hours, circumstances.now)) &&
  (condition.networks === undefined ||
    (circumstances.address !== undefined &&
      condition.networks.some((network) => Network.includes(network, circumstances.address ?? ""))))
