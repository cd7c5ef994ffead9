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
export const details = MessageCatalogue.define("contacts-problem-details", {
  foundOrder: {
    en: "What is found has an order of its own.",
    id: "Yang ditemukan punya urutannya sendiri.",
    es: "Lo encontrado tiene su propio orden.",
    pt: "O que é encontrado tem a sua própria ordem."
  },
  oneContact: {
    en: "These are one contact already.",
    id: "Ini sudah satu kontak.",
    es: "Ya son un mismo contacto.",
    pt: "Já são um mesmo contato."
  },
  mergeUndone: {
    en: "This merge was undone already.",
    id: "Penggabungan ini sudah dibatalkan.",
    es: "Esta fusión ya se deshizo.",
    pt: "Esta fusão já foi desfeita."
  },
  mergedDifferently: {
    en: "The contacts were merged differently since.",
    id: "Sejak itu kontak digabung secara lain.",
    es: "Desde entonces los contactos se fusionaron de otro modo.",
    pt: "Desde então os contatos foram unidos de outra forma."
  }
}, { use: "problem-details" })
