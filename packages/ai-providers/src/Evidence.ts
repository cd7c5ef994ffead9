/**
 * Lexical evidence: how well each source covers what a question asks, and which of its sentences answer it.
 *
 * @since 0.1.0
 */
import type * as Language from "./Language.ts"
import * as TextAnalysis from "./TextAnalysis.ts"

/**
 * What evidence is looked for in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Passage {
  readonly title: string
  /** The passage, or the answer of a question/answer pair. */
  readonly text: string
  /** The question of a pair with its variations; empty for articles. */
  readonly questions: ReadonlyArray<string>
  /** Headings it stands under and tags: what else says what it is about. */
  readonly keywords?: ReadonlyArray<string> | undefined
  readonly language: Language.Language | undefined
}

/**
 * A passage as evidence for one question.
 *
 * @category models
 * @since 0.1.0
 */
export interface Evidence<P extends Passage> {
  readonly passage: P
  /** 0 to 1: whether the passage answers the question. */
  readonly score: number
  /** The part of the question's meaning, 0 to 1, that the passage names at all. */
  readonly coverage: number
  /** Strong terms of the question that the passage names, and those that it does not. */
  readonly matched: ReadonlyArray<string>
  readonly missing: ReadonlyArray<string>
}

interface WeightedTerm extends TextAnalysis.Term {
  readonly value: number
}

const cover = (
  terms: ReadonlyArray<WeightedTerm>,
  language: Language.Language | undefined,
  text: TextAnalysis.IndexedText,
  extraWeight = 0,
  extraFound = 0
): number => {
  let total = extraWeight
  let found = extraWeight * extraFound
  for (const term of terms) {
    total += term.value
    found += term.value * TextAnalysis.containment(term, language, text)
  }
  return total === 0 ? 0 : found / total
}

const rarityFloor = 0.2

const harmonic = (a: number, b: number): number => a + b === 0 ? 0 : (2 * a * b) / (a + b)

const unweighted = (terms: ReadonlyArray<TextAnalysis.Term>): ReadonlyArray<WeightedTerm> =>
  terms.map((term) => ({ ...term, value: term.weight }))

interface Prepared<P extends Passage> {
  readonly passage: P
  readonly all: TextAnalysis.IndexedText
  readonly heading: TextAnalysis.IndexedText
  readonly headings: ReadonlyArray<ReadonlyArray<TextAnalysis.Term>>
  readonly headingKinds: ReadonlySet<TextAnalysis.QuestionKind>
  readonly questions: ReadonlyArray<{
    readonly index: TextAnalysis.IndexedText
    readonly terms: ReadonlyArray<TextAnalysis.Term>
    readonly kinds: ReadonlySet<TextAnalysis.QuestionKind>
  }>
}

const prepare = <P extends Passage>(passage: P): Prepared<P> => {
  const { language } = passage
  const headings = [passage.title, ...passage.keywords ?? []]
  return {
    passage,
    all: TextAnalysis.index([...headings, ...passage.questions, passage.text].join("\n"), language),
    heading: TextAnalysis.index([...headings, ...passage.questions].join("\n"), language),
    headings: headings.map((heading) => TextAnalysis.terms(heading, language)).filter((terms) => terms.length > 0),
    headingKinds: new Set(headings.flatMap((heading) => [...TextAnalysis.questionKinds(heading)])),
    questions: passage.questions.map((question) => ({
      index: TextAnalysis.index(`${question} ${passage.title}`, language),
      terms: TextAnalysis.terms(question, language),
      kinds: TextAnalysis.questionKinds(question)
    }))
  }
}

/** Rare words weigh most, words in no passage as much as the rarest; what every passage says tells nothing apart. */
const weigh = <P extends Passage>(
  terms: ReadonlyArray<TextAnalysis.Term>,
  language: Language.Language | undefined,
  passages: ReadonlyArray<Prepared<P>>
): ReadonlyArray<WeightedTerm> => {
  const size = passages.length
  if (size < 3) return unweighted(terms)
  return terms.map((term) => {
    const holders = passages.filter((one) => TextAnalysis.containment(term, language, one.all) > 0).length
    const rarity = Math.log(1 + size / (holders + 0.5)) / Math.log(1 + size / 0.5)
    return { ...term, value: term.weight * (rarityFloor + (1 - rarityFloor) * rarity) }
  })
}

const kindWeight = (kinds: ReadonlySet<TextAnalysis.QuestionKind>): number =>
  kinds.size === 0 ? 0 : kinds.size === 1 && kinds.has("manner") ? 0.15 : 0.4

const overlap = (one: ReadonlySet<TextAnalysis.QuestionKind>, other: ReadonlySet<TextAnalysis.QuestionKind>): 0 | 1 =>
  [...one].some((kind) => other.has(kind)) ? 1 : 0

interface Asked {
  readonly terms: ReadonlyArray<WeightedTerm>
  readonly language: Language.Language | undefined
  readonly index: TextAnalysis.IndexedText
  readonly kinds: ReadonlySet<TextAnalysis.QuestionKind>
}

const scorePair = <P extends Passage>(
  asked: Asked,
  prepared: Prepared<P>,
  passages: ReadonlyArray<Prepared<P>>,
  coverage: number
): number => {
  const { language } = prepared.passage
  let best = 0
  for (const question of prepared.questions) {
    const sameKind = overlap(asked.kinds, question.kinds)
    const forth = cover(asked.terms, asked.language, question.index, kindWeight(asked.kinds), sameKind)
    const back = cover(
      weigh(question.terms, language, passages),
      language,
      asked.index,
      kindWeight(question.kinds),
      sameKind
    )
    best = Math.max(best, harmonic(forth, back), 0.6 * forth + 0.4 * coverage * back)
  }
  return best
}

/** 0 to 1: whether title, headings and tags are about what is asked, and about little else; 1 without any. */
const scoreHeadings = <P extends Passage>(
  asked: Asked,
  prepared: Prepared<P>,
  passages: ReadonlyArray<Prepared<P>>
): number => {
  if (prepared.headings.length === 0) return 1
  const { language } = prepared.passage
  const sameKind = overlap(asked.kinds, prepared.headingKinds)
  const forth = cover(asked.terms, asked.language, prepared.heading, kindWeight(asked.kinds), sameKind)
  const back = Math.max(
    ...prepared.headings.map((terms) => cover(weigh(terms, language, passages), language, asked.index))
  )
  return harmonic(forth, back)
}

const scoreText = <P extends Passage>(
  asked: Asked,
  prepared: Prepared<P>,
  passages: ReadonlyArray<Prepared<P>>,
  coverage: number,
  matched: number
): number => {
  const { passage } = prepared
  const article = passage.questions.length === 0
  const heading = [passage.title, ...passage.keywords ?? [], ...passage.questions].join("\n")
  const parts = TextAnalysis.sentences(passage.text)
  const extra = kindWeight(asked.kinds)
  let best = 0
  let told = 0
  for (let at = 0; at < parts.length; at++) {
    const near = parts.slice(Math.max(0, at - 1), at + 2).join("\n")
    const seen = [...asked.kinds].flatMap((kind) => TextAnalysis.tells(kind, near) ?? [])
    const tells = seen.length === 0 ? undefined : seen.includes(true)
    const found = cover(asked.terms, asked.language, TextAnalysis.index(`${heading}\n${near}`, passage.language))
    // Where a kind of answer is asked for that can be seen (a price, a time), a place that has one is the better.
    const score = tells === undefined ? found : (found + extra * (tells ? 1 : 0)) / (1 + extra)
    if (score > best) {
      best = score
      told = tells === true ? 1 : 0
    }
  }
  const inHeading = cover(asked.terms, asked.language, prepared.heading)
  if (!article) {
    const score = 0.9 * (0.55 * best + 0.05 * coverage + 0.4 * inHeading)
    return matched >= 2 ? score : Math.min(score, 0.5)
  }
  const about = scoreHeadings(asked, prepared, passages)
  const score = (0.8 * best + 0.05 * coverage + 0.1 * inHeading) * (0.7 + 0.3 * about)
  // One word in running text may mean anything; several together, or one that the headings are about, say what it means.
  return matched + told >= 2 || (prepared.headings.length > 0 && about >= 0.6) ? score : Math.min(score, 0.5)
}

/**
 * The evidence that each passage gives for a question, the best first; equal ones keep their order. A question of
 * function words alone finds none.
 *
 * @category scoring
 * @since 0.1.0
 */
export const rank = <P extends Passage>(
  question: string,
  language: Language.Language | undefined,
  passages: ReadonlyArray<P>
): ReadonlyArray<Evidence<P>> => {
  const raw = TextAnalysis.terms(question, language)
  if (raw.length === 0) return []
  const prepared = passages.map(prepare)
  const terms = weigh(raw, language, prepared)
  const kinds = TextAnalysis.questionKinds(question)
  const asked: Asked = { terms, language, index: TextAnalysis.indexQuestion(question, language, kinds), kinds }
  return prepared.map((one): Evidence<P> => {
    const coverage = cover(terms, language, one.all)
    const strong = terms.filter((term) => term.weight === 1)
    const matched = strong.filter((term) => TextAnalysis.containment(term, language, one.all) > 0)
    const score = Math.max(
      scorePair(asked, one, prepared, coverage),
      scoreText(asked, one, prepared, coverage, matched.length)
    )
    return {
      passage: one.passage,
      // Words that any question may contain are not enough to answer it.
      score: matched.length === 0 ? Math.min(score, 0.3) : Math.min(1, score),
      coverage,
      matched: matched.map((term) => term.surface),
      missing: strong.filter((term) => !matched.includes(term)).map((term) => term.surface)
    }
  }).sort((a, b) => b.score - a.score)
}

/**
 * The sentences of a passage that answer the question, as they are written: all of a text up to `maxLength`
 * characters, else the best run of neighbours that fits.
 *
 * @category extraction
 * @since 0.1.0
 */
export const extract = (
  question: string,
  language: Language.Language | undefined,
  passage: Passage,
  maxLength = 600
): string => {
  const whole = passage.text.trim()
  if (whole.length <= maxLength) return whole
  const parts = TextAnalysis.sentences(whole)
  const terms = unweighted(TextAnalysis.terms(question, language))
  const scores = parts.map((part) => cover(terms, language, TextAnalysis.index(part, passage.language)))
  let best = { from: 0, to: 1, score: -1 }
  for (let from = 0; from < parts.length; from++) {
    let length = 0
    let score = 0
    for (let to = from + 1; to <= parts.length && to <= from + 4; to++) {
      length += (parts[to - 1]?.length ?? 0) + 1
      if (length > maxLength && to > from + 1) break
      score += scores[to - 1] ?? 0
      // A short run that says as much as a long one is the better answer.
      const density = score - 0.08 * (to - from)
      if (density > best.score + 1e-9) best = { from, to, score: density }
    }
  }
  return parts.slice(best.from, best.to).join(" ")
}
