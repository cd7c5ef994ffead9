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
export const details = MessageCatalogue.define("bots-problem-details", {
  accountsTaken: {
    en: "Another bot answers on one of these accounts, or on all others, already.",
    id: "Bot lain sudah menjawab di salah satu akun ini, atau di semua akun lainnya.",
    es: "Otro bot ya responde en una de estas cuentas, o en todas las demás.",
    pt: "Outro bot já responde em uma destas contas, ou em todas as demais."
  },
  burstTooShort: {
    en: "It must not be shorter than burstWindow.",
    id: "Tidak boleh lebih pendek dari burstWindow.",
    es: "No debe ser más corto que burstWindow.",
    pt: "Não deve ser menor que burstWindow."
  },
  noBot: {
    en: "This organization has no bot.",
    id: "Organisasi ini tidak memiliki bot.",
    es: "Esta organización no tiene ningún bot.",
    pt: "Esta organização não tem nenhum bot."
  },
  noAccount: {
    en: "There is no channel account \"{id}\" in this organization.",
    id: "Tidak ada akun kanal \"{id}\" di organisasi ini.",
    es: "No hay una cuenta de canal \"{id}\" en esta organización.",
    pt: "Não há conta de canal \"{id}\" nesta organização."
  },
  noModel: {
    en: "There is no language model \"{id}\" in this organization.",
    id: "Tidak ada model bahasa \"{id}\" di organisasi ini.",
    es: "No hay un modelo de lenguaje \"{id}\" en esta organización.",
    pt: "Não há modelo de linguagem \"{id}\" nesta organização."
  },
  modelFailed: {
    en: "The language model failed: {reason}",
    id: "Model bahasa gagal: {reason}",
    es: "El modelo de lenguaje falló: {reason}",
    pt: "O modelo de linguagem falhou: {reason}"
  }
}, { use: "problem-details" })
