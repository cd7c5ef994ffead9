/**
 * Checks that an answer says only what its cited sources say. It does not trust the model: it compares words.
 *
 * @since 0.1.0
 */
import type { Answer, Source } from "./GroundedAnswer.ts"
import * as Language from "./Language.ts"
import * as TextAnalysis from "./TextAnalysis.ts"

/**
 * Why an answer is not grounded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Problem {
  readonly kind:
    | "no_citation"
    | "unknown_source"
    | "quote_not_in_source"
    | "quote_missing"
    | "number_not_in_source"
    | "link_not_in_source"
    | "unsupported_sentence"
  /** The part of the answer it is about. */
  readonly detail: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Verification {
  readonly grounded: boolean
  /** The part of the answer's meaning, 0 to 1, found in the cited sources; 1 when it can't be compared by words. */
  readonly support: number
  readonly problems: ReadonlyArray<Problem>
}

/** The part of a sentence's terms that its sources must contain. @category constants @since 0.1.0 */
export const sentenceSupport = 0.5

/** The part of all terms of an answer that its sources must contain. @category constants @since 0.1.0 */
export const answerSupport = 0.6

const normalized = (text: string): string => ` ${TextAnalysis.words(text).join(" ")} `

const sourceText = (source: Source): string =>
  [source.title, ...source.questions, source.text, source.url ?? ""].join("\n")

// An address begins where nothing of one stands before it: from every letter of a long word it would take the square of
// its length.
const linkPattern =
  /\bhttps?:\/\/[^\s<>"')\]]+|\bwww\.[^\s<>"')\]]+|(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}/giu

const linksOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(linkPattern)].map((match) => match[0].toLowerCase().replace(/[.,;:!?]+$/, "").replace(/\/$/, ""))

const numberValue = (word: string): string => String(Number(word.replace(/[a-z]+$/, "")))

const numbersOf = (text: string): ReadonlyArray<string> => TextAnalysis.words(text).filter((word) => /^\d/.test(word))

/**
 * Verifies an answer against the sources it was given. Numbers and links must stand in a cited source or in the
 * customer's own messages; quotes must be verbatim; in the language of the source each sentence must share most of its
 * terms with the cited sources. An answer in another language than its sources can't be compared by words: then every
 * citation needs a verbatim quote.
 *
 * @category verification
 * @since 0.1.0
 */
export const verify = (
  answer: Answer,
  sources: ReadonlyArray<Source>,
  messages: ReadonlyArray<string>
): Verification => {
  const problems: Array<Problem> = []
  const cited = new Map<number, Source>()
  for (const citation of answer.citations) {
    const source = sources.find((one) => one.source === citation.source)
    if (source === undefined) {
      problems.push({ kind: "unknown_source", detail: String(citation.source) })
      continue
    }
    cited.set(source.source, source)
    const { quote } = citation
    if (quote !== undefined && quote.trim() !== "" && !normalized(sourceText(source)).includes(normalized(quote))) {
      problems.push({ kind: "quote_not_in_source", detail: quote })
    }
  }
  if (cited.size === 0) {
    problems.push({ kind: "no_citation", detail: "" })
    return { grounded: false, support: 0, problems }
  }

  const evidence = [...cited.values()].map(sourceText).join("\n")
  const known = `${evidence}\n${messages.join("\n")}`

  const links = new Set(linksOf(known))
  const withoutLinks = answer.text.replace(linkPattern, " ")
  for (const link of linksOf(answer.text)) {
    if (!links.has(link)) problems.push({ kind: "link_not_in_source", detail: link })
  }

  const numbers = new Set(numbersOf(known).map(numberValue))
  const prose = withoutLinks.replace(/(?:^|\n)[^\S\n]*\d{1,2}[.)]\s+/g, "\n")
  for (const number of numbersOf(prose)) {
    const value = numberValue(number)
    // 17:00 may be told as 5 pm.
    const afternoon = String(Number(value) + 12)
    if (numbers.has(value) || (Number(value) >= 1 && Number(value) <= 11 && numbers.has(afternoon))) continue
    problems.push({ kind: "number_not_in_source", detail: number })
  }

  const language = Language.detect(answer.text)
  const sourceLanguages = new Set(
    [...cited.values()].map((source) => Language.fromTag(source.language) ?? Language.detect(source.text))
  )
  const comparable = [...sourceLanguages].some((one) => one === undefined || language === undefined || one === language)
  if (!comparable) {
    for (const citation of answer.citations) {
      if (citation.quote === undefined || citation.quote.trim() === "") {
        problems.push({ kind: "quote_missing", detail: String(citation.source) })
      }
    }
    return { grounded: problems.length === 0, support: 1, problems }
  }

  const compared = language ?? [...sourceLanguages][0]
  const index = TextAnalysis.index(evidence, compared)
  let total = 0
  let found = 0
  for (const sentence of TextAnalysis.sentences(prose)) {
    // What the customer said may be said back to them.
    const terms = TextAnalysis.terms(sentence, compared)
    let value = 0
    let supported = 0
    for (const term of terms) {
      value += term.weight
      supported += term.weight * (TextAnalysis.containment(term, compared, index) > 0 ? 1 : 0)
    }
    total += value
    found += supported
    const strong = terms.filter((term) => term.weight === 1).length
    if (strong >= 2 && supported / value < sentenceSupport) {
      problems.push({ kind: "unsupported_sentence", detail: sentence })
    }
  }
  const support = total === 0 ? 1 : found / total
  if (support < answerSupport && !problems.some((problem) => problem.kind === "unsupported_sentence")) {
    problems.push({ kind: "unsupported_sentence", detail: answer.text })
  }
  return { grounded: problems.length === 0, support, problems }
}
