/**
 * What model calls cost, exactly: prices and costs are decimals of the currency's main unit, as vendors publish them.
 *
 * @since 0.1.0
 */
import { BigDecimal, Schema } from "effect"
import { Currency } from "@wicara/core/Money"
import type { Usage } from "./AnswerFacts.ts"

const Rate = Schema.BigDecimalFromString.check(
  Schema.makeFilter((rate: BigDecimal.BigDecimal) => !BigDecimal.isNegative(rate), { expected: "zero or more" })
).annotate({ description: "Per million tokens, in the currency's main unit, as a decimal." })

/**
 * The price of a model per million tokens.
 *
 * @category schemas
 * @since 0.1.0
 * @example
 * { currency: "USD", input: "0.25", cachedInput: "0.025", output: "2" }
 */
export const AiPrice = Schema.Struct({
  currency: Currency,
  input: Rate,
  output: Rate,
  /** Of input that the provider had cached; as `input` when absent. */
  cachedInput: Schema.optionalKey(Rate)
}).annotate({ identifier: "AiPrice" })
/** @since 0.1.0 */
export type AiPrice = typeof AiPrice.Type

/**
 * The exact cost of a call; far less than a cent as a rule, so it is rounded only where it is billed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AiCost = Schema.Struct({
  amount: Schema.BigDecimalFromString,
  currency: Currency
}).annotate({ identifier: "AiCost" })
/** @since 0.1.0 */
export type AiCost = typeof AiCost.Type

const perMillion = BigDecimal.make(1n, 6)

const part = (tokens: number, rate: BigDecimal.BigDecimal): BigDecimal.BigDecimal =>
  BigDecimal.multiply(
    BigDecimal.multiply(BigDecimal.fromBigInt(BigInt(Math.max(0, Math.trunc(tokens)))), rate),
    perMillion
  )

/**
 * The cost of the tokens of a call; `null` when the provider did not report them.
 *
 * @category arithmetic
 * @since 0.1.0
 */
export const cost = (price: AiPrice, usage: Usage): AiCost | null => {
  if (usage.inputTokens === null && usage.outputTokens === null) return null
  const input = usage.inputTokens ?? 0
  const cached = Math.min(usage.cachedInputTokens ?? 0, input)
  return {
    amount: BigDecimal.normalize(BigDecimal.sumAll([
      part(input - cached, price.input),
      part(cached, price.cachedInput ?? price.input),
      part(usage.outputTokens ?? 0, price.output)
    ])),
    currency: price.currency
  }
}
