import * as Language from "../Language.ts"
import { stem } from "./stem.ts"
import { stopWords } from "./stopWords.ts"
import { tokenize } from "./tokenize.ts"

/** What the index needs of one chunk. `questions` are the title (or question) and its variations. */
export interface IndexedDocument {
  readonly language: string
  readonly questions: ReadonlyArray<string>
  readonly heading: string
  readonly body: string
}

export interface Hit {
  /** The document's place among those the index was made of. */
  readonly document: number
  readonly score: number
  /** The share, 0 to 1, of what the question says (by how rare its words are) that the document speaks of. */
  readonly coverage: number
  readonly terms: ReadonlyArray<string>
}

export interface Bm25Index {
  readonly size: number
  readonly search: (
    query: string,
    options: { readonly language?: string | undefined; readonly limit: number }
  ) => ReadonlyArray<Hit>
}

// BM25F (Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009): the fields' term frequencies are summed,
// each by its weight and its own length normalization, before they saturate.
const saturation = 1.2
const fields = {
  question: { weight: 2.4, length: 0.6 },
  heading: { weight: 1.2, length: 0.3 },
  body: { weight: 0.5, length: 0.7 }
} as const
/** Two words that stand together as in the question, beside the words by themselves. */
const pairWeight = 0.35
/** Words that turn up in questions about anything ("please tell me about"). */
const fillerWeight = 0.5
/** What "what is" and "how do I" tell apart is little, but in short questions it is what there is. */
const grammarWeight = 0.6
/** What a document scores by grammar and courtesy alone, having no word that says what the question is about. */
const withoutContent = 0.75
/** Documents in another language than the question's come after those in its own. */
const otherLanguage = 0.55
/** A word that no document has is taken for one that is spelled alike. */
const fuzzyWeight = 0.7

interface Postings {
  readonly documents: Array<number>
  readonly frequencies: Array<number>
}

interface Partition {
  readonly language: string
  readonly count: number
  readonly postings: Map<string, Postings>
  readonly vocabulary: ReadonlyArray<string>
}

const pairOf = (one: string, other: string): string => `${one} ${other}`

interface Frequencies {
  readonly counts: ReadonlyMap<string, number>
  readonly length: number
}

const frequenciesOf = (language: string, text: string): Frequencies => {
  const counts = new Map<string, number>()
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1)
  let length = 0
  let before: string | undefined
  for (const token of tokenize(text)) {
    const term = stem(language, token)
    add(term)
    if (before !== undefined) add(pairOf(before, term))
    before = term
    length++
  }
  return { counts, length }
}

const average = (values: ReadonlyArray<number>): number =>
  values.length === 0 ? 1 : Math.max(1, values.reduce((sum, value) => sum + value, 0) / values.length)

interface Numbered {
  readonly index: number
  readonly document: IndexedDocument
}

const makePartition = (language: string, documents: ReadonlyArray<Numbered>): Partition => {
  const analyzed = documents.map(({ document, index }) => ({
    index,
    questions: document.questions.map((question) => frequenciesOf(language, question)),
    heading: frequenciesOf(language, document.heading),
    body: frequenciesOf(language, document.body)
  }))
  const averages = {
    question: average(analyzed.flatMap((one) => one.questions.map((question) => question.length))),
    heading: average(analyzed.map((one) => one.heading.length)),
    body: average(analyzed.map((one) => one.body.length))
  }
  const normalized = (field: keyof typeof fields, frequency: number, length: number) =>
    (fields[field].weight * frequency) / (1 - fields[field].length + (fields[field].length * length) / averages[field])
  const postings = new Map<string, Postings>()
  for (const one of analyzed) {
    const weights = new Map<string, number>()
    const add = (term: string, weight: number) => weights.set(term, (weights.get(term) ?? 0) + weight)
    // Of a question's variations the one that fits best counts: many variations make no question longer.
    const best = new Map<string, number>()
    for (const question of one.questions) {
      for (const [term, frequency] of question.counts) {
        best.set(term, Math.max(best.get(term) ?? 0, normalized("question", frequency, question.length)))
      }
    }
    for (const [term, weight] of best) add(term, weight)
    for (const [term, frequency] of one.heading.counts) add(term, normalized("heading", frequency, one.heading.length))
    for (const [term, frequency] of one.body.counts) add(term, normalized("body", frequency, one.body.length))
    for (const [term, weight] of weights) {
      const known = postings.get(term)
      if (known === undefined) postings.set(term, { documents: [one.index], frequencies: [weight] })
      else {
        known.documents.push(one.index)
        known.frequencies.push(weight)
      }
    }
  }
  return {
    language,
    count: documents.length,
    postings,
    vocabulary: [...postings.keys()].filter((term) => !term.includes(" ")).toSorted()
  }
}

const rarityOf = (count: number, documents: number): number =>
  Math.log(1 + (count - documents + 0.5) / (documents + 0.5))

/** Whether one edit (a letter changed, added, left out, or two swapped) leads from one word to the other. */
const isOneEdit = (one: string, other: string): boolean => {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one]
  if (long.length - short.length > 1) return false
  let at = 0
  while (at < short.length && short[at] === long[at]) at++
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1)
  return short.slice(at + 1) === long.slice(at + 1) ||
    (short[at] === long[at + 1] && short[at + 1] === long[at] && short.slice(at + 2) === long.slice(at + 2))
}

/** Terms spelled like a word that no document has: one edit away, or beginning with it. */
const similar = (partition: Partition, term: string): ReadonlyArray<string> => {
  if (term.length < 4 || /\d/.test(term)) return []
  const out: Array<string> = []
  for (const candidate of partition.vocabulary) {
    const near = term.length >= 5 && candidate[0] === term[0] && isOneEdit(term, candidate)
    if (near || (candidate.length - term.length <= 3 && candidate.startsWith(term))) out.push(candidate)
    if (out.length === 8) break
  }
  return out
}

interface QueryTerm {
  readonly term: string
  readonly weight: number
  /** Says what the question is about. */
  readonly informative: boolean
}

const queryTerms = (language: string, query: string): ReadonlyArray<QueryTerm> => {
  const { filler, grammar } = stopWords(language)
  const tokens = tokenize(query).slice(0, 200)
  const hasContent = tokens.some((token) => !grammar.has(token) && !filler.has(token))
  const terms = new Map<string, QueryTerm>()
  const add = (term: string, weight: number, informative: boolean) => {
    const known = terms.get(term)
    if (known === undefined || known.weight < weight) terms.set(term, { term, weight, informative })
  }
  let before: string | undefined
  for (const token of tokens) {
    const term = stem(language, token)
    const common = grammar.has(token) || filler.has(token)
    const weight = !hasContent ? 1 : grammar.has(token) ? grammarWeight : filler.has(token) ? fillerWeight : 1
    add(term, weight, !common || !hasContent)
    if (before !== undefined) add(pairOf(before, term), pairWeight * weight, false)
    before = term
  }
  return [...terms.values()]
}

interface Scored {
  score: number
  covered: number
  readonly terms: Array<string>
}

interface Found {
  readonly score: number
  readonly coverage: number
  readonly terms: ReadonlyArray<string>
}

const searchPartition = (partition: Partition, query: string): ReadonlyMap<number, Found> => {
  const scores = new Map<number, Scored>()
  const unknownRarity = rarityOf(partition.count, 0)
  let total = 0
  for (const { informative, term, weight } of queryTerms(partition.language, query)) {
    const exact = partition.postings.get(term)
    const matches = exact !== undefined || term.includes(" ")
      ? [{ postings: exact, factor: 1 }]
      : similar(partition, term).map((one) => ({ postings: partition.postings.get(one), factor: fuzzyWeight }))
    let rarest = 0
    const gains = new Map<number, number>()
    for (const { factor, postings } of matches) {
      if (postings === undefined) continue
      const rarity = rarityOf(partition.count, postings.documents.length)
      rarest = Math.max(rarest, rarity * factor)
      postings.documents.forEach((document, index) => {
        const frequency = postings.frequencies[index] ?? 0
        const gain = weight * factor * rarity * ((frequency * (saturation + 1)) / (frequency + saturation))
        if (gain > (gains.get(document) ?? 0)) gains.set(document, gain)
      })
    }
    if (informative) total += exact === undefined ? unknownRarity : rarest
    for (const [document, gain] of gains) {
      const scored = scores.get(document) ?? { score: 0, covered: 0, terms: [] }
      scored.score += gain
      if (informative) {
        scored.covered += rarest
        scored.terms.push(term)
      }
      scores.set(document, scored)
    }
  }
  return new Map(
    Array.from(scores, ([document, { covered, score, terms }]) =>
      [document, {
        score: covered > 0 ? score : score * withoutContent,
        coverage: total === 0 ? 0 : Math.min(1, covered / total),
        terms
      }] as const)
  )
}

/** An index of documents, each searched by the grammar of its own language. */
export const make = (documents: ReadonlyArray<IndexedDocument>): Bm25Index => {
  const byLanguage = new Map<string, Array<Numbered>>()
  documents.forEach((document, index) => {
    const group = byLanguage.get(document.language)
    if (group === undefined) byLanguage.set(document.language, [{ index, document }])
    else group.push({ index, document })
  })
  const partitions = Array.from(byLanguage, ([language, group]) => makePartition(language, group))
  return {
    size: documents.length,
    search: (query, { language, limit }) => {
      const asked = language ?? Language.detect(query)?.language
      const hits = partitions.flatMap((partition) => {
        const own = asked === undefined || partition.language === asked || partition.language === "und"
        return Array.from(searchPartition(partition, query), ([document, found]): Hit => ({
          document,
          score: found.score * (own ? 1 : otherLanguage),
          coverage: found.coverage,
          terms: found.terms
        }))
      })
      // Equal scores fall back on the documents' order, so that the same question ranks the same everywhere.
      return hits.toSorted((one, other) => other.score - one.score || one.document - other.document).slice(0, limit)
    }
  }
}
