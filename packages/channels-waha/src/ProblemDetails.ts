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
  },
  limitReached: {
    en: "This account has done as much of this as it may ({kind}).",
    id: "Akun ini sudah melakukannya sebanyak yang diperbolehkan ({kind}).",
    es: "Esta cuenta ya ha hecho todo lo que puede de esto ({kind}).",
    pt: "Esta conta já fez tudo o que pode disto ({kind})."
  },
  noAnswer: {
    en: "WAHA does not answer now.",
    id: "WAHA sedang tidak menjawab.",
    es: "WAHA no responde ahora.",
    pt: "O WAHA não responde agora."
  },
  engine: {
    en: "The engine of this session can't do this.",
    id: "Mesin sesi ini tidak dapat melakukannya.",
    es: "El motor de esta sesión no puede hacer esto.",
    pt: "O motor desta sessão não consegue fazer isto."
  },
  accountRefused: {
    en: "WAHA refuses this account: {reason}",
    id: "WAHA menolak akun ini: {reason}",
    es: "WAHA rechaza esta cuenta: {reason}",
    pt: "O WAHA recusa esta conta: {reason}"
  },
  requestRefused: {
    en: "WAHA does not take this: {reason}",
    id: "WAHA tidak menerima ini: {reason}",
    es: "WAHA no acepta esto: {reason}",
    pt: "O WAHA não aceita isto: {reason}"
  },
  daysAtOnce: {
    en: "From 1 to 366 days can be asked for at once.",
    id: "Sekali minta bisa 1 sampai 366 hari.",
    es: "Se pueden pedir de 1 a 366 días a la vez.",
    pt: "Podem ser pedidos de 1 a 366 dias de uma vez."
  },
  noSuchDay: {
    en: "There is no such day.",
    id: "Hari itu tidak ada.",
    es: "Ese día no existe.",
    pt: "Esse dia não existe."
  },
  repeatChatId: {
    en: "Repeat the id of the chat to delete it.",
    id: "Ulangi id obrolan untuk menghapusnya.",
    es: "Repita el id del chat para eliminarlo.",
    pt: "Repita o id da conversa para apagá-la."
  },
  ownKey: {
    en: "This is the key that the account itself uses.",
    id: "Ini kunci yang dipakai akun itu sendiri.",
    es: "Esta es la clave que usa la propia cuenta.",
    pt: "Esta é a chave que a própria conta usa."
  }
}, { use: "problem-details" })
