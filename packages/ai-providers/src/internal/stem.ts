/**
 * Stemmers over folded words (lower case, no diacritics): Porter's for English, affix stripping for Indonesian, light
 * ones for Spanish and Portuguese. A stem need not be a word; the same word family must give the same stem.
 */
import type { Language } from "../Language.ts"

const isConsonant = (word: string, index: number): boolean => {
  const letter = word[index]
  switch (letter) {
    case "a":
    case "e":
    case "i":
    case "o":
    case "u":
      return false
    case "y":
      return index === 0 ? true : !isConsonant(word, index - 1)
    default:
      return true
  }
}

const measure = (stem: string): number => {
  let count = 0
  let previousVowel = false
  for (let i = 0; i < stem.length; i++) {
    const consonant = isConsonant(stem, i)
    if (consonant && previousVowel) count++
    previousVowel = !consonant
  }
  return count
}

const hasVowel = (stem: string): boolean => {
  for (let i = 0; i < stem.length; i++) if (!isConsonant(stem, i)) return true
  return false
}

const endsDouble = (word: string): boolean =>
  word.length > 1 && word[word.length - 1] === word[word.length - 2] && isConsonant(word, word.length - 1)

const endsShort = (word: string): boolean => {
  const last = word.length - 1
  return last >= 2 && isConsonant(word, last) && !isConsonant(word, last - 1) && isConsonant(word, last - 2) &&
    !/[wxy]$/.test(word)
}

const step2: ReadonlyArray<readonly [string, string]> = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["abli", "able"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"]
]
const step3: ReadonlyArray<readonly [string, string]> = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""]
]
const step4: ReadonlyArray<string> = [
  "ement",
  "ance",
  "ence",
  "able",
  "ible",
  "ment",
  "ant",
  "ent",
  "ism",
  "ate",
  "iti",
  "ous",
  "ive",
  "ize",
  "al",
  "er",
  "ic",
  "ou"
]

const replace = (word: string, rules: ReadonlyArray<readonly [string, string]>): string => {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue
    const stem = word.slice(0, -suffix.length)
    return measure(stem) > 0 ? stem + replacement : word
  }
  return word
}

const english = (input: string): string => {
  let word = input
  if (word.length <= 2) return word
  if (word.endsWith("sses")) word = word.slice(0, -2)
  else if (word.endsWith("ies")) word = word.slice(0, -2)
  else if (word.endsWith("s") && !word.endsWith("ss") && !word.endsWith("us")) word = word.slice(0, -1)

  if (word.endsWith("eed")) {
    if (measure(word.slice(0, -3)) > 0) word = word.slice(0, -1)
  } else {
    const suffix = word.endsWith("ed") ? 2 : word.endsWith("ing") ? 3 : 0
    if (suffix > 0 && hasVowel(word.slice(0, -suffix))) {
      word = word.slice(0, -suffix)
      if (/(at|bl|iz)$/.test(word)) word += "e"
      else if (endsDouble(word) && !/[lsz]$/.test(word)) word = word.slice(0, -1)
      else if (measure(word) === 1 && endsShort(word)) word += "e"
    }
  }
  if (word.endsWith("y") && word.length > 3 && isConsonant(word, word.length - 2)) word = word.slice(0, -1) + "i"
  word = replace(word, step2)
  word = replace(word, step3)
  for (const suffix of step4) {
    if (!word.endsWith(suffix)) continue
    const stem = word.slice(0, -suffix.length)
    if (measure(stem) > 1) word = stem
    break
  }
  if (/[st]ion$/.test(word) && measure(word.slice(0, -3)) > 1) word = word.slice(0, -3)
  if (word.endsWith("e")) {
    const stem = word.slice(0, -1)
    if (measure(stem) > 1 || (measure(stem) === 1 && !endsShort(stem))) word = stem
  }
  if (endsDouble(word) && word.endsWith("l") && measure(word.slice(0, -1)) > 1) word = word.slice(0, -1)
  return word
}

const stripPrefix = (word: string): string => {
  const rules: ReadonlyArray<readonly [RegExp, string]> = [
    [/^(?:memper|diper|teper)(?=\w{4})/, ""],
    [/^meng(?=[aiueoghk]\w{2})/, ""],
    [/^meny(?=[aiueo]\w{2})/, "s"],
    [/^mem(?=[bf]\w{3})/, ""],
    [/^mem(?=[aiueo]\w{3})/, "p"],
    [/^men(?=[cdjz]\w{2})/, ""],
    [/^men(?=[aiueo]\w{3})/, "t"],
    [/^me(?=[lrwyn]\w{3})/, ""],
    [/^peng(?=[aiueoghk]\w{2})/, ""],
    [/^peny(?=[aiueo]\w{2})/, "s"],
    [/^pem(?=[bf]\w{3})/, ""],
    [/^pem(?=[aiueo]\w{3})/, "p"],
    [/^pen(?=[cdjz]\w{2})/, ""],
    [/^pen(?=[aiueo]\w{3})/, "t"],
    [/^pe(?=[lrwy]\w{3})/, ""],
    [/^ber(?=\w{4})/, ""],
    [/^ter(?=\w{4})/, ""],
    [/^di(?=\w{4})/, ""],
    [/^se(?=[bdfghjklmnprst]\w{4})/, ""],
    [/^ke(?=\w{5})/, ""]
  ]
  for (const [pattern, replacement] of rules) {
    if (pattern.test(word)) return word.replace(pattern, replacement)
  }
  return word
}

const indonesian = (input: string): string => {
  let word = input
  if (word.length <= 4) return word
  const trimmed = word.replace(/(?:lah|kah|tah|pun)$/, "")
  if (trimmed.length >= 4) word = trimmed
  const owned = word.replace(/(?:nya|ku|mu)$/, "")
  if (owned.length >= 4) word = owned
  const bare = word.replace(/(?:kan|an)$/, "")
  if (bare.length >= 4) word = bare
  else if (word.endsWith("i") && word.length >= 6) word = word.slice(0, -1)
  return stripPrefix(word)
}

const spanish = (input: string): string => {
  let word = input
  if (word.length <= 3) return word
  word = word.replace(
    /(?:me|te|se|lo|la|los|las|le|les|nos)$/,
    (suffix, at: number) => /(?:ar|er|ir|ando|iendo)$/.test(word.slice(0, at)) ? "" : suffix
  )
  if (word.endsWith("ciones")) word = word.slice(0, -2)
  if (/[^aeiou]es$/.test(word) && word.length > 4) word = word.slice(0, -2)
  else if (word.endsWith("s") && word.length > 3) word = word.slice(0, -1)
  word = word.replace(
    /(?:acion|amiento|imiento|adora|ador|ando|iendo|aron|ieron|aba|ada|ado|ida|ido|amos|emos|imos)$/,
    (suffix, at: number) => at >= 3 ? "" : suffix
  )
  if (word.length > 4) word = word.replace(/(?:ar|er|ir|an|en)$/, "")
  if (word.length > 3) word = word.replace(/[aeo]$/, "")
  return word
}

const portuguese = (input: string): string => {
  let word = input
  if (word.length <= 3) return word
  word = word.replace(
    /-?(?:me|se|lhe|lhes|nos)$/,
    (suffix, at: number) => /(?:ar|er|ir)$/.test(word.slice(0, at)) ? "" : suffix
  )
  word = word.replace(/(?:coes|cao)$/, "c")
  if (/oes$|aes$/.test(word)) word = word.slice(0, -3) + "ao"
  else if (/[rz]es$/.test(word) && word.length > 4) word = word.slice(0, -2)
  else if (word.endsWith("s") && word.length > 3) word = word.slice(0, -1)
  word = word.replace(
    /(?:amento|imento|adora|ador|ando|endo|indo|aram|eram|ava|ada|ado|ida|ido|amos|emos|imos|ac)$/,
    (suffix, at: number) => at >= 3 ? "" : suffix
  )
  if (word.length > 4) word = word.replace(/(?:ar|er|ir|am|em)$/, "")
  if (word.length > 3) word = word.replace(/[aeo]$/, "")
  return word
}

const identity = (word: string): string => word

export const stemmers: Record<Language, (word: string) => string> = {
  en: english,
  id: indonesian,
  es: spanish,
  pt: portuguese
}

export const stemmer = (language: Language | undefined): (word: string) => string =>
  language === undefined ? identity : stemmers[language]
