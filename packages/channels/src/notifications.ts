/**
 * What people are told of channel accounts.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Notification from "@wicara/core/Notification"
import { ChannelAccountId } from "./ChannelAdapter.ts"
import { permissions } from "./permissions.ts"

/**
 * An account can't receive or send until somebody looks after it.
 *
 * @category notifications
 * @since 0.1.0
 */
export const accountUnhealthy = Notification.define("account_unhealthy", {
  names: {
    en: "A channel account is not connected",
    id: "Sebuah akun kanal tidak tersambung",
    es: "Una cuenta de canal no está conectada",
    pt: "Uma conta de canal não está conectada"
  },
  values: Schema.Struct({ channelAccountId: ChannelAccountId, name: Schema.String }),
  texts: {
    en: {
      title: ({ name }) => `${name} is not connected`,
      body: () => "Customers are not answered there until somebody connects the account."
    },
    id: {
      title: ({ name }) => `${name} tidak tersambung`,
      body: () => "Pelanggan tidak dijawab di sana sampai seseorang menyambungkan akun itu."
    },
    es: {
      title: ({ name }) => `${name} no está conectada`,
      body: () => "Allí no se responde a los clientes hasta que alguien conecte la cuenta."
    },
    pt: {
      title: ({ name }) => `${name} não está conectada`,
      body: () => "Os clientes não são respondidos ali até que alguém conecte a conta."
    }
  },
  link: ({ channelAccountId }) => `/settings/channels/${channelAccountId}`,
  channels: { email: "at_once", push: true },
  permission: permissions.write
})

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const notifications = [accountUnhealthy] as const
