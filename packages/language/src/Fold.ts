/**
 * Words in the form in which they are compared.
 *
 * @since 0.1.0
 */
const ascii = /^\p{ASCII}*$/u

// Accents of Latin, Greek and Cyrillic, Arabic vowel signs and tatweel, Hebrew points. Other scripts' marks are
// letters to their readers.
// oxlint-disable-next-line no-misleading-character-class -- each mark stands for itself here
const accents = /[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]+/g

/**
 * Lower case, without accents, in one form of every character.
 *
 * @category conversions
 * @since 0.1.0
 * @example
 * fold("Où EST l'Été?") // => "ou est l'ete?"
 */
export const fold = (text: string): string =>
  ascii.test(text) ? text.toLowerCase() : text.normalize("NFKD").replace(accents, "").toLowerCase().normalize("NFC")
