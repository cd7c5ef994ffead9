/**
 * What people are told of conversations.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as Notification from "@wicara/core/Notification"
import { Schema } from "effect"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions as channelPermissions } from "@wicara/channels/permissions"
import { ConversationId } from "./Conversation.ts"
import { permissions } from "./permissions.ts"

/**
 * @category texts
 * @since 0.1.0
 */
export const notificationTexts = MessageCatalogue.define("conversations-notifications", {
  conversation_waiting: {
    en: "A conversation waits for a person",
    id: "Sebuah percakapan menunggu petugas",
    es: "Una conversación espera a una persona",
    pt: "Uma conversa espera por uma pessoa"
  },
  conversation_waiting_title: {
    en: "{contact} waits for a person",
    id: "{contact} menunggu petugas",
    es: "{contact} espera a una persona",
    pt: "{contact} espera por uma pessoa"
  },
  conversation_waiting_unnamed: {
    description: "The title when nobody knows the customer's name.",
    en: "A customer waits for a person",
    id: "Seorang pelanggan menunggu petugas",
    es: "Un cliente espera a una persona",
    pt: "Um cliente espera por uma pessoa"
  },
  conversation_waiting_body: {
    en: "Nobody answers in this conversation now: take it over.",
    id: "Sekarang tidak ada yang menjawab percakapan ini: ambil alih.",
    es: "Nadie responde ahora en esta conversación: tómala tú.",
    pt: "Ninguém responde agora nesta conversa: assuma-a."
  },
  conversation_assigned: {
    en: "A conversation was given to you",
    id: "Sebuah percakapan diberikan kepada Anda",
    es: "Te dieron una conversación",
    pt: "Uma conversa foi dada a você"
  },
  conversation_assigned_title: {
    en: "The conversation with {contact} is yours",
    id: "Percakapan dengan {contact} kini milik Anda",
    es: "La conversación con {contact} es tuya",
    pt: "A conversa com {contact} é sua"
  },
  conversation_assigned_unnamed: {
    description: "The title when nobody knows the customer's name.",
    en: "The conversation with a customer is yours",
    id: "Percakapan dengan seorang pelanggan kini milik Anda",
    es: "La conversación con un cliente es tuya",
    pt: "A conversa com um cliente é sua"
  },
  conversation_assigned_body: {
    en: "Somebody gave it to you: you answer from now on.",
    id: "Seseorang memberikannya kepada Anda: mulai sekarang Anda yang menjawab.",
    es: "Alguien te la dio: desde ahora respondes tú.",
    pt: "Alguém a deu a você: a partir de agora você responde."
  },
  messages_stalled: {
    en: "Messages are taken by the provider, and do not arrive",
    id: "Pesan diterima penyedia, tetapi tidak sampai",
    es: "El proveedor acepta mensajes que no llegan",
    pt: "O provedor aceita mensagens que não chegam"
  },
  messages_stalled_title: {
    en: "Messages of {account} are stuck at the provider",
    id: "Pesan dari {account} tertahan di penyedia",
    es: "Los mensajes de {account} están detenidos en el proveedor",
    pt: "As mensagens de {account} estão paradas no provedor"
  },
  messages_stalled_body: {
    en: "It took them and has not said since that they were sent. Check the account's connection.",
    id: "Penyedia menerimanya, tetapi belum menyatakan bahwa pesan terkirim. Periksa sambungan akun.",
    es: "Los aceptó y aún no ha dicho que se enviaran. Comprueba la conexión de la cuenta.",
    pt: "Ele as aceitou e ainda não disse que foram enviadas. Verifique a conexão da conta."
  },
  messages_held: {
    en: "The provider keeps messages back",
    id: "Penyedia menahan pesan",
    es: "El proveedor retiene mensajes",
    pt: "O provedor retém mensagens"
  },
  messages_held_title: {
    en: "The provider keeps back messages of {account}",
    id: "Penyedia menahan pesan dari {account}",
    es: "El proveedor retiene mensajes de {account}",
    pt: "O provedor retém mensagens de {account}"
  },
  messages_held_body: {
    en: "It first looks how people take the template, or paused it. It says later whether it sends them.",
    id: "Penyedia menilai tanggapan atas templat itu dulu, atau menjedanya. Nanti dinyatakan apakah pesan dikirim.",
    es: "Primero observa cómo se recibe la plantilla, o la pausó. Más tarde dirá si los envía.",
    pt: "Ele primeiro observa como o modelo é recebido, ou o pausou. Dirá depois se as envia."
  },
  messages_missed: {
    en: "Messages had not been delivered to the server",
    id: "Ada pesan yang tidak diteruskan ke server",
    es: "Hay mensajes que no se entregaron al servidor",
    pt: "Há mensagens que não foram entregues ao servidor"
  },
  messages_missed_title: {
    en: "{count} messages of {account} had not been delivered",
    id: "{count} pesan di {account} tidak diteruskan",
    es: "{count} mensajes de {account} no se habían entregado",
    pt: "{count} mensagens de {account} não haviam sido entregues"
  },
  messages_missed_body: {
    en: "They were found in the provider's history and are in their conversations now.",
    id: "Pesan itu ditemukan dalam riwayat penyedia dan kini ada di percakapannya.",
    es: "Se encontraron en el historial del proveedor y ya están en sus conversaciones.",
    pt: "Foram encontradas no histórico do provedor e já estão nas suas conversas."
  },
  delivery_unknown: {
    en: "Nobody knows whether a message reached the customer",
    id: "Tidak diketahui apakah sebuah pesan sampai ke pelanggan",
    es: "No se sabe si un mensaje llegó al cliente",
    pt: "Não se sabe se uma mensagem chegou ao cliente"
  },
  delivery_unknown_title: {
    en: "Did the message reach {contact}?",
    id: "Apakah pesan sampai ke {contact}?",
    es: "¿Llegó el mensaje a {contact}?",
    pt: "A mensagem chegou a {contact}?"
  },
  delivery_unknown_unnamed: {
    description: "The title when nobody knows the customer's name.",
    en: "Did the message reach the customer?",
    id: "Apakah pesan sampai ke pelanggan?",
    es: "¿Llegó el mensaje al cliente?",
    pt: "A mensagem chegou ao cliente?"
  },
  delivery_unknown_body: {
    en: "The provider did not say in time whether it was sent. It is not sent again by itself: please look.",
    id: "Penyedia tidak menjawab tepat waktu. Pesan tidak dikirim ulang sendiri: mohon diperiksa.",
    es: "El proveedor no dijo a tiempo si se envió. No se envía de nuevo por sí solo: revísalo.",
    pt: "O provedor não disse a tempo se foi enviada. Ela não é reenviada sozinha: verifique."
  }
})

const values = Schema.Struct({
  conversationId: ConversationId,
  /** As the customer is called; null if nobody knows. */
  contact: Schema.NullOr(Schema.String)
})

const path = ({ conversationId }: typeof values.Type) => `/conversations/${conversationId}`

/**
 * A conversation waits in the queue for somebody to answer.
 *
 * @category notifications
 * @since 0.1.0
 */
export const conversationWaiting = Notification.define("conversation_waiting", {
  texts: notificationTexts,
  values,
  title: (say, { contact }) =>
    contact === null ? say("conversation_waiting_unnamed") : say("conversation_waiting_title", { contact }),
  body: (say) => say("conversation_waiting_body"),
  path,
  channels: { push: true },
  permission: permissions.reply
})

/**
 * A conversation was given to somebody.
 *
 * @category notifications
 * @since 0.1.0
 */
export const conversationAssigned = Notification.define("conversation_assigned", {
  texts: notificationTexts,
  values,
  title: (say, { contact }) =>
    contact === null ? say("conversation_assigned_unnamed") : say("conversation_assigned_title", { contact }),
  body: (say) => say("conversation_assigned_body"),
  path,
  channels: { email: "hourly", push: true },
  permission: permissions.read
})

/**
 * Nobody could find out whether a message reached the customer.
 *
 * @category notifications
 * @since 0.1.0
 */
export const deliveryUnknown = Notification.define("delivery_unknown", {
  texts: notificationTexts,
  values,
  title: (say, { contact }) =>
    contact === null ? say("delivery_unknown_unnamed") : say("delivery_unknown_title", { contact }),
  body: (say) => say("delivery_unknown_body"),
  path,
  permission: permissions.reply
})

/**
 * A provider had not delivered messages; they are stored now.
 *
 * @category notifications
 * @since 0.1.0
 */
export const messagesMissed = Notification.define("messages_missed", {
  texts: notificationTexts,
  values: Schema.Struct({
    channelAccountId: ChannelAccountId,
    account: Schema.String,
    messages: Schema.Int
  }),
  title: (say, { account, messages }) => say("messages_missed_title", { account, count: messages }),
  body: (say) => say("messages_missed_body"),
  path: ({ channelAccountId }) => `/settings/channels/${channelAccountId}`,
  channels: { email: "hourly" },
  permission: channelPermissions.read
})

/**
 * A provider takes messages and does not send them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const messagesStalled = Notification.define("messages_stalled", {
  texts: notificationTexts,
  values: Schema.Struct({ channelAccountId: ChannelAccountId, account: Schema.String }),
  title: (say, { account }) => say("messages_stalled_title", { account }),
  body: (say) => say("messages_stalled_body"),
  path: ({ channelAccountId }) => `/settings/channels/${channelAccountId}`,
  channels: { email: "at_once", push: true },
  permission: channelPermissions.read
})

/**
 * A provider took messages and keeps them back.
 *
 * @category notifications
 * @since 0.1.0
 */
export const messagesHeld = Notification.define("messages_held", {
  texts: notificationTexts,
  values: Schema.Struct({ channelAccountId: ChannelAccountId, account: Schema.String }),
  title: (say, { account }) => say("messages_held_title", { account }),
  body: (say) => say("messages_held_body"),
  path: ({ channelAccountId }) => `/settings/channels/${channelAccountId}`,
  channels: { email: "hourly" },
  permission: channelPermissions.read
})

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const notifications = [
  conversationWaiting,
  conversationAssigned,
  deliveryUnknown,
  messagesMissed,
  messagesStalled,
  messagesHeld
] as const
