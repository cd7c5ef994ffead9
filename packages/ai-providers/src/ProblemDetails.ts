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
export const details = MessageCatalogue.define("ai-providers-problem-details", {
  settingsInvalid: {
    en: "These settings are not valid.",
    id: "Pengaturan ini tidak sah.",
    es: "Estos ajustes no son válidos.",
    pt: "Estas configurações não são válidas."
  },
  modelNotUsable: {
    en: "This language model is not usable now.",
    id: "Model bahasa ini sedang tidak dapat dipakai.",
    es: "Este modelo de lenguaje no se puede usar ahora.",
    pt: "Este modelo de linguagem não pode ser usado agora."
  },
  noSuchKind: {
    en: "There is no kind \"{kind}\". Known: {known}.",
    id: "Tidak ada jenis \"{kind}\". Yang ada: {known}.",
    es: "No existe el tipo \"{kind}\". Se conocen: {known}.",
    pt: "Não existe o tipo \"{kind}\". Conhecidos: {known}."
  },
  needsSecret: {
    en: "{provider} needs a secret.",
    id: "{provider} memerlukan rahasia.",
    es: "{provider} necesita un secreto.",
    pt: "{provider} precisa de um segredo."
  }
}, { use: "problem-details" })
