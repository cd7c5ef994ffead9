/** The kinds of things that a problem names. */
import type { Definitions } from "../../MessageCatalogue.ts"

export const things = {
  apiKey: {
    en: "API key",
    id: "kunci API",
    es: "clave de API",
    pt: "chave de API"
  },
  avatar: {
    en: "avatar",
    id: "avatar",
    es: "avatar",
    pt: "avatar"
  },
  factorRecovery: {
    en: "factor recovery",
    id: "pemulihan faktor",
    es: "recuperación del factor",
    pt: "recuperação do fator"
  },
  batch: {
    en: "batch",
    id: "batch",
    es: "lote",
    pt: "lote"
  },
  block: {
    en: "block",
    id: "blokir",
    es: "bloqueo",
    pt: "bloqueio"
  },
  botTurn: {
    en: "bot turn",
    id: "giliran bot",
    es: "turno del bot",
    pt: "turno do bot"
  },
  bot: {
    en: "bot",
    id: "bot",
    es: "bot",
    pt: "bot"
  },
  qrCode: {
    en: "QR code",
    id: "kode QR",
    es: "código QR",
    pt: "código QR"
  },
  move: {
    en: "move",
    id: "pemindahan",
    es: "traslado",
    pt: "mudança"
  },
  group: {
    en: "group",
    id: "grup",
    es: "grupo",
    pt: "grupo"
  },
  channelAccount: {
    en: "channel account",
    id: "akun kanal",
    es: "cuenta de canal",
    pt: "conta de canal"
  },
  contactMerge: {
    en: "contact merge",
    id: "penggabungan kontak",
    es: "fusión de contactos",
    pt: "fusão de contatos"
  },
  contact: {
    en: "contact",
    id: "kontak",
    es: "contacto",
    pt: "contato"
  },
  conversation: {
    en: "conversation",
    id: "percakapan",
    es: "conversación",
    pt: "conversa"
  },
  file: {
    en: "file",
    id: "berkas",
    es: "archivo",
    pt: "arquivo"
  },
  machineUser: {
    en: "machine user",
    id: "pengguna mesin",
    es: "usuario de máquina",
    pt: "usuário de máquina"
  },
  template: {
    en: "template",
    id: "templat",
    es: "plantilla",
    pt: "modelo"
  },
  fileOfMessage: {
    en: "file of message",
    id: "berkas dari pesan",
    es: "archivo del mensaje",
    pt: "arquivo da mensagem"
  },
  textOfMessage: {
    en: "text of message",
    id: "teks dari pesan",
    es: "texto del mensaje",
    pt: "texto da mensagem"
  },
  fileLink: {
    en: "file link",
    id: "tautan berkas",
    es: "enlace de archivo",
    pt: "link de arquivo"
  },
  invitation: {
    en: "invitation",
    id: "undangan",
    es: "invitación",
    pt: "convite"
  },
  kindOfMail: {
    en: "kind of mail",
    id: "jenis email",
    es: "tipo de correo",
    pt: "tipo de e-mail"
  },
  kindOfNotification: {
    en: "kind of notification",
    id: "jenis notifikasi",
    es: "tipo de notificación",
    pt: "tipo de notificação"
  },
  knowledgeChunk: {
    en: "knowledge chunk",
    id: "potongan pengetahuan",
    es: "fragmento de conocimiento",
    pt: "trecho de conhecimento"
  },
  knowledgeItem: {
    en: "knowledge item",
    id: "butir pengetahuan",
    es: "artículo de conocimiento",
    pt: "item de conhecimento"
  },
  languageModel: {
    en: "language model",
    id: "model bahasa",
    es: "modelo de lenguaje",
    pt: "modelo de linguagem"
  },
  member: {
    en: "member",
    id: "anggota",
    es: "miembro",
    pt: "membro"
  },
  message: {
    en: "message",
    id: "pesan",
    es: "mensaje",
    pt: "mensagem"
  },
  notification: {
    en: "notification",
    id: "notifikasi",
    es: "notificación",
    pt: "notificação"
  },
  permissionGroup: {
    en: "permission group",
    id: "kelompok izin",
    es: "grupo de permisos",
    pt: "grupo de permissões"
  },
  pushSubscription: {
    en: "push subscription",
    id: "langganan push",
    es: "suscripción push",
    pt: "inscrição push"
  },
  roleAssignment: {
    en: "role assignment",
    id: "pemberian peran",
    es: "asignación de rol",
    pt: "atribuição de função"
  },
  role: {
    en: "role",
    id: "peran",
    es: "rol",
    pt: "função"
  },
  setting: {
    en: "setting",
    id: "pengaturan",
    es: "ajuste",
    pt: "configuração"
  },
  team: {
    en: "team",
    id: "tim",
    es: "equipo",
    pt: "equipe"
  },
  widget: {
    en: "widget",
    id: "widget",
    es: "widget",
    pt: "widget"
  },
  catalogue: {
    en: "catalogue",
    id: "katalog",
    es: "catálogo",
    pt: "catálogo"
  },
  language: {
    en: "language",
    id: "bahasa",
    es: "idioma",
    pt: "idioma"
  },
  textOfItsOwnIn: {
    en: "text of its own in",
    id: "teks sendiri di",
    es: "texto propio en",
    pt: "texto próprio em"
  },
  user: {
    en: "user",
    id: "pengguna",
    es: "usuario",
    pt: "usuário"
  },
  address: {
    en: "address",
    id: "alamat",
    es: "dirección",
    pt: "endereço"
  },
  addressThatSignsIn: {
    en: "address that signs in",
    id: "alamat yang masuk",
    es: "dirección que inicia sesión",
    pt: "endereço que entra"
  },
  organization: {
    en: "organization",
    id: "organisasi",
    es: "organización",
    pt: "organização"
  },
  callerOfThisKindOfEndpoint: {
    en: "caller of this kind of endpoint",
    id: "pemanggil jenis titik akhir ini",
    es: "cliente de este tipo de servicio",
    pt: "cliente deste tipo de serviço"
  },
  visitor: {
    en: "visitor",
    id: "pengunjung",
    es: "visitante",
    pt: "visitante"
  },
  feedback: {
    en: "feedback",
    id: "ulasan",
    es: "valoración",
    pt: "avaliação"
  },
  webhookDelivery: {
    en: "webhook delivery",
    id: "pengiriman webhook",
    es: "entrega de webhook",
    pt: "entrega de webhook"
  },
  webhookEndpoint: {
    en: "webhook endpoint",
    id: "alamat webhook",
    es: "destino de webhooks",
    pt: "destino de webhooks"
  }
} as const satisfies Definitions
