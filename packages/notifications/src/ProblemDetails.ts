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
export const details = MessageCatalogue.define("notifications-problem-details", {
  noPushAddress: {
    en: "This is not an address of a push service.",
    id: "Ini bukan alamat layanan push.",
    es: "Esta no es la dirección de un servicio push.",
    pt: "Este não é o endereço de um serviço push."
  },
  pushByHttps: {
    en: "A push service is reached by https.",
    id: "Layanan push dihubungi lewat https.",
    es: "A un servicio push se llega por https.",
    pt: "A um serviço push se chega por https."
  },
  pushNoUser: {
    en: "An address of a push service has no user and no fragment.",
    id: "Alamat layanan push tidak berisi pengguna maupun fragmen.",
    es: "La dirección de un servicio push no tiene usuario ni fragmento.",
    pt: "O endereço de um serviço push não tem usuário nem fragmento."
  },
  notPublic: {
    en: "This address is not one of the public network.",
    id: "Alamat ini bukan dari jaringan publik.",
    es: "Esta dirección no es de la red pública.",
    pt: "Este endereço não é da rede pública."
  },
  noPoint: {
    en: "This is not a point of the curve P-256.",
    id: "Ini bukan titik pada kurva P-256.",
    es: "Esto no es un punto de la curva P-256.",
    pt: "Isto não é um ponto da curva P-256."
  },
  secretBytes: {
    en: "The secret has 16 bytes.",
    id: "Rahasianya terdiri dari 16 byte.",
    es: "El secreto tiene 16 bytes.",
    pt: "O segredo tem 16 bytes."
  },
  nothingToResend: {
    en: "This message is {state}: there is nothing to send again.",
    id: "Pesan ini berstatus {state}: tidak ada yang perlu dikirim ulang.",
    es: "Este mensaje está en estado {state}: no hay nada que reenviar.",
    pt: "Esta mensagem está em estado {state}: não há nada a reenviar."
  },
  forgotten: {
    en: "What this message has to say is forgotten by now: ask for a new one.",
    id: "Isi pesan ini sudah dilupakan: mintalah yang baru.",
    es: "Lo que decía este mensaje ya se olvidó: pida uno nuevo.",
    pt: "O que esta mensagem dizia já foi esquecido: peça uma nova."
  },
  testToPerson: {
    en: "A test goes to the person who asks for it; a key is nobody.",
    id: "Uji coba dikirim ke orang yang memintanya; kunci bukan orang.",
    es: "Una prueba va a quien la pide; una clave no es nadie.",
    pt: "Um teste vai para quem o pede; uma chave não é ninguém."
  },
  noneOfYours: {
    en: "There is no such notification of yours.",
    id: "Anda tidak memiliki notifikasi itu.",
    es: "Usted no tiene esa notificación.",
    pt: "Você não tem essa notificação."
  },
  subjectSecret: {
    en: "{place} is for the recipient's eyes only; subjects are kept in the log.",
    id: "{place} hanya untuk penerima; subjek disimpan di log.",
    es: "{place} es solo para el destinatario; los asuntos se guardan en el registro.",
    pt: "{place} é só para o destinatário; os assuntos ficam no registro."
  },
  worthNothing: {
    en: "Without {place} this message is worth nothing.",
    id: "Tanpa {place} pesan ini tidak ada gunanya.",
    es: "Sin {place} este mensaje no sirve de nada.",
    pt: "Sem {place} esta mensagem não serve para nada."
  },
  belongToPeople: {
    en: "Notifications belong to people: sign in as one; a key is nobody.",
    id: "Notifikasi milik orang: masuklah sebagai orang; kunci bukan orang.",
    es: "Las notificaciones son de personas: inicie sesión como una; una clave no es nadie.",
    pt: "Notificações são de pessoas: entre como uma; uma chave não é ninguém."
  },
  alwaysAtOnce: {
    en: "This concerns the safety of your account: its mail is always sent, and at once.",
    id: "Ini menyangkut keamanan akun Anda: emailnya selalu dikirim, dan segera.",
    es: "Esto afecta a la seguridad de su cuenta: su correo se envía siempre y de inmediato.",
    pt: "Isto diz respeito à segurança da sua conta: o e-mail é sempre enviado, e na hora."
  }
}, { use: "problem-details" })
