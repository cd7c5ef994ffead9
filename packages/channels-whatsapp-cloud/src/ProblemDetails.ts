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
export const details = MessageCatalogue.define("channels-whatsapp-cloud-problem-details", {
  noCloudAccount: {
    en: "This account is not connected through the WhatsApp Cloud API.",
    id: "Akun ini tidak tersambung lewat WhatsApp Cloud API.",
    es: "Esta cuenta no está conectada a través de la WhatsApp Cloud API.",
    pt: "Esta conta não está conectada pela WhatsApp Cloud API."
  },
  noAnswer: {
    en: "WhatsApp does not answer now.",
    id: "WhatsApp sedang tidak menjawab.",
    es: "WhatsApp no responde ahora.",
    pt: "O WhatsApp não responde agora."
  },
  accountRefused: {
    en: "WhatsApp refuses this account: {reason}",
    id: "WhatsApp menolak akun ini: {reason}",
    es: "WhatsApp rechaza esta cuenta: {reason}",
    pt: "O WhatsApp recusa esta conta: {reason}"
  },
  requestRefused: {
    en: "WhatsApp does not take this: {reason}",
    id: "WhatsApp tidak menerima ini: {reason}",
    es: "WhatsApp no acepta esto: {reason}",
    pt: "O WhatsApp não aceita isto: {reason}"
  },
  endBeforeStart: {
    en: "The end must come after the start.",
    id: "Akhir harus sesudah awal.",
    es: "El final debe venir después del inicio.",
    pt: "O fim deve vir depois do início."
  }
}, { use: "problem-details" })
