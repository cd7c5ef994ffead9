/**
 * How the built-in model reads text: words, the terms that carry a question's meaning, sentences.
 *
 * @since 0.1.0
 */
import { stem as stemOf } from "@wicara/language/Stem"
import { stopWords } from "@wicara/language/StopWords"
import { concepts, lightWords } from "./internal/words.ts"
import { fold } from "./Language.ts"
import * as Language from "./Language.ts"

/**
 * A term of a text: a word that says what the text is about.
 *
 * @category models
 * @since 0.1.0
 */
export interface Term {
  /** The folded word as it was written. */
  readonly surface: string
  readonly stem: string
  /** 1, or less for words that turn up in questions about anything. */
  readonly weight: number
  /** Number of the concepts of customer service that the word may stand for. */
  readonly concepts: ReadonlyArray<number>
}

/** The weight of a word that is weak evidence. @category constants @since 0.1.0 */
export const lightWeight = 0.35

interface Lexicon {
  readonly functionWords: ReadonlySet<string>
  readonly lightStems: ReadonlySet<string>
  readonly concepts: ReadonlyMap<string, ReadonlyArray<number>>
}

const stemmer = (language: Language.Language | undefined) => (word: string): string =>
  language === undefined ? word : stemOf(language, word)

const makeLexicon = (language: Language.Language): Lexicon => {
  const stem = stemmer(language)
  const byStem = new Map<string, Array<number>>()
  concepts.forEach((concept, index) => {
    for (const word of concept[language]) {
      const key = stem(fold(word))
      const known = byStem.get(key)
      if (known === undefined) byStem.set(key, [index])
      else known.push(index)
    }
  })
  const { filler, grammar } = stopWords(language)
  return {
    functionWords: new Set([...grammar, ...filler]),
    lightStems: new Set(lightWords[language].map((word) => stem(fold(word)))),
    concepts: byStem
  }
}

const lexicons = new Map<Language.Language, Lexicon>()
const lexicon = (language: Language.Language): Lexicon => {
  const known = lexicons.get(language)
  if (known !== undefined) return known
  const made = makeLexicon(language)
  lexicons.set(language, made)
  return made
}

const wordPattern = /\d+(?:[.,]\d+)*(?:[a-z](?![\p{L}\p{N}]))?|\p{L}[\p{L}]*|\p{N}+/gu

const plainNumber = (word: string): string => {
  if (!/^\d/.test(word)) return word
  if (/^\d{1,3}(?:[.,]\d{3})+$/.test(word)) return word.replace(/[.,]/g, "")
  const grouped = /^(\d{1,3}(?:[.,]\d{3})+)[.,](\d{1,2})$/.exec(word)
  const decimal = grouped === null ? word.replace(",", ".") : `${grouped[1]?.replace(/[.,]/g, "")}.${grouped[2]}`
  return decimal.includes(".") && /^\d+\.\d+$/.test(decimal) ? decimal.replace(/\.?0+$/, "") : decimal
}

/**
 * The folded words of a text, in order. `Wi-Fi` is `wifi`, `50Mbps` is `50 mbps`, `1.500.000` and `1,500,000` are
 * `1500000`.
 *
 * @category analysis
 * @since 0.1.0
 */
export const words = (text: string): ReadonlyArray<string> => {
  const joined = fold(text)
    .replace(/'s\b/g, "")
    .replace(/'/g, "")
    .replace(/\b(\p{L}{1,3})-(?=\p{L}{2,})/gu, "$1")
    // It starts at the beginning of a word only: from every letter of a long one it would take the square of its length.
    .replace(/(?<!\p{L})(\p{L}{3,})-(?=(?:in|up|on|out)\b)/gu, "$1")
  return (joined.match(wordPattern) ?? []).map(plainNumber)
}

/**
 * Whether a word carries only grammar or politeness in that language; in any of them when the language is unknown.
 *
 * @category analysis
 * @since 0.1.0
 */
export const isFunctionWord = (word: string, language: Language.Language | undefined): boolean =>
  language === undefined
    ? Language.Language.literals.some((one) => lexicon(one).functionWords.has(word))
    : lexicon(language).functionWords.has(word)

/**
 * The distinct terms of a text, in order. A text of nothing but function words has none.
 *
 * @category analysis
 * @since 0.1.0
 */
export const terms = (text: string, language: Language.Language | undefined): ReadonlyArray<Term> => {
  const stem = stemmer(language)
  const known = language === undefined ? undefined : lexicon(language)
  const found = new Map<string, Term>()
  // "No internet" and "it does not work" say that something is broken, with words that carry no meaning alone.
  const broken = language !== undefined && lacking[language].test(fold(text))
  for (const surface of words(text)) {
    if (isFunctionWord(surface, language)) continue
    if (surface.length === 1 && !/\d/.test(surface)) continue
    const key = stem(surface)
    if (found.has(key)) continue
    found.set(key, {
      surface,
      stem: key,
      weight: known?.lightStems.has(key) === true ? lightWeight : 1,
      concepts: known?.concepts.get(key) ?? []
    })
  }
  const all = [...found.values()]
  return broken && all.length > 0 && !all.some((term) => term.concepts.includes(brokenConcept))
    ? [...all, { surface: "~broken", stem: "~broken", weight: 0.5, concepts: [brokenConcept] }]
    : all
}

const brokenConcept = concepts.findIndex((concept) => concept.en.includes("broken"))

const lacking: Readonly<Record<Language.Language, RegExp>> = {
  en:
    /\b(?:no|without) (?:internet|connection|signal|wi-?fi|network|service|tv|power|sound|picture)\b|\b(?:not|isn'?t|doesn'?t|does not|won'?t|stopped|can'?t|cannot) (?:be )?(?:work|working|connect|connecting|turn on|start|load|loading)\b/,
  id:
    /\b(?:tidak|tak|ga|gak|nggak|ngga) (?:ada|bisa|nyala|jalan|konek|nyambung|terhubung|berfungsi) ?(?:internet|koneksi|sinyal|wi-?fi|jaringan)?\b/,
  es:
    /\b(?:no hay|sin|no tengo) (?:internet|conexion|senal|wi-?fi|red|servicio)\b|\bno (?:funciona|conecta|anda|enciende)\b/,
  pt: /\b(?:sem|nao tem|nao tenho) (?:internet|conexao|sinal|wi-?fi|rede|servico)\b|\bnao (?:funciona|conecta|liga)\b/
}

/**
 * The sentences of a text, in order, as they are written; each line ends one. Numbers with points and common
 * abbreviations don't.
 *
 * @category analysis
 * @since 0.1.0
 */
export const sentences = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const line of text.split(/\n+/)) {
    let start = 0
    for (const match of line.matchAll(/(?<![.!?…])[.!?…]+["'”’)\]]*\s+(?=[\p{Lu}\p{N}¿¡"'“‘([*-])/gu)) {
      const end = match.index + match[0].length
      const before = line.slice(start, end)
      if (
        /(?:^|\s)(?:mr|mrs|ms|dr|sr|sra|st|no|nr|jl|rp|e\.g|i\.e|etc|approx|min|max|tel|hal|dll|dsb|ej|p\.ej)\.\s+$/i
          .test(before)
      ) continue
      found.push(before)
      start = end
    }
    found.push(line.slice(start))
  }
  return found.map((sentence) => sentence.trim()).filter((sentence) => sentence !== "")
}

const distanceAtMostOne = (a: string, b: string, substitution: boolean): boolean => {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (long.length - short.length > 1) return false
  let at = 0
  while (at < short.length && short[at] === long[at]) at++
  if (long.length > short.length) return short.slice(at) === long.slice(at + 1)
  if (at === short.length) return true
  if (short[at] === long[at + 1] && short[at + 1] === long[at]) return short.slice(at + 2) === long.slice(at + 2)
  return substitution && short.slice(at + 1) === long.slice(at + 1)
}

/**
 * Whether one word is likely the other with a slip of the finger: same first letter, one letter missing, doubled or
 * swapped (in long words also replaced).
 *
 * @category analysis
 * @since 0.1.0
 */
export const isTypo = (a: string, b: string): boolean =>
  a.length >= 5 && b.length >= 5 && a[0] === b[0] && !/\d/.test(a) && !/\d/.test(b) &&
  distanceAtMostOne(a, b, Math.min(a.length, b.length) >= 8)

/**
 * A text prepared for asking which terms it contains.
 *
 * @category models
 * @since 0.1.0
 */
export interface IndexedText {
  readonly language: Language.Language | undefined
  readonly surfaces: ReadonlySet<string>
  readonly stems: ReadonlySet<string>
  readonly concepts: ReadonlySet<number>
}

/**
 * @category analysis
 * @since 0.1.0
 */
export const index = (text: string, language: Language.Language | undefined): IndexedText => {
  const all = words(text)
  const stem = stemmer(language)
  const stems = new Set(all.map(stem))
  const byStem = language === undefined ? undefined : lexicon(language).concepts
  const found = new Set<number>()
  if (byStem !== undefined) { for (const key of stems) for (const concept of byStem.get(key) ?? []) found.add(concept) }
  return { language, surfaces: new Set(all), stems, concepts: found }
}

/**
 * How well a text contains a term, 0 to 1: the word itself 1, a synonym 0.75, a likely typing error 0.7. Across
 * languages only names, numbers and synonyms can match.
 *
 * @category analysis
 * @since 0.1.0
 */
export const containment = (term: Term, language: Language.Language | undefined, text: IndexedText): number => {
  if (text.surfaces.has(term.surface)) return 1
  if (language === text.language && text.stems.has(term.stem)) return 1
  if (term.concepts.some((concept) => text.concepts.has(concept))) return 0.75
  if (term.surface.length < 5) return 0
  for (const surface of text.surfaces) if (isTypo(term.surface, surface)) return 0.7
  return 0
}

/**
 * What kind of answer a question wants, where its words say so.
 *
 * @category models
 * @since 0.1.0
 */
export type QuestionKind = "place" | "time" | "duration" | "amount" | "count" | "reason" | "person" | "manner"

const kindPatterns: ReadonlyArray<readonly [QuestionKind, RegExp]> = [
  [
    "duration",
    /\b(?:how (?:long|often|soon|quickly|fast)|berapa (?:lama|hari|jam|menit)|cuanto (?:tiempo|tarda|dura|demora)|quanto tempo)\b/
  ],
  [
    "time",
    /\b(?:when|what time|(?:what|which) (?:date|day)|due date|tanggal berapa|que fecha|que dia|kapan|jam berapa|cuando|a que hora|quando|que horas)\b/
  ],
  ["place", /\b(?:where|di ?mana|ke ?mana|donde|adonde|onde|aonde)\b/],
  ["reason", /\b(?:why|how come|kenapa|mengapa|knp|por que)\b/],
  ["person", /\b(?:who|whose|whom|siapa|quien|quienes|quem)\b/],
  ["count", /\b(?:how many|berapa banyak|cuantos|cuantas|quantos|quantas)\b/],
  ["amount", /\b(?:how much|what (?:does|do|did) .{1,40} cost|berapa|brp|cuanto|cuanta|quanto|quanta)\b/],
  ["manner", /\b(?:how|bagaimana|gimana|gmn|cara|caranya|como)\b/]
]

/**
 * The kinds of answer that a question asks for; none when no question word tells. A question word counts once, for the
 * most telling reading of it: "how long" is no "how".
 *
 * @category analysis
 * @since 0.1.0
 */
export const questionKinds = (text: string): ReadonlySet<QuestionKind> => {
  let rest = fold(text)
  const found = new Set<QuestionKind>()
  for (const [kind, pattern] of kindPatterns) {
    const left = rest.replace(pattern, " ")
    if (left === rest) continue
    found.add(kind)
    rest = left
  }
  return found
}

const units =
  "seconds?|minutes?|hours?|days?|weeks?|months?|years?|detik|menit|jam|hari|minggu|bulan|tahun|segundos?|minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?|m[eê]s(?:es)?|a[nñ]os?|anos?"

// These are only tested: of a long number its last digit is enough.
const signs: Readonly<Partial<Record<QuestionKind, RegExp>>> = {
  duration: new RegExp(
    `\\d[.,]*(?:\\s*(?:to|-|–|sampai|a|hasta|até)\\s*\\d+)?\\s+(?:working |business |hari |días |dias )?(?:${units})\\b|\\bwithin (?:a|one|an) (?:${units})\\b`,
    "iu"
  ),
  time:
    /\b\d{1,2}[:.]\d{2}\b|\b\d{1,2}\s?(?:am|pm)\b|\b\d{1,2}(?:st|nd|rd|th)\b|\btanggal \d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:senin|selasa|rabu|kamis|jumat|sabtu|minggu|lunes|martes|miércoles|jueves|viernes|sábado|domingo|segunda|terça|quarta|quinta|sexta)\b/iu,
  amount:
    /(?:\brp\.?|\busd|\beur|\bidr|\bbrl|r\$|[$€£])\s?\d|\d[.,]*\s?(?:€|\$|usd|eur|rupiah|euros?|reais)|\b(?:free|gratis|grátis|costs? nothing|no charge)\b/iu
}

/**
 * Whether a text holds the kind of answer that is asked for, as far as that can be seen; `undefined` for kinds that
 * can't.
 *
 * @category analysis
 * @since 0.1.0
 */
export const tells = (kind: QuestionKind, text: string): boolean | undefined => signs[kind]?.test(text)

/**
 * Words of the language that mean the same as words of the text and are not in it, for a search that knows no synonyms.
 *
 * @category analysis
 * @since 0.1.0
 */
export const synonyms = (text: string, language: Language.Language | undefined): ReadonlyArray<string> => {
  if (language === undefined) return []
  const known = index(text, language)
  const found = new Set<string>()
  for (const term of terms(text, language)) {
    for (const concept of term.concepts) {
      for (const word of concepts[concept]?.[language] ?? []) {
        if (!known.stems.has(stemmer(language)(fold(word)))) found.add(word)
      }
    }
  }
  return [...found]
}

const priceConcept = concepts.findIndex((concept) => concept.en.includes("price"))

/**
 * A question prepared like a text; "how much" says price without naming it.
 *
 * @category analysis
 * @since 0.1.0
 */
export const indexQuestion = (
  question: string,
  language: Language.Language | undefined,
  kinds: ReadonlySet<QuestionKind>
): IndexedText => {
  const indexed = index(question, language)
  return kinds.has("amount") ? { ...indexed, concepts: new Set([...indexed.concepts, priceConcept]) } : indexed
}
