/**
 * What this package's problems are called in each language.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"

/**
 * @category texts
 * @since 0.1.0
 */
export const titles = MessageCatalogue.define("conversations-problem-titles", {
  "stale-epoch": {
    en: "The conversation has changed hands",
    id: "Percakapan sudah berpindah tangan",
    es: "La conversación ha cambiado de manos",
    pt: "A conversa mudou de mãos"
  },
  "conversation-closed": {
    en: "The conversation is closed",
    id: "Percakapan sudah ditutup",
    es: "La conversación está cerrada",
    pt: "A conversa está encerrada"
  },
  "cannot-send": {
    en: "The message can't be sent",
    id: "Pesan tidak dapat dikirim",
    es: "No se puede enviar el mensaje",
    pt: "Não é possível enviar a mensagem"
  }
}, { use: "problem-titles" })
