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
  providerLater: {
    en: "The provider did not answer as it should: {reason}",
    id: "Penyedia tidak menjawab sebagaimana mestinya: {reason}",
    es: "El proveedor no respondió como debía: {reason}",
    pt: "O provedor não respondeu como deveria: {reason}"
  },
  providerRefuses: {
    en: "The provider refuses this: {reason}",
    id: "Penyedia menolak ini: {reason}",
    es: "El proveedor lo rechaza: {reason}",
    pt: "O provedor recusa isto: {reason}"
  },
  connectsBy: {
    en: "This channel connects by: {methods}.",
    id: "Kanal ini disambungkan dengan: {methods}.",
    es: "Este canal se conecta por: {methods}.",
    pt: "Este canal se conecta por: {methods}."
  },
  codeNeedsNumber: {
    en: "Name the number that the code is for.",
    id: "Sebutkan nomor yang akan memakai kode itu.",
    es: "Indique el número para el que es el código.",
    pt: "Indique o número para o qual é o código."
  },
  noRestart: {
    en: "Accounts of this channel can't be restarted.",
    id: "Akun kanal ini tidak dapat dimulai ulang.",
    es: "Las cuentas de este canal no se pueden reiniciar.",
    pt: "As contas deste canal não podem ser reiniciadas."
  },
  noDisconnect: {
    en: "Accounts of this channel can't be disconnected: disable or delete them.",
    id: "Akun kanal ini tidak dapat diputus: nonaktifkan atau hapus.",
    es: "Las cuentas de este canal no se pueden desconectar: desactívelas o elimínelas.",
    pt: "As contas deste canal não podem ser desconectadas: desative-as ou exclua-as."
  },
  noGroups: {
    en: "Accounts of this channel have no groups.",
    id: "Akun kanal ini tidak punya grup.",
    es: "Las cuentas de este canal no tienen grupos.",
    pt: "As contas deste canal não têm grupos."
  },
  noJoinRequests: {
    en: "Nobody asks this account to join its groups.",
    id: "Tidak ada yang meminta bergabung ke grup akun ini.",
    es: "Nadie pide a esta cuenta unirse a sus grupos.",
    pt: "Ninguém pede a esta conta para entrar nos seus grupos."
  },
  noProfile: {
    en: "Accounts of this channel have no profile.",
    id: "Akun kanal ini tidak punya profil.",
    es: "Las cuentas de este canal no tienen perfil.",
    pt: "As contas deste canal não têm perfil."
  },
  profileChangeable: {
    en: "What can be changed here: {fields}.",
    id: "Yang dapat diubah di sini: {fields}.",
    es: "Lo que se puede cambiar aquí: {fields}.",
    pt: "O que pode ser alterado aqui: {fields}."
  },
  pictureTooLarge: {
    en: "A profile picture has 5 MB at most.",
    id: "Gambar profil paling besar 5 MB.",
    es: "Una imagen de perfil tiene 5 MB como máximo.",
    pt: "Uma imagem de perfil tem no máximo 5 MB."
  },
  noPngOrJpeg: {
    en: "This is no PNG or JPEG picture.",
    id: "Ini bukan gambar PNG atau JPEG.",
    es: "Esto no es una imagen PNG o JPEG.",
    pt: "Isto não é uma imagem PNG ou JPEG."
  },
  rotateWhat: {
    en: "Say what to rotate: credentials, own secrets or the address.",
    id: "Sebutkan apa yang diganti: kredensial, rahasia sendiri, atau alamat.",
    es: "Diga qué rotar: credenciales, secretos propios o la dirección.",
    pt: "Diga o que trocar: credenciais, segredos próprios ou o endereço."
  },
  secretsOfProvider: {
    en: "The secrets of this channel are made by its provider: give the new ones.",
    id: "Rahasia kanal ini dibuat oleh penyedianya: berikan yang baru.",
    es: "Los secretos de este canal los crea su proveedor: indique los nuevos.",
    pt: "Os segredos deste canal são criados pelo provedor: informe os novos."
  },
  rotationUnderWay: {
    en: "The provider has not used what the last rotation made yet.",
    id: "Penyedia belum memakai hasil penggantian terakhir.",
    es: "El proveedor aún no ha usado lo que creó la última rotación.",
    pt: "O provedor ainda não usou o que a última troca criou."
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
