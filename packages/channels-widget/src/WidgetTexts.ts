/**
 * What the widget itself says. It comes with these texts, for what it says before it has reached the server; the server
 * tells it the organization's own words, and languages that it does not have.
 *
 * @since 0.1.0
 */
import * as Languages from "@wicara/core/Languages"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import type { Spoken } from "@wicara/core/MessageTexts"

/**
 * @category texts
 * @since 0.1.0
 */
export const texts = MessageCatalogue.define("widget", {
  open: {
    en: "Open chat",
    id: "Buka obrolan",
    es: "Abrir el chat",
    pt: "Abrir o chat"
  },
  close: {
    en: "Close chat",
    id: "Tutup obrolan",
    es: "Cerrar el chat",
    pt: "Fechar o chat"
  },
  title: {
    en: "Chat with us",
    id: "Mengobrol dengan kami",
    es: "Chatea con nosotros",
    pt: "Fale conosco"
  },
  greeting: {
    en: "Hello! How can we help?",
    id: "Halo! Ada yang bisa kami bantu?",
    es: "¡Hola! ¿En qué podemos ayudarte?",
    pt: "Olá! Como podemos ajudar?"
  },
  conversation: {
    en: "Conversation",
    id: "Percakapan",
    es: "Conversación",
    pt: "Conversa"
  },
  placeholder: {
    en: "Write a message…",
    id: "Tulis pesan…",
    es: "Escribe un mensaje…",
    pt: "Escreva uma mensagem…"
  },
  message: {
    en: "Your message",
    id: "Pesan Anda",
    es: "Tu mensaje",
    pt: "Sua mensagem"
  },
  send: {
    en: "Send",
    id: "Kirim",
    es: "Enviar",
    pt: "Enviar"
  },
  online: {
    en: "We usually answer right away",
    id: "Biasanya kami langsung membalas",
    es: "Solemos responder enseguida",
    pt: "Costumamos responder na hora"
  },
  connecting: {
    en: "Connecting…",
    id: "Menghubungkan…",
    es: "Conectando…",
    pt: "Conectando…"
  },
  offline: {
    en: "You are offline. What you write is sent when you are back.",
    id: "Anda sedang luring. Pesan akan dikirim saat Anda kembali daring.",
    es: "Estás sin conexión. Lo que escribas se enviará cuando vuelvas.",
    pt: "Você está sem conexão. O que escrever será enviado quando voltar."
  },
  reconnecting: {
    en: "Connection lost. Trying again…",
    id: "Koneksi terputus. Mencoba lagi…",
    es: "Se perdió la conexión. Intentando de nuevo…",
    pt: "A conexão caiu. Tentando de novo…"
  },
  sending: {
    en: "Sending",
    id: "Mengirim",
    es: "Enviando",
    pt: "Enviando"
  },
  waiting: {
    en: "Waiting for a connection",
    id: "Menunggu koneksi",
    es: "Esperando conexión",
    pt: "Aguardando conexão"
  },
  sent: {
    en: "Sent",
    id: "Terkirim",
    es: "Enviado",
    pt: "Enviado"
  },
  read: {
    en: "Read",
    id: "Dibaca",
    es: "Leído",
    pt: "Lido"
  },
  failed: {
    en: "Not sent",
    id: "Tidak terkirim",
    es: "No enviado",
    pt: "Não enviado"
  },
  retry: {
    en: "Try again",
    id: "Coba lagi",
    es: "Reintentar",
    pt: "Tentar de novo"
  },
  discard: {
    en: "Discard",
    id: "Buang",
    es: "Descartar",
    pt: "Descartar"
  },
  typing: {
    en: "Writing a reply…",
    id: "Sedang menulis balasan…",
    es: "Escribiendo una respuesta…",
    pt: "Escrevendo uma resposta…"
  },
  you: {
    en: "You",
    id: "Anda",
    es: "Tú",
    pt: "Você"
  },
  them: {
    en: "Support",
    id: "Layanan pelanggan",
    es: "Atención al cliente",
    pt: "Atendimento"
  },
  earlier: {
    en: "Show earlier messages",
    id: "Tampilkan pesan sebelumnya",
    es: "Ver mensajes anteriores",
    pt: "Ver mensagens anteriores"
  },
  today: {
    en: "Today",
    id: "Hari ini",
    es: "Hoy",
    pt: "Hoje"
  },
  yesterday: {
    en: "Yesterday",
    id: "Kemarin",
    es: "Ayer",
    pt: "Ontem"
  },
  newest: {
    en: "Go to the newest message",
    id: "Ke pesan terbaru",
    es: "Ir al mensaje más reciente",
    pt: "Ir para a mensagem mais recente"
  },
  unread: {
    en: { one: "1 new message", other: "{count} new messages" },
    id: { other: "{count} pesan baru" },
    es: { one: "1 mensaje nuevo", other: "{count} mensajes nuevos" },
    pt: { one: "1 mensagem nova", other: "{count} mensagens novas" }
  },
  tooLong: {
    en: "At most {limit} characters fit into one message.",
    id: "Satu pesan paling panjang {limit} karakter.",
    es: "Un mensaje admite hasta {limit} caracteres.",
    pt: "Uma mensagem aceita até {limit} caracteres."
  },
  attachment: {
    en: "Attachment",
    id: "Lampiran",
    es: "Archivo adjunto",
    pt: "Anexo"
  },
  image: {
    en: "Picture",
    id: "Gambar",
    es: "Imagen",
    pt: "Imagem"
  },
  opensInNewTab: {
    en: "opens in a new tab",
    id: "dibuka di tab baru",
    es: "se abre en una pestaña nueva",
    pt: "abre em uma nova aba"
  }
})

/**
 * What a browser is told that the widget does not know by itself.
 *
 * @category models
 * @since 0.1.0
 */
export const told = (spoken: Spoken<typeof texts.messages>): Readonly<Record<string, MessageCatalogue.Text>> => {
  const { language } = spoken
  return Languages.isComplete(language)
    ? Object.fromEntries(
      Object.entries(spoken.texts).filter(([key, text]) =>
        text !== (texts.messages as MessageCatalogue.Definitions)[key]?.[language]
      )
    )
    : spoken.texts
}
