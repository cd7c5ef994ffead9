/**
 * What the platform lets a number send: its throughput, its pace to one person, and how many people the business may
 * write to first in a day. What is refused, or reaches nobody, uses up nothing.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messaging-limits
 * @since 0.1.0
 */
import { portfolioOf } from "./CloudAccount.ts"
import type { CloudAccount } from "./CloudAccount.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface CloudLimits {
  /** Takes a place for a message at `now` (epoch milliseconds), or says why there is none. */
  readonly take: (request: {
    readonly account: CloudAccount
    readonly customer: string
    /** Outside of the customer's window: it counts against the portfolio's limit. */
    readonly businessInitiated: boolean
    readonly now: number
  }) => GraphFailure | undefined
  /** The message that was taken at `at` reached nobody after all. */
  readonly undelivered: (account: CloudAccount, customer: string, at: number) => void
}

const second = 1_000
const day = 24 * 60 * 60_000
const pairInterval = 6_000
const pairBurst = 45

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (): CloudLimits => {
  /** When the last messages of a number were taken: never more than its throughput. */
  const recent = new Map<string, Array<number>>()
  /** When the next message to a person would be due, were nothing borrowed. */
  const due = new Map<string, number>()
  /** Whom a portfolio wrote to first, and when it last did. */
  const begun = new Map<string, Map<string, number>>()

  return {
    take: ({ account, businessInitiated, customer, now }) => {
      const { dailyRecipients, id, pairLimit, throughput } = account
      const portfolio = begun.get(portfolioOf(account)) ?? new Map<string, number>()
      const counts = businessInitiated && dailyRecipients !== null
      if (counts && !isWithin(portfolio, customer, dailyRecipients, now)) {
        return Failure.make(
          131048,
          `The messaging limit of ${dailyRecipients} people in 24 hours has been reached`
        )
      }
      const times = (recent.get(id) ?? []).filter((at) => now - at < second)
      if (throughput !== null && times.length >= throughput) {
        return Failure.make(
          130429,
          "Message failed to send because there were too many messages sent from this phone number"
        )
      }
      const pair = `${id}\u0000${customer}`
      const next = Math.max(due.get(pair) ?? 0, now)
      if (pairLimit && next - now > pairInterval * (pairBurst - 1)) {
        return Failure.make(131056, "Too many messages sent from this phone number to the same phone number")
      }
      if (throughput !== null) recent.set(id, [...times, now])
      if (pairLimit) due.set(pair, next + pairInterval)
      if (counts) {
        portfolio.set(customer, now)
        begun.set(portfolioOf(account), portfolio)
      }
      return undefined
    },
    undelivered: (account, customer, at) => {
      const portfolio = begun.get(portfolioOf(account))
      if (portfolio?.get(customer) === at) portfolio.delete(customer)
    }
  }
}

const isWithin = (portfolio: Map<string, number>, customer: string, limit: number, now: number): boolean => {
  for (const [other, at] of portfolio) if (now - at >= day) portfolio.delete(other)
  return portfolio.has(customer) || portfolio.size < limit
}
