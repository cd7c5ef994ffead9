/**
 * What people are told of WAHA accounts.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions } from "@wicara/channels/permissions"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as Notification from "@wicara/core/Notification"
import { Schema } from "effect"

/**
 * @category texts
 * @since 0.1.0
 */
export const notificationTexts = MessageCatalogue.define("channels-waha-notifications", {
  waha_account_braked: {
    en: "A WhatsApp number is in danger of being banned",
    id: "Sebuah nomor WhatsApp terancam diblokir",
    es: "Un número de WhatsApp corre peligro de ser bloqueado",
    pt: "Um número do WhatsApp corre o risco de ser banido"
  },
  waha_account_braked_title: {
    en: "{name} writes to nobody new for now",
    id: "{name} untuk sementara tidak menulis ke orang baru",
    es: "{name} no escribe a nadie nuevo por ahora",
    pt: "{name} não escreve a ninguém novo por enquanto"
  },
  waha_account_braked_restricted: {
    en: "WhatsApp restricts the number. Customers who write are answered; other messages wait.",
    id: "WhatsApp membatasi nomor ini. Pelanggan yang menulis tetap dijawab; pesan lain menunggu.",
    es: "WhatsApp restringe el número. Se responde a quien escribe; los demás mensajes esperan.",
    pt: "O WhatsApp restringe o número. Quem escreve é respondido; as outras mensagens esperam."
  },
  waha_account_braked_unanswered: {
    en: "Most people leave its messages unanswered. Customers who write are answered; other messages wait.",
    id: "Kebanyakan orang tidak membalas pesannya. Pelanggan yang menulis tetap dijawab; pesan lain menunggu.",
    es: "La mayoría no responde a sus mensajes. Se responde a quien escribe; los demás mensajes esperan.",
    pt: "A maioria não responde às suas mensagens. Quem escreve é respondido; as outras mensagens esperam."
  }
})

/**
 * An account writes to nobody new because its number is in danger.
 *
 * @category notifications
 * @since 0.1.0
 */
export const accountBraked = Notification.define("waha_account_braked", {
  texts: notificationTexts,
  values: Schema.Struct({
    channelAccountId: ChannelAccountId,
    name: Schema.String,
    code: Schema.Literals(["account_restricted", "unanswered_ratio"])
  }),
  title: (say, { name }) => say("waha_account_braked_title", { name }),
  body: (say, { code }) =>
    say(code === "account_restricted" ? "waha_account_braked_restricted" : "waha_account_braked_unanswered"),
  path: ({ channelAccountId }) => `/settings/channels/${channelAccountId}`,
  channels: { email: "at_once", push: true },
  permission: permissions.write
})
