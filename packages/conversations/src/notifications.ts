/**
 * What people are told of conversations.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Notification from "@wicara/core/Notification"
import { ConversationId } from "./Conversation.ts"
import { permissions } from "./permissions.ts"

const values = Schema.Struct({
  conversationId: ConversationId,
  /** As the customer is called; null if nobody knows. */
  contact: Schema.NullOr(Schema.String)
})

const link = ({ conversationId }: typeof values.Type) => `/conversations/${conversationId}`

/**
 * A conversation waits in the queue for somebody to answer.
 *
 * @category notifications
 * @since 0.1.0
 */
export const conversationWaiting = Notification.define("conversation_waiting", {
  names: {
    en: "A conversation waits for a person",
    id: "Sebuah percakapan menunggu petugas",
    es: "Una conversación espera a una persona",
    pt: "Uma conversa espera por uma pessoa"
  },
  values,
  texts: {
    en: {
      title: ({ contact }) => `${contact ?? "A customer"} waits for a person`,
      body: () => "Nobody answers in this conversation now: take it over."
    },
    id: {
      title: ({ contact }) => `${contact ?? "Seorang pelanggan"} menunggu petugas`,
      body: () => "Sekarang tidak ada yang menjawab percakapan ini: ambil alih."
    },
    es: {
      title: ({ contact }) => `${contact ?? "Un cliente"} espera a una persona`,
      body: () => "Nadie responde ahora en esta conversación: tómala tú."
    },
    pt: {
      title: ({ contact }) => `${contact ?? "Um cliente"} espera por uma pessoa`,
      body: () => "Ninguém responde agora nesta conversa: assuma-a."
    }
  },
  link,
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
  names: {
    en: "A conversation was given to you",
    id: "Sebuah percakapan diberikan kepada Anda",
    es: "Te dieron una conversación",
    pt: "Uma conversa foi dada a você"
  },
  values,
  texts: {
    en: {
      title: ({ contact }) => `The conversation with ${contact ?? "a customer"} is yours`,
      body: () => "Somebody gave it to you: you answer from now on."
    },
    id: {
      title: ({ contact }) => `Percakapan dengan ${contact ?? "seorang pelanggan"} kini milik Anda`,
      body: () => "Seseorang memberikannya kepada Anda: mulai sekarang Anda yang menjawab."
    },
    es: {
      title: ({ contact }) => `La conversación con ${contact ?? "un cliente"} es tuya`,
      body: () => "Alguien te la dio: desde ahora respondes tú."
    },
    pt: {
      title: ({ contact }) => `A conversa com ${contact ?? "um cliente"} é sua`,
      body: () => "Alguém a deu a você: a partir de agora você responde."
    }
  },
  link,
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
  names: {
    en: "Nobody knows whether a message reached the customer",
    id: "Tidak diketahui apakah sebuah pesan sampai ke pelanggan",
    es: "No se sabe si un mensaje llegó al cliente",
    pt: "Não se sabe se uma mensagem chegou ao cliente"
  },
  values,
  texts: {
    en: {
      title: ({ contact }) => `Did the message reach ${contact ?? "the customer"}?`,
      body: () => "The provider did not say in time whether it was sent. It is not sent again by itself: please look."
    },
    id: {
      title: ({ contact }) => `Apakah pesan sampai ke ${contact ?? "pelanggan"}?`,
      body: () => "Penyedia tidak menjawab tepat waktu. Pesan tidak dikirim ulang sendiri: mohon diperiksa."
    },
    es: {
      title: ({ contact }) => `¿Llegó el mensaje a ${contact ?? "el cliente"}?`,
      body: () => "El proveedor no dijo a tiempo si se envió. No se envía de nuevo por sí solo: revísalo."
    },
    pt: {
      title: ({ contact }) => `A mensagem chegou a ${contact ?? "o cliente"}?`,
      body: () => "O provedor não disse a tempo se foi enviada. Ela não é reenviada sozinha: verifique."
    }
  },
  link,
  permission: permissions.reply
})

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const notifications = [conversationWaiting, conversationAssigned, deliveryUnknown] as const
