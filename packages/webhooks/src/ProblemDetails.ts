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
export const details = MessageCatalogue.define("webhooks-problem-details", {
  noUrl: {
    en: "Give an address that begins with https, without a user, a password or a fragment.",
    id: "Berikan alamat yang diawali https, tanpa pengguna, kata sandi, atau fragmen.",
    es: "Indique una dirección que empiece con https, sin usuario, contraseña ni fragmento.",
    pt: "Indique um endereço que comece com https, sem usuário, senha ou fragmento."
  },
  notPublic: {
    en: "This server does not deliver to this address: it is not on the public internet.",
    id: "Server ini tidak mengirim ke alamat ini: alamat ini tidak berada di internet publik.",
    es: "Este servidor no entrega en esta dirección: no está en la internet pública.",
    pt: "Este servidor não entrega neste endereço: ele não está na internet pública."
  },
  noSuchType: {
    en: "There is no event type {type}.",
    id: "Tidak ada jenis peristiwa {type}.",
    es: "No existe el tipo de evento {type}.",
    pt: "Não existe o tipo de evento {type}."
  },
  ownHeader: {
    en: "The header {name} is set by the server.",
    id: "Header {name} diisi oleh server.",
    es: "La cabecera {name} la pone el servidor.",
    pt: "O cabeçalho {name} é definido pelo servidor."
  },
  headerValue: {
    en: "A header's value is one line of visible ASCII characters.",
    id: "Nilai header adalah satu baris karakter ASCII yang terlihat.",
    es: "El valor de una cabecera es una línea de caracteres ASCII visibles.",
    pt: "O valor de um cabeçalho é uma linha de caracteres ASCII visíveis."
  },
  tooMany: {
    en: "There can be at most {max} webhook endpoints.",
    id: "Paling banyak ada {max} endpoint webhook.",
    es: "Puede haber como máximo {max} destinos de webhooks.",
    pt: "Pode haver no máximo {max} destinos de webhooks."
  },
  notEnabled: {
    en: "The endpoint is not enabled: enable it first.",
    id: "Endpoint tidak aktif: aktifkan dahulu.",
    es: "El destino no está activado: actívelo primero.",
    pt: "O destino não está ativado: ative-o primeiro."
  },
  endpointGone: {
    en: "The endpoint of this delivery was deleted.",
    id: "Endpoint pengiriman ini sudah dihapus.",
    es: "El destino de esta entrega se eliminó.",
    pt: "O destino desta entrega foi excluído."
  },
  noRange: {
    en: "The end has to be after the beginning.",
    id: "Akhirnya harus sesudah awalnya.",
    es: "El final tiene que ser posterior al principio.",
    pt: "O fim tem de ser depois do início."
  }
}, { use: "problem-details" })

/** A detail in English, from the catalogue. @category texts @since 0.1.0 */
export const english = MessageCatalogue.say(details, "en")
