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
export const details = MessageCatalogue.define("channels-problem-details", {
  channelAway: {
    en: "This channel is not available now.",
    id: "Kanal ini sedang tidak tersedia.",
    es: "Este canal no está disponible ahora.",
    pt: "Este canal não está disponível agora."
  },
  accountNotUsable: {
    en: "This channel account is not usable now.",
    id: "Akun kanal ini sedang tidak dapat dipakai.",
    es: "Esta cuenta de canal no se puede usar ahora.",
    pt: "Esta conta de canal não pode ser usada agora."
  },
  noChannel: {
    en: "There is no channel \"{channel}\". Known: {known}.",
    id: "Tidak ada kanal \"{channel}\". Yang ada: {known}.",
    es: "No existe el canal \"{channel}\". Se conocen: {known}.",
    pt: "Não existe o canal \"{channel}\". Conhecidos: {known}."
  },
  connectedAlready: {
    en: "This number, session or site is connected already.",
    id: "Nomor, sesi, atau situs ini sudah tersambung.",
    es: "Este número, sesión o sitio ya está conectado.",
    pt: "Este número, sessão ou site já está conectado."
  },
  missingOrInvalid: {
    en: "This is missing or not valid.",
    id: "Ini tidak ada atau tidak sah.",
    es: "Esto falta o no es válido.",
    pt: "Isto falta ou não é válido."
  },
  deliveryNotStored: {
    en: "The delivery could not be stored. Send it again later.",
    id: "Kiriman tidak dapat disimpan. Kirim lagi nanti.",
    es: "La entrega no se pudo guardar. Envíela de nuevo más tarde.",
    pt: "A entrega não pôde ser guardada. Envie de novo mais tarde."
  },
  deliveriesWait: {
    en: "Too many deliveries wait to be stored. Send it again later.",
    id: "Terlalu banyak kiriman menunggu disimpan. Kirim lagi nanti.",
    es: "Demasiadas entregas esperan. Envíela de nuevo más tarde.",
    pt: "Entregas demais esperam. Envie de novo mais tarde."
  },
  noAccountHere: {
    en: "There is no channel account at this address.",
    id: "Tidak ada akun kanal di alamat ini.",
    es: "No hay ninguna cuenta de canal en esta dirección.",
    pt: "Não há conta de canal neste endereço."
  },
  deliverJson: {
    en: "Deliver webhooks as application/json.",
    id: "Kirim webhook sebagai application/json.",
    es: "Entregue los webhooks como application/json.",
    pt: "Entregue webhooks como application/json."
  },
  webhookAtMost: {
    en: "A webhook may have {bytes} bytes at most.",
    id: "Webhook paling besar {bytes} byte.",
    es: "Un webhook tiene {bytes} bytes como máximo.",
    pt: "Um webhook tem no máximo {bytes} bytes."
  },
  bodyNotRead: {
    en: "The body could not be read.",
    id: "Isi permintaan tidak dapat dibaca.",
    es: "No se pudo leer el contenido.",
    pt: "Não foi possível ler o conteúdo."
  },
  webhookNotStored: {
    en: "The webhook could not be stored. Deliver it again later.",
    id: "Webhook tidak dapat disimpan. Kirim lagi nanti.",
    es: "El webhook no se pudo guardar. Entréguelo de nuevo más tarde.",
    pt: "O webhook não pôde ser guardado. Entregue-o de novo mais tarde."
  }
}, { use: "problem-details" })
