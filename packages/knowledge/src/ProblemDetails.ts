/**
 * What problems of this package say in each language. They are told by their English words, and so a sentence here has
 * to be the one that is written where the problem arises.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"

/**
 * @category texts
 * @since 0.1.0
 */
export const details = MessageCatalogue.define("knowledge-problem-details", {
  keyTaken: {
    en: "There is an item with the key \"{key}\" already.",
    id: "Sudah ada butir dengan kunci \"{key}\".",
    es: "Ya hay un artículo con la clave \"{key}\".",
    pt: "Já há um item com a chave \"{key}\"."
  }
}, { use: "problem-details" })
