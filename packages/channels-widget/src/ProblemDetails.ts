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
export const details = MessageCatalogue.define("channels-widget-problem-details", {
  visitorToken: {
    en: "The visitor token is missing, expired or not from this server.",
    id: "Token pengunjung tidak ada, kedaluwarsa, atau bukan dari server ini.",
    es: "El token del visitante falta, caducó o no es de este servidor.",
    pt: "O token do visitante falta, expirou ou não é deste servidor."
  },
  foreignOrigin: {
    en: "\"{origin}\" is not among the widget's allowed origins.",
    id: "\"{origin}\" tidak termasuk asal yang diizinkan untuk widget ini.",
    es: "\"{origin}\" no está entre los orígenes permitidos del widget.",
    pt: "\"{origin}\" não está entre as origens permitidas do widget."
  },
  writingTooFast: {
    en: "You are writing faster than messages can be taken.",
    id: "Anda menulis lebih cepat dari yang dapat diterima.",
    es: "Escribe más rápido de lo que se pueden recibir mensajes.",
    pt: "Você escreve mais rápido do que as mensagens podem ser recebidas."
  }
}, { use: "problem-details" })
