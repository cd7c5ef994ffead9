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
export const details = MessageCatalogue.define("channels-waha-problem-details", {
  noWahaAccount: {
    en: "This account is not connected through WAHA.",
    id: "Akun ini tidak tersambung lewat WAHA.",
    es: "Esta cuenta no está conectada a través de WAHA.",
    pt: "Esta conta não está conectada pelo WAHA."
  }
}, { use: "problem-details" })
