/**
 * Money: an integer number of minor units with its ISO 4217 currency; rates are exact decimals. No float ever holds an
 * amount.
 *
 * @since 0.1.0
 */
import { BigDecimal, Schema } from "effect"

/**
 * An ISO 4217 alphabetic code.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Currency = Schema.String.check(
  Schema.isPattern(/^[A-Z]{3}$/, { expected: "an ISO 4217 code such as USD or IDR" })
).annotate({ identifier: "Currency", examples: ["IDR"] })
/** @since 0.1.0 */
export type Currency = typeof Currency.Type

/**
 * An amount; negative for what is owed back. `minor` is in the currency's minor unit (cents for USD, whole yen for JPY).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Money = Schema.Struct({
  minor: Schema.Int,
  currency: Currency
}).annotate({ identifier: "Money", examples: [{ minor: 150_000, currency: "IDR" }] })
/** @since 0.1.0 */
export type Money = typeof Money.Type

/**
 * Two amounts of different currencies met where one currency is needed.
 *
 * @category errors
 * @since 0.1.0
 */
export class CurrencyMismatch extends Schema.TaggedError<CurrencyMismatch>()("CurrencyMismatch", {
  expected: Currency,
  actual: Currency
}) {}

/** @category constructors @since 0.1.0 */
export const zero = (currency: Currency): Money => ({ minor: 0, currency })

const same = (one: Money, other: Money): void => {
  if (one.currency !== other.currency) throw new CurrencyMismatch({ expected: one.currency, actual: other.currency })
}

/**
 * The sum; amounts of different currencies are a programmer's error and throw `CurrencyMismatch`.
 *
 * @category arithmetic
 * @since 0.1.0
 */
export const add = (one: Money, other: Money): Money => {
  same(one, other)
  return { minor: one.minor + other.minor, currency: one.currency }
}

/** @category arithmetic @since 0.1.0 */
export const negate = (money: Money): Money => ({
  minor: money.minor === 0 ? 0 : -money.minor,
  currency: money.currency
})

/** @category arithmetic @since 0.1.0 */
export const subtract = (one: Money, other: Money): Money => add(one, negate(other))

/**
 * The product with a rate (a tax, a discount, an exchange rate), rounded half away from zero to the minor unit.
 *
 * @category arithmetic
 * @since 0.1.0
 */
export const multiply = (money: Money, rate: BigDecimal.BigDecimal): Money => {
  const exact = BigDecimal.multiply(BigDecimal.fromBigInt(BigInt(money.minor)), rate)
  const rounded = BigDecimal.round(exact, { scale: 0, mode: "half-from-zero" })
  const minor = Number(BigDecimal.scale(rounded, 0).value)
  if (!Number.isSafeInteger(minor)) throw new RangeError("Money.multiply: the product is too large to be exact")
  return { minor, currency: money.currency }
}

/**
 * Splits an amount by weights without losing a minor unit: the parts always add up to the whole, and the units left over
 * by rounding go to the largest remainders, earlier parts first. Weights are not negative and not all zero.
 *
 * @category arithmetic
 * @since 0.1.0
 */
export const allocate = (money: Money, weights: ReadonlyArray<number>): ReadonlyArray<Money> => {
  const shares = toIntegers(weights)
  const total = shares.reduce((sum, share) => sum + share, 0n)
  if (total <= 0n || shares.some((share) => share < 0n)) {
    throw new RangeError("Money.allocate needs weights that are not negative and not all zero")
  }
  const amount = BigInt(Math.abs(money.minor))
  const parts = shares.map((share, index) => ({
    index,
    units: (amount * share) / total,
    remainder: (amount * share) % total
  }))
  const left = amount - parts.reduce((sum, part) => sum + part.units, 0n)
  const favoured = new Set(
    parts
      .toSorted((one, other) => Number(other.remainder > one.remainder) - Number(other.remainder < one.remainder))
      .slice(0, Number(left))
      .map((part) => part.index)
  )
  const sign = money.minor < 0 ? -1n : 1n
  return parts.map(({ index, units }) => ({
    minor: Number(sign * (favoured.has(index) ? units + 1n : units)),
    currency: money.currency
  }))
}

/** Numbers as integers of the same proportions, exactly. */
const toIntegers = (numbers: ReadonlyArray<number>): ReadonlyArray<bigint> => {
  const decimals = numbers.map((number) => BigDecimal.normalize(BigDecimal.fromNumberUnsafe(number)))
  const scale = Math.max(0, ...decimals.map((decimal) => decimal.scale))
  return decimals.map((decimal) => decimal.value * 10n ** BigInt(scale - decimal.scale))
}

/**
 * The amount as people of `locale` write it.
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (money: Money, locale: string): string => {
  const formatter = new Intl.NumberFormat(locale, { style: "currency", currency: money.currency })
  const digits = formatter.resolvedOptions().maximumFractionDigits ?? 2
  return formatter.format(money.minor / 10 ** digits)
}
